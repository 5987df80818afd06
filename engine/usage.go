package engine

import (
	"runtime"
	"time"

	"loadgate/internal/llm"
)

// reading is what the process and its machine have consumed so far; -1 where it
// is not known. The difference of two is the consumption between them.
type reading struct {
	at        time.Time
	cpu       float64 // seconds of the process, user and system
	rss       int64   // bytes, the most so far
	steal     float64 // of the machine's ticks, those that the hypervisor took
	ticks     float64 // all of the machine's ticks
	throttled float64 // seconds
}

func readUsage() reading {
	u := reading{at: time.Now(), cpu: -1, steal: -1, ticks: -1, throttled: -1}
	u.platform()
	return u
}

// since is the consumption since an earlier reading. GOMAXPROCS stands for the
// usable cores: it honours affinity and the cgroup's quota.
func (u reading) since(before reading) Usage {
	d := Usage{
		CPUSeconds: -1, StealRatio: -1, ThrottledSec: -1, MaxRSSBytes: u.rss,
		Cores: float64(runtime.GOMAXPROCS(0)), WallSeconds: u.at.Sub(before.at).Seconds(),
	}
	if u.cpu >= 0 && before.cpu >= 0 {
		d.CPUSeconds = u.cpu - before.cpu
	}
	if ticks := u.ticks - before.ticks; u.steal >= 0 && before.steal >= 0 && ticks > 0 {
		d.StealRatio = (u.steal - before.steal) / ticks
	}
	if u.throttled >= 0 && before.throttled >= 0 {
		d.ThrottledSec = u.throttled - before.throttled
	}
	return d
}

// stepWatch finds steps between the wall clock and the monotonic one.
type stepWatch struct {
	clock  llm.Clock
	offset int64
}

func newStepWatch(c llm.Clock) *stepWatch { return &stepWatch{c, wallOffset(c)} }

func wallOffset(c llm.Clock) int64 { return time.Now().UnixNano() - c.Now() }

// size is the difference between the offsets at the beginning and now, ns.
func (w *stepWatch) size() int64 {
	d := wallOffset(w.clock) - w.offset
	return max(d, -d)
}
