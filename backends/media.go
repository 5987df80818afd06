package backends

import (
	"encoding/base64"
	"fmt"
	"mime"
	"strings"

	"loadgate/internal/llm"
)

// base64Of is a file as text.
func base64Of(m *llm.Media) string { return base64.StdEncoding.EncodeToString(m.Data) }

// dataURL is where the file stands, or the file itself as a data: URL.
func dataURL(m *llm.Media) string {
	if m.URL != "" {
		return m.URL
	}
	return "data:" + mimeOf(m) + ";base64," + base64Of(m)
}

// mimeOf is the file's type, the usual one of its kind where nothing is said.
func mimeOf(m *llm.Media) string {
	switch {
	case m.MIME != "":
		return m.MIME
	case m.Kind == llm.Audio:
		return "audio/wav"
	case m.Kind == llm.Video:
		return "video/mp4"
	default:
		return "image/png"
	}
}

// audioFormats are the words of input_audio for types whose name is another.
var audioFormats = map[string]string{"mpeg": "mp3", "x-wav": "wav", "wave": "wav", "vnd.wave": "wav", "x-m4a": "m4a", "mp4": "m4a", "x-flac": "flac"}

// audioFormat is the word for a recording's type, such as wav or mp3.
func audioFormat(m *llm.Media) string {
	media, _, err := mime.ParseMediaType(mimeOf(m))
	if err != nil {
		media = mimeOf(m)
	}
	_, sub, _ := strings.Cut(media, "/")
	if word, ok := audioFormats[sub]; ok {
		return word
	}
	return sub
}

// cannotCarry refuses media that a protocol has no place for.
func cannotCarry(api string, m *llm.Media) error {
	return fmt.Errorf("the api %s cannot carry %s", api, describe(m))
}

// describe is what a message carries, in words.
func describe(m *llm.Media) string {
	if m.URL != "" {
		return string(m.Kind) + " by its URL"
	}
	return string(m.Kind)
}
