package store

import (
	"bytes"

	"loadgate/engine"
	"loadgate/internal/llm"
)

// eventsKey begins the columns of a line that this package wrote. Within a string
// its quotes would be escaped.
var eventsKey = []byte(`,"events":`)

// quickEvents reads columns as appendColumns writes them, up to the end of the
// line. On anything else, however legal, it says false, and encoding/json has the
// word: where it says true, that would have found the same.
func quickEvents(b []byte) ([]engine.Event, bool) {
	c := cutter{b: b}
	if !c.take(`{"at_ns":[`) {
		return nil, false
	}
	c.values = make([]int64, c.count())
	out := make([]engine.Event, len(c.values))
	var at int64
	ok := c.column()
	for i := range out {
		at += c.values[i]
		out[i].At = at
	}
	if ok && c.take(`,"lag_ns":[`) {
		ok = c.lags(out)
	}
	ok = ok && c.take(`,"bytes":[`) && c.column()
	for i := range out {
		out[i].Bytes = c.narrow(c.values[i])
	}
	ok = ok && c.take(`,"kinds":"`) && c.kinds(out) && c.take(`"`)
	if ok && c.take(`,"tokens":[`) {
		ok = c.column()
		for i := range out {
			out[i].Tokens = c.narrow(c.values[i])
		}
	}
	return out, ok && !c.odd && string(c.b) == "}}"
}

// cutter stands at a place in a text.
type cutter struct {
	b      []byte
	values []int64 // of the column read last
	odd    bool    // a number does not fit where it belongs
}

func (c *cutter) take(text string) bool {
	if len(c.b) < len(text) || string(c.b[:len(text)]) != text {
		return false
	}
	c.b = c.b[len(text):]
	return true
}

// count is how many elements the array has of which the first one is next.
func (c *cutter) count() int {
	end := max(0, bytes.IndexByte(c.b, ']'))
	return bytes.Count(c.b[:end], []byte(",")) + 1
}

// column reads as many integers as there are values, and the end of the array.
func (c *cutter) column() bool {
	return c.numbers(c.values) && c.take("]")
}

// numbers reads integers of up to 18 digits with commas between them.
func (c *cutter) numbers(into []int64) bool {
	b, i := c.b, 0
	for n := range into {
		if n > 0 {
			if i >= len(b) || b[i] != ',' {
				return false
			}
			i++
		}
		minus := i < len(b) && b[i] == '-'
		if minus {
			i++
		}
		var v int64
		from := i
		for ; i < len(b) && b[i]-'0' <= 9; i++ {
			v = 10*v + int64(b[i]-'0')
		}
		if digits := i - from; digits == 0 || digits > 18 || (digits > 1 && b[from] == '0') {
			return false
		}
		if minus {
			v = -v
		}
		into[n] = v
	}
	c.b = b[i:]
	return true
}

// lags reads the column in which null stands for no stamp of the kernel's. Few
// have a null.
func (c *cutter) lags(out []engine.Event) bool {
	end := bytes.IndexByte(c.b, ']')
	if end < 0 {
		return false
	}
	if bytes.IndexByte(c.b[:end], 'n') < 0 {
		ok := c.column()
		for i := range out {
			out[i].Kernel = out[i].At - c.values[i]
		}
		return ok
	}
	for i := range out {
		if i > 0 && !c.take(",") {
			return false
		}
		if c.take("null") {
			continue
		}
		if !c.numbers(c.values[:1]) {
			return false
		}
		out[i].Kernel = out[i].At - c.values[0]
	}
	return c.take("]")
}

func (c *cutter) narrow(v int64) int32 {
	n := int32(v)
	c.odd = c.odd || int64(n) != v
	return n
}

// kinds reads a letter for each event.
func (c *cutter) kinds(out []engine.Event) bool {
	if len(c.b) < len(out) {
		return false
	}
	for i := range out {
		switch k := c.b[i]; {
		case k == noKind:
		case k >= 'a' && k <= 'z':
			out[i].Kind = llm.Kind(k)
		default:
			return false
		}
	}
	c.b = c.b[len(out):]
	return true
}
