package compare

import (
	"cmp"
	"slices"
	"strings"

	"loadgate/internal/result"
	"loadgate/metrics"
)

// test is one statistic of one pair on its way to a delta.
type test struct {
	result.Delta
	series struct{ base, head *Series }
	est    estimate
	ratio  bool
	sign   float64
	alpha  float64 // level of error of the interval
	// survivors: more of the head's requests failed, so that its latencies speak
	// for those alone that did not.
	survivors bool
}

// Compare sets head against base. Histories add to those that the base carries
// and win over them; nil is none.
func Compare(base, head *Side, policy Policy, histories Histories) *result.Comparison {
	return compareAs(base, head, match(base, head), policy, histories)
}

// compareAs compares cells that have been paired.
func compareAs(base, head *Side, pairs []*pair, policy Policy, histories Histories) *result.Comparison {
	out := &result.Comparison{
		SchemaVersion: result.ComparisonVersion,
		Base:          runOf(base), Head: runOf(head),
		Differences: append([]result.Difference{}, differences(base, head)...),
		Warnings:    []string{}, Pairs: []result.Pair{}, Deltas: []result.Delta{},
	}
	sameMachine := machineOf(base.Environment) == machineOf(head.Environment)
	var tests []*test
	for _, p := range pairs {
		policy.examine(p)
		out.Pairs = append(out.Pairs, p.Pair)
		tests = append(tests, policy.tests(p, func(name string) *History {
			if h := histories[p.head.Key][name]; h != nil {
				return h
			}
			if s := p.base.Series[name]; s != nil && sameMachine && p.base.Key == p.head.Key {
				return s.History
			}
			return nil
		})...)
	}
	judge(tests)
	for _, t := range tests {
		out.Deltas = append(out.Deltas, t.Delta)
	}
	sortDeltas(out.Deltas)
	out.Method = methodOf(out.Deltas, &policy)
	out.Warnings = append(out.Warnings, warnings(out, base, head, sameMachine, &policy)...)
	decide(out, &policy)
	return out
}

func runOf(s *Side) result.ComparedRun {
	return result.ComparedRun{
		Path: s.Path, Form: s.Form, Name: s.Name, RunID: s.RunID, StartedAt: s.StartedAt, Loadgate: s.Loadgate,
		Commit: s.Environment.Commit, Reason: s.Reason,
	}
}

// examine says whether the cells of a pair may be compared.
func (p *Policy) examine(pair *pair) {
	if pair.base == nil || pair.head == nil {
		return
	}
	reasons, notes := different(pair.base, pair.head)
	pair.Reasons, pair.Notes = reasons, append(pair.Notes, notes...)
	switch {
	case len(pair.Reasons) == 0:
	case p.AllowDifferent:
		pair.Allowed = true
	default:
		pair.Status = result.PairIncomparable
	}
}

// tests makes the tests of a pair: those of the gate, and of what else both
// sides have.
func (p *Policy) tests(pair *pair, history func(name string) *History) []*test {
	cell := pair.head
	if cell == nil {
		cell = pair.base
	}
	var out []*test
	for _, name := range p.names(pair) {
		t := &test{ratio: isRatioOf(name), sign: worse(betterOf(name))}
		t.Delta = emptyDelta(name, cell)
		t.Gated = p.gated(name, cell)
		t.Asked = result.Number(p.margin(name))
		t.Margin = t.Asked
		if pair.base != nil {
			t.series.base = pair.base.Series[name]
		}
		if pair.head != nil {
			t.series.head = pair.head.Series[name]
		}
		t.describe()
		if pair.Status == result.PairCompared {
			t.estimate(p.Paired && !pair.apart, history(name))
		} else {
			t.Change = map[string]result.Change{
				result.PairIncomparable: result.Incomparable, result.PairAdded: result.Added, result.PairRemoved: result.Removed,
			}[pair.Status]
			t.Reason = strings.Join(pair.Reasons, "; ")
		}
		out = append(out, t)
	}
	if pair.base != nil && pair.head != nil {
		censor(out)
	}
	return out
}

