package reporters

import (
	"context"
	"fmt"
	"io"
	"math"

	"github.com/parquet-go/parquet-go"

	"loadgate/engine"
	"loadgate/internal/llm"
	"loadgate/internal/result"
	"loadgate/internal/store"
	"loadgate/metrics"
	"loadgate/scenario"
)

// RequestsParquet writes a table with one row a request, warm-up included: where
// it belongs (cell, axes, repeat), what became of it, its stamps in ns on the
// run's monotonic clock, and its own metrics as the catalogue defines them. What
// did not happen is null. A cell's metrics are those of its rows with outcome
// completed that are no warm-up.
//
// The samples are streamed: memory holds one row group, however many requests
// there are. Without samples the table has no rows.
func RequestsParquet(ctx context.Context, r *Report, w io.Writer) error {
	columns := requestColumns(r)
	t := &parquetTable{}
	for _, c := range columns {
		t.add(c.name, c.node)
	}
	t.begin(w)
	for _, cell := range r.Doc.Cells {
		if r.Samples == nil {
			break
		}
		x := &request{cell: cell, load: sendingOf(cell)}
		for rec, err := range r.Samples(cell.ID) {
			if err != nil {
				return fmt.Errorf("samples of cell %s: %w", cell.ID, err)
			}
			x.take(&rec)
			t.row()
			for _, c := range columns {
				t.put(c.value(x))
			}
			if err := t.next(ctx); err != nil {
				return err
			}
		}
	}
	return t.end(ctx)
}

// request is a sample with what its columns need.
type request struct {
	*engine.Sample
	cell   *result.Cell
	load   *scenario.Load
	repeat int
	metric func(string) (float64, bool)
}

// take makes x the request of a record.
func (x *request) take(rec *store.Record) {
	x.Sample, x.repeat = &rec.Sample, rec.Repeat
	x.metric = metrics.Measured(&rec.Sample, x.load)
}

// sendingOf is what a request's metrics depend on of the way a cell was sent.
func sendingOf(c *result.Cell) *scenario.Load {
	whole := func(x float64) int {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return 0
		}
		return int(x)
	}
	l := loadOf(c)
	out := &scenario.Load{Concurrency: whole(l.concurrency), MaxConcurrency: whole(l.limit)}
	if !math.IsNaN(l.rate) {
		out.Rate = l.rate
	}
	return out
}

type requestColumn struct {
	name  string
	node  parquet.Node
	value func(*request) parquet.Value // the zero Value is null
}

func requestColumns(r *Report) []requestColumn {
	columns := append(outcomeColumns(), stampColumns()...)
	columns = append(columns, metricColumns()...)
	taken := map[string]bool{"cell": true}
	for _, c := range columns {
		taken[c.name] = true
	}
	where := []requestColumn{textOf("cell", func(x *request) string { return clean(x.cell.ID, maxName) })}
	for _, axis := range axesColumns(r.Doc.Cells, taken) {
		node := parquet.Node(parquet.Leaf(parquet.DoubleType))
		if axis.holds == texts {
			node = parquet.Encoded(parquet.String(), &parquet.RLEDictionary)
		}
		where = append(where, requestColumn{axis.name, node, func(x *request) parquet.Value { return cellValue(axis.value(x.cell)) }})
	}
	return append(where, columns...)
}

