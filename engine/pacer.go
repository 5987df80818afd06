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
type pacer struct {
	clock llm.Clock
	end   stopper
	sleep func(time.Duration)
}

func newPacer(clock llm.Clock, end stopper, sleep func(time.Duration)) *pacer {
	runtime.LockOSThread()
	sharpen()
	if sleep == nil {
		sleep = sleepExactly
	}
	return &pacer{clock, end, sleep}
}

func (p *pacer) close() {
	blunt()
	runtime.UnlockOSThread()
}

// wait returns true at a stamp, never before it, and false when the sending is
// to end.
func (p *pacer) wait(stamp int64) bool {
	p.end.sleepUntil(p.clock, stamp-int64(coarse), nil)
	for !p.end.stopped() {
		d := time.Duration(stamp - p.clock.Now())
		if d <= 0 {
			return true
		}
		p.sleep(min(d, coarse))
	}
	return false
}
