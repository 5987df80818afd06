package reporters_test

import (
	"bytes"
	"encoding/csv"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"loadgate/reporters"
)

func records(t *testing.T, r *reporters.Report) [][]string {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(write(t, reporters.CSV, r))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestCSVGolden(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"empty", "failures", "all-failed", "hostile"} {
		golden(t, "cells-"+name+".csv", string(write(t, reporters.CSV, reports()[name])))
	}
}

func TestCSVHoldsNumbersAsTheyAre(t *testing.T) {
	t.Parallel()
	rows := records(t, reports()["failures"])
	if got := strings.Join(rows[0][:6], " "); got != "load_concurrency shape label_framework label_framework_version label_hardware label_hardware_num" {
		t.Errorf("columns begin with %s", got)
	}
	at := func(column string) string {
		i := slices.Index(rows[0], column)
		if i < 0 {
			t.Fatalf("no column %s in %q", column, rows[0])
		}
		return rows[2][i]
	}
	for column, want := range map[string]string{
		"load_concurrency": "8", "shape": "long", "label_hardware_num": "8", "cell": "concurrency=8.shape=long-1a2b3c",
		"completed_requests": "157", "failed_requests": "3", "icl_p50_ms": "44.88", "success_rate_ratio": "0.98125",
		"duration_s": "21.4", "goodput_requests_per_second": "9.1", "sum_input_tokens": "20480", "connect_p50_ms": "", "rate_per_second": "",
		"errors": "http_5xx 2, reset 1",
	} {
		if got := at(column); got != want {
			t.Errorf("%s is %q, want %q", column, got, want)
		}
	}
}

// No field of any report begins like a formula, unless it is a number; headers
// are identifiers.
func TestCSVHoldsNoFormula(t *testing.T) {
	t.Parallel()
	all := reports()
	all["marked"] = &reporters.Report{Doc: marked()}
	header := regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)
	for name, r := range all {
		for i, row := range records(t, r) {
			for _, field := range row {
				if i == 0 && !header.MatchString(field) {
					t.Errorf("%s: header %q", name, field)
				}
				if _, err := strconv.ParseFloat(field, 64); err == nil || field == "" {
					continue
				}
				if strings.ContainsRune("=+-@\t\r\x00", rune(field[0])) {
					t.Errorf("%s: %q is a formula", name, field)
				}
			}
		}
	}
}
