package reporters_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"loadgate/internal/result"
	"loadgate/reporters"
)

// delta is one of each kind of finding.
func delta(metric, title string, change result.Change, effect float64) result.Delta {
	e := result.Number(effect)
	d := result.Delta{
		Cell: "id-" + title, Title: title, Metric: metric, Unit: "ms", Better: "lower", Scale: result.Relative, Gated: true, Change: change,
		Outcome: result.RulePass, Reason: "because of " + metric, Base: 300, Head: result.Number(300 * (1 + effect)), BaseRepeats: 5, HeadRepeats: 5,
		Effect: e, Interval: &[2]result.Number{e - 0.02, e + 0.02}, Confidence: 0.998, DF: 7.9, P: 0.0001, Adjusted: 0.002, Exact: result.None(),
		Margin: 0.1, Asked: 0.1, NoiseFloor: 0.03, Detectable: 0.05, Needed: 4,
	}
	if change == result.Regressed {
		d.Outcome = result.RuleFail
	}
	return d
}

// compared is a report with a comparison that found something of each kind.
func compared() *reporters.Report {
	throughput := delta("output_throughput", "concurrency 8", result.Improved, -0.12)
	throughput.Better, throughput.Unit, throughput.Head = "higher", "tokens/s", 336
	share := delta("success_rate", "concurrency 8", result.Unclear, 0.012)
	share.Better, share.Scale, share.Base, share.Head, share.Margin = "higher", result.Points, 1, 0.988, 0.015
	share.Asked, share.Notes = 0.01, []string{"the margin is raised"}
	missing := delta("tpot.p50", "concurrency 8", result.NoData, 0)
	missing.Effect, missing.Interval, missing.Base = result.None(), nil, result.None()
	reported := delta("e2el.p99", "<b>=1+1", result.Regressed, 0.4)
	reported.Gated, reported.Outcome = false, result.RuleSkipped
	quiet := reported
	quiet.Metric, quiet.Change = "e2el.p50", result.Unchanged
	doc := document(cell(8, "short"))
	doc.Verdict, doc.ExitCode = result.Fail, 1
	doc.Comparison = &result.Comparison{
		SchemaVersion: result.ComparisonVersion, Verdict: result.Fail, ExitCode: 1, Reason: "1 regressed, 1 inconclusive",
		Base:        result.ComparedRun{Path: "baselines/main.json", Form: "baseline", RunID: "b0", StartedAt: began, Reason: "first"},
		Head:        result.ComparedRun{Path: "runs/x", Form: "run", RunID: "h0", StartedAt: began},
		Method:      result.CompareMethod{Alpha: 0.05, Family: 4, Reported: 2, Design: "unpaired", Text: "5 against 5 repeats · t intervals"},
		Differences: []result.Difference{{What: "host", Base: "a", Head: ""}}, Warnings: []string{"other machines"},
		Pairs: []result.Pair{
			{Title: "concurrency 8", Base: "x", Head: "id-concurrency 8", Status: result.PairCompared},
			{Title: "concurrency 9", Base: "y", Head: "id-9", Status: result.PairIncomparable, Reasons: []string{"the dataset has other content"}},
		},
		Deltas: []result.Delta{delta("ttft.p95", "concurrency 8", result.Regressed, 0.3), missing, share, throughput, reported, quiet},
	}
	return &reporters.Report{Doc: doc}
}

func TestComparisonOnTheConsole(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := reporters.Comparison(&b, compared().Doc.Comparison, reporters.ConsoleOptions{Width: 110}); err != nil {
		t.Fatal(err)
	}
	golden(t, "comparison.txt", b.String())
}

func TestComparisonInEveryView(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string][]string{
		"html":     {"Comparison: 1 regressed, 1 inconclusive", "baselines/main.json", "&#43;30.0 %", "&lt;b&gt;=1&#43;1", "the dataset has other content", "host"},
		"markdown": {"Compared with baselines/main.json", "| **regressed** |", "+30.0 %", "+12.0 %", "because of ttft.p95", "&lt;b&gt;"},
		"junit":    {`name="comparison" tests="4" failures="1" errors="0" skipped="1"`, `message="regressed: because of ttft.p95"`, "change: +30.0 %"},
		"json":     {`"change": "regressed"`, `"comparison": {`},
	} {
		k, err := reporters.Kinds.Find(kind)
		if err != nil {
			t.Fatal(err)
		}
		r, _ := k.New(nil)
		var b bytes.Buffer
		if err := r.Write(context.Background(), compared(), &b); err != nil {
			t.Fatal(err)
		}
		for _, s := range want {
			if !strings.Contains(b.String(), s) {
				t.Errorf("%s lacks %q", kind, s)
			}
		}
		if kind == "junit" {
			if err := xml.Unmarshal(b.Bytes(), new(struct{})); err != nil {
				t.Errorf("junit: %v", err)
			}
		}
		if strings.Contains(b.String(), "<b>=1+1") && kind != "json" && kind != "junit" {
			t.Errorf("%s holds markup of a stranger", kind)
		}
	}
}

func TestComparisonSheet(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := reporters.Excel(context.Background(), compared(), &b); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := f.GetRows("Comparison")
	if err != nil || len(rows) != 7 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	if got := strings.Join(rows[1][:4], "|"); got != "concurrency 8|ttft.p95|yes|regressed" {
		t.Error(got)
	}
	if v, _ := f.GetCellValue("Comparison", "H2"); v != "0.3" {
		t.Errorf("worse by %s", v)
	}
}

func TestComparisonOnGitHub(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := reporters.Annotations(&b, compared(), func(f string) string { return f }); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"::error title=ttft.p95 regressed::concurrency 8: because of ttft.p95", "::warning title=comparison::other machines"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in\n%s", want, b.String())
		}
	}
}
