package reporters

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"loadgate/internal/llm"
	"loadgate/internal/result"
	"loadgate/metrics"
)

// wandbSteps bounds the requests that stand in a run's history: W&B draws no
// more of a line, and every step costs its server. Of more, every k-th is there.
const wandbSteps = 10_000

// writeLog writes everything of a run but its files.
func (w *Wandb) writeLog(ctx context.Context, r *Report, out io.Writer) error {
	f := newWandbFile(out, wandbID(r.Doc))
	every := wandbEvery(r)
	f.record(17, w.run(f, r, every))
	if err := writeWandbHistory(ctx, f, r, every); err != nil {
		return err
	}
	for _, t := range wandbTables() {
		reference, err := t.reference(ctx, r)
		if err != nil {
			return err
		}
		f.saved(t.path(), wandbMedia)
		f.summary([]entry{{t.name, reference}})
	}
	for _, file := range wandbReports() {
		f.saved(file.Name, wandbOther)
	}
	f.summary(wandbSummary(r))
	f.exit(r.Doc.ExitCode, r.Doc.EndedAt.Sub(r.Doc.StartedAt))
	return cmp.Or(f.fail, ctx.Err())
}

// run is the record that says what the run is.
func (w *Wandb) run(f *wandbFile, r *Report, every int) []byte {
	s := &w.settings
	out := message(
		textField(1, f.run), textField(2, s.Entity), textField(3, s.Project), bytesField(4, f.items(wandbConfig(r, every), 1)),
		textField(6, s.Group), textField(7, "loadgate"), textField(8, cmp.Or(s.Name, clean(r.Doc.Name, maxName))),
	)
	for _, tag := range s.Tags {
		out = append(out, textField(10, tag)...)
	}
	at := r.Doc.StartedAt
	return append(out, bytesField(17, message(intField(1, at.Unix()), intField(2, int64(at.Nanosecond()))))...)
}

// wandbConfig is what was run: labels by their names, and the scenario, in which
// secrets are references.
func wandbConfig(r *Report, every int) []entry {
	items := []entry{{"_wandb", map[string]any{}}}
	for _, key := range slices.Sorted(maps.Keys(r.Doc.Labels)) {
		items = append(items, entry{clean(key, maxName), r.Doc.Labels[key]})
	}
	items = append(items, entry{"loadgate_run", clean(r.Doc.RunID, maxName)}, entry{"history_every", every})
	if r.Scenario != nil {
		items = append(items, entry{"scenario", r.Scenario})
	}
	return items
}

// wandbEvery is k where the history holds every k-th request.
func wandbEvery(r *Report) int {
	sent := 0
	for _, c := range r.Doc.Cells {
		sent += c.Counts.Sent
	}
	return max(1, (sent+wandbSteps-1)/wandbSteps)
}

