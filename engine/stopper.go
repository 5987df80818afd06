package engine

import (
	"time"

	"loadgate/internal/llm"
)

// stopper is a channel whose closing ends the sending.
type stopper <-chan struct{}

// stopped reports whether sending is to end.
func (s stopper) stopped() bool {
	select {
	case <-s:
		return true
	default:
		return false
	}
}

// sleepUntil waits for a stamp and reports false when stopped before it.
func (s stopper) sleepUntil(clock llm.Clock, stamp int64) bool {
	d := time.Duration(stamp - clock.Now())
	if d <= 0 {
		return !s.stopped()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-s:
		return false
	}
}
