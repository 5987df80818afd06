package engine

import (
	"runtime"
	"time"

	"loadgate/internal/llm"
)

// readUsage is what the process has consumed so far, for the difference over a
// repeat.
func readUsage() Usage {
	u := Usage{Cores: float64(runtime.GOMAXPROCS(0)), WallSeconds: float64(time.Now().UnixNano()) / 1e9, StealRatio: -1, ThrottledSec: -1}
	readPlatform(&u)
	return u
}

// since is the consumption between two readings; CPUSeconds stays -1 where it
// is unknown. GOMAXPROCS already honours
// affinity and the cgroup's quota.
func (u Usage) since(before Usage) Usage {
	d := u
	if u.CPUSeconds >= 0 {
		d.CPUSeconds -= before.CPUSeconds
	}
	d.WallSeconds -= before.WallSeconds
	if u.StealRatio >= 0 && before.StealRatio >= 0 && d.WallSeconds > 0 {
		d.StealRatio = (u.StealRatio - before.StealRatio) / (d.WallSeconds * float64(runtime.NumCPU()))
	}
	if u.ThrottledSec >= 0 && before.ThrottledSec >= 0 {
		d.ThrottledSec = u.ThrottledSec - before.ThrottledSec
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
