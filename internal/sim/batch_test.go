package sim

import (
	"math/rand/v2"
	"testing"
	"time"
)

// exact is the default model without jitter, so that times can be computed.
func exact() Config {
	c := DefaultConfig()
	c.Jitter = 0
	return c
}

// drive runs the model on its own schedule until it is idle and returns each
// sequence's due times.
func drive(b *batcher) map[*seq][]time.Duration {
	got := map[*seq][]time.Duration{}
	now := time.Duration(0)
	for {
		wake, ok := b.advance(now, func(q *seq, due time.Duration) { got[q] = append(got[q], due) })
		if !ok {
			return got
		}
		now = wake
	}
}

func newSeq(arrived time.Duration, cfg Config, prompt, output int) *seq {
	return &seq{arrived: arrived, ready: arrived + time.Duration(cfg.TTFT), prompt: prompt, output: output}
}

func TestTTFTGrowsWithThePrompt(t *testing.T) {
	t.Parallel()
	cfg := exact()
	for _, tc := range []struct {
		prompt int
		want   time.Duration
	}{
		// ttft 10 ms + iterations of 10.05 ms + 10 µs for each prompt token.
		{1, 20060 * time.Microsecond},
		{1000, 30050 * time.Microsecond},
		{2048, 40530 * time.Microsecond},
		{2049, 50590 * time.Microsecond}, // one token over the budget: another iteration
		{20480, 315300 * time.Microsecond},
	} {
		b := newBatcher(cfg)
		q := newSeq(0, cfg, tc.prompt, 1)
		b.add(q)
		if got := drive(b)[q][0]; got != tc.want {
			t.Errorf("prompt of %d: first token at %v, want %v", tc.prompt, got, tc.want)
		}
	}
}

func TestTTFTGrowsWithTheQueue(t *testing.T) {
	t.Parallel()
	cfg := exact()
	cfg.MaxBatch = 4
	b := newBatcher(cfg)
	var qs []*seq
	for range 12 {
		q := newSeq(0, cfg, 10, 20)
		qs = append(qs, q)
		b.add(q)
	}
	got := drive(b)
	for i, q := range qs {
		wave := time.Duration(i / 4)
		first := got[q][0]
		if lo := wave * 200 * time.Millisecond; first < lo || first > lo+60*time.Millisecond {
			t.Errorf("request %d of 12 in batches of 4: first token after %v, want soon after %v", i, first, lo)
		}
	}
}

func TestITLGrowsWithTheBatch(t *testing.T) {
	t.Parallel()
	cfg := exact()
	for _, n := range []int{1, 8, 64} {
		b := newBatcher(cfg)
		var q *seq
		for range n {
			q = newSeq(0, cfg, 10, 5)
			b.add(q)
		}
		due := drive(b)[q]
		want := 10*time.Millisecond + time.Duration(n)*50*time.Microsecond
		if got := due[4] - due[3]; got != want {
			t.Errorf("batch of %d: %v between tokens, want %v", n, got, want)
		}
	}
}

func TestPrefillSlowsDecodingOfOthers(t *testing.T) {
	t.Parallel()
	cfg := exact()
	b := newBatcher(cfg)
	first := newSeq(0, cfg, 10, 30)
	long := newSeq(95*time.Millisecond, cfg, 4000, 1)
	b.add(first)
	b.add(long)
	due := drive(b)[first]
	var widest time.Duration
	for i := 1; i < len(due); i++ {
		widest = max(widest, due[i]-due[i-1])
	}
	// 2,047 prompt tokens fit beside one decoding sequence.
	if want := 10100*time.Microsecond + 20470*time.Microsecond; widest != want {
		t.Errorf("widest gap beside a prefill: %v, want %v", widest, want)
	}
}

func TestStallPausesOneSequenceOnly(t *testing.T) {
	t.Parallel()
	cfg := exact()
	b := newBatcher(cfg)
	stalled, other := newSeq(0, cfg, 10, 6), newSeq(0, cfg, 10, 6)
	stalled.stallAfter, stalled.stall = 3, 2*time.Second
	b.add(stalled)
	b.add(other)
	got := drive(b)
	for i, due := range got[stalled][1:] {
		gap := due - got[stalled][i]
		if paused := i+1 == 3; paused != (gap >= 2*time.Second) {
			t.Errorf("gap after token %d: %v", i+1, gap)
		}
	}
	if last := got[other][5]; last > 200*time.Millisecond {
		t.Errorf("the other sequence ended at %v", last)
	}
}

