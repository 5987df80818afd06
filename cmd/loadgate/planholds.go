package main

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"loadgate/internal/diag"
	"loadgate/internal/llm"
	"loadgate/internal/pipeline"
)

// printHolds says what the traces and conversations of the cells hold, once for
// cells that send the same.
func (a *app) printHolds(cells []pipeline.CellForecast) error {
	for i := range cells {
		c := &cells[i]
		if c.Holds == nil || slices.ContainsFunc(cells[:i], func(b pipeline.CellForecast) bool { return sameHolds(&b, c) }) {
			continue
		}
		fmt.Fprintf(a.out, "dataset %s%s: %s\n", c.Dataset, inCells(cells, c), amount(c.Holds))
		w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
		if r := c.Holds.Rate; r != nil {
			fmt.Fprintf(w, "  rate\t%.3g/s on average, at the most %.3g/s over %s\t%s\n", r.Mean, r.Peak, seconds(r.BucketSeconds), sparkline(r.PerSecond))
		}
		if c.Holds.Turns.Max > 1 {
			fmt.Fprintf(w, "  turns\t%s\n", spread(c.Holds.Turns))
		}
		if t := c.Holds.Think; t != nil {
			fmt.Fprintf(w, "  think time\tavg %s, p50 %s, p90 %s, p99 %s, max %s\n", seconds(t.Avg), seconds(t.P50), seconds(t.P90), seconds(t.P99), seconds(t.Max))
		}
		for _, p := range c.Holds.Pools {
			fmt.Fprintf(w, "  %s\t%s\n", diag.Printable(p.Name), poolOf(p))
		}
		fmt.Fprintf(w, "  input tokens\t%s\n  output tokens\t%s\n", of(c.Holds.Input, c.Holds), of(c.Holds.Output, c.Holds))
		if turns := c.Holds.InputByTurn; turns != nil {
			fmt.Fprintf(w, "  input by turn\t%s\n", growth(turns))
		}
		if s := c.Holds.ReusableShare; s != nil {
			fmt.Fprintf(w, "  reusable prefix\t%.3g%% of the input tokens\n", 100**s)
		}
		if err := w.Flush(); err != nil {
			return failure(err)
		}
		fmt.Fprintln(a.out)
	}
	return nil
}

func sameHolds(a, b *pipeline.CellForecast) bool {
	return a.Dataset == b.Dataset && reflect.DeepEqual(a.Holds, b.Holds)
}

// inCells names the cells that a dataset's numbers are of, where they are not all.
func inCells(cells []pipeline.CellForecast, of *pipeline.CellForecast) string {
	var in []string
	for i := range cells {
		if sameHolds(&cells[i], of) {
			in = append(in, fmt.Sprint(i+1))
		}
	}
	if len(in) == len(cells) {
		return ""
	}
	return " in cell " + strings.Join(in, ", ")
}

func amount(h *pipeline.Holds) string {
	s := "as many requests as fit"
	if h.Requests > 0 {
		s = plural(h.Requests, "request")
	}
	switch len(h.Pools) {
	case 0:
	case 1:
		s += ", drawn from a pool"
	default:
		s += fmt.Sprintf(", drawn from %d pools", len(h.Pools))
	}
	if h.Turns.Max > 1 {
		s += " in " + plural(h.Sessions, "session")
	}
	if h.Seconds > 0 {
		s += " in " + seconds(h.Seconds)
	}
	return s
}

// poolOf says what a pool holds.
func poolOf(p llm.Pool) string {
	var has []string
	for _, part := range []struct {
		n    int
		noun string
	}{{p.Texts, "text"}, {p.Images, "image"}, {p.Audio, "recording"}, {p.Video, "film"}} {
		if part.n > 0 {
			has = append(has, plural(part.n, part.noun))
		}
	}
	return plural(p.Rows, "row") + ": " + strings.Join(has, ", ")
}

// of is a length of requests, of which some may not be known.
func of(l pipeline.Lengths, h *pipeline.Holds) string {
	s := spread(l)
	if l.N > 0 && l.N < h.Requests {
		s += fmt.Sprintf(" (of %s: the others' are not known beforehand)", plural(l.N, "request"))
	}
	return s
}

func spread(l pipeline.Lengths) string {
	if l.N == 0 {
		return "not known beforehand"
	}
	return fmt.Sprintf("avg %.4g, p50 %.4g, p90 %.4g, p99 %.4g, max %d", l.Avg, l.P50, l.P90, l.P99, l.Max)
}

// mostTurns is how many turns' inputs are printed.
const mostTurns = 8

// growth is the average input of each turn, one behind the other.
func growth(turns []float64) string {
	var parts []string
	for _, tokens := range turns[:min(len(turns), mostTurns)] {
		parts = append(parts, fmt.Sprintf("%.4g", tokens))
	}
	if len(turns) > mostTurns {
		parts = append(parts, "…")
	}
	return strings.Join(parts, " → ")
}

func seconds(s float64) string {
	return time.Duration(s * float64(time.Second)).Round(time.Millisecond).String()
}

// sparkline draws values as heights from nothing to the greatest.
func sparkline(values []float64) string {
	heights := []rune(" ▁▂▃▄▅▆▇█")
	top := slices.Max(values)
	var out strings.Builder
	for _, v := range values {
		at := 0
		if v > 0 {
			at = min(1+int(v/top*float64(len(heights)-1)), len(heights)-1)
		}
		out.WriteRune(heights[at])
	}
	return out.String()
}
