package foreign

import (
	"regexp"
	"slices"
	"strings"

	"loadgate/internal/result"
)

// flat are names that statistics have as the first word of a key, as in
// mean_ttft_ms.
var flat = map[string]string{
	"mean": "avg", "median": "p50", "std": "stddev", "p1": "p1", "p10": "p10", "p25": "p25", "p50": "p50",
	"p75": "p75", "p90": "p90", "p95": "p95", "p99": "p99", "p99.9": "p999",
}

var flatPercentile = regexp.MustCompile(`^p[0-9.]+$`)

// flatStats collects the statistics of keys such as mean_ttft_ms, for the name
// ttft_ms. Percentiles that a result has no place for are said to be left out.
func flatStats(r *run, n node, name string) map[string]result.Number {
	out := map[string]result.Number{}
	m, _ := n.v.(map[string]any)
	for key := range m {
		word, ok := strings.CutSuffix(key, "_"+name)
		if !ok {
			continue
		}
		if ours := flat[word]; ours != "" {
			if v := n.get(key).num(); v.Ok() {
				out[ours] = v
			}
		}
	}
	for _, key := range sortedKeys(m) {
		if word, ok := strings.CutSuffix(key, "_"+name); ok && flatPercentile.MatchString(word) && flat[word] == "" {
			r.note("percentile %s is left out: a result has none of that name", word)
		}
	}
	return out
}

// nested collects the statistics of a mapping under the tool's names for them.
func nested(n node, names map[string]string) map[string]result.Number {
	out := map[string]result.Number{}
	for theirs, ours := range names {
		if v := n.get(theirs).num(); v.Ok() {
			out[ours] = v
		}
	}
	return out
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
