package reporters_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"loadgate/internal/result"
	"loadgate/reporters"
)

func annotations(t *testing.T, r *reporters.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := reporters.Annotations(&b, r, func(file string) string { return "perf/" + file }); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestAnnotationsGolden(t *testing.T) {
	t.Parallel()
	var all strings.Builder
	for _, name := range []string{"empty", "one-cell", "matrix", "failures", "invalid", "interrupted", "all-failed", "many-reasons", "hostile"} {
		fmt.Fprintf(&all, "# %s\n%s", name, annotations(t, reports()[name]))
	}
	golden(t, "annotations.txt", all.String())
}

// command is what GitHub's runner takes for one.
var command = regexp.MustCompile(`^::(error|warning) ((?:[a-z]+=[^:,]*,?)+)::[^\r\n]*$`)

func TestAnnotationsAreOneCommandALine(t *testing.T) {
	t.Parallel()
	all := reports()
	all["marked"] = &reporters.Report{Doc: marked()}
	for name, r := range all {
		for line := range strings.Lines(annotations(t, r)) {
			if !command.MatchString(strings.TrimSuffix(line, "\n")) {
				t.Errorf("%s: %q", name, line)
			}
		}
	}
}

func TestAnnotationsAreAtMostTen(t *testing.T) {
	t.Parallel()
	for _, n := range []int{10, 11, 300} {
		d := document(cell(8, "short"))
		for i := range n {
			hard := missed(rule(fmt.Sprintf("ttft.p99 < %dms", i), i+1, d.Cells[0]), 612.4, "")
			soft := hard
			soft.Severity = "warn"
			d.SLO = append(d.SLO, hard, soft)
		}
		d.Verdict, d.ExitCode = result.Fail, 1
		got := annotations(t, &reporters.Report{Doc: d})
		if errors, warnings := strings.Count(got, "::error "), strings.Count(got, "::warning "); errors != 10 || warnings != 10 {
			t.Errorf("%d rules: %d errors, %d warnings", n, errors, warnings)
		}
		if want := fmt.Sprintf("::error title=loadgate::and %d more errors: see the summary of the job\n", n-9); (n > 10) != strings.Contains(got, want) {
			t.Errorf("%d rules: %s", n, got)
		}
	}
}
