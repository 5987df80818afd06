package live_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"loadgate/internal/live"
)

// busy is a run in its third cell.
func busy() live.Snapshot {
	return live.Snapshot{
		Cells: 36, CellIndex: 2, Title: "concurrency 8, shape short", Repeats: 3, Repeat: 1, Phase: "measuring",
		Planned: 200, Sent: 128, Done: 120, Failed: 2, InFlight: 8, Elapsed: 10 * time.Second, Remaining: 80 * time.Second,
		Rate: 12.34, ChunkRate: 158.2, TTFTp50: 45.12, TTFTp99: 120.4, ITLp50: 11.02, ITLp99: 14.21,
	}
}

const (
	busyWhere   = "cell 3/36, concurrency 8, shape short, repeat 2/3, measuring, 1m20s left"
	busyNumbers = "120/200, 2 failed, 8 in flight, 12.3 req/s, ttft p50 45.1 p99 120 ms, itl p50 11.0 p99 14.2 ms, 158 chunks/s"
	busyFrame   = `cells     █░░░░░░░░░░░░░░░░░░░ 2 of 36 done · 33 to come · 1m20s left
now       cell 3 · concurrency 8, shape short · repeat 2/3 · measuring 10s
requests  ████████████░░░░░░░░ 120/200 · 2 failed · 8 in flight · 12.3 req/s
latency   ttft p50 45.1 p99 120 ms · itl p50 11.0 p99 14.2 ms
output                         158 chunks/s`
)

// screen is a terminal that is high enough: it knows the sequences a block uses
// and no others. What stands on it is what a person sees, scroll-back included.
type screen struct {
	mu       sync.Mutex
	lines    [][]rune
	row, col int
	raw      bytes.Buffer
	most     int // the longest line ever shown, in runes
}

var sequence = regexp.MustCompile(`^\x1b\[[?0-9;]*[A-Za-z]`)

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.raw.Write(p)
	for rest := string(p); rest != ""; {
		switch seq := sequence.FindString(rest); {
		case seq != "":
			if err := s.obey(seq); err != nil {
				return 0, err
			}
			rest = rest[len(seq):]
		default:
			r, size := utf8.DecodeRuneInString(rest)
			s.print(r)
			rest = rest[size:]
		}
	}
	return len(p), nil
}

func (s *screen) obey(seq string) error {
	switch {
	case seq == "\x1b[A":
		s.row--
	case seq == "\x1b[J":
		s.lines = s.lines[:min(s.row+1, len(s.lines))]
		s.cut()
	case seq == "\x1b[K":
		s.cut()
	case seq == "\x1b[?7l", seq == "\x1b[?7h", strings.HasSuffix(seq, "m"):
	default:
		return fmt.Errorf("a sequence that the test does not know: %q", seq)
	}
	return nil
}

func (s *screen) cut() {
	if s.row < len(s.lines) {
		s.lines[s.row] = s.lines[s.row][:min(s.col, len(s.lines[s.row]))]
	}
}

func (s *screen) print(r rune) {
	switch r {
	case '\r':
		s.col = 0
		return
	case '\n':
		s.row, s.col = s.row+1, 0
		return
	}
	for len(s.lines) <= s.row {
		s.lines = append(s.lines, nil)
	}
	line := s.lines[s.row]
	for len(line) <= s.col {
		line = append(line, ' ')
	}
	line[s.col] = r
	s.lines[s.row] = line
	s.col++
	s.most = max(s.most, len(line))
}

func (s *screen) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for _, line := range s.lines {
		b.WriteString(string(line) + "\n")
	}
	return strings.TrimRight(b.String(), "\n")
}

