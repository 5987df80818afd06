package engine

import (
	"time"

	"golang.org/x/sys/unix"
)

// sleepExactly sleeps in the kernel and goes on sleeping after a signal (the Go
// runtime sends itself some, to preempt).
func sleepExactly(d time.Duration) {
	left := unix.NsecToTimespec(int64(d))
	for {
		rest := unix.Timespec{}
		if err := unix.Nanosleep(&left, &rest); err != unix.EINTR {
			return
		}
		left = rest
	}
}

// sharpen keeps the kernel from adding its usual 50 µs of slack to the sleeps of
// this thread, which halves their lateness; blunt gives it its slack back.
// Without the permission, sleeps are as late as ever.
func sharpen() { _ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0) }

func blunt() { _ = unix.Prctl(unix.PR_SET_TIMERSLACK, 0, 0, 0, 0) }