// Calls that come late must not move the schedule.
func TestLatenessDoesNotAccumulate(t *testing.T) {
	t.Parallel()
	cfg := DefaultConfig() // jitter too: it is drawn per iteration, not per call
	onTime := newBatcher(cfg)
	late := newBatcher(cfg)
	a, z := newSeq(0, cfg, 500, 200), newSeq(0, cfg, 500, 200)
	onTime.add(a)
	late.add(z)
	want := drive(onTime)[a]
	var got []time.Duration
	rng := rand.New(rand.NewPCG(1, 2))
	for now, ok := time.Duration(0), true; ok; {
		var wake time.Duration
		wake, ok = late.advance(now, func(_ *seq, due time.Duration) { got = append(got, due) })
		now = wake + time.Duration(rng.Int64N(int64(50*time.Millisecond)))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("token %d due at %v when the calls are late, %v when they are not", i, got[i], want[i])
		}
	}
}

func TestSuspendedServerDoesNotBurst(t *testing.T) {
	t.Parallel()
	cfg := exact()
	b := newBatcher(cfg)
	q := newSeq(0, cfg, 10, 100)
	b.add(q)
	var n int
	count := func(*seq, time.Duration) { n++ }
	b.advance(10*time.Millisecond, count)
	wake, ok := b.advance(time.Minute, count)
	if n != 1 || !ok || wake <= time.Minute {
		t.Errorf("after a minute's sleep: %d tokens at once, next at %v", n, wake)
	}
}

func TestRemoveFreesThePlace(t *testing.T) {
	t.Parallel()
	cfg := exact()
	cfg.MaxBatch = 1
	b := newBatcher(cfg)
	hog, next, never := newSeq(0, cfg, 10, 1000000), newSeq(0, cfg, 10, 1), newSeq(0, cfg, 10, 1)
	b.add(hog)
	b.add(never)
	b.add(next)
	got := map[*seq]int{}
	emit := func(q *seq, _ time.Duration) { got[q]++ }
	b.advance(0, emit)
	b.advance(100*time.Millisecond, emit)
	if got[hog] == 0 || got[next] != 0 {
		t.Fatalf("before: the first got %d tokens, the second %d", got[hog], got[next])
	}
	if !b.remove(hog) || !b.remove(never) || b.remove(hog) {
		t.Error("remove must say whether the sequence was there")
	}
	b.advance(200*time.Millisecond, emit)
	if got[next] != 1 || got[never] != 0 {
		t.Errorf("after: the next got %d tokens, the removed one %d", got[next], got[never])
	}
}

// Whatever is asked: budget and batch hold, every sequence gets all its tokens,
// in order, and due times ascend strictly.
func TestModelInvariants(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 0))
		cfg := DefaultConfig()
		cfg.Seed = seed
		cfg.MaxBatch = 1 + rng.IntN(8)
		cfg.TokenBudget = cfg.MaxBatch + rng.IntN(64)
		b := newBatcher(cfg)
		at := time.Duration(0)
		var qs []*seq
		for range 40 {
			at += time.Duration(rng.Int64N(int64(40 * time.Millisecond)))
			q := newSeq(at, cfg, 1+rng.IntN(300), 1+rng.IntN(30))
			if rng.IntN(4) == 0 {
				q.stallAfter, q.stall = 1+rng.IntN(30), time.Second
			}
			qs = append(qs, q)
			b.add(q)
		}
		got := map[*seq][]time.Duration{}
		for now, ok := time.Duration(0), true; ok; {
			now, ok = b.advance(now, func(q *seq, due time.Duration) { got[q] = append(got[q], due) })
			work := 0
			for _, q := range b.running {
				work += q.work
			}
			if len(b.running) > cfg.MaxBatch || work > cfg.TokenBudget {
				t.Fatalf("seed %d: %d running of %d, %d tokens of %d", seed, len(b.running), cfg.MaxBatch, work, cfg.TokenBudget)
			}
		}
		for _, q := range qs {
			if len(got[q]) != q.output {
				t.Fatalf("seed %d: a sequence got %d of %d tokens", seed, len(got[q]), q.output)
			}
			last := q.arrived + time.Duration(cfg.TTFT)
			for _, due := range got[q] {
				if due <= last {
					t.Fatalf("seed %d: token due at %v after %v", seed, due, last)
				}
				last = due
			}
		}
	}
}

func BenchmarkAdvance(b *testing.B) {
	b.ReportAllocs()
	cfg := DefaultConfig()
	m := newBatcher(cfg)
	for range cfg.MaxBatch {
		m.add(newSeq(0, cfg, 100, 1<<40))
	}
	now := time.Duration(0)
	for b.Loop() {
		now, _ = m.advance(now, func(*seq, time.Duration) {})
	}
}
