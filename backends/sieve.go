package backends

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// slot is a protocol's name for a value that it wants of its events; 0 = none.
type slot uint8

// hit is a value that was found. null is none.
type hit struct {
	slot slot
	// elem counts the elements of lists that were begun up to here, so that what
	// one element holds can be told from what the next does.
	elem int
	raw  []byte // the value, in JSON
}

// branch is a place in a document, and what is wanted from there on.
type branch struct {
	slot slot
	keys []edge          // members of an object
	each *branch         // every element of a list
	at   map[int]*branch // the element with an index
}

type edge struct {
	key string
	to  *branch
}

// places makes a tree of paths such as choices.*.delta.content, of which * means
// every element of a list.
func places(paths map[string]slot) *branch {
	root := &branch{}
	for path, s := range paths {
		b := root
		for key := range strings.SplitSeq(path, ".") {
			b = b.child(key)
		}
		b.slot = s
	}
	return root
}

func (b *branch) child(key string) *branch {
	if key != "*" {
		return b.member(key)
	}
	if b.each == nil {
		b.each = &branch{}
	}
	return b.each
}

func (b *branch) element(i int) *branch {
	if b.at == nil {
		b.at = map[int]*branch{}
	}
	if b.at[i] == nil {
		b.at[i] = &branch{}
	}
	return b.at[i]
}

func (b *branch) member(key string) *branch {
	if i := b.find([]byte(key)); i >= 0 {
		return b.keys[i].to
	}
	b.keys = append(b.keys, edge{key, &branch{}})
	return b.keys[len(b.keys)-1].to
}

func (b *branch) find(key []byte) int {
	for i := range b.keys {
		if b.keys[i].key == string(key) {
			return i
		}
	}
	return -1
}

// sieve finds the values at known places of JSON documents, in one pass and
// without allocating where the document is plain: no member of interest twice, no
// escapes in keys, clean UTF-8, no deep nesting. Any other document is rewritten
// by encoding/json first.
type sieve struct {
	tree *branch
	hits []hit
	elem int
	any  bool // rewritten: nothing is too deep, and escapes in keys are passed over
}

var errNoDocument = errors.New("no JSON document")

// read finds the values in data. They are valid until the next call, and as long
// as data is.
func (v *sieve) read(data []byte) ([]hit, error) {
	if v.pass(data, false) {
		return v.hits, nil
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var doc any
	if dec.Decode(&doc) != nil {
		return nil, errNoDocument
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errNoDocument
	}
	plain, err := render(doc)
	if err != nil || !v.pass(plain, true) {
		return nil, errNoDocument
	}
	return v.hits, nil
}

func (v *sieve) pass(data []byte, rewritten bool) bool {
	v.hits, v.elem, v.any = v.hits[:0], 0, rewritten
	s := scanner{b: data, deep: rewritten}
	return v.walk(&s, v.tree, 0) && s.end()
}

func (v *sieve) walk(s *scanner, b *branch, depth int) bool {
	s.space()
	from := s.i
	var ok bool
	switch {
	case b.keys != nil && s.take('{'):
		ok = v.members(s, b, depth+1)
	case (b.each != nil || b.at != nil) && s.take('['):
		ok = v.elements(s, b, depth+1)
	default:
		ok = s.skip(depth)
	}
	if !ok || b.slot == 0 {
		return ok
	}
	raw := s.b[from:s.i]
	if !utf8.Valid(raw) {
		return false
	}
	if !isNull(raw) {
		v.hits = append(v.hits, hit{b.slot, v.elem, raw})
	}
	return true
}

// members walks an object from behind its brace.
func (v *sieve) members(s *scanner, b *branch, depth int) bool {
	if s.eat('}') {
		return true
	}
	var seen uint64
	for {
		i, ok := v.key(s, b)
		switch {
		case !ok || !s.eat(':'):
			return false
		case i < 0:
			ok = s.skip(depth)
		case seen&(1<<i) != 0:
			return false
		default:
			seen |= 1 << i
			ok = v.walk(s, b.keys[i].to, depth)
		}
		if !ok {
			return false
		}
		if !s.eat(',') {
			return s.eat('}')
		}
	}
}

// key takes a key and says which it is, -1 if it is of no interest.
func (v *sieve) key(s *scanner, b *branch) (int, bool) {
	key, ok := s.plainString()
	if ok {
		return b.find(key), true
	}
	return -1, v.any && s.skipString()
}

// elements walks a list from behind its bracket.
func (v *sieve) elements(s *scanner, b *branch, depth int) bool {
	if s.eat(']') {
		return true
	}
	for i := 0; ; i++ {
		v.elem++
		to := b.each
		if own := b.at[i]; own != nil {
			to = own
		}
		if to == nil && !s.skip(depth) || to != nil && !v.walk(s, to, depth) {
			return false
		}
		if !s.eat(',') {
			return s.eat(']')
		}
	}
}

// text appends the value if it is a string, and reports whether it is.
func (h *hit) text(to *[]byte) bool {
	s := scanner{b: h.raw}
	return h.raw[0] == '"' && s.text(to)
}

// anything appends a string's text, or any other value as it stands.
func (h *hit) anything(to *[]byte) {
	if !h.text(to) {
		h.compact(to)
	}
}

// compact appends the value as it stands, without the white space between its
// parts.
func (h *hit) compact(to *[]byte) {
	inString := false
	for i, c := range h.raw {
		switch {
		case c == '"' && (i == 0 || !escaped(h.raw[:i])):
			inString = !inString
		case !inString && (c == ' ' || c == '\t' || c == '\n' || c == '\r'):
			continue
		}
		*to = append(*to, c)
	}
}

// escaped says whether what follows b in a string is escaped.
func escaped(b []byte) bool {
	n := len(b)
	for n > 0 && b[n-1] == '\\' {
		n--
	}
	return (len(b)-n)%2 == 1
}

// is says whether the value is this string.
func (h *hit) is(word string) bool {
	return len(h.raw) == len(word)+2 && h.raw[0] == '"' && string(h.raw[1:len(h.raw)-1]) == word
}

// isTrue says whether the value is true.
func (h *hit) isTrue() bool { return string(h.raw) == "true" }

// count is a whole number from 0 to maxCount, -1 for anything else.
func (h *hit) count() int {
	s := scanner{b: h.raw}
	if n, ok := s.count(); ok && s.end() {
		return n
	}
	return -1
}

// word is a string value, "" for anything else.
func (h *hit) word() string {
	var b []byte
	if !h.text(&b) {
		return ""
	}
	return string(b)
}

// only is the value of a slot, null where there is none.
func only(hits []hit, s slot) hit {
	for i := range hits {
		if hits[i].slot == s {
			return hits[i]
		}
	}
	return hit{raw: nullValue}
}

// newText is what a text has that the one before, which it goes on from, has not.
// The end of that may have been changed where a character was not complete.
func newText(before, now []byte) []byte {
	from := 0
	for from < min(len(before), len(now)) && before[from] == now[from] {
		from++
	}
	for from > 0 && from < len(now) && !utf8.RuneStart(now[from]) {
		from--
	}
	return now[from:]
}

// beside is the value of a slot in the same element of a list as h.
func beside(hits []hit, h *hit, s slot) hit {
	for i := range hits {
		if hits[i].slot == s && hits[i].elem == h.elem {
			return hits[i]
		}
	}
	return hit{raw: nullValue}
}

var nullValue = []byte("null")
