package hf

import "fmt"

// vocab is the vocabulary of a model as its file has it.
type vocab struct {
	ids   map[string]int32
	texts []entry // in the order of the file
}

type entry struct {
	text string
	id   int32
}

// readVocab reads an object of tokens and their ids.
func readVocab(raw []byte) (*vocab, error) {
	s := scanner{data: raw}
	var all []byte // the texts of all tokens, so that they are one string
	type ended struct{ end, id int32 }
	var list []ended
	err := s.object(func(key []byte) error {
		all = append(all, key...)
		id, err := s.integer()
		list = append(list, ended{int32(len(all)), id})
		return err
	})
	if err != nil {
		return nil, err
	}
	v := &vocab{make(map[string]int32, len(list)), make([]entry, 0, len(list))}
	texts, start := string(all), int32(0)
	for _, e := range list {
		text := texts[start:e.end]
		start = e.end
		v.ids[text] = e.id
		v.texts = append(v.texts, entry{text, e.id})
	}
	return v, nil
}

// need returns the id of a token that the model cannot do without.
func (v *vocab) need(what, token string) (int32, error) {
	id, ok := v.ids[token]
	if !ok {
		return 0, fmt.Errorf("the %s %q is not in its vocabulary", what, token)
	}
	return id, nil
}
