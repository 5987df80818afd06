package reporters

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// CSV writes one row a cell (RFC 4180, UTF-8): the axes, the labels, what was
// tested, the counts and the main statistics of every metric, with the unit in
// the header. What is absent is empty, infinite is inf.
//
// A text that a spreadsheet would take for a formula gets an apostrophe before
// it: quoting does not keep a spreadsheet from running it.
func CSV(ctx context.Context, r *Report, w io.Writer) error {
	columns := cellColumns(r)
	out := csv.NewWriter(w)
	out.UseCRLF = true
	row := make([]string, len(columns))
	for i, c := range columns {
		row[i] = c.name
	}
	if err := out.Write(row); err != nil {
		return err
	}
	for _, cell := range r.Doc.Cells {
		if err := ctx.Err(); err != nil {
			return err
		}
		for i, c := range columns {
			row[i] = csvField(c.value(cell))
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return err
	}
	return ctx.Err()
}

func csvField(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case int:
		return strconv.Itoa(v)
	case float64:
		return number(v)
	}
	s := fmt.Sprint(v)
	if s != "" && strings.ContainsRune("=+-@\t\r\n\x00", rune(s[0])) {
		return "'" + s
	}
	return s
}
