package sim

import (
	"math/rand/v2"
	"slices"
	"time"
)

// maxCatchUp is how far behind its schedule the model may fall before it
// starts a new one. Below it, late iterations are made up for; above it (a
// suspended process), a burst of iterations would be no server's behaviour.
const maxCatchUp = time.Second

// seq is one request in the model. Times are since the engine's epoch.
type seq struct {
	prompt, output int           // tokens to prefill, tokens to produce; at least 1 each
	arrived        time.Duration // when the handler was entered
	ready          time.Duration // not to be batched before
	stallAfter     int           // pause when so many tokens are out; 0: never
	stall          time.Duration
	finish         string // why the model ends it, for the metrics

	prefilled, produced int
	work                int // tokens of the iteration in flight
	lastToken           time.Duration

	out mailbox
}

// batcher is the pure model of continuous batching: no clock, no goroutines.
// An iteration takes
//
//	(itl + itl_per_sequence × batch + prefill_per_token × prefill) × (1 + jitter × z)
//
// where batch counts the sequences in it, prefill the prompt tokens, and z is
// a standard normal variate cut at ±3. A sequence gets its first token at the
// end of the iteration that completes its prompt.
type batcher struct {
	cfg     Config
	rng     *rand.Rand
	waiting []*seq // in order of arrival
	running []*seq // in order of admission; at most MaxBatch
	busy    bool
	at      time.Duration // busy: the iteration's deadline; idle: the end of the last
}

func newBatcher(cfg Config) *batcher {
	return &batcher{cfg: cfg, rng: rand.New(rand.NewPCG(cfg.Seed, 0x6a09e667f3bcc908))}
}

// add puts a sequence at the end of the queue.
func (b *batcher) add(q *seq) { b.waiting = append(b.waiting, q) }

// remove takes a sequence out, wherever it is, and says whether it was in.
// The iteration in flight keeps its length.
func (b *batcher) remove(q *seq) bool {
	if i := slices.Index(b.running, q); i >= 0 {
		b.running = slices.Delete(b.running, i, i+1)
		return true
	}
	if i := slices.Index(b.waiting, q); i >= 0 {
		b.waiting = slices.Delete(b.waiting, i, i+1)
		return true
	}
	return false
}

// advance brings the model to now: it ends each iteration whose deadline has
// come, calls emit for each token with the deadline as its due time, and begins
// the next iteration there. It returns when it must be called again; ok is
// false when nothing is due until a sequence is added.
func (b *batcher) advance(now time.Duration, emit func(q *seq, due time.Duration)) (wake time.Duration, ok bool) {
	for {
		if b.busy {
			if now < b.at {
				return b.at, true
			}
			b.end(emit)
			if now-b.at > maxCatchUp {
				b.at = now
			}
		}
		start, ok := b.nextStart()
		if !ok || start > now {
			return start, ok
		}
		b.begin(start)
	}
}

// nextStart is the earliest time at which an iteration has work.
func (b *batcher) nextStart() (time.Duration, bool) {
	const never = time.Duration(1<<63 - 1)
	first := never
	for _, q := range b.running {
		first = min(first, q.ready)
	}
	if len(b.waiting) > 0 && len(b.running) < b.cfg.MaxBatch {
		first = min(first, b.waiting[0].ready)
	}
	if first == never {
		return 0, false
	}
	return max(first, b.at), true
}

// begin chooses the work of the iteration that starts at start: running
// sequences first, then the queue while batch and budget last, as vLLM does.
func (b *batcher) begin(start time.Duration) {
	budget, batch, prefill := b.cfg.TokenBudget, 0, 0
	take := func(q *seq) {
		q.work = 1
		if left := q.prompt - q.prefilled; left > 0 {
			q.work = min(left, budget)
			prefill += q.work
		}
		budget -= q.work
		batch++
	}
	for _, q := range b.running {
		q.work = 0
		if budget > 0 && q.ready <= start {
			take(q)
		}
	}
	for len(b.waiting) > 0 && len(b.running) < b.cfg.MaxBatch && budget > 0 && b.waiting[0].ready <= start {
		q := b.waiting[0]
		b.waiting[0] = nil
		b.waiting = b.waiting[1:]
		b.running = append(b.running, q)
		take(q)
	}
	b.busy = true
	b.at = start + b.iterationTime(batch, prefill)
}

func (b *batcher) iterationTime(batch, prefill int) time.Duration {
	c := b.cfg
	nominal := time.Duration(c.ITL) + time.Duration(batch)*time.Duration(c.ITLPerSequence) +
		time.Duration(prefill)*time.Duration(c.PrefillPerToken)
	z := max(-3, min(3, b.rng.NormFloat64()))
	// A large jitter must not turn an iteration's time negative, or the model
	// into a busy loop.
	return time.Duration(float64(nominal) * max(0.1, 1+c.Jitter*z))
}

// end applies the iteration in flight at its deadline.
func (b *batcher) end(emit func(q *seq, due time.Duration)) {
	b.busy = false
	kept := b.running[:0]
	for _, q := range b.running {
		if q.work > 0 {
			b.apply(q, emit)
		}
		if q.produced < q.output {
			kept = append(kept, q)
		}
	}
	clear(b.running[len(kept):])
	b.running = kept
}

// apply gives one sequence what it has worked for.
func (b *batcher) apply(q *seq, emit func(q *seq, due time.Duration)) {
	if q.prefilled < q.prompt {
		q.prefilled += q.work
		if q.prefilled < q.prompt {
			return
		}
	}
	q.produced++
	if q.produced == q.stallAfter {
		q.ready = b.at + q.stall
	}
	emit(q, b.at)
	q.lastToken = b.at
}
