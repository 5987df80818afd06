package reporters_test

import (
	"archive/zip"
	"bytes"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"loadgate/engine"
	"loadgate/internal/llm"
	"loadgate/reporters"
)

func excel(t *testing.T, r *reporters.Report) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := reporters.Excel(t.Context(), r, &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func open(t *testing.T, data []byte) *excelize.File {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// inherited is what spreadsheets of serving_perf_eval begin with.
var inherited = strings.Split("Hardware Spec|Model|Software Framework|Cluster Spec|Dataset|Total Requests|Request Rate|Request Success Rate(%)|"+
	"Audit Hits|Concurrency|Total Input Tokens|Total Output Tokens|Total Reasoning Tokens|Total Duration(s)|"+
	"Total Request Throughput(requests/s)|Total Input Throughput(tokens/s)|Total Output Throughput(tokens/s)|"+
	"TTFT_avg(ms)|TPOT_avg(ms)|ITL_avg(ms)|E2EL_avg(ms)|TTFT_p50(ms)|TPOT_p50(ms)|ITL_p50(ms)|E2EL_p50(ms)|"+
	"TTFT_p90(ms)|TPOT_p90(ms)|ITL_p90(ms)|E2EL_p90(ms)|TTFT_p10(ms)|TPOT_p10(ms)|ITL_p10(ms)|E2EL_p10(ms)|"+
	"TTFT_p99(ms)|TPOT_p99(ms)|ITL_p99(ms)|E2EL_p99(ms)|TTFT_p1(ms)|TPOT_p1(ms)|ITL_p1(ms)|E2EL_p1(ms)", "|")

// row reads a sheet's row as header → raw value.
func row(t *testing.T, f *excelize.File, sheet string, n int) map[string]string {
	t.Helper()
	rows, err := f.GetRows(sheet, excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for i, head := range rows[0] {
		if i < len(rows[n]) {
			if _, twice := out[head]; twice {
				t.Errorf("two columns are called %q", head)
			}
			out[head] = rows[n][i]
		}
	}
	return out
}

func TestExcelSummary(t *testing.T) {
	t.Parallel()
	f := open(t, excel(t, reports()["matrix"]))
	if got := f.GetSheetList(); !slices.Equal(got, []string{"Summary", "Charts", "Verdicts", "Cells", "Environment", "Chart Data"}) {
		t.Errorf("sheets %v", got)
	}
	rows, err := f.GetRows("Summary")
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 37 {
		t.Errorf("%d rows, want a header and 36 cells", len(rows))
	}
	if got := rows[0][:len(inherited)]; !slices.Equal(got, inherited) {
		t.Errorf("headers\n%q, want\n%q", got, inherited)
	}
	c := cell(4, "short")
	first := row(t, f, "Summary", 3)
	for head, want := range map[string]string{
		"Hardware Spec": "H200-141G x 8", "Model": "my-model - unknow", "Software Framework": "vllm 0.32.0", "Cluster Spec": "unknow",
		"Request Rate": "Serial", "Concurrency": "4", "Total Requests": "80", "Request Success Rate(%)": "100",
		"load.concurrency": "4", "shape": "short", "Validity": "valid", "Cell": c.ID,
		"ITL_p50(ms)":  strconv.FormatFloat(float64(c.Metrics["icl"].Dist.P50), 'g', 15, 64),
		"TTFT_p99(ms)": strconv.FormatFloat(float64(c.Metrics["sent_ttft"].Dist.P99), 'g', 15, 64),
		"ttft.p95(ms)": strconv.FormatFloat(float64(c.Metrics["ttft"].Dist.P95), 'g', 15, 64),
	} {
		if first[head] != want {
			t.Errorf("%s is %q, want %q", head, first[head], want)
		}
	}
	panes, err := f.GetPanes("Summary")
	if err != nil || !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("the header is not frozen: %+v, %v", panes, err)
	}
}

func TestExcelLeavesMissingValuesEmpty(t *testing.T) {
	t.Parallel()
	got := row(t, open(t, excel(t, reports()["all-failed"])), "Summary", 1)
	for _, head := range []string{"TTFT_p50(ms)", "ITL_avg(ms)", "Total Duration(s)", "Goodput(requests/s)"} {
		if got[head] != "" {
			t.Errorf("%s is %q, want nothing", head, got[head])
		}
	}
	if got["Request Success Rate(%)"] != "0" || got["Errors"] != "dial 160" {
		t.Errorf("success %q, errors %q", got["Request Success Rate(%)"], got["Errors"])
	}
}

func TestExcelVerdicts(t *testing.T) {
	t.Parallel()
	f := open(t, excel(t, reports()["failures"]))
	got := row(t, f, "Verdicts", 2)
	for head, want := range map[string]string{
		"Rule": "ttft.p99 < 500ms", "Cell": "concurrency 8, shape long", "Severity": "fail", "Outcome": "fail", "Got": "612.4", "Op": "<",
		"Want": "500", "Unit": "ms", "n": "200", "Place": "gate.yaml:41:5", "Passes At": "load.concurrency 4",
	} {
		if got[head] != want {
			t.Errorf("%s is %q, want %q", head, got[head], want)
		}
	}
	formats, err := f.GetConditionalFormats("Verdicts")
	if err != nil || len(formats) == 0 {
		t.Errorf("no conditional colours: %v, %v", formats, err)
	}
}

// hostileCells are two cells whose texts, and the texts of whose requests, want
// to be formulas.
func hostileCells() *reporters.Report {
	r := reports()["hostile"]
	second := hostile().Cells[0]
	second.ID, second.Load = second.ID+"-2", map[string]any{"concurrency": 16.0}
	second.Metrics["output_throughput"] = scalar("tokens/s", 77)
	second.Metrics[nasty[0]] = dist(nasty[3], 3, 7)
	r.Doc.Cells = append(r.Doc.Cells, second)
	return samplesOf(r, 2*len(nasty), func(s *engine.Sample) {
		text := nasty[s.Index/2]
		s.Finish, s.Error, s.Class = text, text, llm.ErrorClass(text)
		if s.Index%2 == 1 {
			s.Outcome = llm.Outcome(text)
		}
	})
}

// Whatever texts are like, the file holds no formula, each text is stored as
// one, and it is the one that was meant. What charts refer to is ours.
func TestExcelNeverAFormula(t *testing.T) {
	t.Parallel()
	data := excel(t, hostileCells())
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	formula, ours := regexp.MustCompile(`<(?:\w+:)?f>([^<]*)</`), regexp.MustCompile(`^&#39;Chart Data&#39;!\$[A-Z]\$\d+(:\$[A-Z]\$\d+)?$`)
	charts := 0
	for _, entry := range z.File {
		r, err := entry.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.ContainsAny(text, "\x00\x1b\a\ufffe") {
			t.Errorf("%s holds a control character", entry.Name)
		}
		drawn := strings.HasPrefix(entry.Name, "xl/charts/")
		for _, f := range formula.FindAllSubmatch(text, -1) {
			if !drawn || !ours.Match(f[1]) {
				t.Errorf("%s holds the formula %s", entry.Name, f[1])
			}
		}
		if drawn {
			charts++
		}
	}
	if charts == 0 {
		t.Error("no chart was drawn")
	}
	f := open(t, data)
	for i, want := range []string{"=cmd|'/C calc'!A0", "+1+1", "-2+3", "@SUM(A1)"} {
		if got := row(t, f, "Verdicts", i+1)["Assert"]; got != want {
			t.Errorf("assertion %d is %q, want %q", i, got, want)
		}
		isText(t, f, "Verdicts", "B"+strconv.Itoa(i+2))
		got := row(t, f, "Requests", 2*i+2)
		for _, head := range []string{"Outcome", "Class", "Finish", "Error"} {
			if got[head] != want {
				t.Errorf("%s of a request is %q, want %q", head, got[head], want)
			}
		}
		for _, column := range []string{"E", "F", "Q", "R"} {
			isText(t, f, "Requests", column+strconv.Itoa(2*i+3))
		}
	}
	if got := row(t, f, "Verdicts", 9)["Assert"]; !strings.HasPrefix(got, "_x0041_ ") {
		t.Errorf("an escape of the format's own was read: %q", got)
	}
}

func isText(t *testing.T, f *excelize.File, sheet, cell string) {
	t.Helper()
	kind, err := f.GetCellType(sheet, cell)
	if err != nil || kind != excelize.CellTypeInlineString {
		t.Errorf("%s!%s has type %v, %v", sheet, cell, kind, err)
	}
}

// A second library's opinion: openpyxl reads the types, values and charts that
// were meant.
func TestExcelOpensInOpenpyxl(t *testing.T) {
	t.Parallel()
	python := pythonWith(t, "openpyxl")
	for name, r := range map[string]*reporters.Report{
		"matrix": samplesOf(reports()["matrix"], 5, nil), "hostile": hostileCells(), "empty": reports()["empty"],
	} {
		var book struct {
			Formulas int
			Filter   string
			Freeze   string
			Created  string
			Rows     map[string]int
			Summary  map[string]any
			Requests map[string]any
			Charts   map[string][]string
			Asserts  []string
		}
		readWith(t, python, "read_workbook.py", "report.xlsx", excel(t, r), &book)
		if book.Formulas != 0 {
			t.Errorf("%s: %d formulas", name, book.Formulas)
		}
		switch name {
		case "matrix":
			if book.Rows["Summary"] != 37 || book.Rows["Requests"] != 1+36*5 || book.Rows["Cells"] != 1+36*7 || book.Freeze != "A2" ||
				!strings.HasPrefix(strings.ReplaceAll(book.Filter, "$", ""), "A1:") || book.Created != "2026-11-23T16:02:46" {
				t.Errorf("read %+v", book)
			}
			for head, v := range map[string]any{"TTFT_p50(ms)": book.Summary["TTFT_p50(ms)"], "TTFT(ms)": book.Requests["TTFT(ms)"]} {
				if _, ok := v.(float64); !ok {
					t.Errorf("%s is a %T", head, v)
				}
			}
			want := strings.Fields("ScatterChart LineChart LineChart ScatterChart ScatterChart ScatterChart")
			if got := book.Charts["Charts"]; !slices.Equal(got, want) {
				t.Errorf("charts %q, want %q", got, want)
			}
		case "hostile":
			if book.Asserts[0] != "=cmd|'/C calc'!A0" || book.Asserts[9] != "<script>alert(1)</script>&amp;" {
				t.Errorf("assertions %q", book.Asserts)
			}
			if book.Requests["Error"] != "=cmd|'/C calc'!A0" {
				t.Errorf("an error is %q", book.Requests["Error"])
			}
		}
	}
}

func BenchmarkExcel(b *testing.B) {
	r := reports()["matrix"]
	b.ReportAllocs()
	for b.Loop() {
		if err := reporters.Excel(b.Context(), r, io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}