// outcomeColumns say which request it is and what became of it.
func outcomeColumns() []requestColumn {
	return []requestColumn{
		intOf("repeat", func(x *request) (int, bool) { return x.repeat, true }),
		{"id", parquet.String(), func(x *request) parquet.Value { return textValue(clean(x.ID, maxName)) }},
		intOf("index", func(x *request) (int, bool) { return x.Index, true }),
		{"session", parquet.String(), func(x *request) parquet.Value { return textValue(clean(x.Session, maxName)) }},
		intOf("turn", func(x *request) (int, bool) { return x.Turn, x.Turn > 0 }),
		textOf("model", func(x *request) string { return clean(x.Model, maxName) }),
		flagOf("warmup", func(x *request) bool { return x.Warmup }),
		textOf("outcome", func(x *request) string { return clean(string(x.Outcome), maxName) }),
		textOf("error_class", func(x *request) string { return clean(string(x.Class), maxName) }),
		textOf("error", func(x *request) string { return clean(x.Error, maxReason) }),
		intOf("status", func(x *request) (int, bool) { return x.Status, x.Status != 0 }),
		textOf("finish_reason", func(x *request) string { return clean(x.Finish, maxName) }),
		textOf("retry_after", func(x *request) string { return clean(x.Retry, maxName) }),
		flagOf("streamed", func(x *request) bool { return x.Streamed }),
		flagOf("reused_connection", func(x *request) bool { return x.Reused }),
		intOf("content_events", func(x *request) (int, bool) { return len(x.Events), true }),
		intOf("max_tokens", func(x *request) (int, bool) { return x.Asked, x.Asked > 0 }),
		intOf("images", func(x *request) (int, bool) { return mediaOf(x.Sample).Images, true }),
		intOf("audios", func(x *request) (int, bool) { return mediaOf(x.Sample).Audios, true }),
		intOf("videos", func(x *request) (int, bool) { return mediaOf(x.Sample).Videos, true }),
		{"prompt_sha256_64", parquet.String(), func(x *request) parquet.Value { return textValue(clean(x.PromptHash, maxName)) }},
	}
}

// mediaOf is how many media a request is known to have carried.
func mediaOf(s *engine.Sample) llm.MediaCounts {
	if s.Media == nil {
		return llm.MediaCounts{}
	}
	return *s.Media
}

func stampColumns() []requestColumn {
	var columns []requestColumn
	for _, stamp := range []struct {
		name string
		of   func(*engine.Sample) int64
	}{
		{"sched", func(s *engine.Sample) int64 { return s.Sched }},
		{"ready", func(s *engine.Sample) int64 { return s.Ready }},
		{"start", func(s *engine.Sample) int64 { return s.Start }},
		{"conn", func(s *engine.Sample) int64 { return s.Conn }},
		{"wrote", func(s *engine.Sample) int64 { return s.Wrote }},
		{"hdr", func(s *engine.Sample) int64 { return s.Hdr }},
		{"ev1", func(s *engine.Sample) int64 { return s.Ev1 }},
		{"tok1", func(s *engine.Sample) int64 { return s.Tok1 }},
		{"ans1", func(s *engine.Sample) int64 { return s.Ans1 }},
		{"tokn", func(s *engine.Sample) int64 { return s.TokN }},
		{"done", func(s *engine.Sample) int64 { return s.Done }},
	} {
		columns = append(columns, requestColumn{stamp.name + "_ns", parquet.Encoded(parquet.Leaf(parquet.Int64Type), &parquet.DeltaBinaryPacked), func(x *request) parquet.Value {
			if at := stamp.of(x.Sample); at != 0 {
				return parquet.Int64Value(at)
			}
			return parquet.Value{}
		}})
	}
	return columns
}

// metricColumns are the metrics that one request has, with their units.
func metricColumns() []requestColumn {
	var columns []requestColumn
	for _, def := range metrics.Catalogue() {
		if def.Shape != metrics.ShapeRequest || def.Of == metrics.OfEnded {
			continue
		}
		columns = append(columns, requestColumn{statisticName(def, ""), parquet.Leaf(parquet.DoubleType), func(x *request) parquet.Value {
			v, ok := x.metric(def.Name)
			if !ok {
				return parquet.Value{}
			}
			return parquet.DoubleValue(v)
		}})
	}
	return columns
}

// textOf is a column of texts of which many are the same.
func textOf(name string, of func(*request) string) requestColumn {
	return requestColumn{name, parquet.Encoded(parquet.String(), &parquet.RLEDictionary), func(x *request) parquet.Value { return textValue(of(x)) }}
}

func textValue(s string) parquet.Value {
	if s == "" {
		return parquet.Value{}
	}
	return parquet.ByteArrayValue([]byte(s))
}

func intOf(name string, of func(*request) (int, bool)) requestColumn {
	return requestColumn{name, parquet.Leaf(parquet.Int64Type), func(x *request) parquet.Value {
		if n, ok := of(x); ok {
			return parquet.Int64Value(int64(n))
		}
		return parquet.Value{}
	}}
}

func flagOf(name string, of func(*request) bool) requestColumn {
	return requestColumn{name, parquet.Leaf(parquet.BooleanType), func(x *request) parquet.Value { return parquet.BooleanValue(of(x)) }}
}
