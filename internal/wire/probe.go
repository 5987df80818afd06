package wire

import (
	"errors"
	"net"
	"time"

	"loadgate/internal/llm"
)

const (
	probeTime  = 500 * time.Millisecond
	probeTries = 250
)

// KernelStamps finds out, over a loopback connection of its own, whether clients
// get receive stamps from the kernel here. Where they do, the kernel goes on
// stamping until release is called, so that no client has to wait for it to
// begin. A unix socket never has stamps.
func KernelStamps() (on bool, release func()) {
	release = holdStamps()
	if stamped() {
		return true, release
	}
	release()
	return false, func() {}
}

// stamped sends bytes to itself until one comes with a stamp. The kernel takes
// a moment to begin.
func stamped() bool {
	near, far, err := loopback()
	if err != nil {
		return false
	}
	defer near.Close()
	defer far.Close()
	clock := llm.NewClock()
	c := &conn{Conn: near, clock: clock, rx: newReceiver(near), real: newRealtime(clock)}
	if c.rx == nil {
		return false
	}
	deadline := time.Now().Add(probeTime)
	_, _ = near.SetReadDeadline(deadline), far.SetWriteDeadline(deadline)
	b := make([]byte, 1)
	for range probeTries {
		if _, err := far.Write(b); err != nil {
			return false
		}
		if _, err := c.Read(b); err != nil {
			return false
		}
		if c.lastKernel.Load() != 0 {
			return true
		}
		time.Sleep(probeTime / probeTries)
	}
	return false
}

// loopback makes the two ends of a connection of this machine with itself.
func loopback() (near, far net.Conn, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		if l, err = net.Listen("tcp", "[::1]:0"); err != nil {
			return nil, nil, err
		}
	}
	defer l.Close()
	if near, err = net.DialTimeout("tcp", l.Addr().String(), probeTime); err != nil {
		return nil, nil, err
	}
	_ = l.(*net.TCPListener).SetDeadline(time.Now().Add(probeTime))
	if far, err = l.Accept(); err != nil {
		return nil, nil, errors.Join(err, near.Close())
	}
	return near, far, nil
}
