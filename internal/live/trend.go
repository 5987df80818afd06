package live

import "time"

// trendStep is the time that one value of a trend stands for, trendLength how
// many values are kept.
const (
	trendStep   = time.Second
	trendLength = 120
)

// trend is the throughput of late: content events per second, a value for each
// second, the oldest first, across cells and repeats. The zero trend is ready.
type trend struct {
	values []float64

	began        time.Time // of the second under way
	pending      int64     // events in it
	seen         int64     // events of the repeat so far
	cell, repeat int       // which repeat that is
}

// add takes in the state of the run at a time, which must not go backwards.
// What came between the last look at a repeat and its end is not known, and is
// left out.
func (t *trend) add(now time.Time, s *Snapshot) {
	if s.Cells == 0 {
		return
	}
	if t.began.IsZero() {
		t.began = now
	}
	if s.CellIndex != t.cell || s.Repeat != t.repeat || s.Chunks < t.seen {
		t.cell, t.repeat, t.seen = s.CellIndex, s.Repeat, 0
	}
	t.pending += s.Chunks - t.seen
	t.seen = s.Chunks
	if took := now.Sub(t.began); took >= trendStep {
		t.values = append(t.values, float64(t.pending)/took.Seconds())
		t.values = t.values[max(0, len(t.values)-trendLength):]
		t.began, t.pending = now, 0
	}
}

// ticks are the heights of a sparkline.
var ticks = []rune("▁▂▃▄▅▆▇█")

// sparkline draws the newest values in so many columns, the highest of them at
// full height, anything above 0 above the lowest tick.
func sparkline(values []float64, width int) string {
	values = values[max(0, len(values)-max(0, width)):]
	top := 0.0
	for _, v := range values {
		top = max(top, v)
	}
	line := make([]rune, len(values))
	for i, v := range values {
		tick := 0
		if v > 0 {
			tick = 1 + min(len(ticks)-2, int(v/top*float64(len(ticks)-1)))
		}
		line[i] = ticks[tick]
	}
	return string(line)
}
