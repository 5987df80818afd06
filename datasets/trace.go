package datasets

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"loadgate/internal/diag"
	"loadgate/internal/kind"
	"loadgate/internal/llm"
	"loadgate/internal/yamlpos"
)

// traceConfig is the section of kind trace.
type traceConfig struct {
	Kind        string            `yaml:"kind"`
	Path        string            `yaml:"path"`
	Format      string            `yaml:"format"`
	Limit       int               `yaml:"limit"`
	Tokenizer   string            `yaml:"tokenizer"`
	BlockTokens int               `yaml:"block_tokens"`
	TimeUnit    string            `yaml:"time_unit"`
	Fields      map[string]string `yaml:"fields"`
	Only        map[string]string `yaml:"only"`
	MaxInput    int               `yaml:"max_input_tokens"`
	MaxOutput   int               `yaml:"max_output_tokens"`
}

// trace is a recorded load: requests with their lengths, and mostly with their
// times. Texts are made up where the trace has none.
type trace struct {
	counted
	config traceConfig
	format traceFormat
	data   *dataFile
	files  mediaFiles
	index  traceIndex
	digest string
}

// timedTrace is one whose sessions can be replayed.
type timedTrace struct{ *trace }

// Arrival implements llm.Timed.
func (t timedTrace) Arrival(i int) time.Duration { return t.index.arrival(i) }

// sessionTrace is one whose sessions may have several turns.
type sessionTrace struct{ *trace }

// Turns implements llm.Conversational.
func (t sessionTrace) Turns(_ uint64, i int) int { return t.index.turns(i % t.Rows()) }

// timedSessionTrace is both.
type timedSessionTrace struct{ sessionTrace }

// Arrival implements llm.Timed.
func (t timedSessionTrace) Arrival(i int) time.Duration { return t.index.arrival(i) }

// openTrace opens a trace. Its file is read through once; of each row its time,
// its lengths and its place are kept, and what is asked is made when it is asked
// for.
func openTrace(n *yamlpos.Node, ctx kind.Context) (llm.Dataset, diag.List) {
	c := traceConfig{Tokenizer: "cl100k_base"}
	s := decode(n, ctx, &c)
	format, known := traceFormats[c.Format]
	t := &trace{counted: counted{c.check(s, format, known)}, config: c, format: format, files: mediaFiles{folderOf(ctx, c.Path), newMediaSums()}}
	if s.list.HasErrors() {
		return nil, s.list
	}
	if t.data = s.openData(ctx, c.Path, layout{format: format.file, member: format.member}); t.data == nil {
		return nil, s.list
	}
	t.read(s)
	if s.list.HasErrors() {
		return nil, s.list
	}
	of := []any{c.Format, c.Limit, c.Tokenizer, c.BlockTokens, c.TimeUnit, pairs(c.Fields), pairs(c.Only), c.MaxInput, c.MaxOutput, t.data.sum}
	t.digest = digest("trace", append(of, t.files.sums.sum()...)...)
	return t.dressed(), s.list
}

// dressed is the trace with the powers that it has.
func (t *trace) dressed() llm.Dataset {
	switch {
	case t.index.several() && t.index.timed():
		return timedSessionTrace{sessionTrace{t}}
	case t.index.several():
		return sessionTrace{t}
	case t.index.timed():
		return timedTrace{t}
	default:
		return t
	}
}

// check reports wrong values and opens the tokenizer.
func (c *traceConfig) check(s *section, format traceFormat, known bool) *tokenizer {
	s.require("path", "trace.jsonl")
	s.notEmpty("path")
	s.require("format", "mooncake")
	s.oneOf("format", slices.Sorted(maps.Keys(traceFormats))...)
	s.oneOf("time_unit", "s", "ms", "us", "ns")
	s.within("limit", 1, 1e9, "a whole number from 1")
	s.tokens("block_tokens", 1)
	s.tokens("max_input_tokens", 1)
	s.tokens("max_output_tokens", 1)
	if known && s.Get("block_tokens") != nil && format.block == 0 {
		s.errorAtKey("block_tokens", "remove it", "a trace of format %s has no blocks", c.Format)
	}
	if known && s.Get("time_unit") != nil && format.unit == 0 {
		s.errorAtKey("time_unit", "remove it", "a trace of format %s has times of day", c.Format)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Fields)) {
		if known && !slices.Contains(format.fields, name) {
			s.list.Errorf(s.Get("fields").Pos, 1, diag.DidYouMean(name, format.fields), "fields: a trace of format %s has no field %q", c.Format, name)
		}
	}
	return s.openMaker(c.Tokenizer)
}

