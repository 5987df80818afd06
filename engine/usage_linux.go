package engine

import (
	"os"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// platform fills in CPU time, memory, stolen and throttled time.
func (u *reading) platform() {
	var r unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &r) == nil {
		u.cpu = float64(r.Utime.Nano()+r.Stime.Nano()) / 1e9
		u.rss = r.Maxrss << 10
	}
	if b, err := os.ReadFile("/proc/stat"); err == nil {
		if steal, ticks, ok := parseStat(string(b)); ok {
			u.steal, u.ticks = steal, ticks
		}
	}
	if b, err := os.ReadFile("/proc/self/cgroup"); err == nil {
		u.throttled = throttled(string(b), os.ReadFile)
	}
}

// parseStat reads the first line of /proc/stat: cpu, then ticks in user, nice,
// system, idle, iowait, irq, softirq and steal (and two that are part of user
// and nice).
func parseStat(text string) (steal, ticks float64, ok bool) {
	line, _, _ := strings.Cut(text, "\n")
	f := strings.Fields(line)
	if len(f) < 9 || f[0] != "cpu" {
		return 0, 0, false
	}
	for _, word := range f[1:9] {
		n, err := strconv.ParseUint(word, 10, 64)
		if err != nil {
			return 0, 0, false
		}
		steal, ticks = float64(n), ticks+float64(n)
	}
	return steal, ticks, true
}

// throttled is for how many seconds the process' cgroup has been throttled, -1
// when that is not to be found. memberships is /proc/self/cgroup: a line
// 0::PATH for version 2, and N:cpu,cpuacct:PATH for version 1. In a container
// the path may be the host's, while the file lies at the root of the mount.
func throttled(memberships string, read func(string) ([]byte, error)) float64 {
	for line := range strings.Lines(memberships) {
		f := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(f) != 3 {
			continue
		}
		root, key, unit := "/sys/fs/cgroup", "throttled_usec", 1e6
		if f[0] != "0" {
			if !strings.Contains(","+f[1]+",", ",cpu,") {
				continue
			}
			root, key, unit = path.Join(root, f[1]), "throttled_time", 1e9
		}
		for _, dir := range []string{path.Join(root, f[2]), root} {
			b, err := read(path.Join(dir, "cpu.stat"))
			if err != nil {
				continue
			}
			if v, ok := statValue(string(b), key); ok {
				return v / unit
			}
		}
	}
	return -1
}

// statValue finds the value of a key in lines of "key value".
func statValue(text, key string) (float64, bool) {
	for line := range strings.Lines(text) {
		if v, ok := strings.CutPrefix(line, key+" "); ok {
			n, err := strconv.ParseUint(strings.TrimSpace(v), 10, 64)
			return float64(n), err == nil
		}
	}
	return 0, false
}
