package metrics

import (
	"cmp"
	"slices"
	"strconv"

	"loadgate/engine"
	"loadgate/internal/result"
)

// A dimension tells the requests of a cell apart. It is one entry of dimensions.
type dimension struct {
	name string
	// of gives a request's group: what reports call it, and its place among the
	// others. "" = it is in none.
	of func(*engine.Sample) (value string, rank int)
}

// dimensions are by what requests are told apart.
var dimensions = []dimension{
	{"model", func(s *engine.Sample) (string, int) { return s.Model, 0 }},
	{"turn", turnOf},
}

// lastTurn is the first turn of which there is no group of its own.
const lastTurn = 20

func turnOf(s *engine.Sample) (string, int) {
	switch {
	case s.Turn == 0:
		return "", 0
	case s.Turn >= lastTurn:
		return strconv.Itoa(lastTurn) + "+", lastTurn
	default:
		return strconv.Itoa(s.Turn), s.Turn
	}
}

// Groups summarises the requests of a cell by what tells them apart, over all its
// repeats. It serves one goroutine.
type Groups struct {
	in   Input
	sets [][]*oneGroup // by dimension
}

type oneGroup struct {
	value     string
	rank      int
	collector *Collector
}

// NewGroups makes empty groups. Of in, Load and Seed count.
func NewGroups(in Input) *Groups {
	return &Groups{in: Input{Load: in.Load, Seed: in.Seed}, sets: make([][]*oneGroup, len(dimensions))}
}

// Add takes one sample. It keeps nothing of it.
func (g *Groups) Add(s *engine.Sample) {
	if s.Warmup {
		return
	}
	for i, d := range dimensions {
		if value, rank := d.of(s); value != "" {
			g.group(i, value, rank).collector.Add(s)
		}
	}
}

func (g *Groups) group(at int, value string, rank int) *oneGroup {
	for _, have := range g.sets[at] {
		if have.value == value {
			return have
		}
	}
	made := &oneGroup{value, rank, NewCollector(g.in)}
	g.sets[at] = append(g.sets[at], made)
	return made
}

// groupRates are the throughputs of groups.
var groupRates = []*Definition{&requestThroughput, &inputThroughput, &outputThroughput, &totalThroughput}

// Result lists the groups of every dimension that tells requests apart, which one
// with a single group does not. Throughputs are over the seconds of the whole cell,
// all its repeats together: what groups did in them adds up to what the cell did.
func (g *Groups) Result(seconds float64) []result.Group {
	var out []result.Group
	for i, set := range g.sets {
		if len(set) < 2 {
			continue
		}
		slices.SortFunc(set, func(a, b *oneGroup) int { return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.value, b.value)) })
		for _, one := range set {
			rep := one.collector.Repeat(engine.Totals{})
			rep.Counts.Planned, rep.Counts.Unsent = rep.Counts.Sent, 0 // what was not sent is of no group
			group := result.Group{By: dimensions[i].name, Value: one.value, Counts: rep.Counts, Metrics: map[string]result.Metric{}}
			for name, m := range rep.Metrics {
				if d := find(name); d.Shape == ShapeRequest || d.Shape == ShapeGap || name == successRate.Name {
					group.Metrics[name] = m
				}
			}
			whole := one.collector.total
			whole.seconds = seconds
			for _, d := range groupRates {
				group.Metrics[d.Name] = result.Metric{Unit: d.Unit, Value: result.Number(d.scalar(&whole))}
			}
			out = append(out, group)
		}
	}
	return out
}
