package wire

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"loadgate/internal/llm"
)

// watchdog keeps the time limits of one exchange with one timer. Progress only
// stores a stamp; the timer looks when it fires, and goes on sleeping if there
// was some. It is re-armed at the few moments that can bring a deadline nearer.
type watchdog struct {
	clock  llm.Clock
	limits Timeouts
	stream bool
	start  int64
	cancel context.CancelCauseFunc

	conn, header, progress atomic.Int64

	mu      sync.Mutex
	timer   *time.Timer
	grace   int64 // a last deadline after which reading ends without an error; 0 = none
	stopped bool
}

// timeoutError is the cause with which the watchdog cancels an exchange.
type timeoutError struct {
	class llm.ErrorClass // "" when only a grace period ended
	what  string
	limit time.Duration
}

func (e *timeoutError) Error() string { return fmt.Sprintf("%s within %s", e.what, e.limit) }

// deadline is the nearest limit from what is known now; 0 = none.
func (w *watchdog) deadline() (int64, *timeoutError) {
	var at int64
	var why *timeoutError
	add := func(from int64, limit time.Duration, class llm.ErrorClass, what string) {
		if from > 0 && limit > 0 && (at == 0 || from+int64(limit) < at) {
			at, why = from+int64(limit), &timeoutError{class, what, limit}
		}
	}
	conn, header, progress := w.conn.Load(), w.header.Load(), w.progress.Load()
	add(w.start, w.limits.Total, llm.ErrTimeoutTotal, "no end of the answer")
	if header == 0 {
		add(conn, w.limits.FirstByte, llm.ErrTimeoutFirstByte, "no byte of the answer")
	}
	if w.stream && progress == 0 {
		add(w.start, w.limits.FirstToken, llm.ErrTimeoutFirstToken, "no content")
	}
	add(progress, w.limits.Idle, llm.ErrTimeoutIdle, "no further content")
	if w.grace != 0 && (at == 0 || w.grace < at) {
		at, why = w.grace, &timeoutError{what: "no end of the body"}
	}
	return at, why
}

// arm sets the timer to the nearest deadline, or ends the exchange when that
// has passed.
func (w *watchdog) arm() {
	w.mu.Lock()
	defer w.mu.Unlock()
	at, why := w.deadline()
	if w.stopped || at == 0 {
		return
	}
	left := time.Duration(at - w.clock.Now())
	switch {
	case left <= 0:
		w.stopped = true
		w.cancel(why)
	case w.timer == nil:
		w.timer = time.AfterFunc(left, w.arm)
	default:
		w.timer.Reset(left)
	}
}

// connected and answered note a phase's end and look at the limits anew.
func (w *watchdog) connected(at int64) { w.conn.Store(at); w.arm() }
func (w *watchdog) answered(at int64)  { w.header.Store(at); w.arm() }

// touch notes content.
func (w *watchdog) touch(at int64) {
	if w.progress.Swap(at) == 0 {
		w.arm()
	}
}

// allow ends reading after d at the latest, without that being an error.
func (w *watchdog) allow(d time.Duration) {
	w.mu.Lock()
	w.grace = w.clock.Now() + int64(d)
	w.mu.Unlock()
	w.arm()
}

func (w *watchdog) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
	if w.timer != nil {
		w.timer.Stop()
	}
}
