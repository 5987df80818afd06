package live

import (
	"math"
	"slices"

	"loadgate/internal/diag"
)

// state is what the page shows: a Snapshot in JSON, and what was said so far.
// Times are in seconds, latencies in ms; null = not known.
type state struct {
	Name      string  `json:"name"`
	Cells     int     `json:"cells"` // 0 = the first has not begun
	Cell      int     `json:"cell"`  // from 1
	Title     string  `json:"title"`
	Repeats   int     `json:"repeats"`
	Repeat    int     `json:"repeat"` // from 1
	Phase     string  `json:"phase"`
	Share     float64 `json:"share"` // of the repeat
	Planned   int     `json:"planned"`
	Done      int     `json:"done"`
	Failed    int     `json:"failed"`
	InFlight  int     `json:"in_flight"`
	Elapsed   float64 `json:"elapsed"`
	Remaining *number `json:"remaining"`

	Rate      float64   `json:"rate"`
	ChunkRate float64   `json:"chunk_rate"`
	Trend     []float64 `json:"trend"` // chunks per second, one a second, the oldest first
	TTFT      [2]number `json:"ttft"`  // median and 99th percentile
	ITL       [2]number `json:"itl"`

	Notes    []string `json:"notes"`    // the newest last
	Measured bool     `json:"measured"` // nothing is sent any more
	Ended    bool     `json:"ended"`
	Verdict  string   `json:"verdict"` // "" = not known
	Tone     string   `json:"tone"`    // good | bad | ""
}

// number is a float that is null in JSON where it is none.
type number float64

// MarshalJSON implements json.Marshaler.
func (n number) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(n)) || math.IsInf(float64(n), 0) {
		return []byte("null"), nil
	}
	return []byte(brief(float64(n))), nil
}

// take takes over what a snapshot says.
func (st *state) take(s *Snapshot) {
	st.Cells, st.Cell, st.Title = s.Cells, s.CellIndex+1, diag.Printable(s.Title)
	st.Repeats, st.Repeat, st.Phase, st.Share = s.Repeats, s.Repeat+1, diag.Printable(s.Phase), s.share()
	st.Planned, st.Done, st.Failed, st.InFlight = s.Planned, s.Done, s.Failed, s.InFlight
	st.Elapsed, st.Remaining = s.Elapsed.Seconds(), nil
	if s.Remaining >= 0 {
		left := number(s.Remaining.Seconds())
		st.Remaining = &left
	}
	st.Rate, st.ChunkRate = s.Rate, s.ChunkRate
	st.Trend = slices.Clone(s.Trend)
	if st.Trend == nil {
		st.Trend = []float64{}
	}
	st.TTFT, st.ITL = [2]number{number(s.TTFTp50), number(s.TTFTp99)}, [2]number{number(s.ITLp50), number(s.ITLp99)}
}

// lastOf is the end of a list, at most so many long.
func lastOf(all []string, most int) []string { return slices.Clone(all[max(0, len(all)-most):]) }

// end takes over how the run ended. The cells that count are those measured.
func (st *state) end(e Ending) {
	st.Measured, st.Ended, st.Verdict, st.Phase, st.Cell = true, true, diag.Printable(e.Verdict), "ended", e.Cells
	switch {
	case e.Good:
		st.Tone = "good"
	case e.Bad:
		st.Tone = "bad"
	}
}
