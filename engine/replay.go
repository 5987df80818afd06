package engine

import (
	"errors"
	"fmt"
	"math"
	"time"

	"loadgate/internal/llm"
)

// newReplay makes the schedule of a replay: the dataset's own times. Those before
// the window's beginning are left out, and 0 is the beginning; without a window
// it is the first arrival.
func newReplay(cfg *Config) (*plan, error) {
	l := &cfg.Load
	trace, ok := cfg.Dataset.(llm.Timed)
	if !ok {
		return nil, errors.New("load.replay: the dataset does not know when its requests arrived")
	}
	r, rows := l.Replay, cfg.Dataset.Rows()
	p := &plan{}
	p.turns, p.several = turnsOf(cfg)
	for p.first < rows && trace.Arrival(p.first) < r.From {
		p.first++
	}
	for i := p.first; i < rows; i++ {
		at := trace.Arrival(i) - r.From
		if r.Length > 0 && at >= r.Length {
			break
		}
		offset := float64(at)/r.Speed + float64(r.Shift)
		if offset > math.MaxInt64/2 {
			return nil, fmt.Errorf("load.replay: at a speed of %g, request %d would be sent in %.0f years", r.Speed, i, offset/float64(365*24*time.Hour))
		}
		if !p.add(l, time.Duration(offset)) {
			break
		}
	}
	if len(p.offsets) == 0 {
		return nil, errors.New("load.replay: no request of the trace lies in the window")
	}
	return p, nil
}
