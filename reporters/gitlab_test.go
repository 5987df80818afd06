package reporters_test

import (
	"math"
	"strings"
	"testing"

	"loadgate/internal/result"
	"loadgate/reporters"
)

func TestGitLabGolden(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"empty", "failures", "all-failed", "hostile"} {
		golden(t, "metrics-"+name+".txt", string(write(t, reporters.GitLab, reports()[name])))
	}
}

// GitLab tells values apart by name and labels: none may come twice.
func TestGitLabSeriesAreUnique(t *testing.T) {
	t.Parallel()
	twins := document(cell(8, "short"), cell(8, "short"), cell(8, "short"))
	twins.Cells[1].ID, twins.Cells[2].ID = "other", "third"
	twins.Cells[0].Metrics["duration"] = scalar("s", math.Inf(1))
	clash := document(cell(8, "short"))
	clash.Cells[0].Axes = result.Axes{{Name: "a.b", Value: 1.0}, {Name: "a_b", Value: "x"}, {Name: "class", Value: "y"}, {Name: "9", Value: "z"}, {Name: "é", Value: "\\\" x\n"}}
	all := reports()
	all["twins"], all["clash"] = &reporters.Report{Doc: twins}, &reporters.Report{Doc: clash}
	for name, r := range all {
		text := string(write(t, reporters.GitLab, r))
		seen := map[string]bool{}
		for line := range strings.Lines(text) {
			series, _, _ := strings.Cut(strings.ReplaceAll(line, `\"`, ""), "} ")
			if seen[series] {
				t.Errorf("%s: %s twice", name, series)
			}
			seen[series] = true
		}
		if !strings.HasSuffix(text, "# EOF\n") || strings.Contains(text, "NaN") {
			t.Errorf("%s: %q", name, text)
		}
	}
	if text := string(write(t, reporters.GitLab, all["clash"])); !strings.Contains(text, `{a_b="1",axis_a_b="x",axis_class="y",_9="z",unnamed="\\\" x"}`) {
		t.Errorf("labels in %s", strings.SplitN(text, "\n", 5)[2])
	}
}

func TestGitLabIsOpenMetrics(t *testing.T) {
	t.Parallel()
	python := pythonWith(t, "prometheus_client.openmetrics.parser")
	for name, r := range reports() {
		var got map[string]struct {
			Type    string
			Samples []struct {
				Labels map[string]string
				Value  string
			}
		}
		readWith(t, python, "read_openmetrics.py", "metrics.txt", write(t, reporters.GitLab, r), &got)
		if name != "matrix" {
			continue
		}
		family := got["loadgate_ttft_p99_ms"]
		if s := family.Samples; family.Type != "gauge" || len(s) != 36 || s[0].Labels["load_concurrency"] != "1" || s[0].Labels["shape"] != "short" || s[0].Value != "227.475" {
			t.Errorf("%s: %+v", name, family)
		}
	}
}
