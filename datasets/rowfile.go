package datasets

import (
	"fmt"
	"runtime"
	"sync"
)

// candidate is a row before it is known whether it is of use: that may take the
// counting of its tokens.
type candidate struct {
	row
	messages []message // of a conversation; finish completes it
	text     string    // the prompt, to be counted where its length is not known
	answer   string    // the recorded answer, whose length is to be asked for; "" = none
}

// rowFile are the rows of a file that are of use. It keeps where they are and,
// if they had to be counted, how long they are; a row is read when it is asked
// for.
type rowFile struct {
	parse  parser[candidate]
	filter *lengthFilter // nil: rows are not counted
	media  []attachment  // that every request carries besides
	sums   *mediaSums    // of the files that rows name; nil: they name none

	data    *dataFile
	spans   spanList
	once    sync.Once // guards what follows, which only a filter needs
	kept    []uint32  // which of the spans
	lengths [][2]uint32
}

// open finds the rows, and reports what is wrong with the file.
//
// Counting takes about a second for 4 MB of text. With a limit it is done while
// reading, which then ends early. Without one it is left to the first request,
// and opening counts no further than to the first row of use.
func (f *rowFile) open(s *section, limit int) {
	some, far := f.filter == nil, false
	scan(s, f.data, f.parse, func(c candidate, at span) bool {
		if f.filter != nil && (limit > 0 || !some) {
			ok := f.filter.measure(&c)
			some = some || ok
			if !ok && limit > 0 {
				return true
			}
		}
		if far = !f.spans.add(at); far {
			return false
		}
		return f.spans.n != limit
	})
	switch {
	case s.list.HasErrors():
	case far:
		s.errorAt("path", "set a limit, or split the file", "%s is too large: rows are used up to %d GiB from its beginning", f.data.name, (maxOffset+1)>>30)
	case f.spans.n == 0 && f.filter == nil:
		s.errorAt("path", "", "%s has no rows", f.data.name)
	case f.spans.n == 0 || !some:
		s.errorAt("path", "", "%s has no %s", f.data.name, f.filter.what)
	}
}

// len implements rowStore.
func (f *rowFile) len() int {
	if f.filter == nil {
		return f.spans.n
	}
	f.once.Do(f.count)
	return len(f.kept)
}

// at implements rowStore.
func (f *rowFile) at(i int) (row, error) {
	which := i
	if f.filter != nil {
		f.once.Do(f.count)
		which = int(f.kept[i])
	}
	c, err := f.candidate(which)
	if err != nil {
		return row{}, err
	}
	if f.filter != nil {
		c.request.InputTokens, c.request.MaxTokens = int(f.lengths[i][0]), int(f.lengths[i][1])
	}
	err = c.finish()
	return c.row, err
}

// candidate reads a row again.
func (f *rowFile) candidate(i int) (candidate, error) {
	raw, err := f.data.read(f.spans.at(i))
	if err != nil {
		return candidate{}, err
	}
	c, keep, err := f.parse(raw)
	if err == nil && !keep {
		err = errChanged
	}
	if err != nil { // it was sound before
		return candidate{}, fmt.Errorf("read %s again: %w", f.data.name, err)
	}
	return c, nil
}

// count measures all rows, on all cores, and keeps those of use in their order.
func (f *rowFile) count() {
	lengths := make([][2]uint32, f.spans.n)
	workers := runtime.GOMAXPROCS(0)
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() { // ends with its share of the rows
			for i := w; i < len(lengths); i += workers {
				// A row that cannot be read again is kept: asking for it says why.
				if c, err := f.candidate(i); err != nil || f.filter.measure(&c) {
					lengths[i] = [2]uint32{uint32(c.request.InputTokens), uint32(c.request.MaxTokens) + 1}
				}
			}
		})
	}
	group.Wait()
	for i, l := range lengths {
		if l[1] > 0 {
			f.kept, f.lengths = append(f.kept, uint32(i)), append(f.lengths, [2]uint32{l[0], l[1] - 1})
		}
	}
}

// lengthFilter says which rows are of use, by lengths in tokens. A limit of 0
// is none.
type lengthFilter struct {
	counter              *tokenizer
	minInput             int
	maxInput             int
	minAnswer, maxAnswer int // recorded, or asked for
	maxTotal             int
	output               int    // asked for in place of the answer's length; 0: that
	what                 string // the rows of use, for the message that there are none
}

// measure sets a row's lengths and says whether it is of use.
func (f *lengthFilter) measure(c *candidate) bool {
	r := &c.request
	if len(c.text) < f.minInput && r.InputTokens == 0 {
		return false // a token has at least one byte
	}
	if r.InputTokens == 0 && f.counter != nil {
		r.InputTokens = f.counter.Count(c.text)
	}
	if r.InputTokens < f.minInput || (f.maxInput > 0 && r.InputTokens > f.maxInput) {
		return false
	}
	answer := r.MaxTokens
	if c.answer != "" {
		answer = f.counter.Count(c.answer)
	}
	if answer < f.minAnswer || (f.maxAnswer > 0 && answer > f.maxAnswer) || (f.maxTotal > 0 && r.InputTokens+answer > f.maxTotal) {
		return false
	}
	r.MaxTokens = answer
	if f.output > 0 {
		r.MaxTokens = f.output
	}
	return true
}
