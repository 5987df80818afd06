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
	Phase     string // what the run is at, in a word or two; may be empty

	Planned  int           // 0 = until a time is over
	Length   time.Duration // when the repeat stops sending; 0 = with its last request
	Sent     int
	Done     int // ended, well or not
	Failed   int
	InFlight int

	Elapsed   time.Duration // since the repeat began
	Remaining time.Duration // of the run as a whole; below 0 = unknown
	Rate      float64       // answers per second of late

	Chunks    int64     // content events of the repeat so far
	ChunkRate float64   // content events per second of late
	Trend     []float64 // the same for each of the last seconds, the oldest first; Progress fills it in

	// Latencies so far in ms; NaN = none yet.
	TTFTp50, TTFTp99 float64
	ITLp50, ITLp99   float64
}

// share is how much of the repeat is done, from 0 to 1: its requests or its
// time, whichever ends it first.
func (s *Snapshot) share() float64 {
	share := 0.0
	if s.Planned > 0 {
		share = float64(s.Done) / float64(s.Planned)
	}
	if s.Length > 0 {
		share = max(share, s.Elapsed.Seconds()/s.Length.Seconds())
	}
	return min(1, share)
}

// ended says how many requests have ended, and of how many.
func (s *Snapshot) ended() string {
	if s.Planned > 0 {
		return fmt.Sprintf("%d/%d", s.Done, s.Planned)
	}
	return strconv.Itoa(s.Done) + " done"
}

// fact is a piece of a line. Pieces of a higher rank give way first.
type fact struct {
	text string
	rank int
	ink  string // "" = the terminal's own
}

// where says which cell it is about.
func (s *Snapshot) where() []fact {
	var facts []fact
	if s.Cells > 0 {
		facts = append(facts, fact{text: fmt.Sprintf("cell %d/%d", s.CellIndex+1, s.Cells), rank: 0})
	}
	if title := diag.Printable(s.Title); title != "" {
		facts = append(facts, fact{text: title, rank: 1})
	}
	if s.Repeats > 1 {
		facts = append(facts, fact{text: fmt.Sprintf("repeat %d/%d", s.Repeat+1, s.Repeats), rank: 2})
	}
	if s.Phase != "" {
		facts = append(facts, fact{text: diag.Printable(s.Phase), rank: 3})
	}
	if s.Remaining >= 0 {
		facts = append(facts, fact{text: left(s.Remaining), rank: 2})
	}
	return facts
}

// numbers says how it goes; nothing before the first cell.
func (s *Snapshot) numbers() []fact {
	if s.Cells == 0 {
		return nil
	}
	facts := append(s.counts(), s.latencies()...)
	if s.ChunkRate > 0 {
		facts = append(facts, fact{text: brief(s.ChunkRate) + " chunks/s", rank: 4})
	}
	return facts
}

// join puts facts into one line.
func join(facts []fact, separator string) string {
	texts := make([]string, len(facts))
	for i, f := range facts {
		texts[i] = f.text
	}
	return strings.Join(texts, separator)
}

// joinPainted puts facts into one line of at most so many columns, leaving out
// those of the highest rank until it fits. The last fact stays, cut to fit.
func joinPainted(facts []fact, separator string, width int, paint painter) string {
	for len(facts) > 1 && columns(join(facts, separator)) > width {
		worst := 0
		for i, f := range facts {
			if f.rank >= facts[worst].rank {
				worst = i
			}
		}
		facts = append(facts[:worst:worst], facts[worst+1:]...)
	}
	texts := make([]string, len(facts))
	for i, f := range facts {
		if len(facts) == 1 {
			f.text = clip(f.text, width)
		}
		texts[i] = paint(f.ink, f.text)
	}
	return strings.Join(texts, separator)
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
