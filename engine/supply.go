package engine

import (
	"context"
	"math"
	"sync"
	"sync/atomic"
)

// Ahead of the load, bodies are rendered until they take this much memory or are
// this many; the rest is rendered while it runs, on a goroutine of its own, as
// room becomes free. A load that only the clock ends gets less ahead: most of it
// would be for nothing.
const (
	aheadBytes   = 64 << 20
	aheadJobs    = 1 << 14
	aheadEndless = 1 << 10
)

// endless is the number of jobs of a load that only the clock ends.
const endless = -1

// supply renders the sessions of one repeat in order, each as the job of its first
// turn, and hands them out in order. It ends with the session in which the number
// of requests wanted is reached; what that one has beyond is cut off.
type supply struct {
	cfg   *Config
	from  int // the first session
	want  int // requests, or endless
	jobs  chan *job
	ready chan struct{} // closed when enough is rendered to begin
	fail  context.CancelCauseFunc

	bytes atomic.Int64  // of the bodies in jobs
	room  chan struct{} // holds one token when bytes went down
	quit  chan struct{}
	close func() error // ends the rendering, waits for it, and says why it failed

	first  *job  // set before ready is closed
	failed error // belongs to the rendering until close
	whole  bool  // all that was wanted is rendered; set before jobs is closed
}

// newSupply begins to render. When a job cannot be made, fail is called.
func newSupply(cfg *Config, from, want int, fail context.CancelCauseFunc) *supply {
	ahead := min(want, aheadJobs)
	if want == endless {
		ahead = max(aheadEndless, min(2*cfg.Load.Slots(), aheadJobs))
	}
	s := &supply{
		cfg: cfg, from: from, want: want, fail: fail, jobs: make(chan *job, ahead),
		ready: make(chan struct{}), room: make(chan struct{}, 1), quit: make(chan struct{}),
	}
	var ended sync.WaitGroup
	ended.Go(s.render) // ends with close, at the latest
	s.close = sync.OnceValue(func() error {
		close(s.quit)
		ended.Wait()
		return s.failed
	})
	return s
}

// fill waits until the load can begin: all jobs are rendered, or as many as fit.
func (s *supply) fill(end stopper) {
	select {
	case <-s.ready:
	case <-end.stop:
		s.close() // nothing will be sent
	case <-end.cancelled:
		s.close()
	}
}

// render makes jobs until there are enough, one cannot be made, or close.
func (s *supply) render() {
	defer close(s.jobs)
	begin := sync.OnceFunc(func() { close(s.ready) })
	defer begin()
	shares := newModels(s.cfg.Load.Models)
	for i, index := s.from, 0; s.want == endless || index < s.want; i++ {
		select {
		case <-s.quit:
			return
		default:
		}
		most := math.MaxInt
		if s.want != endless {
			most = s.want - index
		}
		j, err := newJob(s.cfg, shares, i, index, most)
		if err != nil {
			s.failed = err
			s.fail(err)
			return
		}
		if s.first == nil {
			s.first = j
		}
		index += j.turns()
		if !s.deliver(j, begin) {
			return
		}
	}
	s.whole = true
}

// deliver puts a job into the stock once there is room for it; false means
// close. When it has to wait, the load can begin.
func (s *supply) deliver(j *job, begin func()) bool {
	size := j.size()
	for b := s.bytes.Load(); b > 0 && b+size > aheadBytes; b = s.bytes.Load() {
		begin()
		select {
		case <-s.room:
		case <-s.quit:
			return false
		}
	}
	s.bytes.Add(size)
	select {
	case s.jobs <- j:
		return true
	default:
		begin()
	}
	select {
	case s.jobs <- j:
		return true
	case <-s.quit:
		return false
	}
}

// next hands out the next job; it waits while none is rendered. Without a job,
// cut says that the sending is to end; else there are no more.
func (s *supply) next(end stopper) (j *job, cut bool) {
	if end.stopped() {
		return nil, true
	}
	select {
	case j := <-s.jobs: // nil when the rendering has ended
		if j == nil {
			return nil, !s.whole
		}
		s.bytes.Add(-j.size())
		select {
		case s.room <- struct{}{}:
		default:
		}
		return j, false
	case <-end.stop:
		return nil, true
	case <-end.cancelled:
		return nil, true
	}
}
