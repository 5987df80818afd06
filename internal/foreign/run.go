package foreign

import (
	"fmt"
	"math"
	"slices"
	"time"

	"loadgate/internal/result"
	"loadgate/metrics"
)

// run is one execution of a load by another tool: what becomes a repeat.
type run struct {
	tool, version string
	name          string // label that the user gave it
	model         string
	dataset       string
	started       time.Time
	load          map[string]any // in the words of a scenario's load
	labels        map[string]any
	counts        result.Counts
	tokens        result.Tokens
	metrics       map[string]result.Metric
	notes         []string
}

func newRun(tool string) *run {
	return &run{tool: tool, load: map[string]any{}, labels: map[string]any{}, metrics: map[string]result.Metric{}}
}

// note says something about the import, once.
func (r *run) note(format string, args ...any) {
	if s := fmt.Sprintf(format, args...); !slices.Contains(r.notes, s) {
		r.notes = append(r.notes, s)
	}
}

// leaveOut says why a field is not imported, where the file has it.
func (r *run) leaveOut(n node, key, why string) {
	if v := n.get(key); v.there() && v.v != 0.0 {
		r.note("%s is left out: %s", key, why)
	}
}

// scalar sets a metric of one value. None is left absent.
func (r *run) scalar(metric string, v result.Number) {
	if def, ok := metrics.Find(metric); ok && v.Ok() {
		r.metrics[metric] = result.Metric{Unit: def.Unit, Value: v}
	}
}

// dist sets a distribution of n values of that many requests, its statistics
// multiplied by scale. Nothing is set without a value.
func (r *run) dist(metric string, stats map[string]result.Number, scale float64, n, requests int) {
	def, ok := metrics.Find(metric)
	d := metrics.EmptyDist()
	d.N, d.Groups = n, requests
	some := false
	for name, v := range stats {
		if v.Ok() && d.SetStat(name, result.Number(float64(v)*scale)) {
			some = true
		}
	}
	if ok && some && n > 0 {
		r.metrics[metric] = result.Metric{Unit: def.Unit, Value: result.None(), Dist: d}
	}
}

// mark labels how a metric's values came about.
func (r *run) mark(metric, note string) {
	if m, ok := r.metrics[metric]; ok {
		m.Note = note
		r.metrics[metric] = m
	}
}

// mean sets a distribution of which only the mean is known.
func (r *run) mean(metric string, sum, n int) {
	if sum > 0 && n > 0 {
		r.dist(metric, map[string]result.Number{"avg": result.Number(float64(sum) / float64(n))}, 1, n, n)
	}
}

// setLoad says how requests were sent, as far as it is known; None is unknown.
// An unlimited rate under a cap is a closed loop.
func (r *run) setLoad(rate, limit result.Number, requests int) {
	limited := limit.Ok() && limit > 0 && !math.IsInf(float64(limit), 0)
	unlimited := !rate.Ok() || math.IsInf(float64(rate), 1)
	switch {
	case limited && unlimited:
		r.load["concurrency"] = float64(limit)
	case limited:
		r.load["rate"], r.load["max_concurrency"] = float64(rate), float64(limit)
	case rate.Ok() && unlimited:
		r.load["rate"] = "inf"
	case rate.Ok():
		r.load["rate"] = float64(rate)
	}
	if requests > 0 {
		r.load["requests"] = float64(requests)
	}
}

func (r *run) closed() bool { return r.load["concurrency"] != nil }

// finish derives what follows from the rest. sent says that the counts are all
// requests.
func (r *run) finish(sent bool) *run {
	c := &r.counts
	c.Sent = c.Completed + c.Failed + c.AuditHits + c.Cancelled
	c.Planned = c.Sent + c.Unsent
	switch {
	case !sent:
		r.note("the file does not say how many requests failed: success_rate is absent")
	case c.Sent > 0:
		r.scalar("success_rate", result.Number(float64(c.Completed)/float64(c.Sent)))
	}
	if r.closed() {
		for theirs, ours := range map[string]string{"sent_ttft": "ttft", "sent_e2el": "e2el"} {
			if m, ok := r.metrics[theirs]; ok {
				r.metrics[ours] = m
			}
		}
	} else if _, ok := r.metrics["sent_ttft"]; ok {
		r.note("latencies count from sending: they are sent_ttft and sent_e2el; ttft and e2el, which count from the planned time, are absent")
	}
	source := func(n int) string {
		if n == 0 {
			return "none"
		}
		return "mixed" // the tool's own choice, which its files do not tell
	}
	t := &r.tokens
	t.InputSource, t.OutputSource, t.Source = source(t.Input), source(t.Output), source(t.Input+t.Output)
	return r
}

// requestCountNote tells of distributions whose number of values is not known.
const requestCountNote = "n is the number of completed requests, since the file does not say how many values a statistic rests on"
