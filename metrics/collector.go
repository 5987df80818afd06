package metrics

import (
	"cmp"
	"iter"
	"slices"

	"loadgate/engine"
	"loadgate/internal/llm"
	"loadgate/internal/result"
	"loadgate/internal/stat"
	"loadgate/scenario"
)

// Input is what a summary depends on beside the samples.
type Input struct {
	Load      *scenario.Load
	Goodput   scenario.Goodput // nil: no goodput
	Shares    []Predicate      // whose shares to count
	Quantiles []Quantile       // beyond the usual percentiles
	Seed      uint64           // of the bootstraps
	CI        bool             // compute intervals and variances

	Configured Configured // lengths, for the fit
}

// Quantile names a quantile of a distribution: Q is in [0, 1].
type Quantile struct {
	Metric string
	Q      float64
}

// Collector gathers what the metrics of one repeat need. It serves one
// goroutine.
type Collector struct {
	in      Input
	records []record
	columns []column // as registry; empty for what is not a distribution of samples
	counts  result.Counts
	example map[string]int // index of the sample that gave an error class its example
	tokens  tokenSums
	shares  []shareCount
	fit     *fit
	total   tally // set by Repeat
}

// record is what the times of all requests are computed from.
type record struct {
	index         int
	start, done   int64
	warmup        bool
	completed     bool
	input, output int
}

// column holds the values of one distribution.
type column struct {
	values  []float64 // of ShapeRequest
	groups  []group   // of ShapeGap
	unknown bool      // some group is not what the metric asks for
	differs bool      // some group is not the very same as the fallback's
}

type group struct {
	index  int
	values []float64
}

// NewCollector makes an empty collector.
func NewCollector(in Input) *Collector {
	c := &Collector{
		in:      in,
		columns: make([]column, len(registry)),
		counts:  result.Counts{Errors: map[string]int{}},
		example: map[string]int{},
		fit:     newFit(in),
	}
	for _, p := range in.predicates() {
		c.shares = append(c.shares, shareCount{predicate: p})
	}
	return c
}

// Add takes one sample. It keeps nothing of it: the caller may use s and its
// slices again.
func (c *Collector) Add(s *engine.Sample) {
	r := newRequest(s, c.in.Load)
	done := s.Outcome == llm.Completed
	c.records = append(c.records, record{
		index: s.Index, start: s.Start, done: s.Done, warmup: s.Warmup,
		completed: done, input: r.input.n, output: r.output.n,
	})
	if s.Warmup {
		c.counts.Warmup++
		return
	}
	c.count(s)
	c.fit.add(s)
	if done {
		c.tokens.add(r)
		for i := range c.shares {
			c.shares[i].add(r)
		}
	}
	for i := range registry {
		if d := &registry[i]; done || d.Of == OfSent {
			c.columns[i].add(d, r)
		}
	}
}

func (c *Collector) count(s *engine.Sample) {
	c.counts.Sent++
	switch s.Outcome {
	case llm.Completed:
		c.counts.Completed++
	case llm.Audited:
		c.counts.AuditHits++
	case llm.Cancelled:
		c.counts.Cancelled++
	case llm.Failed:
		c.counts.Failed++
		c.countError(s)
	}
}

func (c *Collector) countError(s *engine.Sample) {
	class := string(s.Class)
	if class == "" {
		class = string(llm.ErrUnexpected)
	}
	c.counts.Errors[class]++
	if at, ok := c.example[class]; s.Error == "" || (ok && at <= s.Index) {
		return
	}
	if c.counts.Examples == nil {
		c.counts.Examples = map[string]string{}
	}
	c.example[class], c.counts.Examples[class] = s.Index, s.Error
}

func (col *column) add(d *Definition, r *request) {
	switch {
	case d.request != nil:
		if v, ok := d.request(r); ok {
			col.values = append(col.values, v)
		}
	case d.gaps != nil:
		list := d.gaps(r)
		if len(list.values) == 0 {
			return
		}
		col.unknown = col.unknown || list.unknown
		if d.fallback != "" {
			same := find(d.fallback).gaps(r).values
			col.differs = col.differs || len(same) != len(list.values) || &same[0] != &list.values[0]
		}
		col.groups = append(col.groups, group{r.s.Index, list.values})
	}
}

// Summarize makes the summary of one repeat in one pass over its samples.
// Index, StartedAt and what package validity finds are the caller's to set.
func Summarize(in Input, totals engine.Totals, samples iter.Seq2[engine.Sample, error]) (*result.Repeat, error) {
	c := NewCollector(in)
	for s, err := range samples {
		if err != nil {
			return nil, err
		}
		c.Add(&s)
	}
	return c.Repeat(totals), nil
}