func TestBlock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var s screen
		p := live.New(&s, live.Auto, live.Options{Terminal: true, Width: func() int { return 120 }}, busy)
		time.Sleep(500 * time.Millisecond)
		synctest.Wait()
		if diff := cmp.Diff(busyFrame, s.text()); diff != "" {
			t.Errorf("the screen (-want +got):\n%s", diff)
		}
		if s.row != 0 || s.col != 0 {
			t.Errorf("the cursor stands at %d,%d and not where the block begins", s.row, s.col)
		}
		p.Note("cell 2/36 concurrency 4: 200 ok")
		if diff := cmp.Diff("cell 2/36 concurrency 4: 200 ok\n"+busyFrame, s.text()); diff != "" {
			t.Errorf("after a note (-want +got):\n%s", diff)
		}
		p.Note("the last one\x1b[2J")
		p.Close()
		p.Close()
		p.Note("too late")
		if got := s.text(); got != "cell 2/36 concurrency 4: 200 ok\nthe last one\ufffd[2J" {
			t.Errorf("left behind:\n%s", got)
		}
	})
}

// A terminal may be resized while a run goes on.
func TestBlockFollowsItsTerminal(t *testing.T) {
	t.Parallel()
	for _, size := range []struct{ columns, rows int }{
		{1, 1}, {2, 2}, {12, 3}, {20, 24}, {40, 24}, {56, 4}, {60, 24}, {80, 5}, {100, 24}, {300, 100},
	} {
		synctest.Test(t, func(t *testing.T) {
			var s screen
			opts := live.Options{Width: func() int { return size.columns }, Height: func() int { return size.rows }}
			p := live.New(&s, live.Bar, opts, func() live.Snapshot {
				b := busy()
				b.Title = strings.Repeat("long ", 30)
				return b
			})
			time.Sleep(time.Second)
			synctest.Wait()
			got := s.text()
			if s.most > max(1, size.columns-1) {
				t.Errorf("%d columns of %d:\n%s", s.most, size.columns, got)
			}
			if rows := strings.Count(got, "\n") + 1; rows > max(1, size.rows-1) {
				t.Errorf("%d rows of %d:\n%s", rows, size.rows, got)
			}
			if size.columns >= 20 && size.rows > 3 && !strings.Contains(got, "120/200") {
				t.Errorf("%v lost what matters most:\n%s", size, got)
			}
			p.Close()
			if got := s.text(); got != "" {
				t.Errorf("left behind:\n%s", got)
			}
		})
	}
}

// The throughput of late is drawn as it comes, over the end of a repeat too.
func TestSparkline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var s screen
		began, chunks := time.Now(), int64(0)
		p := live.New(&s, live.Bar, live.Options{Width: func() int { return 100 }}, func() live.Snapshot {
			b := busy()
			second := int(time.Since(began) / time.Second)
			b.Repeat = min(1, second/5) // the counts begin again
			if second == 5 {
				chunks = 0
			}
			chunks += int64(20 * (second % 5)) // five looks a second
			b.Chunks = chunks
			return b
		})
		time.Sleep(8*time.Second + 100*time.Millisecond)
		synctest.Wait()
		if got := s.text(); !strings.Contains(got, "output    ▂▄▆█▆▂▄ ") {
			t.Errorf("got\n%s", got)
		}
		p.Close()
	})
}

func TestBlockLooksAFewTimesASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		p := live.New(&screen{}, live.Bar, live.Options{}, func() live.Snapshot { asked++; return busy() })
		time.Sleep(10*time.Second + time.Millisecond)
		p.Close()
		if asked != 51 {
			t.Errorf("asked %d times in 10 s, want 50 and once at the end", asked)
		}
	})
}

func TestColourOnlyWhereAsked(t *testing.T) {
	t.Parallel()
	for _, color := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			var s screen
			p := live.New(&s, live.Bar, live.Options{Color: color}, busy)
			time.Sleep(time.Second)
			p.Close()
			if got := strings.Contains(s.raw.String(), "\x1b[32m█"); got != color {
				t.Errorf("color %v: painted %v", color, got)
			}
		})
	}
}

func TestPlain(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string]live.Options{"a file": {}, "a terminal in CI": {Terminal: true, CI: true}} {
		synctest.Test(t, func(t *testing.T) {
			var b bytes.Buffer
			p := live.New(&b, live.Auto, opts, busy)
			time.Sleep(12 * time.Second)
			p.Note("cell 3/36 concurrency 8: 200 ok")
			p.Close()
			line := busyWhere + ": " + busyNumbers + "\n"
			if got := b.String(); got != line+line+"cell 3/36 concurrency 8: 200 ok\n" {
				t.Errorf("%s: got\n%s", name, got)
			}
		})
	}
}

func TestUnknownIsLeftOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var b bytes.Buffer
		nan := math.NaN()
		p := live.New(&b, live.Plain, live.Options{}, func() live.Snapshot {
			return live.Snapshot{Cells: 1, Repeats: 1, Phase: "warmup", Remaining: -1, TTFTp50: nan, TTFTp99: nan, ITLp50: nan, ITLp99: nan}
		})
		time.Sleep(6 * time.Second)
		p.Close()
		if got := b.String(); got != "cell 1/1, warmup: 0 done, 0 in flight, 0.00 req/s\n" {
			t.Errorf("got %q", got)
		}
	})
}

func TestBeforeTheFirstCell(t *testing.T) {
	t.Parallel()
	for mode, want := range map[live.Mode]string{live.Plain: "preflight\n", live.Bar: "waiting   preflight"} {
		synctest.Test(t, func(t *testing.T) {
			var s screen
			p := live.New(&s, mode, live.Options{}, func() live.Snapshot { return live.Snapshot{Phase: "preflight", Remaining: -1} })
			time.Sleep(6 * time.Second)
			synctest.Wait()
			got := s.text()
			if mode == live.Plain {
				got = s.raw.String()
			}
			if got != want {
				t.Errorf("%s: got %q", mode, got)
			}
			p.Close()
		})
	}
}

func TestNone(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	p := live.New(&b, live.None, live.Options{Terminal: true}, func() live.Snapshot { t.Error("asked"); return busy() })
	p.Note("x")
	p.Close()
	if b.Len() > 0 {
		t.Errorf("wrote %q", b.String())
	}
}

type brokenWriter struct{ calls int }

func (w *brokenWriter) Write([]byte) (int, error) { w.calls++; return 0, errors.New("gone") }

// A terminal that went away ends the display and nothing else.
func TestBrokenWriter(t *testing.T) {
	t.Parallel()
	for _, mode := range []live.Mode{live.Bar, live.Plain} {
		synctest.Test(t, func(t *testing.T) {
			w := &brokenWriter{}
			p := live.New(w, mode, live.Options{}, busy)
			for range 20 {
				p.Note("line")
				time.Sleep(10 * time.Second)
			}
			p.Close()
			if w.calls == 0 || w.calls > 2 {
				t.Errorf("%s: %d writes to a broken writer", mode, w.calls)
			}
		})
	}
}

func TestNotesFromManyGoroutines(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var s screen
		p := live.New(&s, live.Bar, live.Options{}, busy)
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				for j := range 20 {
					p.Note(fmt.Sprintf("note %d.%d", i, j))
					time.Sleep(90 * time.Millisecond)
				}
			})
		}
		all.Wait()
		p.Close()
		if got := strings.Count(s.text(), "note "); got != 160 || strings.Contains(s.text(), "█") {
			t.Errorf("%d of 160 notes left:\n%s", got, s.text())
		}
	})
}

func TestParseMode(t *testing.T) {
	t.Parallel()
	if m, err := live.ParseMode("plain"); m != live.Plain || err != nil {
		t.Errorf("got %v, %v", m, err)
	}
	if _, err := live.ParseMode("fancy"); err == nil || !strings.Contains(err.Error(), "auto, bar, plain or none") {
		t.Errorf("got %v", err)
	}
}

func TestDetect(t *testing.T) {
	t.Parallel()
	for ci, want := range map[string]bool{"": false, "true": true, "1": true, "false": false, "0": false} {
		o := live.Detect(&bytes.Buffer{}, func(name string) string {
			return map[string]string{"CI": ci, "TERM": "xterm"}[name]
		})
		if o.CI != want || o.Terminal || o.Color {
			t.Errorf("CI=%q: %+v", ci, o)
		}
	}
}
