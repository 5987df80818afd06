package reporters_test

import (
	"fmt"
	"strings"
	"testing"

	"loadgate/internal/result"
	"loadgate/reporters"
)

// grouped is a run of one cell whose requests asked for two models, in two turns.
func grouped() *reporters.Report {
	group := func(by, value string, sent int, rate float64) result.Group {
		ms := func(p50 float64) result.Metric {
			return result.Metric{Unit: "ms", Dist: &result.Dist{N: sent, Groups: sent, Avg: result.Number(p50), P50: result.Number(p50), P95: result.Number(2 * p50)}}
		}
		return result.Group{
			By: by, Value: value, Counts: result.Counts{Planned: sent, Sent: sent, Completed: sent - 1, Failed: 1},
			Metrics: map[string]result.Metric{
				"ttft": ms(30), "tpot": ms(5), "e2el": ms(900), "input_tokens": ms(128), "output_tokens": ms(64),
				"output_throughput": {Unit: "tokens/s", Value: result.Number(64 * rate)}, "request_throughput": {Unit: "requests/s", Value: result.Number(rate)},
			},
		}
	}
	return &reporters.Report{Doc: &result.Document{Name: "adapters", Cells: []*result.Cell{{
		ID: "c1", Groups: []result.Group{group("model", "base", 75, 3), group("model", "lora-<b>", 25, 1), group("turn", "1", 100, 4), group("turn", "2", 50, 2)},
	}}}}
}

// The console has a table for each thing that tells requests apart, as wide as there
// is room for.
func TestGroupsOnTheConsole(t *testing.T) {
	t.Parallel()
	for _, width := range []int{60, 100} {
		golden(t, fmt.Sprintf("groups-%d.txt", width), console(t, grouped(), reporters.ConsoleOptions{Width: width}))
	}
}

func TestGroupsInReports(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		reporter reporters.ReporterFunc
		want     []string
	}{
		"markdown": {reporters.Markdown, []string{"| output tok/s | req/s |", "| model | base | 75 | 98.7 | 128 | 64.0 | 192 | 3.00 |"}},
		"html":     {reporters.HTML, []string{`<th scope="col" class="n">output tok/s</th>`, "<td>lora-&lt;b&gt;</td><td class=\"n\">25</td><td class=\"n\">96.0</td><td class=\"n\">128</td><td class=\"n\">64.0</td><td class=\"n\">64.0</td><td class=\"n\">1.00</td>"}},
	} {
		out := strings.ReplaceAll(string(write(t, c.reporter, grouped())), "\n", "")
		for _, w := range c.want {
			if !strings.Contains(out, w) {
				t.Errorf("%s lacks %q", name, w)
			}
		}
	}
}
