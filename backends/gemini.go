package backends

import (
	"fmt"

	"loadgate/internal/diag"
	"loadgate/internal/kind"
	"loadgate/internal/llm"
	"loadgate/internal/yamlpos"
)

const geminiAPI = "generate_content"

// geminiProtocol is Gemini's generateContent. The model stands in the path.
var geminiProtocol = protocol{
	root: "/v1beta", path: "/models/{model}:streamGenerateContent", whole: "/models/{model}:generateContent", query: "alt=sse",
	unnamed: true, speech: []string{"contents", "systemInstruction"}, inner: "generationConfig",
	say: sayGemini, streaming: func(*family) map[string]any { return nil },
	limit: func(_ *family, r *llm.Request) map[string]any {
		return map[string]any{"generationConfig": map[string]any{"maxOutputTokens": r.MaxTokens}}
	},
	decoder: func(*family) llm.Decoder { return &geminiDecoder{gleaner: newGleaner(geminiPlaces)} },
}

// geminiArrayProtocol is the same as one JSON array that grows.
var geminiArrayProtocol = func() protocol {
	p := geminiProtocol
	p.query, p.framing = "", llm.FramingJSONArray
	return p
}()

// geminiSection is Google's Gemini.
type geminiSection struct {
	remote
	common
	Framing string `yaml:"framing"` // sse | json_array; "" = sse
}

var (
	geminiKey = usualKey{"GEMINI_API_KEY", "", []string{"generativelanguage.googleapis.com"}}
	googleKey = usualKey{"GOOGLE_API_KEY", "", []string{"generativelanguage.googleapis.com"}}
)

func openGemini(n *yamlpos.Node, ctx kind.Context) (llm.Backend, diag.List) {
	cfg := geminiSection{remote: remote{KeyHeader: "x-goog-api-key"}, common: defaults()}
	s := decode(n, ctx.Name, &cfg)
	s.oneOf("framing", string(llm.FramingSSE), string(llm.FramingJSONArray))
	p := &geminiProtocol
	if cfg.Framing == string(llm.FramingJSONArray) {
		p = &geminiArrayProtocol
	}
	f := s.service(ctx, &cfg.common, &cfg.remote, []api{{geminiAPI, p}}, geminiKey, googleKey)
	if e := f.endpoint(); e.url.Query().Get("alt") == "sse" && cfg.Framing == string(llm.FramingJSONArray) {
		s.errorAt("framing", "remove alt=sse from the url, or framing", "framing is json_array, but the url asks for alt=sse")
	}
	return f, s.list
}

// turn is one entry of `contents`.
type turn struct {
	Role  string       `json:"role,omitempty"`
	Parts []geminiPart `json:"parts"`
}

type geminiPart struct {
	Text   string      `json:"text,omitempty"`
	Inline *geminiBlob `json:"inlineData,omitempty"`
	File   *geminiFile `json:"fileData,omitempty"`
}

type geminiBlob struct {
	MIME string `json:"mimeType"`
	Data string `json:"data"`
}

type geminiFile struct {
	MIME string `json:"mimeType"`
	URI  string `json:"fileUri"`
}

func sayGemini(_ *family, o *object, r *llm.Request) error {
	var contents []turn
	var system []geminiPart
	for _, m := range conversation(r) {
		switch m.Role {
		case "tool":
			return fmt.Errorf("the api %s ties a tool's answer to a function, which messages of a dataset do not name: give a whole body", geminiAPI)
		case "system":
			system = append(system, geminiParts(&m)...)
		case "assistant":
			contents = append(contents, turn{"model", geminiParts(&m)})
		default:
			contents = append(contents, turn{m.Role, geminiParts(&m)})
		}
	}
	o.set("contents", contents)
	if system != nil {
		o.set("systemInstruction", turn{Parts: system})
	}
	if r.Tools == nil {
		return nil
	}
	list, err := functions(r.Tools)
	for i := range list {
		list[i].Strict = nil
	}
	o.set("tools", []any{map[string]any{"functionDeclarations": list}})
	return err
}

func geminiParts(m *llm.Message) []geminiPart {
	var parts []geminiPart
	if m.Text != "" || len(m.Media) == 0 {
		parts = append(parts, geminiPart{Text: m.Text})
	}
	for i := range m.Media {
		x := &m.Media[i]
		if x.URL != "" {
			parts = append(parts, geminiPart{File: &geminiFile{mimeOf(x), x.URL}})
		} else {
			parts = append(parts, geminiPart{Inline: &geminiBlob{mimeOf(x), base64Of(x)}})
		}
	}
	return parts
}

// What is wanted of an event of Gemini.
const (
	gemText slot = iota + 1
	gemThought
	gemCall
	gemFinish
	gemIndex
	gemIn
	gemOut
	gemThoughts
	gemCached
	gemBlocked
	gemError
)

var geminiPlaces = places(map[string]slot{
	"candidates.*.content.parts.*.text":         gemText,
	"candidates.*.content.parts.*.thought":      gemThought,
	"candidates.*.content.parts.*.functionCall": gemCall,
	"candidates.*.finishReason":                 gemFinish,
	"candidates.*.index":                        gemIndex,
	"usageMetadata.promptTokenCount":            gemIn,
	"usageMetadata.candidatesTokenCount":        gemOut,
	"usageMetadata.thoughtsTokenCount":          gemThoughts,
	"usageMetadata.cachedContentTokenCount":     gemCached,
	"promptFeedback.blockReason":                gemBlocked,
	"error":                                     gemError,
})

// geminiDecoder reads Gemini's answers, of which each event is a whole one in
// itself. Nothing but the finish reason tells the end. Every event has the
// running usage; thoughts are counted beside the candidates.
type geminiDecoder struct {
	gleaner
	choices, finished int
}

// Decode implements llm.Decoder.
func (d *geminiDecoder) Decode(name, data []byte, ev *llm.Event) error {
	hits, more, err := d.glean(name, data, ev)
	if !more {
		return err
	}
	u, thoughts := unknownUsage, -1
	d.choices = max(d.choices, 1)
	for i := range hits {
		switch h := &hits[i]; h.slot {
		case gemIn:
			u.Input = h.count()
		case gemOut:
			u.Output = h.count()
		case gemThoughts:
			thoughts = h.count()
		case gemCached:
			u.Cached = h.count()
		default:
			d.take(h, hits, ev)
		}
	}
	if thoughts >= 0 { // the first events tell of thoughts alone
		u.Reasoning, u.Output = thoughts, max(u.Output, 0)+thoughts
	}
	d.fill(ev)
	if d.finished < d.choices {
		ev.Finish = ""
	}
	ev.Usage = told(u)
	if d.unsure = d.unsure || d.choices > 1; ev.Usage.Set && u.Output >= 0 {
		ev.Tokens = d.total(u.Output, ev.Kind() != llm.None)
	}
	return nil
}

func (d *geminiDecoder) take(h *hit, hits []hit, ev *llm.Event) {
	switch h.slot {
	case gemText:
		if thought := beside(hits, h, gemThought); thought.isTrue() {
			h.text(&d.reasoning)
		} else {
			h.text(&d.content)
		}
	case gemCall:
		h.compact(&d.tool)
	case gemFinish:
		ev.Finish = finishOf(h)
		d.finished++
	case gemIndex:
		d.choices = max(d.choices, h.count()+1)
	case gemBlocked:
		ev.Error = "the prompt was blocked: " + h.word()
	case gemError:
		fail(ev, h)
	}
}
