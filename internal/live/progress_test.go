package live_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"loadgate/internal/live"
)

// busy is a run in its third cell.
func busy() live.Snapshot {
	return live.Snapshot{
		Cells: 36, CellIndex: 2, Title: "concurrency 8, shape short", Repeats: 3, Repeat: 1, Phase: "measuring",
		Planned: 200, Sent: 128, Done: 120, Failed: 2, InFlight: 8, Elapsed: 10 * time.Second, Remaining: 80 * time.Second,
		Rate: 12.34, TTFTp50: 45.12, TTFTp99: 120.4, ITLp50: 11.02, ITLp99: 14.21,
	}
}

const (
	busyWhere   = "cell 3/36, concurrency 8, shape short, repeat 2/3, measuring, 1m20s left"
	busyNumbers = "120/200, 2 failed, 12.3 req/s, 8 in flight, ttft p50 45.1 p99 120 ms, itl p50 11.0 p99 14.2 ms"
)

// screen is a terminal that knows the two sequences a bar uses. Lines that
// stand on it are what a person sees at the end, scroll-back included.
type screen struct {
	mu    sync.Mutex
	lines []string
	row   int
	raw   bytes.Buffer
	most  int // the longest line ever shown, in runes
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.raw.Write(p)
	for rest := string(p); rest != ""; {
		var up int
		switch {
		case rest[0] == '\n':
			s.row++
			rest = rest[1:]
		case rest[0] == '\x1b' && strings.HasPrefix(rest, "\x1b[J"):
			s.lines = s.lines[:min(s.row, len(s.lines))]
			rest = rest[3:]
		case rest[0] == '\x1b' && strings.IndexByte(rest, 'm') >= 0 && strings.IndexByte(rest, 'm') < 6:
			rest = rest[strings.IndexByte(rest, 'm')+1:]
		case rest[0] == '\x1b':
			if _, err := fmt.Sscanf(rest, "\x1b[%dA", &up); err != nil {
				return 0, fmt.Errorf("a sequence that the test does not know: %q", rest)
			}
			s.row = max(0, s.row-up)
			rest = rest[strings.IndexByte(rest, 'A')+1:]
		default:
			end := strings.IndexAny(rest, "\n\x1b")
			if end < 0 {
				end = len(rest)
			}
			for len(s.lines) <= s.row {
				s.lines = append(s.lines, "")
			}
			s.lines[s.row] += rest[:end]
			s.most = max(s.most, len([]rune(s.lines[s.row])))
			rest = rest[end:]
		}
	}
	return len(p), nil
}

func (s *screen) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.lines, "\n")
}

func TestBar(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var s screen
		p := live.New(&s, live.Auto, live.Options{Terminal: true, Width: func() int { return 120 }}, busy)
		time.Sleep(500 * time.Millisecond)
		synctest.Wait()
		want := strings.ReplaceAll(busyWhere, ", ", " · ")
		want = strings.Replace(want, " · shape", ", shape", 1)
		if got := s.text(); got != want+"\n██████████░░░░░░ "+strings.ReplaceAll(busyNumbers, ", ", " · ") {
			t.Errorf("the screen shows\n%s", got)
		}
		p.Note("cell 2/36 concurrency 4: 200 ok")
		time.Sleep(time.Second)
		synctest.Wait()
		if got := s.text(); !strings.HasPrefix(got, "cell 2/36 concurrency 4: 200 ok\ncell 3/36 ·") {
			t.Errorf("the note does not stand above the bar:\n%s", got)
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

func TestBarKeepsToItsWidth(t *testing.T) {
	t.Parallel()
	for _, width := range []int{20, 40, 60, 80, 100} {
		synctest.Test(t, func(t *testing.T) {
			var s screen
			p := live.New(&s, live.Bar, live.Options{Width: func() int { return width }}, func() live.Snapshot {
				b := busy()
				b.Title = strings.Repeat("long ", 30)
				return b
			})
			time.Sleep(time.Second)
			synctest.Wait()
			if got := s.text(); s.most > width || !strings.Contains(got, "120") {
				t.Errorf("%d columns of %d:\n%s", s.most, width, got)
			}
			p.Close()
			if got := s.text(); got != "" {
				t.Errorf("left behind:\n%s", got)
			}
		})
	}
}

func TestBarLooksAFewTimesASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		p := live.New(&screen{}, live.Bar, live.Options{}, func() live.Snapshot { asked++; return busy() })
		time.Sleep(10*time.Second + time.Millisecond)
		p.Close()
		if asked != 50 {
			t.Errorf("asked %d times in 10 s, want 50", asked)
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
			if got := strings.Contains(s.raw.String(), "m"+"█"); got != color {
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
			time.Sleep(25 * time.Second)
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
		time.Sleep(11 * time.Second)
		p.Close()
		if got := b.String(); got != "cell 1/1, warmup: 0 done, 0.00 req/s, 0 in flight\n" {
			t.Errorf("got %q", got)
		}
	})
}

func TestBeforeTheFirstCell(t *testing.T) {
	t.Parallel()
	for mode, want := range map[live.Mode]string{live.Plain: "preflight\n", live.Bar: "preflight\n░░░░░░░░░░░░░░░░ "} {
		synctest.Test(t, func(t *testing.T) {
			var s screen
			p := live.New(&s, mode, live.Options{}, func() live.Snapshot { return live.Snapshot{Phase: "preflight", Remaining: -1} })
			time.Sleep(11 * time.Second)
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