// names lists the statistics of a pair in the order of reports: gated ones that
// the gate names although no side has them are among them.
func (p *Policy) names(pair *pair) []string {
	var out []string
	add := func(name string) {
		if !slices.Contains(out, name) && Comparable(name) {
			out = append(out, name)
		}
	}
	for _, name := range slices.Concat(p.Gate, p.Mentioned(), tracked, fromSending) {
		inBase := pair.base != nil && pair.base.Series[name] != nil
		inHead := pair.head != nil && pair.head.Series[name] != nil
		if inBase || inHead || slices.Contains(p.Gate, name) {
			add(name)
		}
	}
	return out
}

func emptyDelta(name string, c *Cell) result.Delta {
	none := result.None()
	metric, _, _ := strings.Cut(name, ".")
	def, _ := metrics.Find(metric)
	d := result.Delta{
		Cell: c.ID, Title: c.Title, Metric: name, Unit: def.Unit, Better: "lower", Scale: result.Relative,
		Base: none, Head: none, Effect: none, Confidence: none, DF: none, P: none, Adjusted: none, Exact: none,
		Margin: none, Asked: none, NoiseFloor: none, Detectable: none,
	}
	if def.Better == metrics.Higher {
		d.Better = "higher"
	}
	if isRatio(metric) {
		d.Scale = result.Points
	}
	return d
}

// describe fills in what each side has.
func (t *test) describe() {
	side := func(s *Series, value *result.Number, repeats, samples *int) {
		y, why := sampleOf(s, t.ratio)
		if why != "" {
			return
		}
		mean, _ := y.spread()
		*value, *repeats, *samples = t.plain(mean), len(y.y), s.Samples
	}
	side(t.series.base, &t.Base, &t.BaseRepeats, &t.BaseSamples)
	side(t.series.head, &t.Head, &t.HeadRepeats, &t.HeadSamples)
}

// estimate makes the effect, or says why there is none.
func (t *test) estimate(inBlocks bool, h *History) {
	b, h2 := t.series.base, t.series.head
	base, whyBase := sampleOf(b, t.ratio)
	head, whyHead := sampleOf(h2, t.ratio)
	switch {
	case whyBase != "" && whyHead != "":
		t.Change, t.Reason = result.NoData, "neither side has a value"
		return
	case whyBase != "":
		t.Change, t.Reason = result.NoData, "the base "+whyBase
		return
	case whyHead != "":
		t.Change, t.Reason = result.NoData, "the head "+whyHead
		return
	case b.Note != h2.Note && b.Note+h2.Note != "":
		t.Change = result.Incomparable
		t.Reason = "the sides measured it in different ways: " + cmp.Or(b.Note, "as defined") + ", then " + cmp.Or(h2.Note, "as defined")
		return
	}
	if inBlocks {
		var why string
		if t.est, why = paired(b, h2, t.ratio, t.sign); why != "" {
			t.Change, t.Reason = result.NoData, "no block has a value on both sides"
		}
		return
	}
	t.est = unpaired(base, head, t.sign, h)
}

// sortDeltas puts the worst first: by change, gated before reported, then by
// effect.
func sortDeltas(deltas []result.Delta) {
	order := result.Changes()
	slices.SortStableFunc(deltas, func(a, b result.Delta) int {
		effect := func(d result.Delta) float64 {
			if d.Effect.Ok() && d.Margin > 0 {
				return float64(d.Effect / d.Margin)
			}
			return 0
		}
		rank := func(d result.Delta) int {
			if d.Gated {
				return 0
			}
			return 1
		}
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(slices.Index(order, a.Change), slices.Index(order, b.Change)), cmp.Compare(effect(b), effect(a)))
	})
}
