package validity

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"loadgate/internal/rule"
	"loadgate/internal/stat"
	"loadgate/metrics"
)

var sampleSize = Definition{
	Name: "sample_size", Cause: Sample, Unit: "requests", Warn: never(), Invalid: never(), Below: true,
	Statistic: "requests behind a percentile that a rule reads",
	Text: "Fewer than its 95 % interval needs: 6 for p50, 36 for p90, 72 for p95, 368 for p99, 3688 for p999. " +
		"For itl and icl the requests count and not the gaps. A percentile without any value is not judged here.",
	judge: func(f *facts, _ thresholds) *reading {
		var worst *reading
		for _, q := range f.Percentiles {
			m := f.Repeat.Metrics[q.Metric]
			need := stat.MinN(q.Q, 0.95)
			if m.Dist == nil || m.Dist.Groups == 0 || m.Dist.Groups >= need || need == math.MaxInt {
				continue
			}
			if worst == nil || float64(need) > worst.limit {
				worst = &reading{level: Warn, value: float64(m.Dist.Groups), limit: float64(need)}
				worst.message = fmt.Sprintf("%s of %s rests on %d requests, and an interval needs %d: send more, or judge share(…) instead",
					percent(q), q.Metric, m.Dist.Groups, need)
			}
		}
		return worst
	},
}

func percent(q metrics.Quantile) string {
	return "p" + strconv.FormatFloat(math.Round(q.Q*1e8)/1e6, 'f', -1, 64)
}

const (
	trendRequests = 200 // fewer say nothing about a change over time
	meanMoves     = 0.05
)

var warmUp = Definition{
	Name: "warmup", Cause: Sample, Unit: "ratio", Warn: meanMoves, Invalid: never(),
	Statistic: "how far the mean latency moves when the start-up phase that MSER-5 finds is left out",
	Text: "From 200 completed measured requests on. The part left out must also differ from the rest beyond chance " +
		"(3.3 standard errors). Latency is ttft, without streaming e2el. A replay is not judged: it has the ups and downs of its trace.",
	judge: func(f *facts, t thresholds) *reading {
		if f.Load.Replay != nil {
			return nil
		}
		var series []float64
		for _, r := range f.measured() {
			if !math.IsNaN(r.latency) {
				series = append(series, r.latency)
			}
		}
		cut, settled := stat.MSER5(series)
		if len(series) < trendRequests || !settled || cut == 0 || !differ(series[:cut], series[cut:]) {
			return nil
		}
		all, rest := stat.Summarize(series).Mean, stat.Summarize(series[cut:]).Mean
		v := math.Abs(rest/all - 1)
		return t.judge(v).says(fmt.Sprintf("the first %d measured requests still belong to the warm-up: without them the mean latency moves by %s; "+
			"lengthen load.warmup", cut, rule.Format(v, rule.Ratio)))
	},
}

// differ reports whether two means lie more than 3.3 standard errors apart.
func differ(a, b []float64) bool {
	x, y := stat.Summarize(a), stat.Summarize(b)
	se := math.Sqrt(x.Stddev*x.Stddev/float64(x.N) + y.Stddev*y.Stddev/float64(y.N))
	return math.Abs(x.Mean-y.Mean) > 3.3*se
}

const (
	trendParts = 20
	growth     = 0.20
)

