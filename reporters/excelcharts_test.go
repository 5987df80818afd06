package reporters_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"loadgate/internal/result"
	"loadgate/reporters"
)

var (
	chartText   = regexp.MustCompile(`<a:t>([^<]*)</a:t>`)
	chartSeries = regexp.MustCompile(`<ser>`)
)

// drawnCharts lists the charts of a workbook: "title: series".
func drawnCharts(t *testing.T, data []byte) []string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var charts []string
	for i := 1; ; i++ {
		entry, err := z.Open(fmt.Sprintf("xl/charts/chart%d.xml", i))
		if err != nil {
			return charts
		}
		text, err := io.ReadAll(entry)
		if err != nil {
			t.Fatal(err)
		}
		charts = append(charts, fmt.Sprintf("%s: %d", chartText.FindSubmatch(text)[1], len(chartSeries.FindAll(text, -1))))
	}
}

// cellUnder puts a cell under another load.
func cellUnder(c *result.Cell, id string, load map[string]any) *result.Cell {
	c.ID, c.Load = id, load
	return c
}

func TestExcelCharts(t *testing.T) {
	t.Parallel()
	rates := document(
		cellUnder(cell(4, "short"), "a", map[string]any{"rate": 2.5}), cellUnder(cell(8, "short"), "b", map[string]any{"rate": 10.0}),
		cellUnder(cell(16, "short"), "c", map[string]any{"rate": "inf"}),
	)
	for _, c := range rates.Cells {
		c.Axes = result.Axes{{Name: "load.rate", Value: c.Load["rate"]}}
		delete(c.Metrics, "itl")
	}
	rates.Labels["hardware_num"] = "many"
	for name, of := range map[string]struct {
		doc  *result.Document
		want []string
	}{
		"one cell has nothing to compare": {oneCell(), nil},
		"six shapes": {passing(), []string{
			"Throughput against concurrency: 6", "Time to first token: 3", "Time between tokens: 3", "Time to first token against throughput: 6",
			"Time of a whole request against throughput: 6", "Throughput per GPU against speed for each user: 6",
		}},
		"one load": {document(cell(8, "short"), cell(8, "long")), []string{
			"Time to first token: 3", "Time between tokens: 3", "Time to first token against throughput: 2",
			"Time of a whole request against throughput: 2", "Throughput per GPU against speed for each user: 2",
		}},
		"rates, no itl, no number of GPUs": {rates, []string{
			"Throughput against rate: 1", "Time to first token: 3", "Time to first token against throughput: 1",
			"Time of a whole request against throughput: 1",
		}},
		"nothing was measured": {allFailed(), nil},
	} {
		if got := drawnCharts(t, excel(t, &reporters.Report{Doc: of.doc})); !slices.Equal(got, of.want) {
			t.Errorf("%s: charts %q, want %q", name, got, of.want)
		}
	}
}

func TestExcelChartData(t *testing.T) {
	t.Parallel()
	r := reports()["invalid"]
	r.Doc.Cells = append(r.Doc.Cells, cell(2, "short"), cell(2, "long"))
	f := open(t, excel(t, r))
	rows, err := f.GetRows("Chart Data")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, row := range rows[1:] {
		got = append(got, strings.Join(row[:min(2, len(row))], "|"))
	}
	want := []string{"shape short|2 · short", "shape short|4 · short", "shape short|64 · short", "", "shape long|2 · long"}
	if !slices.Equal(got, want) {
		t.Errorf("rows %q, want %q", got, want)
	}
	first := row(t, f, "Chart Data", 1)
	for head, want := range map[string]string{
		"Output(tokens/s)": "984.32", "Output per GPU(tokens/s)": "123.04", "Output per User(tokens/s), 1000/tpot.p50": "81.0430237152148",
	} {
		if first[head] != want {
			t.Errorf("%s is %q, want %q", head, first[head], want)
		}
	}
	note, err := f.GetCellValue("Charts", "A1")
	if err != nil || !strings.Contains(note, "1 cell INVALID") {
		t.Errorf("the note is %q, %v", note, err)
	}
}

// More lines than can be told apart are not drawn, and that is said.
func TestExcelChartsOfManyGroups(t *testing.T) {
	t.Parallel()
	var cells []*result.Cell
	for i := range 30 {
		for _, concurrency := range []int{1, 2} {
			cells = append(cells, cell(concurrency, fmt.Sprintf("shape-%02d", i)))
		}
	}
	data := excel(t, &reporters.Report{Doc: document(cells...)})
	if got := drawnCharts(t, data); got[0] != "Throughput against concurrency: 12" {
		t.Errorf("charts %q", got)
	}
	note, err := open(t, data).GetCellValue("Charts", "A1")
	if err != nil || !strings.Contains(note, "18 combinations more are not drawn") {
		t.Errorf("the note is %q, %v", note, err)
	}
}

// A second program's opinion: LibreOffice opens the workbook and prints its
// sheets and charts.
func TestExcelOpensInLibreOffice(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("SKIPPED with -short: LibreOffice takes its time")
	}
	for _, program := range []string{"soffice", "pdftotext"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("SKIPPED: no %s, so no second program has opened the workbook: %v", program, err)
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "report.xlsx"), excel(t, samplesOf(reports()["failures"], 20, nil)), 0o600); err != nil {
		t.Fatal(err)
	}
	office := exec.CommandContext(t.Context(), "soffice", "-env:UserInstallation=file://"+dir+"/profile", "--headless",
		"--convert-to", "pdf", "--outdir", dir, filepath.Join(dir, "report.xlsx"))
	office.Env = append(os.Environ(), "HOME="+dir)
	if out, err := office.CombinedOutput(); err != nil {
		t.Fatalf("soffice: %v\n%s", err, out)
	}
	text, err := exec.CommandContext(t.Context(), "pdftotext", "-layout", filepath.Join(dir, "report.pdf"), "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Hardware Spec", "H200-141G x 8", "smooth stream", "Due(ms)", "e2el", "scenario hash",
		"Throughput against concurrency", "Time to first token against throughput", "Throughput per GPU against speed for each user",
		"shape long", "ttft.p90(ms)", "requests in flight",
	} {
		if !bytes.Contains(text, []byte(want)) {
			t.Errorf("the printed workbook lacks %q", want)
		}
	}
}