// Repeat makes the summary of what was added.
func (c *Collector) Repeat(totals engine.Totals) *result.Repeat {
	c.sort()
	c.total = c.tally(totals)
	rep := c.summary()
	rep.Client = clientOf(totals.Client, rep.Metrics)
	rep.Client.Carrier = totals.Carrier
	rep.Fit = c.fit.result()
	return rep
}

// Pool makes one summary of several repeats of a cell, for rules that say
// `over: pooled`: distributions over the requests of all, counts and times
// added up. Repeat must have been called on each. It is nil without any.
func Pool(collectors []*Collector) *result.Repeat {
	if len(collectors) == 0 {
		return nil
	}
	all := NewCollector(collectors[0].in)
	for _, c := range collectors {
		all.total = all.total.plus(c.total)
		for i := range c.shares {
			all.shares[i].good += c.shares[i].good
			all.shares[i].judged += c.shares[i].judged
		}
		for i := range c.columns {
			into, from := &all.columns[i], &c.columns[i]
			into.values = append(into.values, from.values...)
			into.groups = append(into.groups, from.groups...)
			into.unknown = into.unknown || from.unknown
			into.differs = into.differs || from.differs
		}
	}
	for i := range all.columns {
		slices.Sort(all.columns[i].values)
	}
	return all.summary()
}

// sort makes the outcome independent of the order in which samples came.
func (c *Collector) sort() {
	slices.SortFunc(c.records, func(a, b record) int {
		return cmp.Or(cmp.Compare(a.index, b.index), cmp.Compare(a.start, b.start))
	})
	for i := range c.columns {
		slices.Sort(c.columns[i].values)
		slices.SortFunc(c.columns[i].groups, func(a, b group) int {
			if a.index != b.index {
				return cmp.Compare(a.index, b.index)
			}
			return slices.Compare(a.values, b.values)
		})
	}
}

// summary reads all metrics off the columns and the tally.
func (c *Collector) summary() *result.Repeat {
	rep := &result.Repeat{
		Findings: []result.Finding{},
		Counts:   c.total.counts,
		Tokens:   c.total.tokens.result(c.total.counts.Completed),
		Metrics:  make(map[string]result.Metric, len(registry)),
		Shares:   map[string]result.Share{},
	}
	if c.in.CI {
		rep.LogVariance = map[string]result.Number{}
	}
	for i := range c.shares {
		s := &c.shares[i]
		if s.known(rep.Counts.Completed) {
			rep.Shares[s.predicate.Key()] = result.Share{Good: s.good, Sent: rep.Counts.Sent}
		}
		if s.predicate.Key() == GoodputShare {
			c.total.good = *s
		}
	}
	for i := range registry {
		if d := &registry[i]; !d.InCounts() {
			c.metric(rep, d, &c.columns[i])
		}
	}
	return rep
}

func (c *Collector) metric(rep *result.Repeat, d *Definition, col *column) {
	m := result.Metric{Unit: d.Unit, Value: result.None()}
	switch {
	case d.Shape == ShapeLevel:
		m.Dist = c.total.level.dist()
	case d.Shape == ShapeGap && col.unknown, d.Shape == ShapeGap && d.fallback != "" && !col.differs:
		m.Dist = c.likeFallback(rep, d)
		if col.unknown {
			m.Note = d.note
		}
	case d.Shape == ShapeGap:
		m.Dist = c.pooled(rep, d, col.groups)
	case d.Of == OfEnded:
		m.Dist = c.adjusted(rep, d)
	case d.Shape == ShapeRequest:
		m.Dist = c.perRequest(rep, d, col.values, stat.Quantile)
	default:
		m.Value = result.Number(d.scalar(&c.total))
	}
	rep.Metrics[d.Name] = m
}

func clientOf(u engine.Usage, metrics map[string]result.Metric) result.Client {
	share := u.CPUSeconds / (u.WallSeconds * u.Cores)
	return result.Client{
		CPURatio:   result.Number(orNaN(share, u.CPUSeconds >= 0 && u.WallSeconds > 0 && u.Cores > 0)),
		LateP99MS:  metrics["schedule_delay"].Dist.P99,
		LagP99MS:   metrics["client_lag"].Dist.P99,
		MaxRSSByte: u.MaxRSSBytes,
	}
}
