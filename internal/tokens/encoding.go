package tokens

import (
	"fmt"
	"sync"

	"github.com/tiktoken-go/tokenizer"
)

const (
	o200k    = "o200k_base"
	cl100k   = "cl100k_base"
	p50k     = "p50k_base"
	p50kEdit = "p50k_edit"
	r50k     = "r50k_base"
)

// encodings maps a name to what may be loaded under it.
var encodings = map[string]*encoding{
	o200k:    {name: o200k, ranks: 199_998},
	cl100k:   {name: cl100k, ranks: 100_256},
	p50k:     {name: p50k, ranks: 50_281},
	p50kEdit: {name: p50kEdit, ranks: 50_281},
	r50k:     {name: r50k, ranks: 50_256},
}

// encoding is one vocabulary with its splitting pattern. It implements Maker.
type encoding struct {
	name  string
	ranks uint // ids of the ordinary tokens are below this

	loading sync.Once
	codec   tokenizer.Codec // set by load; its Count and Encode may run concurrently
	failed  error

	listing sync.Once
	words   wordList // set by the first Make
}

func (e *encoding) load() error {
	e.loading.Do(func() { e.codec, e.failed = tokenizer.Get(tokenizer.Encoding(e.name)) })
	return e.failed
}

func (e *encoding) open() (Maker, error) {
	if err := e.load(); err != nil {
		return nil, fmt.Errorf("load tokenizer %s: %w", e.name, err)
	}
	return e, nil
}

func (e *encoding) Name() string { return e.name }

// Count returns the number of tokens of text. It is exact as long as no run of
// letters, of digits, or of neither is longer than maxChunk. A longer run is
// cut, and each cut can change the count by about one token.
func (e *encoding) Count(text string) int {
	total := 0
	for len(text) > 0 {
		end := chunk(text)
		n, err := e.codec.Count(text[:end])
		if err != nil {
			// The pattern's match timed out, for which no limit is ever set.
			panic(fmt.Sprintf("count tokens with %s: %v", e.name, err))
		}
		total += n
		text = text[end:]
	}
	return total
}
