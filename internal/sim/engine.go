package sim

import (
	"sync"
	"time"
)

// engine runs the model against the clock. One goroutine, started by
// newEngine and ended by stop, owns the model; everything else talks to it
// through channels. It sleeps while nothing is due.
type engine struct {
	epoch  time.Time
	model  *batcher
	stats  *stats
	submit chan *seq
	abort  chan *seq
	quit   chan struct{}
	done   chan struct{}
	fresh  []token // the scheduler's own
}

// token is one that is due and not yet handed over.
type token struct {
	q   *seq
	due time.Duration
}

func newEngine(cfg Config, st *stats) *engine {
	e := &engine{
		epoch:  time.Now(),
		model:  newBatcher(cfg),
		stats:  st,
		submit: make(chan *seq),
		abort:  make(chan *seq),
		quit:   make(chan struct{}),
		done:   make(chan struct{}),
	}
	go e.run()
	return e
}

// stop ends the goroutine and waits for it. Call it once.
func (e *engine) stop() {
	close(e.quit)
	<-e.done
}

// add hands a sequence over; false when the engine has stopped.
func (e *engine) add(q *seq) bool { return e.send(e.submit, q) }

// drop takes a sequence out, so that its place is free at once.
func (e *engine) drop(q *seq) { e.send(e.abort, q) }

func (e *engine) send(to chan<- *seq, q *seq) bool {
	select {
	case to <- q:
		return true
	case <-e.quit:
		return false
	}
}

// run ends when quit is closed.
func (e *engine) run() {
	defer close(e.done)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		select {
		case q := <-e.submit:
			e.model.add(q)
		case q := <-e.abort:
			if e.model.remove(q) {
				e.stats.finished(finishAbort)
			}
		case <-timer.C:
		case <-e.quit:
			return
		}
		wake, ok := e.model.advance(time.Since(e.epoch), e.note)
		e.stats.depth(len(e.model.running), len(e.model.waiting))
		e.deliver()
		if ok {
			timer.Reset(wake - time.Since(e.epoch))
		} else {
			timer.Stop()
		}
	}
}

// note counts a token.
func (e *engine) note(q *seq, due time.Duration) {
	e.stats.token(q, due)
	e.fresh = append(e.fresh, token{q, due})
}

// deliver wakes the requests whose tokens have been noted: after all counters
// are set, so that who has seen its last token finds it counted.
func (e *engine) deliver() {
	for _, t := range e.fresh {
		t.q.out.put(t.due)
	}
	clear(e.fresh)
	e.fresh = e.fresh[:0]
}

// mailbox carries due times from the scheduler, which must not wait, to one
// reader, which may be slow. The zero value needs its wake channel.
type mailbox struct {
	mu    sync.Mutex
	due   []time.Duration
	spare []time.Duration // the reader's last batch, to be used again
	wake  chan struct{}   // capacity 1
}

func (m *mailbox) put(due time.Duration) {
	m.mu.Lock()
	m.due = append(m.due, due)
	m.mu.Unlock()
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// take returns what has come, in order; valid until the next call. Call it
// after a receive from wake.
func (m *mailbox) take() []time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	got := m.due
	m.due, m.spare = m.spare[:0], got
	return got
}
