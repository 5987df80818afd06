package engine

import "sync"

// gate holds requests back while as many as the cap allows are in flight. What
// waits leaves in the order in which it came. Limit 0 is no cap.
type gate struct {
	limit int

	mu     sync.Mutex
	inside int
	queue  []waiting
	closed bool
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
	if g.inside < g.limit {
		g.inside++
		return true
	}
	g.queue = append(g.queue, w)
	return false
}

// leave gives the place of a request that has ended to the first in the queue.
// With stop set, or after close, the queue stays where it is.
func (g *gate) leave(stop bool) (waiting, bool) {
	if g.limit == 0 {
		return waiting{}, false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if stop || g.closed || len(g.queue) == 0 {
		g.inside--
		return waiting{}, false
	}
	w := g.queue[0]
	g.queue = g.queue[1:]
	return w, true
}

// queued reports whether any request waits.
func (g *gate) queued() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.queue) > 0
}

// close keeps what waits from ever going.
func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
}
