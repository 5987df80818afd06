package live_test

import (
	"math"
	"sync"
	"testing"
	"time"

	"loadgate/internal/live"
)

func TestRecorder(t *testing.T) {
	t.Parallel()
	var r live.Recorder
	for i := range 1000 {
		r.Sent()
		r.First(int64(i+1) * int64(time.Millisecond))
		r.Token(11 * int64(time.Millisecond))
		if i < 900 {
			r.Done(i >= 9)
		}
	}
	s := live.Snapshot{Elapsed: 10 * time.Second}
	r.Fill(&s)
	if s.Sent != 1000 || s.Done != 900 || s.Failed != 9 || s.InFlight != 100 {
		t.Errorf("counts %+v", s)
	}
	for name, v := range map[string][2]float64{
		"ttft p50": {s.TTFTp50, 500}, "ttft p99": {s.TTFTp99, 990}, "itl p50": {s.ITLp50, 11}, "itl p99": {s.ITLp99, 11}, "rate": {s.Rate, 90},
	} {
		if math.Abs(v[0]-v[1]) > 0.035*v[1] {
			t.Errorf("%s is %v, want about %v", name, v[0], v[1])
		}
	}
}

func TestRecorderWithoutData(t *testing.T) {
	t.Parallel()
	var r live.Recorder
	var s live.Snapshot
	r.Fill(&s)
	if !math.IsNaN(s.TTFTp50) || !math.IsNaN(s.TTFTp99) || !math.IsNaN(s.ITLp50) || !math.IsNaN(s.ITLp99) || s.Rate != 0 {
		t.Errorf("got %+v", s)
	}
}

func TestRecorderTakesAnyDuration(t *testing.T) {
	t.Parallel()
	for _, ns := range []int64{math.MinInt64, -1, 0, 1, 1023, 1024, math.MaxInt64} {
		var r live.Recorder
		r.First(ns)
		var s live.Snapshot
		r.Fill(&s)
		if math.IsNaN(s.TTFTp50) || s.TTFTp50 < 0 {
			t.Errorf("%d ns gave %v", ns, s.TTFTp50)
		}
	}
}

// The rate is of late: a run that has stopped answering shows it.
func TestRateForgets(t *testing.T) {
	t.Parallel()
	var r live.Recorder
	s := live.Snapshot{}
	for i := range 200 {
		s.Elapsed = time.Duration(i) * 200 * time.Millisecond
		if i < 100 {
			r.Done(true)
		}
		r.Fill(&s)
		switch i {
		case 10, 50, 99:
			if math.Abs(s.Rate-5) > 0.6 {
				t.Errorf("after %v the rate is %v, want about 5", s.Elapsed, s.Rate)
			}
		case 199:
			if s.Rate != 0 {
				t.Errorf("the rate is %v 20 s after the last answer", s.Rate)
			}
		}
	}
}

func TestRecorderFromManyGoroutines(t *testing.T) {
	t.Parallel()
	var r live.Recorder
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 1000 {
				r.Sent()
				r.First(1e6)
				r.Token(1e6)
				r.Done(false)
			}
		})
	}
	s := live.Snapshot{}
	for range 100 {
		s.Elapsed += time.Second
		r.Fill(&s)
		if s.InFlight < 0 || s.Failed > s.Done {
			t.Fatalf("impossible: %+v", s)
		}
	}
	all.Wait()
	r.Fill(&s)
	if s.Sent != 8000 || s.Done != 8000 || s.Failed != 8000 || s.InFlight != 0 {
		t.Errorf("lost some: %+v", s)
	}
}

func BenchmarkToken(b *testing.B) {
	var r live.Recorder
	b.ReportAllocs()
	for i := int64(0); b.Loop(); i++ {
		r.Token(1e7 + i&0xfffff)
	}
}

func BenchmarkTokenContended(b *testing.B) {
	var r live.Recorder
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for i := int64(0); pb.Next(); i++ {
			r.Token(1e7 + i&0xfffff)
		}
	})
}

func BenchmarkDone(b *testing.B) {
	var r live.Recorder
	b.ReportAllocs()
	for b.Loop() {
		r.Done(true)
	}
}

func BenchmarkFill(b *testing.B) {
	var r live.Recorder
	var s live.Snapshot
	b.ReportAllocs()
	for b.Loop() {
		s.Elapsed += 200 * time.Millisecond
		r.Fill(&s)
	}
}
