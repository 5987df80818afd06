package live

import (
	"math"
	"math/bits"
	"sync/atomic"
	"time"
)

// Recorder counts what happens in one repeat. Its methods, Fill excepted, may
// be called from any goroutine at any time and cost an atomic addition or two:
// streams share no lock. The zero Recorder is ready for use; make a new one for
// each repeat.
type Recorder struct {
	ttft histogram
	itl  histogram

	sent   counter
	done   counter
	failed counter

	past []point // Fill's own
}

// counter has a cache line to itself, so that counting sent requests does not
// slow down the counting of finished ones.
type counter struct {
	atomic.Int64
	_ [56]byte
}

// point is how many requests had ended at a time, and how many content events
// had come.
type point struct {
	at     time.Duration
	done   int64
	chunks int64
}

// Sent counts a request that was sent.
func (r *Recorder) Sent() { r.sent.Add(1) }

// First takes in a time to first token.
func (r *Recorder) First(ttftNS int64) { r.ttft.add(ttftNS) }

// Token takes in a gap between two tokens.
func (r *Recorder) Token(gapNS int64) { r.itl.add(gapNS) }

// Done counts a request that ended; ok is false for a failure.
func (r *Recorder) Done(ok bool) {
	if !ok {
		r.failed.Add(1)
	}
	r.done.Add(1)
}

// rateWindow is how far back "lately" reaches.
const rateWindow = 5 * time.Second

// Fill sets the counts, the rate and the latencies of s; s.Elapsed must be set
// and not go backwards. It is for one goroutine at a time.
func (r *Recorder) Fill(s *Snapshot) {
	// What ends is read before what was sent, so that fewer never seem sent
	// than ended.
	failed, done := r.failed.Load(), r.done.Load()
	s.Failed, s.Done, s.Sent = int(min(failed, done)), int(done), int(r.sent.Load())
	s.InFlight = max(0, s.Sent-s.Done)
	var first, later int64
	s.TTFTp50, s.TTFTp99, first = r.ttft.percentiles()
	s.ITLp50, s.ITLp99, later = r.itl.percentiles()
	s.Chunks = first + later
	s.Rate, s.ChunkRate = r.rates(point{s.Elapsed, done, s.Chunks})
}

// rates are answers and content events per second since the newest point that
// is a window old, or since the beginning.
func (r *Recorder) rates(now point) (done, chunks float64) {
	old := 0
	for i, p := range r.past {
		if now.at-p.at >= rateWindow {
			old = i
		}
	}
	r.past = append(r.past[min(old, len(r.past)):], now)
	from := r.past[0]
	if now.at-from.at < rateWindow {
		from = point{} // the repeat is younger than the window
	}
	if now.at <= from.at {
		return 0, 0
	}
	took := (now.at - from.at).Seconds()
	return float64(now.done-from.done) / took, float64(now.chunks-from.chunks) / took
}

// A histogram counts durations in buckets of a 16th of an octave, from 1 µs to
// 18 minutes; what lies outside counts in the first or last one. A percentile
// is off by at most 3 %.
type histogram [buckets]atomic.Int64

const (
	lowest  = 10 // 2^10 ns
	highest = 40 // 2^40 ns
	split   = 4  // 2^4 buckets an octave
	buckets = (highest - lowest) << split
)

func (h *histogram) add(ns int64) { h[bucketOf(ns)].Add(1) }

func bucketOf(ns int64) int {
	if ns < 1<<lowest {
		return 0
	}
	octave := bits.Len64(uint64(ns)) - 1
	within := int(ns>>(octave-split)) & (1<<split - 1)
	return min((octave-lowest)<<split+within, buckets-1)
}

// middle is the value in ms that stands for a bucket.
func middle(bucket int) float64 {
	octave, within := bucket>>split, bucket&(1<<split-1)
	ns := math.Ldexp(1+(float64(within)+0.5)/(1<<split), lowest+octave)
	return ns / 1e6
}

// percentiles are the median and the 99th percentile in ms, NaN without values,
// and how many values there are.
func (h *histogram) percentiles() (p50, p99 float64, total int64) {
	var counts [buckets]int64
	for i := range h {
		counts[i] = h[i].Load()
		total += counts[i]
	}
	p50, p99 = math.NaN(), math.NaN()
	if total == 0 {
		return p50, p99, 0
	}
	seen := int64(0)
	for i, n := range counts {
		seen += n
		if math.IsNaN(p50) && float64(seen) >= 0.5*float64(total) {
			p50 = middle(i)
		}
		if float64(seen) >= 0.99*float64(total) {
			return p50, middle(i), total
		}
	}
	return p50, p99, total
}
