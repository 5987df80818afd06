package engine

import (
	"testing"
	"testing/synctest"
	"time"

	"loadgate/internal/llm"
)

func TestUsageBetweenReadings(t *testing.T) {
	t.Parallel()
	at := time.Now()
	before := reading{at: at, cpu: 1, rss: 10, steal: 5, ticks: 100, throttled: 2}
	later := reading{at: at.Add(4 * time.Second), cpu: 3, rss: 20, steal: 15, ticks: 300, throttled: 2.5}
	unknown := reading{at: at.Add(4 * time.Second), cpu: -1, steal: -1, ticks: -1, throttled: -1}
	got := later.since(before)
	want := Usage{CPUSeconds: 2, Cores: got.Cores, WallSeconds: 4, StealRatio: 0.05, ThrottledSec: 0.5, MaxRSSBytes: 20}
	if got != want || got.Cores < 1 {
		t.Errorf("%+v, want %+v", got, want)
	}
	for _, pair := range [][2]reading{{later, unknown}, {unknown, before}, {unknown, unknown}} {
		if u := pair[0].since(pair[1]); u.CPUSeconds != -1 || u.StealRatio != -1 || u.ThrottledSec != -1 {
			t.Errorf("with something unknown: %+v", u)
		}
	}
	if u := before.since(before); u.StealRatio != -1 || u.CPUSeconds != 0 {
		t.Errorf("of no time: %+v", u)
	}
}

func TestStepWatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newStepWatch(llm.NewClock())
		time.Sleep(time.Hour)
		if d := w.size(); d != 0 {
			t.Errorf("a step of %d ns where there was none", d)
		}
		for _, step := range []int64{7, -7} {
			w := newStepWatch(llm.NewClock())
			if w.offset += step; w.size() != 7 {
				t.Errorf("a step of %d ns is seen as %d", step, w.size())
			}
		}
	})
}

// The pacer is never early, with the kernel's own sleep.
func TestPacerIsNeverEarly(t *testing.T) {
	t.Parallel()
	clock := llm.NewClock()
	p := newPacer(newSleeper(clock, stopper{}, nil))
	defer p.close()
	for i := range 30 {
		stamp := clock.Now() + int64(i)*int64(100*time.Microsecond)
		if !p.wait(stamp) {
			t.Fatal("stopped by nobody")
		}
		if now := clock.Now(); now < stamp {
			t.Errorf("%d ns early", stamp-now)
		}
	}
	stop := make(chan struct{})
	close(stop)
	p.end = stopper{stop: stop}
	if p.wait(0) || p.wait(clock.Now()+int64(time.Hour)) {
		t.Error("goes on after the stop")
	}
}
