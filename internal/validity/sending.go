package validity

import (
	"fmt"
	"math"
	"slices"

	"loadgate/internal/rule"
	"loadgate/internal/stat"
)

var sendLateness = Definition{
	Name: "send_lateness", Cause: Client, Unit: "ms", Warn: 2, Invalid: 10,
	Statistic: "schedule_delay, by the share of requests that are over the threshold: with a share of 1 %, its p99",
	Text: "Open loop with a finite rate. A request is late if its schedule_delay is over the threshold and over 5 % (warn) " +
		"or 10 % (invalid) of the smallest limit on ttft or e2el, without one of the median ttft: lateness that small beside " +
		"what is measured changes nothing. The share of late requests must be above 1 % (of n requests: above 1 − 0.025^(1/n), " +
		"at most 10 %) with a confidence of 99 % (warn) or 99.9 % (invalid), and late requests released within 100 ms of each other " +
		"count as one stall: a pause of the machine in a short run is not yet a client that cannot keep up. " +
		"It is one where most requests were late, since then even the median is the client's.",
	judge: func(f *facts, t thresholds) *reading {
		if !f.Load.Open() || f.Load.Unlimited() {
			return nil
		}
		return delayed(f.measured(), map[string]float64{
			Warn:    max(t.warn, 0.05*f.reference()),
			Invalid: max(t.invalid, 0.10*f.reference()),
		}).describe("%s of requests were sent more than %s late: lower the rate, close other programs, or use more machines")
	},
}

// delayed judges the delays of rows against a limit for each level.
func delayed(rows []row, limits map[string]float64) *lateness {
	for _, level := range []string{Invalid, Warn} {
		limit := limits[level]
		if s := latenessOver(rows, limit); s.matters(confidence(level)) {
			return &lateness{reading{level: level, value: delayP99(rows), limit: limit}, s}
		}
	}
	return nil
}

func delayP99(rows []row) float64 {
	var delays []float64
	for _, r := range rows {
		if !math.IsNaN(r.delay) {
			delays = append(delays, r.delay)
		}
	}
	slices.Sort(delays)
	return stat.Quantile(delays, 0.99)
}

// lateness is a reading with the share that it rests on.
type lateness struct {
	reading
	share lateShare
}

// describe writes the message: the share of late requests, then the limit.
func (l *lateness) describe(format string) *reading {
	if l == nil {
		return nil
	}
	share := float64(l.share.late) / float64(l.share.n)
	l.message = fmt.Sprintf(format, rule.Format(share, rule.Ratio), rule.Format(l.limit, rule.Time))
	return &l.reading
}

// reference is the latency beside which the client's delays are small or not:
// the smallest limit that is judged, else the median of what was measured; 0
// where nothing was.
func (f *facts) reference() float64 {
	if f.LatencyLimit > 0 {
		return f.LatencyLimit
	}
	for _, name := range []string{"ttft", "e2el"} {
		if v := f.stat(name, "p50"); v > 0 {
			return v
		}
	}
	return 0
}

// stat is a statistic of the repeat, NaN where there is none.
func (f *facts) stat(metric, name string) float64 {
	m := f.Repeat.Metrics[metric]
	if m.Dist == nil {
		return math.NaN()
	}
	v, _ := m.Dist.Stat(name)
	return float64(v)
}

var achievedRate = Definition{
	Name: "achieved_rate", Cause: Client, Unit: "ratio", Warn: 0.98, Invalid: 0.90, Below: true,
	Statistic: "requests sent within the schedule / requests planned",
	Text: "Open loop with a finite rate, over schedules of at least 1 s, where the cap was not reached and nobody stopped the run. " +
		"It compares sends with this run's own schedule and not with the nominal rate, so that the chance in Poisson arrivals " +
		"does not count. A request counts as sent in time up to 100 ms after the schedule's end. The missing share must be " +
		"beyond the threshold with a confidence of 99 % (warn) or 99.9 % (invalid).",
	judge: func(f *facts, t thresholds) *reading {
		rows := f.measured()
		if !f.Load.Open() || f.Load.Unlimited() || f.Totals.Truncated || f.capReached(rows) || len(rows) == 0 {
			return nil
		}
		end := rows[len(rows)-1].sched
		if end-rows[0].sched < int64(1e9) {
			return nil
		}
		behind := f.withheld()
		for _, r := range rows {
			if r.start > end+stallSpan {
				behind++
			}
		}
		planned := len(rows) + f.withheld()
		return t.proven(behind, planned)
	},
}

// proven judges the share of planned requests that were not behind.
func (t thresholds) proven(behind, planned int) *reading {
	value := 1 - float64(behind)/float64(planned)
	for _, l := range []struct {
		level string
		limit float64
	}{{Invalid, t.invalid}, {Warn, t.warn}} {
		if stat.BinomialLower(behind, planned, confidence(l.level)) > 1-l.limit {
			r := &reading{level: l.level, value: value, limit: l.limit}
			return r.says(fmt.Sprintf("only %s of the planned requests were sent while the schedule ran: lower the rate, or use more machines",
				rule.Format(value, rule.Ratio)))
		}
	}
	return nil
}

// capReached reports whether requests waited at max_concurrency.
func (f *facts) capReached(rows []row) bool {
	for _, r := range rows {
		if f.Load.MaxConcurrency > 0 && r.queue > 1 {
			return true
		}
	}
	return false
}

// withheld is the number of measured requests that were never sent through no
// fault of the server: turns of sessions that broke off are not among them.
func (f *facts) withheld() int { return f.Totals.UnsentMeasured - f.Totals.AbandonedMeasured }

var unsentRequests = Definition{
	Name: "unsent", Cause: Client, Unit: "requests", Warn: 0, Invalid: 0,
	Statistic: "planned − sent − abandoned",
	Text: "Not judged where the scenario itself may leave requests unsent: under max_concurrency, or with both requests and duration. " +
		"A run that was stopped early (Ctrl-C, --max-time) is warned and not invalid: what it sent was measured well.",
	judge: func(f *facts, t thresholds) *reading {
		declared := f.Load.Open() && f.Load.MaxConcurrency > 0 || f.Load.Requests > 0 && f.Load.Duration > 0
		n := f.withheld()
		if n <= 0 || (declared && !f.Totals.Truncated) {
			return nil
		}
		planned := f.Totals.PlannedMeasured
		if f.Totals.Truncated {
			r := thresholds{warn: t.warn, invalid: never()}.judge(float64(n))
			return r.says(fmt.Sprintf("stopped early: %d of %d planned requests were not sent", n, planned))
		}
		return t.judge(float64(n)).says(fmt.Sprintf(
			"%d of %d planned requests were never sent: lower the rate, or use more machines", n, planned))
	},
}
