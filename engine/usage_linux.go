package engine

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// ticksPerSecond is USER_HZ, which Linux fixes at 100 for user space.
const ticksPerSecond = 100

// readPlatform fills in CPU time, memory, stolen and throttled seconds.
// StealRatio holds seconds until since makes a ratio of it.
func readPlatform(u *Usage) {
	var r unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &r) == nil {
		u.CPUSeconds = float64(r.Utime.Nano()+r.Stime.Nano()) / 1e9
		u.MaxRSSBytes = r.Maxrss << 10
	}
	if b, err := os.ReadFile("/proc/stat"); err == nil {
		line, _, _ := strings.Cut(string(b), "\n")
		if f := strings.Fields(line); len(f) > 8 { // cpu user nice system idle iowait irq softirq steal
			if v, err := strconv.ParseFloat(f[8], 64); err == nil {
				u.StealRatio = v / ticksPerSecond
			}
		}
	}
	if b, err := os.ReadFile("/sys/fs/cgroup/cpu.stat"); err == nil {
		for line := range strings.Lines(string(b)) {
			if v, ok := strings.CutPrefix(line, "throttled_usec "); ok {
				if us, err := strconv.ParseFloat(strings.TrimSpace(v), 64); err == nil {
					u.ThrottledSec = us / 1e6
				}
			}
		}
	}
}
