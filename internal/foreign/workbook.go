package foreign

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// Limits on what a workbook may make the reader do.
const (
	maxUnzipped = 256 << 20
	maxRows     = 100_000
)

// workbookRows reads the first sheet that has a row a test: each row by the
// heads of its columns. Empty cells are absent, numbers are numbers.
func workbookRows(data []byte) (rows []any, err error) {
	defer func() { // the library panics on some broken files
		if p := recover(); p != nil {
			rows, err = nil, fmt.Errorf("the workbook is broken: %v", p)
		}
	}()
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{RawCellValue: true, UnzipSizeLimit: maxUnzipped, UnzipXMLSizeLimit: 16 << 20})
	if err != nil {
		return nil, fmt.Errorf("the workbook cannot be read: %w", err)
	}
	defer f.Close() //nolint:errcheck // removes temporary files only
	for _, sheet := range f.GetSheetList() {
		cells, err := f.GetRows(sheet)
		if err != nil {
			return nil, fmt.Errorf("sheet %q: %w", sheet, err)
		}
		if len(cells) == 0 || !contains(cells[0], "TTFT_avg(ms)") {
			continue
		}
		if len(cells) > maxRows {
			return nil, fmt.Errorf("sheet %q has %d rows, more than %d", sheet, len(cells), maxRows)
		}
		for _, row := range cells[1:] {
			if m := rowOf(cells[0], row); len(m) > 0 {
				rows = append(rows, m)
			}
		}
		return rows, nil
	}
	return nil, errors.New("no sheet of the workbook has a column TTFT_avg(ms): it is none of serving_perf_eval's")
}

func contains(heads []string, name string) bool {
	for _, h := range heads {
		if strings.TrimSpace(h) == name {
			return true
		}
	}
	return false
}

// rowOf has every head, so that an empty first cell does not hide a column.
func rowOf(heads, row []string) map[string]any {
	m, filled := map[string]any{}, false
	for i, head := range heads {
		head = strings.TrimSpace(head)
		if head == "" {
			continue
		}
		m[head] = nil
		if i >= len(row) || strings.TrimSpace(row[i]) == "" {
			continue
		}
		filled = true
		if f, err := strconv.ParseFloat(row[i], 64); err == nil && !textColumns[head] {
			m[head] = f
		} else {
			m[head] = row[i]
		}
	}
	if !filled {
		return nil
	}
	return m
}

// textColumns hold texts, even if they look like numbers.
var textColumns = map[string]bool{"Model": true, "Dataset": true, "Hardware Spec": true, "Software Framework": true, "Cluster Spec": true}
