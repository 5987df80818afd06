package engine

import (
	"runtime"
	"time"

	"loadgate/internal/llm"
)

// coarse is how long before a send the runtime's timers are left: they are late
// by up to a millisecond, since the network poller rounds short waits up.
const coarse = 2 * time.Millisecond

// pacer waits for stamps on a thread of its own: the last stretch is slept in
// the kernel, which wakes within some tens of microseconds.
type pacer struct{ clock llm.Clock }

func newPacer(clock llm.Clock) *pacer {
	runtime.LockOSThread()
	return &pacer{clock}
}

func (p *pacer) close() { runtime.UnlockOSThread() }

// wait returns at a stamp, or false when stopped before it.
func (p *pacer) wait(stamp int64, stop stopper) bool {
	if far := stamp - int64(coarse); far > p.clock.Now() {
		if !stop.sleepUntil(p.clock, far) {
			return false
		}
	}
	if d := time.Duration(stamp - p.clock.Now()); d > 0 {
		sleepExactly(d)
	}
	return !stop.stopped()
}
