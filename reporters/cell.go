package reporters

import (
	"fmt"
	"math"
	"slices"

	"loadgate/internal/result"
)

// stat is one statistic of a cell's distribution, absent where there is none.
func stat(c *result.Cell, metric, statistic string) result.Number {
	m, ok := c.Metrics[metric]
	if !ok || m.Dist == nil {
		return result.None()
	}
	v, _ := m.Dist.Stat(statistic)
	return v
}

// value is a cell's scalar metric, absent where there is none.
func value(c *result.Cell, metric string) result.Number {
	m, ok := c.Metrics[metric]
	if !ok || m.Dist != nil {
		return result.None()
	}
	return m.Value
}

// successRate is completed / sent: the metric, or the same from the counts.
func successRate(c *result.Cell) result.Number {
	if v := value(c, "success_rate"); v.Ok() {
		return v
	}
	if c.Counts.Sent == 0 {
		return result.None()
	}
	return result.Number(float64(c.Counts.Completed) / float64(c.Counts.Sent))
}

// axisNames lists the axes of all cells in the order in which they come.
func axisNames(cells []*result.Cell) []string {
	var names []string
	for _, c := range cells {
		for _, a := range c.Axes {
			if !slices.Contains(names, a.Name) {
				names = append(names, a.Name)
			}
		}
	}
	return names
}

func axisOf(c *result.Cell, name string) any {
	for _, a := range c.Axes {
		if a.Name == name {
			return a.Value
		}
	}
	return nil
}

// load is how a cell's requests are sent, as far as reports say it.
type load struct {
	concurrency float64 // NaN in an open loop
	rate        float64 // NaN in a closed loop
	limit       float64 // the open loop's cap, NaN without one
}

func loadOf(c *result.Cell) load {
	field := func(name string) float64 {
		if x, ok := asNumber(c.Load[name]); ok && x > 0 {
			return x
		}
		return math.NaN()
	}
	return load{concurrency: field("concurrency"), rate: field("rate"), limit: field("max_concurrency")}
}

func (l load) String() string {
	switch {
	case !math.IsNaN(l.concurrency):
		return "concurrency " + number(l.concurrency)
	case math.IsNaN(l.rate):
		return none
	}
	s := "rate " + number(l.rate)
	if !math.IsInf(l.rate, 1) {
		s += "/s"
	}
	if !math.IsNaN(l.limit) {
		s += fmt.Sprintf(", at most %s in flight", number(l.limit))
	}
	return s
}

// findingsOf lists a cell's findings: its own, or those of its repeats.
func findingsOf(c *result.Cell) []result.Finding {
	if len(c.Findings) > 0 {
		return c.Findings
	}
	var all []result.Finding
	for _, r := range c.Repeats {
		all = append(all, r.Findings...)
	}
	return all
}

// repeatsOf is the number of a cell's repeats, at least 1.
func repeatsOf(c *result.Cell) int { return max(1, len(c.Repeats)) }
