package metrics

import (
	"cmp"
	"math"
	"slices"

	"loadgate/internal/result"
	"loadgate/internal/rule"
)

var inFlight = Definition{
	Name: "in_flight", Unit: "requests", Dim: rule.Count, Scale: 1, Shape: ShapeLevel, Of: OfSent,
	Text: "Measured requests between start and done: their mean over `duration`, weighted by time, and their maximum. " +
		"The mean is Little's law: throughput times time in the system.",
	Formula: "avg: Σ (done - start) / duration",
	Also:    "GuideLLM: request concurrency; AIPerf: effective concurrency",
	Aliases: []string{"concurrency", "request_concurrency", "inflight"},
}

// level is a number of requests over time.
type level struct {
	seconds  float64 // observed
	integral float64 // of the number over time, in seconds
	peak     int
	n        int // requests
}

// levelOf sweeps over the starts and ends of records. A request that ends at
// the very moment another starts has gone by then.
func levelOf(records []record) level {
	type edge struct {
		at   int64
		step int
	}
	var l level
	edges := make([]edge, 0, 2*len(records))
	for _, r := range records {
		if r.done >= r.start {
			edges = append(edges, edge{r.start, 1}, edge{r.done, -1})
			l.n++
		}
	}
	if l.n == 0 {
		return l
	}
	slices.SortFunc(edges, func(a, b edge) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.step, b.step))
	})
	now, last := 0, edges[0].at
	for _, e := range edges {
		l.integral += float64(now) * seconds(e.at-last)
		now, last = now+e.step, e.at
		l.peak = max(l.peak, now)
	}
	l.seconds = seconds(last - edges[0].at)
	return l
}

// plus adds the level of another stretch of time.
func (l level) plus(o level) level {
	return level{l.seconds + o.seconds, l.integral + o.integral, max(l.peak, o.peak), l.n + o.n}
}

func (l level) dist() *result.Dist {
	d := EmptyDist()
	d.N, d.Groups = l.n, l.n
	if l.n > 0 {
		d.Max = result.Number(l.peak)
		d.Avg = result.Number(orNaN(l.integral/l.seconds, l.seconds > 0))
	}
	if math.IsInf(float64(d.Avg), 0) {
		d.Avg = result.None()
	}
	return d
}

func seconds(ns int64) float64 { return float64(ns) / 1e9 }
