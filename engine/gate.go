package engine

import (
	"sync"

	"loadgate/internal/llm"
)

// gate holds requests back while as many as the cap allows are in flight. What
// waits leaves in the order in which it came. Once the window is over, or the
// stop has come, nothing that waits ever goes.
type gate struct {
	limit int // 0 is no cap
	clock llm.Clock
	last  func() int64 // when the window ends, as far as is known
	end   stopper

	mu     sync.Mutex
	inside int
	queue  []waiting
	shut   bool
	cut    bool // shut by the stop
}

// waiting is a request whose time has come.
type waiting struct {
	job   *job
	warm  bool
	sched int64
}

// enter reports whether w may go at once; else it is queued.
func (g *gate) enter(w waiting) bool {
	if g.limit == 0 {
		return true
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.inside < g.limit && !g.shut {
		g.inside++
		return true
	}
	g.queue = append(g.queue, w)
	return false
}

// leave gives the place of a request that has ended to the first in the queue,
// with the stamp at which it got it.
func (g *gate) leave() (w waiting, ready int64, ok bool) {
	if g.limit == 0 {
		return waiting{}, 0, false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	ready = g.clock.Now()
	if len(g.queue) > 0 && !g.shut {
		over := ready >= g.last()
		g.cut = !over && g.end.stopped()
		g.shut = over || g.cut
	}
	if g.shut || len(g.queue) == 0 {
		g.inside--
		return waiting{}, 0, false
	}
	w = g.queue[0]
	g.queue[0] = waiting{}
	g.queue = g.queue[1:]
	return w, ready, true
}
