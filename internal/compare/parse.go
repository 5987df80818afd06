package compare

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"loadgate/internal/diag"
	"loadgate/internal/result"
	"loadgate/metrics"
)

// ParseMargin reads a margin: "10%" or "0.1", between 0 and 100 %.
func ParseMargin(text string) (float64, error) {
	number, isPercent := strings.CutSuffix(strings.TrimSpace(text), "%")
	v, err := strconv.ParseFloat(number, 64)
	if isPercent {
		v /= 100
	}
	if err != nil || !(v > 0 && v < 1) {
		return 0, fmt.Errorf("a margin is a percentage above 0%% and below 100%%, for example 10%%, not %q", text)
	}
	return v, nil
}

// CheckStatistic says what is wrong with the name of a statistic that shall be
// gated or given a margin, and what to write instead. whole allows the name of a
// distribution alone ("ttft"), which stands for all of its statistics.
func CheckStatistic(name string, whole bool) (problem, hint string) {
	metric, field, dotted := strings.Cut(name, ".")
	d, known := metrics.Find(metric)
	switch {
	case Comparable(name), whole && known && !dotted && d.IsDist() && Comparable(metric+".p50"):
		return "", ""
	case !known:
		var names []string
		for _, d := range metrics.Catalogue() {
			names = append(names, d.Name)
			if slices.Contains(d.Aliases, metric) {
				return fmt.Sprintf("there is no metric %q", metric), "write " + d.Name
			}
		}
		return fmt.Sprintf("there is no metric %q", metric), diag.DidYouMean(metric, names)
	case d.IsDist() && !dotted:
		return metric + " is a distribution", "say which statistic: " + metric + ".p50, " + metric + ".p95"
	case d.IsDist() && d.Better != metrics.Neither:
		return fmt.Sprintf("%s has no statistic %q", metric, field), "it has " + strings.Join(d.Stats(), ", ")
	case dotted && !d.IsDist():
		return metric + " is one number", "write " + metric + " alone"
	case d.InCounts():
		return metric + " is a number of requests, which is not compared", "choose success_rate"
	default:
		return metric + " is not compared: it has no better and worse", "choose a latency, a throughput or a rate"
	}
}

// ParseChange reads what may fail a comparison.
func ParseChange(name string) (result.Change, bool) {
	c := result.Change(name)
	return c, slices.Contains(Failing(), c)
}

// Failing lists the changes that a policy may let fail.
func Failing() []result.Change {
	return []result.Change{result.Regressed, result.Suspect, result.Unclear, result.NoData, result.Incomparable, result.Removed}
}

// FailingNames lists them for people.
func FailingNames() string {
	var out []string
	for _, c := range Failing() {
		out = append(out, string(c))
	}
	return strings.Join(out, ", ")
}
