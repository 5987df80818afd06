package engine

import (
	"io/fs"
	"testing"
)

func TestParseStat(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text         string
		steal, ticks float64
		ok           bool
	}{
		{"cpu  10 20 30 40 50 60 70 80 5 5\ncpu0 1 1 1 1 1 1 1 1 0 0\n", 80, 360, true},
		{"cpu  10 20 30 40 50 60 70 80", 80, 360, true},
		{"cpu  10 20 30 40\n", 0, 0, false}, // as kernels before 2.6.11
		{"cpu  10 20 30 40 50 60 70 x\n", 0, 0, false},
		{"intr 10 20 30 40 50 60 70 80\n", 0, 0, false},
		{"", 0, 0, false},
	} {
		steal, ticks, ok := parseStat(c.text)
		if steal != c.steal || ticks != c.ticks || ok != c.ok {
			t.Errorf("%q: %v of %v, %t", c.text, steal, ticks, ok)
		}
	}
}

func TestThrottled(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, memberships string
		files             map[string]string
		want              float64
	}{
		{
			"version 2", "0::/user.slice/x\n",
			map[string]string{
				"/sys/fs/cgroup/user.slice/x/cpu.stat": "usage_usec 1\nthrottled_usec 1500000\n",
				"/sys/fs/cgroup/cpu.stat":              "throttled_usec 9\n",
			},
			1.5,
		},
		{
			"a container that sees the host's path", "0::/docker/abc\n",
			map[string]string{"/sys/fs/cgroup/cpu.stat": "throttled_usec 250000"},
			0.25,
		},
		{
			"version 1", "9:name=systemd:/\n4:memory:/a\n3:cpu,cpuacct:/a\n0::/\n",
			map[string]string{"/sys/fs/cgroup/cpu,cpuacct/a/cpu.stat": "nr_throttled 3\nthrottled_time 2000000000\n"},
			2,
		},
		{"the root of the host", "0::/\n", map[string]string{"/sys/fs/cgroup/cpu.stat": "usage_usec 1\n"}, -1},
		{"no file", "0::/\n", nil, -1},
		{"no number", "0::/\n", map[string]string{"/sys/fs/cgroup/cpu.stat": "throttled_usec x\n"}, -1},
		{"no lines", "\nodd\n", nil, -1},
	} {
		got := throttled(c.memberships, func(name string) ([]byte, error) {
			if text, ok := c.files[name]; ok {
				return []byte(text), nil
			}
			return nil, fs.ErrNotExist
		})
		if got != c.want {
			t.Errorf("%s: %v s, want %v", c.name, got, c.want)
		}
	}
}

func TestReadUsage(t *testing.T) {
	t.Parallel()
	before := readUsage()
	u := readUsage().since(before)
	if before.cpu <= 0 || u.CPUSeconds < 0 || u.WallSeconds <= 0 || u.Cores < 1 || u.MaxRSSBytes < 1<<20 || u.StealRatio > 1 {
		t.Errorf("%+v", u)
	}
}
