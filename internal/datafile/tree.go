package datafile

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
)

// branch is a node of a Parquet schema, with what it takes to put a row
// together again out of its columns: the levels at which it is there.
//
// Source: Melnik et al., "Dremel: interactive analysis of web-scale datasets"
// (2010), on repetition and definition levels.
type branch struct {
	name     string
	fields   []*branch
	column   int  // of a leaf; of another, that of its first leaf
	columns  int  // leaves below
	defined  int  // definition level from which it is there
	repeated int  // repetition level at which it goes on; 0 for what is no list
	optional bool // null where it is not there
	bare     bool // the group that a list wraps round its elements: not shown
	text     bool // leaf: declared to hold UTF-8
}

// treeOf returns the root of a schema and the number of its columns.
func treeOf(schema *parquet.Schema) (*branch, int) {
	columns := 0
	root := grow("", schema, branch{}, &columns)
	return root, columns
}

// grow makes the branch of a node below another.
func grow(name string, node parquet.Node, above branch, columns *int) *branch {
	b := &branch{name: name, column: *columns, defined: above.defined, optional: node.Optional()}
	level := above
	if b.optional || node.Repeated() {
		b.defined++
	}
	level.defined = b.defined
	if node.Repeated() {
		level.repeated++
		b.repeated = level.repeated
	}
	if node.Leaf() {
		b.text = slices.Contains([]string{"STRING", "ENUM", "JSON"}, logicalType(node))
		*columns++
		b.columns = 1
		return b
	}
	for _, f := range node.Fields() {
		b.fields = append(b.fields, grow(f.Name(), f, level, columns))
	}
	b.columns = *columns - b.column
	b.unwrap(node)
	return b
}

// unwrap marks the levels that Parquet's lists have and JSON's have not:
// `group x (LIST) { repeated group list { element } }` is an array of elements,
// and a map is one of objects with key and value.
func (b *branch) unwrap(node parquet.Node) {
	if t := logicalType(node); (t != "LIST" && t != "MAP") || len(b.fields) != 1 {
		return
	}
	if list := b.fields[0]; list.repeated > 0 {
		b.bare = true
		list.bare = len(list.fields) == 1
	}
}

// logicalType is what a node is declared to mean, in the format's own words.
func logicalType(node parquet.Node) string {
	if t := node.Type(); t != nil && t.LogicalType() != nil {
		return t.LogicalType().String()
	}
	return ""
}

// append appends the branch's JSON and takes its values off the cells.
func (b *branch) append(out []byte, cells [][]parquet.Value) []byte {
	if b.repeated > 0 {
		return b.appendList(out, cells)
	}
	if b.optional && !b.there(cells) {
		b.skip(cells)
		return append(out, "null"...)
	}
	return b.appendOne(out, cells)
}

func (b *branch) appendList(out []byte, cells [][]parquet.Value) []byte {
	out = append(out, '[')
	if !b.there(cells) {
		b.skip(cells)
		return append(out, ']')
	}
	for more := true; more; {
		out = b.appendOne(out, cells)
		next := cells[b.column]
		if more = len(next) > 0 && next[0].RepetitionLevel() == b.repeated; more {
			out = append(out, ',')
		}
	}
	return append(out, ']')
}

func (b *branch) appendOne(out []byte, cells [][]parquet.Value) []byte {
	switch {
	case b.fields == nil:
		values := cells[b.column]
		if len(values) == 0 {
			return append(out, "null"...)
		}
		cells[b.column] = values[1:]
		return b.appendValue(out, values[0])
	case b.bare:
		return b.fields[0].append(out, cells)
	}
	out = append(out, '{')
	for i, f := range b.fields {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(appendText(out, f.name), ':')
		out = f.append(out, cells)
	}
	return append(out, '}')
}

// there says whether the next value of the branch is one.
func (b *branch) there(cells [][]parquet.Value) bool {
	values := cells[b.column]
	return len(values) > 0 && values[0].DefinitionLevel() >= b.defined
}

// skip takes the mark of an absent value off every leaf below.
func (b *branch) skip(cells [][]parquet.Value) {
	for i := b.column; i < b.column+b.columns; i++ {
		if len(cells[i]) > 0 {
			cells[i] = cells[i][1:]
		}
	}
}

// appendValue appends a leaf's value. Bytes that are no text are in base64;
// dates and times are the numbers that the file holds.
func (b *branch) appendValue(out []byte, v parquet.Value) []byte {
	if v.IsNull() {
		return append(out, "null"...)
	}
	switch v.Kind() {
	case parquet.Boolean:
		return strconv.AppendBool(out, v.Boolean())
	case parquet.Int32:
		return strconv.AppendInt(out, int64(v.Int32()), 10)
	case parquet.Int64:
		return strconv.AppendInt(out, v.Int64(), 10)
	case parquet.Float:
		return appendFloat(out, float64(v.Float()), 32)
	case parquet.Double:
		return appendFloat(out, v.Double(), 64)
	case parquet.ByteArray, parquet.FixedLenByteArray:
		raw := v.ByteArray()
		if b.text || utf8.Valid(raw) {
			return appendText(out, string(raw))
		}
		out = append(out, '"')
		out = base64.StdEncoding.AppendEncode(out, raw)
		return append(out, '"')
	default: // INT96, a time of old
		return appendText(out, v.String())
	}
}

// appendFloat appends a number; JSON has no word for those that are none.
func appendFloat(out []byte, x float64, bits int) []byte {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return append(out, "null"...)
	}
	return strconv.AppendFloat(out, x, 'g', -1, bits)
}

func appendText(out []byte, s string) []byte {
	b, err := json.Marshal(s)
	if err != nil {
		panic("datafile: a text does not marshal: " + err.Error()) // every text does
	}
	return append(out, b...)
}
