package reporters_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

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
	if got := f.GetSheetList(); !slices.Equal(got, []string{"Summary", "Verdicts", "Cells", "Environment"}) {
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

// Whatever texts are like, the file holds no formula, each text is stored as
// one, and it is the one that was meant.
func TestExcelNeverAFormula(t *testing.T) {
	t.Parallel()
	data := excel(t, reports()["hostile"])
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range z.File {
		r, err := entry.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(text, []byte("<f>")) || bytes.ContainsAny(text, "\x00\x1b\a\ufffe") {
			t.Errorf("%s holds a formula or a control character", entry.Name)
		}
	}
	f := open(t, data)
	for i, want := range []string{"=cmd|'/C calc'!A0", "+1+1", "-2+3", "@SUM(A1)"} {
		if got := row(t, f, "Verdicts", i+1)["Assert"]; got != want {
			t.Errorf("assertion %d is %q, want %q", i, got, want)
		}
		kind, err := f.GetCellType("Verdicts", "B"+strconv.Itoa(i+2))
		if err != nil || kind != excelize.CellTypeInlineString {
			t.Errorf("assertion %d has type %v, %v", i, kind, err)
		}
	}
	if got := row(t, f, "Verdicts", 9)["Assert"]; !strings.HasPrefix(got, "_x0041_ ") {
		t.Errorf("an escape of the format's own was read: %q", got)
	}
}

// A second library's opinion: openpyxl reads the types and values that were
// meant.
func TestExcelOpensInOpenpyxl(t *testing.T) {
	t.Parallel()
	python := os.Getenv("LOADGATE_TEST_PYTHON")
	if python == "" {
		python = "python3"
	}
	if out, err := exec.Command(python, "-c", "import openpyxl").CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: %s cannot import openpyxl, so no second reader has seen the workbook: %v\n%s", python, err, out)
	}
	for _, name := range []string{"matrix", "hostile", "empty"} {
		path := filepath.Join(t.TempDir(), "report.xlsx")
		if err := os.WriteFile(path, excel(t, reports()[name]), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(python, "testdata/read_workbook.py", path).Output()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var book struct {
			Formulas int
			Filter   string
			Freeze   string
			Created  string
			Rows     map[string]int
			Summary  map[string]any
			Asserts  []string
		}
		if err := json.Unmarshal(out, &book); err != nil {
			t.Fatal(err)
		}
		if book.Formulas != 0 {
			t.Errorf("%s: %d formulas", name, book.Formulas)
		}
		switch name {
		case "matrix":
			if book.Rows["Summary"] != 37 || book.Freeze != "A2" || !strings.HasPrefix(strings.ReplaceAll(book.Filter, "$", ""), "A1:") || book.Created != "2026-11-23T16:02:46" {
				t.Errorf("read %+v", book)
			}
			if _, ok := book.Summary["TTFT_p50(ms)"].(float64); !ok {
				t.Errorf("TTFT_p50(ms) is a %T", book.Summary["TTFT_p50(ms)"])
			}
		case "hostile":
			if book.Asserts[0] != "=cmd|'/C calc'!A0" || book.Asserts[9] != "<script>alert(1)</script>&amp;" {
				t.Errorf("assertions %q", book.Asserts)
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