// read goes through the file.
func (t *trace) read(s *section) {
	o := t.options()
	parse := func(raw rawRow) (traceRow, bool, error) { return t.format.read(o, raw) }
	far := false
	b := traceBuilder{index: &t.index, spans: t.format.spans}
	var headers unsentHeaders
	scan(s, t.data, parse, func(r traceRow, at span) bool {
		if far = !b.add(&r, at); far {
			return false
		}
		headers.add(&r)
		return b.rows() != t.config.Limit
	})
	if s.list.HasErrors() {
		return
	}
	headers.warn(s, t.data)
	switch why := b.finish(); {
	case far:
		s.errorAt("path", "set a limit, or split the file", "%s is too large: rows are used up to %d GiB from its beginning", t.data.name, (maxOffset+1)>>30)
	case t.index.len() == 0:
		s.errorAt("path", "", "%s has no request of use", t.data.name)
	case why != nil:
		s.list.Errorf(diag.Pos{File: t.data.name, Line: why.line, Col: why.col}, 1, why.hint, "%s", why.message)
	}
}

// traceOptions is what the configuration says of rows.
type traceOptions struct {
	unit      time.Duration // of times that are numbers
	block     int           // tokens; 0 where there are no blocks
	fields    map[string]string
	only      map[string]string
	maxInput  int
	maxOutput int
	files     mediaFiles
}

var timeUnits = map[string]time.Duration{"s": time.Second, "ms": time.Millisecond, "us": time.Microsecond, "ns": time.Nanosecond}

func (t *trace) options() traceOptions {
	c := &t.config
	o := traceOptions{unit: t.format.unit, block: t.format.block, fields: c.Fields, only: c.Only, maxInput: c.MaxInput, maxOutput: c.MaxOutput, files: t.files}
	if c.TimeUnit != "" {
		o.unit = timeUnits[c.TimeUnit]
	}
	if c.BlockTokens > 0 {
		o.block = c.BlockTokens
	}
	return o
}

// Session implements llm.Dataset.
func (t *trace) Session(seed uint64, i int) (llm.Session, error) {
	if i < 0 || t.Rows() == 0 {
		return llm.Session{}, fmt.Errorf("there is no session %d of %d", i, t.Rows())
	}
	at := i % t.Rows()
	s := llm.Session{Grows: true}
	for n, row := range t.index.rowsOf(at) {
		turns, err := t.turns(seed, i, row)
		if err != nil {
			return llm.Session{}, fmt.Errorf("session %d: %w", i, err)
		}
		for k := range turns {
			turn := &turns[k]
			s.Grows = s.Grows && turn.grows
			if s.ID == "" {
				s.ID = turn.session
			}
			if n > 0 && k == 0 {
				turn.request.After = t.index.after(at, row)
			}
			s.Turns = append(s.Turns, turn.request)
		}
	}
	if len(s.Turns) < 2 {
		s.Grows = false
	}
	return s, nil
}

// turns makes the requests of a row, which belongs to session i.
func (t *trace) turns(seed uint64, i, row int) ([]traceTurn, error) {
	var turns []traceTurn
	if !t.format.spans {
		in, out := t.index.lengths(row)
		turns = []traceTurn{{input: in, output: out}}
	} else {
		r, err := t.row(row)
		if err != nil {
			return nil, err
		}
		turns = r.turns
	}
	for k := range turns {
		if err := t.fill(&turns[k], seed, strconv.Itoa(i)+"/"+strconv.Itoa(row)+"/"+strconv.Itoa(k)); err != nil {
			return nil, err
		}
	}
	return turns, nil
}

// row reads a row again.
func (t *trace) row(row int) (traceRow, error) {
	raw, err := t.data.read(t.index.spans.at(row))
	if err != nil {
		return traceRow{}, err
	}
	r, keep, err := t.format.read(t.options(), raw)
	if err != nil || !keep {
		return traceRow{}, errChanged
	}
	return r, nil
}

// Rows implements llm.Dataset.
func (t *trace) Rows() int { return t.index.len() }

// Digest implements llm.Dataset.
func (t *trace) Digest() string { return t.digest }

// pairs are the entries of a map in order.
func pairs(m map[string]string) [][2]string {
	out := [][2]string{}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, [2]string{k, m[k]})
	}
	return out
}

// Shapes implements llm.Shaped.
func (t *trace) Shapes(_ uint64, i int) ([]llm.Shape, error) {
	at := i % t.Rows()
	var out []llm.Shape
	for n, row := range t.index.rowsOf(at) {
		shapes, err := t.shapes(row)
		if err != nil {
			return nil, fmt.Errorf("session %d: %w", i, err)
		}
		if n > 0 {
			shapes[0].After = t.index.after(at, row)
		}
		out = append(out, shapes...)
	}
	return out, nil
}

// shapes are the sizes of a row's turns.
func (t *trace) shapes(row int) ([]llm.Shape, error) {
	if !t.format.spans {
		in, out := t.index.lengths(row)
		return []llm.Shape{{Input: in, Output: out}}, nil
	}
	r, err := t.row(row)
	if err != nil {
		return nil, err
	}
	out := make([]llm.Shape, len(r.turns))
	for k := range r.turns {
		turn := &r.turns[k]
		out[k] = llm.Shape{
			Input: turn.input, Output: turn.output, Think: turn.request.Think,
			Blocks: turn.request.Blocks, BlockTokens: turn.request.BlockTokens,
		}
	}
	return out, nil
}
