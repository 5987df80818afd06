package engine

import (
	"runtime"
	"time"

	"loadgate/internal/llm"
)

// coarse is how long before a send the runtime's timers are left: they are late
// by up to a millisecond, since the network poller rounds short waits up.
const coarse = 2 * time.Millisecond

// sleeper waits for stamps: the last stretch is slept in the kernel, which wakes
// within some tens of microseconds.
type sleeper struct {
	clock llm.Clock
	end   stopper
	sleep func(time.Duration)
}

func newSleeper(clock llm.Clock, end stopper, sleep func(time.Duration)) sleeper {
	if sleep == nil {
		sleep = sleepExactly
	}
	return sleeper{clock, end, sleep}
}

// wait returns true at a stamp, never before it, and false when the sending is
// to end.
func (s sleeper) wait(stamp int64) bool {
	s.end.sleepUntil(s.clock, stamp-int64(coarse), nil)
	for !s.end.stopped() {
		d := time.Duration(stamp - s.clock.Now())
		if d <= 0 {
			return true
		}
		s.sleep(min(d, coarse))
	}
	return false
}

// pacer is a sleeper with a thread of its own.
type pacer struct{ sleeper }

func newPacer(s sleeper) pacer {
	runtime.LockOSThread()
	sharpen()
	return pacer{s}
}

func (pacer) close() {
	blunt()
	runtime.UnlockOSThread()
}
