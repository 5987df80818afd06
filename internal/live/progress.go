package live

import (
	"io"
	"sync"
	"time"

	"loadgate/internal/diag"
)

// How often each display looks at the run: multiples of the shortest.
const (
	blockInterval = 200 * time.Millisecond
	webInterval   = time.Second
	plainInterval = 5 * time.Second
)

// screen is a way to show progress. Calls do not overlap.
type screen interface {
	show(Snapshot)
	note(line string)
	close() // takes back what is not to stay
}

// view is a screen and how often it is drawn.
type view struct {
	screen
	every time.Duration
	stays bool // it shows the last state after the end, which must not be stale
}

// Progress shows a run until it is closed.
type Progress struct {
	mu    sync.Mutex // guards the views: notes come from other goroutines
	views []view     // empty = nothing is shown, or no longer
	stop  chan struct{}
	done  sync.WaitGroup
	once  sync.Once
}

// New begins to show progress on w, and on opts.Web where there is one. A
// goroutine asks source for the state of the run five times a second for a
// terminal, once for the web, every five seconds for a log, never twice at a
// time, until Close.
func New(w io.Writer, mode Mode, opts Options, source func() Snapshot) *Progress {
	p := &Progress{stop: make(chan struct{})}
	if mode == Auto {
		mode = Plain
		if opts.Terminal && !opts.CI {
			mode = Bar
		}
	}
	switch mode {
	case None:
	case Bar:
		p.views = append(p.views, view{screen: newBlock(w, opts), every: blockInterval})
	default:
		p.views = append(p.views, view{screen: &lines{w: w}, every: plainInterval})
	}
	if opts.Web != nil {
		p.views = append(p.views, view{screen: opts.Web, every: webInterval, stays: true})
	}
	if len(p.views) > 0 {
		p.done.Go(func() { p.watch(source) }) // ends with Close
	}
	return p
}

// watch looks at the run as often as the most eager view wants, and shows each
// view what it is due.
func (p *Progress) watch(source func() Snapshot) {
	every := plainInterval
	for _, v := range p.views {
		every = min(every, v.every)
	}
	var past trend
	tick := time.NewTicker(every)
	defer tick.Stop()
	for looks, over := 1, false; !over; looks++ {
		select {
		case <-tick.C:
		case <-p.stop:
			over = true
		}
		now := source()
		past.add(time.Now(), &now)
		now.Trend = past.values
		p.each(func(v view) {
			if over && v.stays || !over && looks%int(v.every/every) == 0 {
				v.show(now)
			}
		})
	}
}

func (p *Progress) each(do func(view)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, v := range p.views {
		do(v)
	}
}

// Note says a line that stays, above what is drawn in place. Control characters
// in it are replaced. After Close it does nothing.
func (p *Progress) Note(line string) {
	p.each(func(v view) { v.note(diag.Printable(line)) })
}

// Close ends the display, takes away what was drawn in place and returns when no
// goroutine of it is left. Further calls do nothing. A Web stays until its own
// end: the verdict comes later.
func (p *Progress) Close() {
	p.once.Do(func() {
		close(p.stop)
		p.done.Wait()
		p.each(func(v view) { v.close() })
		p.mu.Lock()
		p.views = nil
		p.mu.Unlock()
	})
}
