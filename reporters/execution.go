package reporters

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"loadgate/internal/result"
)

// execution is one repeat of a cell: what other tools call a run or a
// benchmark, and write one result of.
type execution struct {
	cell    *result.Cell
	index   int // of the repeat, from 0
	started time.Time
	counts  result.Counts
	tokens  result.Tokens
	metrics map[string]result.Metric
}

// executionsOf lists the repeats of all cells; a cell without any stands for
// itself.
func executionsOf(cells []*result.Cell) []execution {
	var all []execution
	for _, c := range cells {
		if len(c.Repeats) == 0 {
			all = append(all, execution{c, 0, c.StartedAt, c.Counts, c.Tokens, c.Metrics})
		}
		for _, r := range c.Repeats {
			all = append(all, execution{c, r.Index, r.StartedAt, r.Counts, r.Tokens, r.Metrics})
		}
	}
	return all
}

func (e *execution) value(metric string) result.Number {
	return value(&result.Cell{Metrics: e.metrics}, metric)
}

// dist is a distribution with data, or nil.
func (e *execution) dist(metric string) *result.Dist {
	if d := e.metrics[metric].Dist; d != nil && d.N > 0 {
		return d
	}
	return nil
}

// lasted is how long the measured window was; ok is false where that is not
// known.
func (e *execution) lasted() (d time.Duration, ok bool) {
	seconds := float64(e.value("duration"))
	if math.IsNaN(seconds) || math.IsInf(seconds, 0) {
		return 0, false
	}
	return time.Duration(seconds * float64(time.Second)), true
}

// executionID names one execution among those of all runs.
func executionID(r *Report, e *execution) string {
	return fmt.Sprintf("%s/%s/%d", clean(r.Doc.RunID, maxName), clean(e.cell.ID, maxName), e.index)
}

// object is a JSON object that keeps the order of its fields; a key that is
// there already is not set again.
type object struct {
	keys   []string
	values map[string]any
}

func (o *object) set(key string, v any) {
	if o.values == nil {
		o.values = map[string]any{}
	}
	if _, there := o.values[key]; !there {
		o.keys = append(o.keys, key)
		o.values[key] = v
	}
}

// MarshalJSON writes the fields in the order in which they were set. Whether <
// is escaped is left to the encoder around it.
func (o *object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	b.WriteByte('{')
	for i, key := range o.keys {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := enc.Encode(key); err != nil {
			return nil, err
		}
		b.WriteByte(':')
		if err := enc.Encode(o.values[key]); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// orNull is a number, or nil for null where there is none.
func orNull(x float64) any {
	if n := result.Number(x); n.Ok() {
		return n
	}
	return nil
}
