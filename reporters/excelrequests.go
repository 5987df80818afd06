package reporters

import (
	"fmt"
	"math"
	"strconv"

	"github.com/xuri/excelize/v2"

	"loadgate/engine"
	"loadgate/internal/result"
)

const (
	// mostRequests is how many requests a workbook shows: a sheet ends at row
	// 1,048,576.
	mostRequests = 1_000_000
	// mostHeld is how many rows wait for the cell's first request to end.
	mostHeld = 10_000
	// mostKnown is how many different texts are remembered in their cleaned form.
	mostKnown = 4096
)

// requestSheet is the sheet Requests. It writes rows without making new ones.
type requestSheet struct {
	*sheet
	shown []sheetRequestColumn
	cells []excelize.Cell
	row   []any
	known map[string]string // texts and their cleaned form
	most  int
	left  int // requests for which the sheet has no room
}

// writeRequests writes one row a request, in the order in which they ended.
func writeRequests(b *workbook, r *Report, name string) error {
	q := &requestSheet{shown: sheetRequestColumns(), known: map[string]string{}, most: b.mostRequests}
	columns := make([]column, len(q.shown))
	for i, c := range q.shown {
		columns[i] = c.column
	}
	var err error
	if q.sheet, err = b.sheet(name, columns); err != nil {
		return err
	}
	q.cells, q.row = make([]excelize.Cell, len(columns)), make([]any, len(columns))
	for _, c := range r.Doc.Cells {
		if err := q.addCell(r, c); err != nil {
			return fmt.Errorf("cell %s: %w", clean(c.ID, maxName), err)
		}
	}
	if q.left > 0 {
		b.leftOut = fmt.Sprintf("%s more not shown: this sheet has room for %s", plural(q.left, "request"), grouped(int64(q.most)))
		if err := q.add(b.leftOut); err != nil {
			return err
		}
	}
	return q.end(true)
}

// addCell writes the requests of a cell. Rows wait until the request with index
// 0, which is due first, has ended: then all times can count from it.
func (q *requestSheet) addCell(r *Report, c *result.Cell) error {
	var held []sheetRequest
	base, based := int64(math.MaxInt64), false
	load := sendingOf(c)
	for rec, err := range r.Samples(c.ID) {
		if err == nil {
			err = q.book.ctx.Err()
		}
		if err != nil {
			return err
		}
		if q.rows-1+len(held) >= q.most {
			q.left++
			continue
		}
		held = append(held, sheetRequestOf(c, &rec, load))
		if !based {
			base = min(base, due(&rec.Sample))
			based = rec.Sample.Index == 0 || len(held) == mostHeld
		}
		if based {
			if err := q.flush(held, base); err != nil {
				return err
			}
			held = held[:0]
		}
	}
	return q.flush(held, base)
}

func due(s *engine.Sample) int64 {
	if s.Sched != 0 {
		return s.Sched
	}
	return s.Start
}

// flush writes rows whose times count from base.
func (q *requestSheet) flush(rows []sheetRequest, base int64) error {
	for i := range rows {
		rows[i].base = base
		for at := range q.shown {
			q.set(at, &rows[i])
		}
		q.rows++
		if err := q.stream.SetRow("A"+strconv.Itoa(q.rows), q.row); err != nil {
			return err
		}
	}
	return nil
}

// set fills one cell of the row: text as text, numbers as numbers, nothing for
// what is absent.
func (q *requestSheet) set(at int, r *sheetRequest) {
	q.row[at] = nil
	c, shown := &q.cells[at], &q.shown[at]
	if shown.text != nil {
		text := shown.text(r)
		if text == "" {
			return
		}
		c.Value = q.clean(text)
	} else {
		x := shown.number(r)
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return
		}
		c.Value = math.Round(x*1e3) / 1e3
	}
	c.StyleID = q.book.styles[shown.format]
	q.row[at] = c
}

// clean is cellText with a memory: most texts come again and again.
func (q *requestSheet) clean(text string) string {
	if cleaned, ok := q.known[text]; ok {
		return cleaned
	}
	cleaned := cellText(text)
	if len(q.known) < mostKnown {
		q.known[text] = cleaned
	}
	return cleaned
}