var stationarity = Definition{
	Name: "stationarity", Cause: Server, Unit: "ratio", Warn: growth, Invalid: never(),
	Statistic: "growth of ttft and of the number in flight from the first to the last quarter of the run",
	Text: "From 200 requests on, once the time that 90 % of requests take has passed: until then the server fills. " +
		"The slope over twenty parts of the run must be positive with a confidence of 99.9 % too; parts and not requests, since " +
		"neighbours in a queue wait together. In an open loop the growth of both means SATURATED: the target does not keep up " +
		"with the rate, and its latencies say how long the test lasted. The number in flight is not judged in a closed loop. " +
		"Of sessions of several turns, the first turns' latencies are judged: later ones grow with what was said, and more of them are in " +
		"flight until the first sessions end. A replay is not judged: it has the ups and downs of its trace.",
	judge: func(f *facts, t thresholds) *reading {
		if f.Load.Replay != nil {
			return nil
		}
		latency, inFlight := f.trends()
		if !f.Load.Open() || f.closedLoop() || f.talks() {
			inFlight = math.NaN()
		}
		grows := func(v float64) bool { return v > t.warn }
		switch {
		case grows(latency) && grows(inFlight):
			return &reading{level: Warn, value: latency, limit: t.warn, message: fmt.Sprintf(
				"SATURATED: ttft grew by %s and requests in flight by %s over the run; the target does not keep up with this rate: lower it",
				rule.Format(latency, rule.Ratio), rule.Format(inFlight, rule.Ratio))}
		case grows(latency):
			return &reading{level: Warn, value: latency, limit: t.warn, message: fmt.Sprintf(
				"ttft grew by %s over the run: warm up or measure for longer, or lower the load", rule.Format(latency, rule.Ratio))}
		case grows(inFlight):
			return &reading{level: Warn, value: inFlight, limit: t.warn, message: fmt.Sprintf(
				"requests in flight grew by %s over the run: measure for longer, or lower the rate", rule.Format(inFlight, rule.Ratio))}
		}
		return nil
	},
}

// talks reports whether sessions have several turns.
func (f *facts) talks() bool {
	return slices.ContainsFunc(f.rows, func(r row) bool { return r.turn > 1 })
}

// trends are the proven growths of latency and of the number in flight; NaN
// where there is none.
func (f *facts) trends() (latency, inFlight float64) {
	rows := f.measured()
	if f.talks() {
		rows = slices.DeleteFunc(rows, func(r row) bool { return r.turn > 1 })
	}
	slices.SortFunc(rows, func(a, b row) int { return int(min(max(a.start-b.start, -1), 1)) })
	latency, inFlight = math.NaN(), math.NaN()
	if len(rows) < trendRequests {
		return latency, inFlight
	}
	rows = rows[filling(rows):]
	if len(rows) < trendRequests/2 {
		return latency, inFlight
	}
	var at, ttft, when, flying []float64
	counts := f.inFlightAt(rows)
	for i, r := range rows {
		when, flying = append(when, float64(r.start)/1e9), append(flying, counts[i])
		if !math.IsNaN(r.latency) {
			at, ttft = append(at, float64(r.start)/1e9), append(ttft, r.latency)
		}
	}
	return grown(at, ttft), grown(when, flying)
}

// filling is the number of rows that were sent before the first ones ended.
func filling(rows []row) int {
	var took []float64
	for _, r := range rows {
		took = append(took, float64(r.done-r.start))
	}
	slices.Sort(took)
	full := rows[0].start + int64(stat.Quantile(took, 0.9))
	n, _ := slices.BinarySearchFunc(rows, full, func(r row, at int64) int { return int(min(max(r.start-at, -1), 1)) })
	return n
}

// inFlightAt counts, for each row in order of start, the requests in flight when
// it was sent.
func (f *facts) inFlightAt(rows []row) []float64 {
	var starts, ends []int64
	for _, r := range f.rows {
		starts, ends = append(starts, r.start), append(ends, r.done)
	}
	slices.Sort(starts)
	slices.Sort(ends)
	out := make([]float64, len(rows))
	for i, r := range rows {
		begun, _ := slices.BinarySearch(starts, r.start+1)
		ended, _ := slices.BinarySearch(ends, r.start+1)
		out[i] = float64(begun - ended)
	}
	return out
}

// grown is how much y grows from the first to the last quarter of x, as a share
// of the first; NaN unless its slope over twenty parts is proven to be positive.
func grown(x, y []float64) float64 {
	if len(x) < trendRequests/2 {
		return math.NaN()
	}
	var px, py [trendParts]float64
	for i := range trendParts {
		lo, hi := i*len(x)/trendParts, (i+1)*len(x)/trendParts
		px[i], py[i] = stat.Summarize(x[lo:hi]).Mean, stat.Summarize(y[lo:hi]).Mean
	}
	const quarter = trendParts / 4
	first, last := stat.Summarize(py[:quarter]).Mean, stat.Summarize(py[trendParts-quarter:]).Mean
	if _, lo, _ := stat.Slope(px[:], py[:], 0.999); !(lo > 0) || first <= 0 {
		return math.NaN()
	}
	return last/first - 1
}
