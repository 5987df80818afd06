package live

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"loadgate/internal/diag"
)

// Snapshot is a run at one moment. The counts are of the repeat under way,
// warm-up included.
type Snapshot struct {
	Cells     int    // in all; 0 = the first has not begun
	CellIndex int    // from 0
	Title     string // of the cell; may be empty
	Repeats   int
	Repeat    int    // from 0
	Phase     string // preflight | warmup | measuring | draining

	Planned  int // 0 = until a time is over
	Sent     int
	Done     int // ended, well or not
	Failed   int
	InFlight int

	Elapsed   time.Duration // since the repeat began
	Remaining time.Duration // of the run as a whole; below 0 = unknown
	Rate      float64       // answers per second of late

	// Latencies so far in ms; NaN = none yet.
	TTFTp50, TTFTp99 float64
	ITLp50, ITLp99   float64
}

// share is how much is done, from 0 to 1: of the repeat where its requests are
// counted, else of the cells.
func (s *Snapshot) share() float64 {
	switch {
	case s.Planned > 0:
		return min(1, float64(s.Done)/float64(s.Planned))
	case s.Cells > 0:
		return min(1, float64(s.CellIndex)/float64(s.Cells))
	}
	return 0
}

// fact is a piece of a line. Pieces of a higher rank give way first.
type fact struct {
	text string
	rank int
}

// where says which cell it is about.
func (s *Snapshot) where() []fact {
	var facts []fact
	if s.Cells > 0 {
		facts = append(facts, fact{fmt.Sprintf("cell %d/%d", s.CellIndex+1, s.Cells), 0})
	}
	if title := diag.Printable(s.Title); title != "" {
		facts = append(facts, fact{title, 1})
	}
	if s.Repeats > 1 {
		facts = append(facts, fact{fmt.Sprintf("repeat %d/%d", s.Repeat+1, s.Repeats), 2})
	}
	if s.Phase != "" {
		facts = append(facts, fact{diag.Printable(s.Phase), 3})
	}
	if s.Remaining >= 0 {
		facts = append(facts, fact{s.Remaining.Round(time.Second).String() + " left", 2})
	}
	return facts
}

// numbers says how it goes; nothing before the first cell.
func (s *Snapshot) numbers() []fact {
	if s.Cells == 0 {
		return nil
	}
	done := strconv.Itoa(s.Done) + " done"
	if s.Planned > 0 {
		done = fmt.Sprintf("%d/%d", s.Done, s.Planned)
	}
	facts := []fact{{done, 0}}
	if s.Failed > 0 {
		facts = append(facts, fact{strconv.Itoa(s.Failed) + " failed", 1})
	}
	facts = append(facts, fact{brief(s.Rate) + " req/s", 4}, fact{strconv.Itoa(s.InFlight) + " in flight", 5})
	if !math.IsNaN(s.TTFTp50) {
		facts = append(facts, fact{fmt.Sprintf("ttft p50 %s p99 %s ms", brief(s.TTFTp50), brief(s.TTFTp99)), 2})
	}
	if !math.IsNaN(s.ITLp50) {
		facts = append(facts, fact{fmt.Sprintf("itl p50 %s p99 %s ms", brief(s.ITLp50), brief(s.ITLp99)), 3})
	}
	return facts
}

// join puts facts into one line of at most so many runes, leaving out those of
// the highest rank until it fits; width 0 is no limit. The last fact stays,
// however long it is.
func join(facts []fact, separator string, width int) string {
	for {
		texts := make([]string, len(facts))
		worst := 0
		for i, f := range facts {
			texts[i] = f.text
			if f.rank > facts[worst].rank {
				worst = i
			}
		}
		line := strings.Join(texts, separator)
		if width <= 0 || len(facts) < 2 || len([]rune(line)) <= width {
			return line
		}
		facts = append(facts[:worst:worst], facts[worst+1:]...)
	}
}

// brief is a number with about three digits.
func brief(x float64) string {
	switch {
	case math.IsNaN(x):
		return "-"
	case math.Abs(x) >= 100:
		return strconv.FormatFloat(x, 'f', 0, 64)
	case math.Abs(x) >= 10:
		return strconv.FormatFloat(x, 'f', 1, 64)
	}
	return strconv.FormatFloat(x, 'f', 2, 64)
}
