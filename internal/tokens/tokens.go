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

// Open returns the Maker of an encoding, such as cl100k_base, or of the model
// that uses it, such as gpt-4o or gpt-4o-2024-08-06. Its Name is the
// encoding's in either case. An unknown name is an error with a suggestion.
func Open(name string) (Maker, error) {
	e, ok := encodings[encodingOf(name)]
	if !ok {
		return nil, fmt.Errorf("unknown tokenizer %q: %s", name, hint(name))
	}
	if err := e.load(); err != nil {
		return nil, fmt.Errorf("load tokenizer %s: %w", name, err)
	}
	return e, nil
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
	return fmt.Sprintf("known are %s, and OpenAI's models such as gpt-4o", strings.Join(Names(), ", "))
}
