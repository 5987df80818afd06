package datasets

import (
	"encoding/json"
	"strings"

	"loadgate/internal/llm"
)

// aiperfContent is what a row or a turn asks in those of AIPerf's forms that hold
// texts and media. A text or a medium is a value, a list, or a list of values
// that have a name, which is not sent:
//
//	{"text":"Hi","image":"a.png"}
//	{"texts":["Hi","and so on"],"images":["a.png","https://x.test/b.png"]}
//	{"texts":[{"name":"query","contents":["Hi"]}]}
//
// Media are paths, URLs or data: URLs.
type aiperfContent struct {
	Text   *string           `json:"text"`
	Texts  []json.RawMessage `json:"texts"`
	Image  json.RawMessage   `json:"image"`
	Images json.RawMessage   `json:"images"`
	Audio  json.RawMessage   `json:"audio"`
	Audios json.RawMessage   `json:"audios"`
	Video  json.RawMessage   `json:"video"`
	Videos json.RawMessage   `json:"videos"`
}

// hasText reports whether there is a text, which may be empty.
func (a *aiperfContent) hasText() bool { return a.Text != nil || len(a.Texts) > 0 }

// texts lists the texts.
func (a *aiperfContent) texts(raw rawRow) ([]string, error) {
	var texts []string
	if a.Text != nil {
		texts = append(texts, *a.Text)
	}
	for _, value := range a.Texts {
		var named struct {
			Contents []string `json:"contents"`
		}
		switch {
		case value[0] == '"':
			texts = append(texts, textOf(value))
		case value[0] == '{' && json.Unmarshal(value, &named) == nil && len(named.Contents) > 0:
			texts = append(texts, named.Contents...)
		default:
			return nil, raw.fault(`texts: expected a list of texts, or of {"name": "…", "contents": ["…"]}`)
		}
	}
	return texts, nil
}

// media finds the images, recordings and films, in the order in which they are
// sent.
func (a *aiperfContent) media(files mediaFiles, raw rawRow) ([]mediaSource, error) {
	var out []mediaSource
	for _, m := range [...]struct {
		name  string
		kind  llm.MediaKind
		value json.RawMessage
	}{
		{"image", llm.Image, a.Image},
		{"images", llm.Image, a.Images},
		{"audio", llm.Audio, a.Audio},
		{"audios", llm.Audio, a.Audios},
		{"video", llm.Video, a.Video},
		{"videos", llm.Video, a.Videos},
	} {
		if isNone(m.value) {
			continue
		}
		list, err := files.sources(m.kind, m.value)
		if err != nil {
			return nil, raw.fault("%s: %v", m.name, err)
		}
		out = append(out, list...)
	}
	return out, nil
}

// joined is one prompt of several texts.
func joined(texts []string) string { return strings.Join(texts, "\n") }
