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
