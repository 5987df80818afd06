package live

import (
	"io"
	"sync"
	"time"

	"loadgate/internal/diag"
)

// How often the display looks at the run.
const (
	barInterval   = 200 * time.Millisecond
	plainInterval = 10 * time.Second
)

// screen is a way to show progress. Calls do not overlap.
type screen interface {
	show(Snapshot)
	note(line string)
	close() // takes back what is not to stay
}

// Progress shows a run until it is closed.
type Progress struct {
	mu     sync.Mutex // guards the screen: notes come from other goroutines
	screen screen     // nil = nothing is shown, or no longer
	stop   chan struct{}
	done   sync.WaitGroup
	once   sync.Once
}

// New begins to show progress on w. A goroutine asks source for the state of
// the run a few times a second (a bar) or every ten seconds (lines), never
// twice at a time, until Close.
func New(w io.Writer, mode Mode, opts Options, source func() Snapshot) *Progress {
	if mode == Auto {
		mode = Plain
		if opts.Terminal && !opts.CI {
			mode = Bar
		}
	}
	p := &Progress{stop: make(chan struct{})}
	switch mode {
	case None:
		return p
	case Bar:
		p.screen = newBar(w, opts)
		p.watch(barInterval, source)
	default:
		p.screen = &lines{w: w}
		p.watch(plainInterval, source)
	}
	return p
}

func (p *Progress) watch(every time.Duration, source func() Snapshot) {
	p.done.Go(func() { // ends with Close
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				now := source()
				p.with(func(s screen) { s.show(now) })
			case <-p.stop:
				return
			}
		}
	})
}

func (p *Progress) with(do func(screen)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.screen != nil {
		do(p.screen)
	}
}

// Note says a line that stays, above the bar where there is one. Control
// characters in it are replaced. After Close it does nothing.
func (p *Progress) Note(line string) {
	p.with(func(s screen) { s.note(diag.Printable(line)) })
}

// Close ends the display, takes the bar away and returns when no goroutine of
// it is left. Further calls do nothing.
func (p *Progress) Close() {
	p.once.Do(func() {
		close(p.stop)
		p.done.Wait()
		p.with(func(s screen) { s.close() })
		p.mu.Lock()
		p.screen = nil
		p.mu.Unlock()
	})
}
