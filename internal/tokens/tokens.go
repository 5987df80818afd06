package tokens

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"loadgate/internal/diag"
	"loadgate/internal/llm"
)

// Counter counts the tokens of a text.
type Counter = llm.Counter

// Maker counts tokens and makes texts. It is safe for concurrent use.
type Maker interface {
	Counter

	// Make returns words drawn with rng that count exactly n tokens; "" for
	// n < 1. The text starts with a space. The count holds without that space
	// too, and so with a server that trims prompts. Texts add up: a text of p
	// tokens followed by one of n, both from Make, counts p+n.
	Make(rng *rand.Rand, n int) string
}

// Open opens name as seen from this process; see Place.Open.
func Open(name string) (Maker, error) { return Place{}.Open(name) }

// Open returns the Maker that a name stands for, the first of:
//
//   - one of OpenAI's encodings, such as cl100k_base, or a model that uses it,
//     such as gpt-4o or gpt-4o-2024-08-06; its Name is the encoding's
//   - the path of a tokenizer.json, or of a folder with one
//   - a model's id, such as Qwen/Qwen3-8B, in a cache of downloaded models;
//     nothing is ever downloaded
//
// What is found nowhere is one error that says where it was looked for.
func (p Place) Open(name string) (Maker, error) {
	if e, ok := encodings[encodingOf(name)]; ok {
		return e.open()
	}
	path, err := p.find(name)
	if err == nil {
		return nil, fmt.Errorf("tokenizer %s: a tokenizer.json cannot be read yet", path)
	}
	if e, ok := encodings[encodingOf(strings.TrimPrefix(name, "openai/"))]; ok {
		return e.open()
	}
	return nil, explain(name, err)
}

// Names returns the encodings that Open knows, in alphabetical order. It knows
// OpenAI's models besides.
func Names() []string {
	names := make([]string, 0, len(encodings))
	for name := range encodings {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// hint says what name may have been meant to be, models included, or else
// lists the encodings.
func hint(name string) string {
	known := Names()
	for model := range models {
		known = append(known, model)
	}
	slices.Sort(known)
	if near := diag.Nearest(name, known); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return fmt.Sprintf("known are %s, OpenAI's models such as gpt-4o, a %s or its folder, and models in the Hugging Face cache", strings.Join(Names(), ", "), file)
}
