package engine

import (
	"time"

	"loadgate/internal/llm"
)

// stopper says when the sending is to end: the caller said stop, or everything
// was cancelled.
type stopper struct{ stop, cancelled <-chan struct{} }

// stopped reports whether it is to end now.
func (s stopper) stopped() bool {
	select {
	case <-s.stop:
		return true
	case <-s.cancelled:
		return true
	default:
		return false
	}
}

// sleepUntil waits for a stamp, the end of the sending, or something else that
// may come before; that one may be nil.
func (s stopper) sleepUntil(clock llm.Clock, stamp int64, other <-chan struct{}) {
	d := time.Duration(stamp - clock.Now())
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.stop:
	case <-s.cancelled:
	case <-other:
	}
}