// writeWandbHistory writes a step for each measured request, in the order in which
// they ended.
func writeWandbHistory(ctx context.Context, f *wandbFile, r *Report, every int) error {
	if r.Samples == nil {
		return nil
	}
	var step, seen int64
	for _, c := range r.Doc.Cells {
		load, first := sendingOf(c), int64(0)
		for rec, err := range r.Samples(c.ID) {
			if err != nil {
				return fmt.Errorf("samples of cell %s: %w", c.ID, err)
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			s := &rec.Sample
			if first == 0 {
				first = s.Start
			}
			if s.Warmup {
				continue
			}
			if seen++; (seen-1)%int64(every) != 0 {
				continue
			}
			at := c.StartedAt.Add(time.Duration(s.Done - first))
			items := []entry{
				{"_step", step},
				{"_timestamp", float64(at.UnixMicro()) / 1e6},
				{"_runtime", at.Sub(r.Doc.StartedAt).Seconds()},
				{"cell", r.titleOf(c)},
				{"repeat", rec.Repeat},
				{"concurrency", orNull(slots(loadOf(c)))},
				{"success", s.Outcome == llm.Completed},
			}
			f.history(step, append(items, wandbMetrics(metrics.Measured(s, load))...))
			step++
		}
	}
	return nil
}

// wandbMetrics are a request's own figures, as far as it has them.
func wandbMetrics(get func(string) (float64, bool)) []entry {
	var items []entry
	for _, m := range []struct{ key, metric string }{
		{"ttft_ms", "ttft"},
		{"tpot_ms", "tpot"},
		{"e2el_ms", "e2el"},
		{"sent_ttft_ms", "sent_ttft"},
		{"sent_e2el_ms", "sent_e2el"},
		{"input_tokens", "input_tokens"},
		{"output_tokens", "output_tokens"},
		{"reasoning_tokens", "reasoning_tokens"},
	} {
		if v, ok := get(m.metric); ok {
			items = append(items, entry{m.key, v})
		}
	}
	return items
}

// wandbSummary is the verdict and the metrics of every cell; those of a run with
// one cell have no cell in their names.
func wandbSummary(r *Report) []entry {
	items := []entry{{"verdict", string(r.Doc.Verdict)}}
	for _, c := range r.Doc.Cells {
		prefix := ""
		if len(r.Doc.Cells) > 1 {
			prefix = cmp.Or(r.titleOf(c), clean(c.ID, maxName)) + "/"
		}
		items = append(items, entry{prefix + "validity", string(c.Validity)})
		for _, name := range slices.Sorted(maps.Keys(c.Metrics)) {
			items = append(items, wandbMetric(prefix+name, c.Metrics[name])...)
		}
	}
	return items
}

func wandbMetric(name string, m result.Metric) []entry {
	if m.Dist == nil {
		return []entry{{name, float64(m.Value)}}
	}
	var items []entry
	for _, stat := range []string{"avg", "p50", "p90", "p95", "p99"} {
		if v, ok := m.Dist.Stat(stat); ok {
			items = append(items, entry{name + "." + stat, float64(v)})
		}
	}
	return items
}

// wandbTable is a table of a run, which lies in a file of its own.
type wandbTable struct {
	name string
	rows func(r *Report) (columns []string, rows [][]any)
}

// wandbTables are those that serving_perf_eval's users have.
func wandbTables() []wandbTable {
	return []wandbTable{{"Lengths Distribution", wandbLengths}, {"benchmark_results", wandbResults}}
}

func (t wandbTable) path() string {
	return "media/table/" + strings.ReplaceAll(t.name, " ", "_") + ".table.json"
}

func (t wandbTable) write(_ context.Context, r *Report, w io.Writer) error {
	columns, rows := t.rows(r)
	return json.NewEncoder(w).Encode(map[string]any{"columns": columns, "data": rows})
}

// reference is what a summary says of the table.
func (t wandbTable) reference(ctx context.Context, r *Report) (map[string]any, error) {
	var b bytes.Buffer
	if err := t.write(ctx, r, &b); err != nil {
		return nil, err
	}
	columns, rows := t.rows(r)
	sum := sha256.Sum256(b.Bytes())
	return map[string]any{
		"_type": "table-file", "path": t.path(), "sha256": hex.EncodeToString(sum[:]), "size": b.Len(),
		"ncols": len(columns), "nrows": len(rows), "log_mode": "IMMUTABLE",
	}, nil
}

// wandbLengths is how long prompts, answers and reasoning were, by cell.
func wandbLengths(r *Report) ([]string, [][]any) {
	columns := []string{"cell", "length", "0%", "25%", "50%", "75%", "100%", "average"}
	rows := [][]any{}
	for _, c := range r.Doc.Cells {
		for _, l := range []struct{ name, metric string }{{"prompt", "input_tokens"}, {"output", "output_tokens"}, {"reasoning", "reasoning_tokens"}} {
			row := []any{r.titleOf(c), l.name}
			for _, stat := range []string{"min", "p25", "p50", "p75", "max", "avg"} {
				row = append(row, statOf(c.Metrics[l.metric].Dist, stat))
			}
			rows = append(rows, row)
		}
	}
	return columns, rows
}

// statOf is a statistic as JSON has it; null where there is none.
func statOf(d *result.Dist, stat string) any {
	if d == nil {
		return nil
	}
	v, _ := d.Stat(stat)
	return orNull(float64(v))
}

// wandbResults are the rows of serving_perf_eval's workbook.
func wandbResults(r *Report) ([]string, [][]any) {
	var columns []string
	all := servingColumns()
	for _, c := range all {
		columns = append(columns, c.head)
	}
	rows := [][]any{}
	for _, c := range r.Doc.Cells {
		row := make([]any, len(all))
		for i, col := range all {
			row[i] = jsonValue(col.value(r, c))
		}
		rows = append(rows, row)
	}
	return columns, rows
}

// jsonValue is a cell of a table as JSON has it.
func jsonValue(v any) any {
	switch x := v.(type) {
	case result.Number:
		return orNull(float64(x))
	case float64:
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil
		}
	}
	return v
}
