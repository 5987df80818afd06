package calibrate

import (
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"

	"loadgate/internal/result"
)

// Print writes the calibration for people.
func (c *Calibration) Print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "load\tevents/s\tCPU µs/event\tCPU\tmemory\tlag p99\tlate p99\tttft p99\ttrue\titl p99\ttrue\t")
	for i := range c.Rungs {
		r := &c.Rungs[i]
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t  %s\n", r.load(),
			number(r.EventsPerSecond, 0), number(r.CPUPerEventUS, 2), percent(r.CPUShare), megabytes(r.RSSBytes), number(r.LagMS, 2),
			number(r.SendLateMS, 2), number(r.TTFTMS, 2), number(r.TrueTTFTMS, 2), number(r.ITLMS, 2), number(r.TrueITLMS, 2), r.verdict())
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\ntimes in ms; true: by the server's log\n\n%s\n", c.conclusion())
	return err
}

// Line is the rung in a line, for progress.
func (r *Reading) Line() string { return r.load() + ": " + r.verdict() }

func (r *Reading) load() string {
	if r.Kind == Rate {
		return fmt.Sprintf("%g requests/s", r.Rate)
	}
	return fmt.Sprintf("%d streams, %s", r.Streams, map[string]string{Bulk: "bulk", Streams: "paced"}[r.Kind])
}

func (r *Reading) verdict() string {
	words := map[string]string{Holds: "holds", Off: "off", Invalid: "INVALID", ServerBound: "server-bound"}[r.Verdict]
	if r.Why != "" {
		words += ": " + r.Why
	}
	return words
}

// conclusion says what the calibration is good for.
func (c *Calibration) conclusion() string {
	held := func(kind string) (last *Reading) {
		for i := range c.Rungs {
			if c.Rungs[i].Kind == kind {
				last = &c.Rungs[i]
			}
		}
		return last
	}
	s := "no rung of paced streams held"
	if c.Streams > 0 {
		s = fmt.Sprintf("numbers hold here up to %d streams (%.0f events/s)", c.Streams, float64(c.EventsPerSecond))
	}
	if c.Rate > 0 {
		s += fmt.Sprintf(" and up to %g requests/s", c.Rate)
	} else {
		s += ", and no rate did"
	}
	for _, kind := range []string{Streams, Rate} {
		switch last := held(kind); {
		case last == nil:
		case last.Verdict == Holds:
			s += fmt.Sprintf("\n%s: that is the top of the ladder, not yet a limit", last.load())
		case last.Verdict == ServerBound:
			s += fmt.Sprintf("\n%s: here the server of the calibration was the limit, and nothing is known of loadgate: close other programs", last.load())
		}
	}
	s += "\ncost: " + number(c.CPUPerEventUS, 2) + " µs of CPU for a token event"
	if c.BytesPerStream.Ok() {
		s += fmt.Sprintf(", %.0f KB of memory for a stream", max(0, float64(c.BytesPerStream))/1e3)
	}
	return s
}

func number(n result.Number, digits int) string {
	if !n.Ok() {
		return "-"
	}
	return strconv.FormatFloat(float64(n), 'f', digits, 64)
}

func percent(n result.Number) string {
	if !n.Ok() {
		return "-"
	}
	return number(100*n, 0) + "%"
}

func megabytes(n int64) string { return fmt.Sprintf("%.0f MB", float64(n)/1e6) }
