package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"loadgate/engine"
	"loadgate/internal/llm"
)

// decodeSample reads a line of a samples file that holds a request. The columns,
// which are nearly all of it, stand at its end where this package wrote it, and
// are read without encoding/json, which would walk over them three times.
func decodeSample(line []byte) (Record, error) {
	head, columns, apart := bytes.Cut(line, eventsKey)
	if apart {
		if events, ok := quickEvents(columns); ok {
			rec, err := decodeWhole(append(slices.Clone(head), '}'))
			if err == nil && rec.Sample.Events == nil {
				rec.Sample.Events = events
				return rec, nil
			}
		}
	}
	return decodeWhole(line)
}

func decodeWhole(line []byte) (Record, error) {
	var in struct {
		sampleHead
		Events *columns `json:"events"`
	}
	if err := json.Unmarshal(line, &in); err != nil {
		return Record{}, err
	}
	rec := Record{Repeat: in.Repeat, Sample: in.Sample}
	if rec.Sample.Usage != nil {
		rec.Sample.Usage.Set = true
	}
	if in.Events == nil {
		return rec, nil
	}
	var err error
	if rec.Sample.Events, err = in.Events.events(); err != nil {
		return Record{}, fmt.Errorf("events: %w", err)
	}
	return rec, nil
}

func decodeRepeatEnd(line []byte) (RepeatInfo, error) {
	var in struct {
		RepeatEnd *RepeatInfo `json:"repeat_end"`
	}
	if err := json.Unmarshal(line, &in); err != nil {
		return RepeatInfo{}, err
	}
	if in.RepeatEnd == nil {
		return RepeatInfo{}, errors.New("repeat_end is null")
	}
	return *in.RepeatEnd, nil
}

// columns are the events of a sample as they are stored; see appendColumns.
type columns struct {
	At     numbers `json:"at_ns"`
	Lag    numbers `json:"lag_ns"`
	Bytes  numbers `json:"bytes"`
	Kinds  string  `json:"kinds"`
	Tokens numbers `json:"tokens"`
}

var errUneven = errors.New("columns differ in length")

// events turns columns into rows.
func (c *columns) events() ([]engine.Event, error) {
	n := len(c.At.values)
	if len(c.Bytes.values) != n || len(c.Kinds) != n {
		return nil, errUneven
	}
	for _, column := range []*numbers{&c.Lag, &c.Tokens} {
		if len(column.values) != n && column.values != nil {
			return nil, errUneven
		}
	}
	if c.At.null != nil || c.Bytes.null != nil || c.Tokens.null != nil {
		return nil, errors.New("null in a column that has none")
	}
	out := make([]engine.Event, n)
	var at int64
	for i := range out {
		at += c.At.values[i]
		ev := &out[i]
		ev.At = at
		if c.Lag.values != nil && !c.Lag.isNull(i) {
			ev.Kernel = at - c.Lag.values[i]
		}
		if k := c.Kinds[i]; k != noKind {
			ev.Kind = llm.Kind(k)
		}
		var err error
		if ev.Bytes, err = narrow(c.Bytes.values[i]); err != nil {
			return nil, err
		}
		if c.Tokens.values != nil {
			if ev.Tokens, err = narrow(c.Tokens.values[i]); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func narrow(v int64) (int32, error) {
	if v < math.MinInt32 || v > math.MaxInt32 {
		return 0, fmt.Errorf("%d does not fit 32 bits", v)
	}
	return int32(v), nil
}

// numbers is a JSON array of integers and nulls, read without reflection.
type numbers struct {
	values []int64
	null   []bool // nil: there is no null
}

func (n *numbers) isNull(i int) bool { return n.null != nil && n.null[i] }

// UnmarshalJSON reads an array; encoding/json has checked that it is JSON.
func (n *numbers) UnmarshalJSON(b []byte) error {
	*n = numbers{}
	if string(b) == "null" {
		return nil
	}
	if b[0] != '[' {
		return errors.New("a column is no array")
	}
	n.values = make([]int64, 0, bytes.Count(b, []byte(","))+1)
	for i := 1; i < len(b); {
		if c := b[i]; c == ',' || c == ']' || c <= ' ' {
			i++
			continue
		}
		start := i
		for i < len(b) && b[i] != ',' && b[i] != ']' && b[i] > ' ' {
			i++
		}
		if err := n.add(b[start:i]); err != nil {
			return err
		}
	}
	return nil
}

// add appends one number or null.
func (n *numbers) add(word []byte) error {
	if string(word) == "null" {
		if n.null == nil {
			n.null = make([]bool, len(n.values), cap(n.values))
		}
		n.values, n.null = append(n.values, 0), append(n.null, true)
		return nil
	}
	v, ok := parseInt(word)
	if !ok {
		return fmt.Errorf("%.20q is no integer of 64 bits", word)
	}
	n.values = append(n.values, v)
	if n.null != nil {
		n.null = append(n.null, false)
	}
	return nil
}

// parseInt reads a decimal integer. Up to 18 digits, which is nearly all there
// are, it needs neither a string nor a check for overflow.
func parseInt(word []byte) (int64, bool) {
	digits := bytes.TrimPrefix(word, []byte("-"))
	if len(digits) == 0 || len(digits) > 18 {
		v, err := strconv.ParseInt(string(word), 10, 64)
		return v, err == nil
	}
	var v int64
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		v = 10*v + int64(c-'0')
	}
	if len(digits) < len(word) {
		v = -v
	}
	return v, true
}
