package main

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"loadgate/internal/gate"
)

// drainTime is how long a stopped run waits for the answers under way.
const drainTime = 10 * time.Second

// brake turns signals and --max-time into an orderly end: the first signal ends
// the sending and waits for what is in flight, for drainTime at most; the second
// ends what is in flight; the third ends the process.
type brake struct {
	ctx    context.Context // ends what is in flight
	cancel context.CancelFunc
	stop   chan struct{} // ends the sending
	halt   func()        // closes stop, once
	code   atomic.Int64  // exit code of the first signal
	ended  chan struct{}
}

func newBrake(maxTime time.Duration, say func(string)) *brake {
	b := &brake{stop: make(chan struct{}), ended: make(chan struct{})}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	b.halt = sync.OnceFunc(func() { close(b.stop) })
	signals := make(chan os.Signal, 3)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	var limit <-chan time.Time
	if maxTime > 0 {
		limit = time.After(maxTime)
	}
	go func() { // ends with release; with the process, once there was a signal
		ended := b.ended
		for n := 0; ; {
			select {
			case s := <-signals:
				n++
				b.signal(s, n, say)
			case <-limit:
				say("--max-time is over: sending has ended, waiting for what is in flight")
				b.slow()
			case <-ended:
				if ended = nil; n == 0 {
					signal.Stop(signals)
					return
				}
			}
		}
	}()
	return b
}

func (b *brake) signal(s os.Signal, n int, say func(string)) {
	switch n {
	case 1:
		code := int64(gate.ExitInterrupted)
		if s == syscall.SIGTERM {
			code = gate.ExitTerminated
		}
		b.code.Store(code)
		say("stopping: sending has ended, waiting up to " + drainTime.String() + " for what is in flight (again: end it now)")
		b.slow()
	case 2:
		say("ending what is in flight (again: exit at once)")
		b.cancel()
	default:
		os.Exit(int(b.code.Load()))
	}
}

// slow ends the sending, and a while later what is in flight.
func (b *brake) slow() {
	b.halt()
	time.AfterFunc(drainTime, b.cancel)
}

// release gives the signals back to the system, unless the run was interrupted:
// a second Ctrl-C that comes while its results are being written must not cost
// them, and the third still ends the process.
func (b *brake) release() {
	close(b.ended)
	b.cancel()
}
