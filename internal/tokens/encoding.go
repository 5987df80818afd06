package tokens

import (
	"fmt"
	"sync"

	"github.com/tiktoken-go/tokenizer"

	"loadgate/internal/tokens/bpe"
	"loadgate/internal/tokens/hf"
	"loadgate/internal/tokens/split"
)

const (
	o200k    = "o200k_base"
	cl100k   = "cl100k_base"
	p50k     = "p50k_base"
	p50kEdit = "p50k_edit"
	r50k     = "r50k_base"
)

// encodings maps a name to what may be loaded under it.
var encodings = map[string]func() (*vocabulary, error){
	o200k:    encoding(o200k, 199_998, split.O200K),
	cl100k:   encoding(cl100k, 100_256, split.CL100K),
	p50k:     encoding(p50k, 50_281, split.GPT2),
	p50kEdit: encoding(p50kEdit, 50_281, split.GPT2),
	r50k:     encoding(r50k, 50_256, split.GPT2),
}

// encoding returns a function that loads one of OpenAI's encodings, when it is
// called first. Ids of its ordinary tokens are below ranks.
func encoding(name string, ranks int32, pattern split.Pattern) func() (*vocabulary, error) {
	return sync.OnceValues(func() (*vocabulary, error) {
		model, err := loadRanks(name, ranks)
		if err != nil {
			return nil, fmt.Errorf("load tokenizer %s: %w", name, err)
		}
		return &vocabulary{tokenizer: hf.FromPattern(pattern, model)}, nil
	})
}

// loadRanks takes the vocabulary out of tiktoken-go, whose own encoding is
// several times as slow.
func loadRanks(name string, ranks int32) (*bpe.Model, error) {
	codec, err := tokenizer.Get(tokenizer.Encoding(name))
	if err != nil {
		return nil, err
	}
	m := &bpe.Model{Vocab: make(map[string]int32, ranks), Unknown: bpe.Absent}
	for id := range ranks {
		token, err := codec.Decode([]uint{uint(id)})
		if err != nil {
			continue // a gap in the ids: a special token
		}
		m.Vocab[token] = id
		if len(token) == 1 {
			m.Bytes[token[0]] = id
		}
	}
	return m, nil
}
