package tokens

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"

	"loadgate/internal/diag"
	"loadgate/internal/llm"
	"loadgate/internal/tokens/hf"
)

// Counter counts the tokens of a text.
type Counter = llm.Counter

// Maker counts tokens and makes texts. It is safe for concurrent use.
type Maker interface {
	Counter

	// CanMake returns why Make can make no texts, or nil. Only the vocabulary of a
	// tokenizer.json may be too strange for it.
	CanMake() error

	// Make returns words drawn with rng that count exactly n tokens; "" for
	// n < 1. The text starts with a space. The count holds without that space
	// too, and so with a server that trims prompts. Texts add up: a text of p
	// tokens followed by one of n, both from Make, counts p+n.
	//
	// Some tokenizers, such as Llama 2's, put a space before every text. For these
	// the count holds only without the leading space; Join sees to that.
	Make(rng *rand.Rand, n int) string

	// Join puts texts from Make together into one that counts the sum of theirs.
	Join(texts ...string) string
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
// What is found nowhere is one error that says where it was looked for, and what
// cannot be read one that names the part of the file that is not supported.
func (p Place) Open(name string) (Maker, error) {
	if encoding := encodingOf(name); encodings[encoding] != nil {
		return openEncoding(encoding)
	}
	path, err := p.find(name)
	if err == nil {
		return openFile(name, path)
	}
	if encoding := encodingOf(strings.TrimPrefix(name, "openai/")); encodings[encoding] != nil {
		return openEncoding(encoding)
	}
	return nil, explain(name, err)
}

func openEncoding(name string) (Maker, error) {
	v, err := encodings[name]()
	if err != nil {
		return nil, err
	}
	return maker{name, v}, nil
}

// files are the tokenizer.json that were opened, by path: each is read once.
var files sync.Map // string to func() (*vocabulary, error)

func openFile(name, path string) (Maker, error) {
	load, _ := files.LoadOrStore(path, sync.OnceValues(func() (*vocabulary, error) {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		t, err := hf.Parse(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return &vocabulary{tokenizer: t, check: true}, nil
	}))
	v, err := load.(func() (*vocabulary, error))()
	if err != nil {
		return nil, fmt.Errorf("tokenizer %q: %w", name, err)
	}
	return maker{name, v}, nil
}

// maker is a vocabulary under the name by which it was asked for.
type maker struct {
	name string
	*vocabulary
}

func (m maker) Name() string { return m.name }

func (m maker) Count(text string) int { return m.tokenizer.Count(text) }

func (m maker) CanMake() error {
	if err := m.fit(); err != nil {
		return fmt.Errorf("tokenizer %q: %w", m.name, err)
	}
	return nil
}

func (m maker) Make(rng *rand.Rand, n int) string {
	if n < 1 {
		return ""
	}
	text, err := m.write(rng, n, tries)
	if err != nil {
		panic(fmt.Sprintf("tokenizer %q: %v", m.name, err)) // CanMake says so before
	}
	return text
}

func (m maker) Join(texts ...string) string { return m.list().bare(strings.Join(texts, "")) }

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
