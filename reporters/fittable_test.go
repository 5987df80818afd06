package reporters_test

import (
	"strings"
	"testing"

	"loadgate/internal/result"
	"loadgate/reporters"
)

// Reports for people set what was asked for beside what was sent, and say what
// does not fit.
func TestFitInReports(t *testing.T) {
	t.Parallel()
	number := func(avg float64) *result.Spread {
		return &result.Spread{N: 4, Avg: result.Number(avg), P50: result.Number(avg), P90: result.Number(avg), P95: result.Number(avg), P99: result.Number(avg), Max: result.Number(avg), CV: result.Number(0.5)}
	}
	doc := &result.Document{Cells: []*result.Cell{{
		ID: "c1", Repeats: []*result.Repeat{{Fit: &result.Fit{
			Lines: []result.FitLine{
				{Name: "input_tokens", Unit: "tokens", Asked: number(412), Sent: number(436)},
				{Name: "drawn_output_tokens", Unit: "tokens", Asked: number(200), Sent: number(207), Text: "normal (mean 200, stddev 60), from 16"},
				{Name: "model_share", Of: "lora-<1>", Unit: "ratio", Asked: number(0.25), Sent: nil},
			},
			Misfits: []string{"the server counts 436 input tokens a request"},
		}}},
	}}}
	if got := row(t, open(t, excel(t, &reporters.Report{Doc: doc})), "Fit", 2); got["Quantity"] != "drawn_output_tokens: normal (mean 200, stddev 60), from 16" || got["asked p95"] != "200" || got["sent avg"] != "207" {
		t.Errorf("the sheet has %v", got)
	}
	for name, c := range map[string]struct {
		reporter reporters.ReporterFunc
		want     []string
	}{
		"markdown": {reporters.Markdown, []string{"Asked for and sent", "| input", "412", "436", "| drawn\\_output\\_tokens: normal (mean 200, stddev 60), from 16 | tokens | 200 | 207 | 0.500 | 0.500 |", "- the server counts 436 input tokens a request"}},
		"html":     {reporters.HTML, []string{`<h2 id="fit-title">Asked for and sent</h2>`, "<td>input_tokens</td>", "<td>drawn_output_tokens: normal (mean 200, stddev 60), from 16</td>", `<td class="n">436`, "<td>model_share lora-&lt;1&gt;</td>", "<li>the server counts 436 input tokens a request</li>"}},
	} {
		out := string(write(t, c.reporter, &reporters.Report{Doc: doc}))
		for _, w := range c.want {
			if !strings.Contains(out, w) {
				t.Errorf("%s lacks %q", name, w)
			}
		}
	}
}
