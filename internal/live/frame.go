package live

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"loadgate/internal/diag"
)

// Colours of a frame, as ANSI codes.
const (
	faint = "2"
	green = "32"
	red   = "31"
)

// labelColumns is the width of the label at the head of a line, barColumns that
// of a bar. Below narrow columns lines have neither.
const (
	labelColumns = 10
	barColumns   = 20
	narrow       = 56
)

// row is a line of a frame: a label, a picture and facts.
type row struct {
	label   string
	picture func(width int) (text, ink string) // may be nil
	facts   []fact
	rank    int // a frame that is too high loses the rows of the highest rank
}

// frame draws the state of a run in at most size.rows lines of fewer columns
// than size.columns, so that the cursor never stands beyond the last column.
func frame(s *Snapshot, size size, paint painter) []string {
	rows := rowsOf(s)
	for len(rows) > max(1, size.rows) {
		worst := 0
		for i, r := range rows {
			if r.rank > rows[worst].rank {
				worst = i
			}
		}
		rows = append(rows[:worst], rows[worst+1:]...)
	}
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = r.draw(size.columns-1, paint)
	}
	return out
}

func rowsOf(s *Snapshot) []row {
	if s.Cells == 0 {
		return []row{{label: "waiting", facts: s.where()}}
	}
	rows := []row{
		{label: "cells", picture: gauge(float64(s.CellIndex) / float64(s.Cells)), facts: s.progress(), rank: 3},
		{label: "now", facts: s.place(), rank: 0},
		{label: "requests", picture: gauge(s.share()), facts: s.counts(), rank: 1},
	}
	if facts := s.latencies(); len(facts) > 0 {
		rows = append(rows, row{label: "latency", facts: facts, rank: 2})
	}
	if len(s.Trend) > 0 || s.ChunkRate > 0 {
		rows = append(rows, row{label: "output", picture: s.spark, facts: s.output(), rank: 4})
	}
	return rows
}

// draw makes the line of a row, in at most width columns.
func (r row) draw(width int, paint painter) string {
	line := ""
	if width >= narrow {
		line = paint(faint, fmt.Sprintf("%-*s", labelColumns, r.label))
		width -= labelColumns
		if r.picture != nil {
			text, ink := r.picture(barColumns)
			line += paint(ink, text) + " "
			width -= columns(text) + 1
		}
	}
	return line + joinPainted(r.facts, " · ", width, paint)
}

func gauge(share float64) func(int) (string, string) {
	return func(width int) (string, string) {
		full := int(math.Round(share * float64(width)))
		return strings.Repeat("█", full) + strings.Repeat("░", width-full), green
	}
}

// spark is the throughput of the last seconds; it grows into its place.
func (s *Snapshot) spark(width int) (string, string) {
	line := sparkline(s.Trend, width)
	return line + strings.Repeat(" ", width-columns(line)), green
}

// progress says how much of the run is done.
func (s *Snapshot) progress() []fact {
	facts := []fact{{text: fmt.Sprintf("%d of %d done", s.CellIndex, s.Cells), rank: 0}}
	if more := s.Cells - s.CellIndex - 1; more > 0 {
		facts = append(facts, fact{text: fmt.Sprintf("%d to come", more), rank: 2})
	}
	if s.Remaining >= 0 {
		facts = append(facts, fact{text: left(s.Remaining), rank: 1})
	}
	return facts
}

func left(d time.Duration) string { return d.Round(time.Second).String() + " left" }

// place says what is under way.
func (s *Snapshot) place() []fact {
	facts := []fact{{text: fmt.Sprintf("cell %d", s.CellIndex+1), rank: 3}}
	if title := diag.Printable(s.Title); title != "" {
		facts = append(facts, fact{text: title, rank: 0})
	}
	if s.Repeats > 1 {
		facts = append(facts, fact{text: fmt.Sprintf("repeat %d/%d", s.Repeat+1, s.Repeats), rank: 1})
	}
	if s.Phase != "" {
		facts = append(facts, fact{text: diag.Printable(s.Phase) + " " + s.Elapsed.Round(time.Second).String(), rank: 2})
	}
	return facts
}

// counts says how many requests ended and how.
func (s *Snapshot) counts() []fact {
	facts := []fact{{text: s.ended(), rank: 0}}
	if s.Failed > 0 {
		facts = append(facts, fact{text: fmt.Sprintf("%d failed", s.Failed), rank: 1, ink: red})
	}
	return append(facts,
		fact{text: strconv.Itoa(s.InFlight) + " in flight", rank: 3},
		fact{text: brief(s.Rate) + " req/s", rank: 2})
}

func (s *Snapshot) latencies() []fact {
	var facts []fact
	if !math.IsNaN(s.TTFTp50) {
		facts = append(facts, fact{text: "ttft " + percentiles(s.TTFTp50, s.TTFTp99), rank: 0})
	}
	if !math.IsNaN(s.ITLp50) {
		facts = append(facts, fact{text: "itl " + percentiles(s.ITLp50, s.ITLp99), rank: 1})
	}
	return facts
}

func percentiles(p50, p99 float64) string {
	return fmt.Sprintf("p50 %s p99 %s ms", brief(p50), brief(p99))
}

// output is the throughput in content events: how many tokens one of them holds
// is counted after the run.
func (s *Snapshot) output() []fact {
	facts := []fact{{text: brief(s.ChunkRate) + " chunks/s", rank: 0}}
	if len(s.Trend) > 1 {
		top := s.ChunkRate
		for _, v := range s.Trend[max(0, len(s.Trend)-barColumns):] {
			top = max(top, v)
		}
		facts = append(facts, fact{text: "highest " + brief(top), rank: 1})
	}
	return facts
}
