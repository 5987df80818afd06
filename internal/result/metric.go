package result

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// Number is a float64 whose NaN is null in JSON ("there is none") and whose
// infinities are "inf" and "-inf".
type Number float64

// None is the absent number.
func None() Number { return Number(math.NaN()) }

// Ok reports whether there is a number.
func (n Number) Ok() bool { return !math.IsNaN(float64(n)) }

// MarshalJSON writes the number with the digits it needs, null or "inf".
func (n Number) MarshalJSON() ([]byte, error) {
	f := float64(n)
	switch {
	case math.IsNaN(f):
		return []byte("null"), nil
	case math.IsInf(f, 1):
		return []byte(`"inf"`), nil
	case math.IsInf(f, -1):
		return []byte(`"-inf"`), nil
	default:
		return json.Marshal(f)
	}
}

// UnmarshalJSON reads what MarshalJSON writes.
func (n *Number) UnmarshalJSON(b []byte) error {
	switch s := string(b); s {
	case "null":
		*n = None()
	case `"inf"`:
		*n = Number(math.Inf(1))
	case `"-inf"`:
		*n = Number(math.Inf(-1))
	default:
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return fmt.Errorf("%s is no number", s)
		}
		*n = Number(f)
	}
	return nil
}

// Metric is one metric of one cell: a scalar (Dist nil) or a distribution.
type Metric struct {
	Unit  string
	Value Number // of a scalar
	Dist  *Dist  // of a distribution
	// Note labels how the values came about where that differs from the
	// definition, for example "per_chunk" for an itl without token counts.
	Note string
}

// Dist summarises a distribution. N counts values; for itl and icl, whose gaps
// hang together within a request, Groups counts the requests that gave them and
// is what intervals rest on (else equal to N). A statistic without data is None.
type Dist struct {
	N, Groups                                   int
	Avg, Min, Max, Stddev                       Number
	P1, P10, P25, P50, P75, P90, P95, P99, P999 Number
	CI95                                        map[string]*[2]Number // by percentile name; nil where n is too small
}

// Stat returns a statistic by its name: avg, min, max, stddev, p1 … p999.
func (d *Dist) Stat(name string) (Number, bool) {
	for _, s := range d.stats() {
		if s.name == name {
			return *s.value, true
		}
	}
	return None(), false
}

// SetStat sets a statistic by its name and reports whether there is such a one.
func (d *Dist) SetStat(name string, v Number) bool {
	for _, s := range d.stats() {
		if s.name == name {
			*s.value = v
			return true
		}
	}
	return false
}

// Stats lists the names of a distribution's statistics in the order of reports.
func Stats() []string {
	var d Dist
	var out []string
	for _, s := range d.stats() {
		out = append(out, s.name)
	}
	return out
}

type namedStat struct {
	name  string
	value *Number
}

func (d *Dist) stats() []namedStat {
	return []namedStat{
		{"avg", &d.Avg},
		{"min", &d.Min},
		{"max", &d.Max},
		{"stddev", &d.Stddev},
		{"p1", &d.P1},
		{"p10", &d.P10},
		{"p25", &d.P25},
		{"p50", &d.P50},
		{"p75", &d.P75},
		{"p90", &d.P90},
		{"p95", &d.P95},
		{"p99", &d.P99},
		{"p999", &d.P999},
	}
}

// MarshalJSON writes a scalar as {unit, value} and a distribution as {unit, n,
// avg, …, p999, ci95}; absent statistics are null.
func (m Metric) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	field := func(name string, v any) error {
		j, err := json.Marshal(v)
		if err != nil {
			return err
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%q:%s", name, j)
		return nil
	}
	type pair struct {
		name  string
		value any
	}
	pairs := []pair{{"unit", m.Unit}}
	if m.Dist == nil {
		pairs = append(pairs, pair{"value", m.Value})
	} else {
		pairs = append(pairs, pair{"n", m.Dist.N}, pair{"groups", m.Dist.Groups})
		for _, s := range m.Dist.stats() {
			pairs = append(pairs, pair{s.name, *s.value})
		}
		pairs = append(pairs, pair{"ci95", m.Dist.CI95})
	}
	if m.Note != "" {
		pairs = append(pairs, pair{"note", m.Note})
	}
	b.WriteByte('{')
	for _, p := range pairs {
		if err := field(p.name, p.value); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (m *Metric) UnmarshalJSON(data []byte) error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	if raw == nil {
		return fmt.Errorf("a metric is null")
	}
	*m = Metric{Value: None()}
	read := func(name string, into any) error {
		if v, ok := raw[name]; ok {
			if err := json.Unmarshal(v, into); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		return nil
	}
	if err := read("unit", &m.Unit); err != nil {
		return err
	}
	if err := read("note", &m.Note); err != nil {
		return err
	}
	if _, scalar := raw["value"]; scalar {
		return read("value", &m.Value)
	}
	m.Dist = &Dist{}
	for name, into := range map[string]any{"n": &m.Dist.N, "groups": &m.Dist.Groups, "ci95": &m.Dist.CI95} {
		if err := read(name, into); err != nil {
			return err
		}
	}
	for _, s := range m.Dist.stats() {
		*s.value = None()
		if err := read(s.name, s.value); err != nil {
			return err
		}
	}
	return nil
}

// Axes keeps a cell's axes in the order of the file; in JSON it is an object.
type Axes []Axis

// MarshalJSON writes an object with the axes in order.
func (a Axes) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, x := range a {
		k, err := json.Marshal(x.Name)
		if err != nil {
			return nil, err
		}
		v, err := json.Marshal(axisValue(x.Value))
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%s:%s", k, v)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// axisValue makes an infinite rate printable.
func axisValue(v any) any {
	if f, ok := v.(float64); ok {
		return Number(f)
	}
	return v
}

// UnmarshalJSON reads an object, keeping the order of its keys.
func (a *Axes) UnmarshalJSON(data []byte) error {
	*a = Axes{}
	if string(data) == "null" {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return fmt.Errorf("axes are no object")
	}
	for dec.More() {
		k, err := dec.Token()
		if err != nil {
			return err
		}
		var v any
		if err := dec.Decode(&v); err != nil {
			return err
		}
		if v == "inf" {
			v = math.Inf(1)
		}
		*a = append(*a, Axis{Name: k.(string), Value: v})
	}
	return nil
}
