package backends

import "loadgate/internal/llm"

const embeddingsAPI = "embeddings"

// embeddingsProtocol is OpenAI's embeddings: one document, never a stream.
var embeddingsProtocol = protocol{
	root: "/v1", path: "/embeddings", speech: []string{"input"}, document: true,
	say: func(_ *family, o *object, r *llm.Request) error {
		prompt, err := onePrompt(r, embeddingsAPI)
		o.set("input", prompt)
		return err
	},
	streaming: func(*family) map[string]any { return nil },
	decoder:   func(*family) llm.Decoder { return &embeddingsDecoder{gleaner: newGleaner(embeddingsPlaces)} },
}

// What is wanted of an embedding.
const (
	embVector slot = iota + 1
	embIn
	embError
)

var embeddingsPlaces = places(map[string]slot{
	"data.*.embedding":    embVector,
	"usage.prompt_tokens": embIn,
	"error":               embError,
})

// embeddingsDecoder reads the vectors of an answer. They are its material, and no
// text: no tokens came out.
type embeddingsDecoder struct{ gleaner }

// Decode implements llm.Decoder.
func (d *embeddingsDecoder) Decode(name, data []byte, ev *llm.Event) error {
	hits, more, err := d.glean(name, data, ev)
	if !more {
		return err
	}
	u := unknownUsage
	for i := range hits {
		switch h := &hits[i]; h.slot {
		case embVector:
			d.content = append(d.content, h.raw...)
			ev.Finish, u.Output = "stop", 0
		case embIn:
			u.Input = h.count()
		case embError:
			fail(ev, h)
		}
	}
	ev.Vector, ev.Usage = d.content, told(u)
	return nil
}
