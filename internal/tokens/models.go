package tokens

import "strings"

// models maps OpenAI's models to their encodings. A name also stands for its
// dated and sized variants (gpt-4o-mini, gpt-4-0613), unless a longer name
// here fits better.
//
// Source: the table of OpenAI's tiktoken 0.14.0. gpt2 has the ranks and the
// pattern of r50k_base; gpt-oss differs from o200k_base in special tokens
// alone.
var models = map[string]string{
	"o1":         o200k,
	"o3":         o200k,
	"o4-mini":    o200k,
	"gpt-5":      o200k,
	"gpt-4.5":    o200k,
	"gpt-4.1":    o200k,
	"gpt-4o":     o200k,
	"chatgpt-4o": o200k,
	"gpt-oss":    o200k,

	"gpt-4":                  cl100k,
	"gpt-3.5":                cl100k,
	"gpt-3.5-turbo":          cl100k,
	"gpt-35-turbo":           cl100k,
	"davinci-002":            cl100k,
	"babbage-002":            cl100k,
	"text-embedding-ada-002": cl100k,
	"text-embedding-3":       cl100k,

	"text-davinci-003": p50k,
	"text-davinci-002": p50k,
	"code-davinci":     p50k,
	"code-cushman":     p50k,
	"davinci-codex":    p50k,
	"cushman-codex":    p50k,

	"text-davinci-edit": p50kEdit,
	"code-davinci-edit": p50kEdit,

	"text-davinci-001": r50k,
	"text-curie":       r50k,
	"text-babbage":     r50k,
	"text-ada":         r50k,
	"text-similarity":  r50k,
	"text-search":      r50k,
	"code-search":      r50k,
	"davinci":          r50k,
	"curie":            r50k,
	"babbage":          r50k,
	"ada":              r50k,
	"gpt-2":            r50k,
	"gpt2":             r50k,
}

// encodingOf returns the encoding's name for a model's, and a name that is no
// model's as it is. ft:NAME:… is a model tuned from NAME.
func encodingOf(name string) string {
	model, _, _ := strings.Cut(strings.TrimPrefix(name, "ft:"), ":")
	for family := model; family != ""; {
		if encoding, ok := models[family]; ok {
			return encoding
		}
		family = family[:max(0, strings.LastIndexByte(family, '-'))]
	}
	return name
}
