package reporters

import (
	"context"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"

	"loadgate/internal/diag"
	"loadgate/internal/yamlpos"
)

// rowsPerGroup bounds what a Parquet file in the making holds in memory.
const rowsPerGroup = 1 << 16

// newParquet makes the reporter of one `kind: parquet`: a row a request, or
// with `table: cells` a row a cell.
func newParquet(section *yamlpos.Node) (Reporter, diag.List) {
	var keys struct {
		Kind  string `yaml:"kind"`
		Path  string `yaml:"path"`
		Table string `yaml:"table"`
	}
	if section == nil || section.Kind != yamlpos.Map {
		return ReporterFunc(RequestsParquet), nil
	}
	list := yamlpos.Decode(section, &keys)
	switch at := section.Get("table"); keys.Table {
	case "", "requests":
		return ReporterFunc(RequestsParquet), list
	case "cells":
		return ReporterFunc(CellsParquet), list
	default:
		list.Errorf(at.Pos, at.Width, diag.DidYouMean(keys.Table, []string{"cells", "requests"}), "unknown table %q", keys.Table)
		return nil, list
	}
}

// CellsParquet writes a table with one row a cell and the columns of CSV, typed:
// an absent value is null.
func CellsParquet(ctx context.Context, r *Report, w io.Writer) error {
	columns := cellColumns(r)
	t := &parquetTable{}
	for _, c := range columns {
		switch c.holds {
		case texts:
			t.add(c.name, parquet.Encoded(parquet.String(), &parquet.RLEDictionary))
		case wholes:
			t.add(c.name, parquet.Leaf(parquet.Int64Type))
		case reals:
			t.add(c.name, parquet.Leaf(parquet.DoubleType))
		}
	}
	t.begin(w)
	for _, cell := range r.Doc.Cells {
		t.row()
		for _, c := range columns {
			t.put(cellValue(c.value(cell)))
		}
		if err := t.next(ctx); err != nil {
			return err
		}
	}
	return t.end(ctx)
}

func cellValue(v any) parquet.Value {
	switch v := v.(type) {
	case string:
		return parquet.ByteArrayValue([]byte(v))
	case int:
		return parquet.Int64Value(int64(v))
	case float64:
		return parquet.DoubleValue(v)
	}
	return parquet.Value{}
}

// parquetTable is a flat table of nullable columns that is written row by row.
type parquetTable struct {
	group  parquet.Group
	fields []parquet.Field
	names  []string
	out    *parquet.GenericWriter[any]
	batch  []parquet.Row // used again and again
	filled int
}

// rowsPerBatch is how many rows are handed over at once: one by one costs more
// than what is in them.
const rowsPerBatch = 256

// add adds a column to the right.
func (t *parquetTable) add(name string, node parquet.Node) {
	if t.group == nil {
		t.group = parquet.Group{}
	}
	t.group[name] = parquet.Optional(node)
	t.names = append(t.names, name)
}

func (t *parquetTable) begin(w io.Writer) {
	byName := map[string]parquet.Field{}
	for _, f := range t.group.Fields() {
		byName[f.Name()] = f
	}
	for _, name := range t.names {
		t.fields = append(t.fields, byName[name])
	}
	t.out = parquet.NewGenericWriter[any](w, parquet.NewSchema("loadgate", ordered{t.group, t.fields}),
		parquet.Compression(&parquet.Zstd), parquet.MaxRowsPerRowGroup(rowsPerGroup),
		parquet.CreatedBy("loadgate", "", ""))
}

// ordered is a group whose columns stand in the order in which they were added;
// parquet.Group sorts them by name.
type ordered struct {
	parquet.Group
	fields []parquet.Field
}

func (o ordered) Fields() []parquet.Field { return o.fields }

// row begins a row, which put fills from left to right and next ends.
func (t *parquetTable) row() {
	if t.filled == len(t.batch) {
		t.batch = append(t.batch, make(parquet.Row, 0, len(t.names)))
	}
	t.batch[t.filled] = t.batch[t.filled][:0]
}

// put appends the row's next value; the zero Value is null.
func (t *parquetTable) put(v parquet.Value) {
	level := 1
	if v.IsNull() {
		level = 0
	}
	row := t.batch[t.filled]
	t.batch[t.filled] = append(row, v.Level(0, level, len(row)))
}

func (t *parquetTable) next(ctx context.Context) error {
	if t.filled++; t.filled < rowsPerBatch {
		return nil
	}
	return t.flush(ctx)
}

func (t *parquetTable) flush(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if _, err := t.out.WriteRows(t.batch[:t.filled]); err != nil {
		return fmt.Errorf("write rows: %w", err)
	}
	t.filled = 0
	return nil
}

func (t *parquetTable) end(ctx context.Context) error {
	if err := t.flush(ctx); err != nil {
		return err
	}
	return t.out.Close()
}
