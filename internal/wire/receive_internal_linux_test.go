package wire

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"loadgate/internal/llm"
)

// pair is both ends of a connection; the near one reads with recvmsg.
func pair(t *testing.T) (near *conn, far net.Conn) {
	t.Helper()
	nc, far, err := loopback()
	if err != nil {
		t.Fatal(err)
	}
	clock := llm.NewClock()
	near = &conn{Conn: nc, clock: clock, rx: newReceiver(nc), real: newRealtime(clock), closed: func() {}}
	if near.rx == nil {
		t.Skip("the kernel refuses SO_TIMESTAMPING")
	}
	t.Cleanup(func() { near.Close(); far.Close() })
	return near, far
}

// Whoever reads must not notice that recvmsg does it.
func TestReadsAsAnyConnection(t *testing.T) {
	t.Parallel()
	b := make([]byte, 16)
	for name, tc := range map[string]struct {
		before func(near *conn, far net.Conn)
		want   error
	}{
		"end":           {func(_ *conn, far net.Conn) { far.Close() }, io.EOF},
		"reset":         {func(_ *conn, far net.Conn) { far.(*net.TCPConn).SetLinger(0); far.Close() }, syscall.ECONNRESET},
		"past deadline": {func(near *conn, _ net.Conn) { near.SetReadDeadline(time.Unix(1, 0)) }, os.ErrDeadlineExceeded},
		"deadline":      {func(near *conn, _ net.Conn) { near.SetReadDeadline(time.Now().Add(5 * time.Millisecond)) }, os.ErrDeadlineExceeded},
		"closed":        {func(near *conn, _ net.Conn) { near.Close() }, net.ErrClosed},
		"closed later":  {func(near *conn, _ net.Conn) { time.AfterFunc(5*time.Millisecond, func() { near.Close() }) }, net.ErrClosed},
		"nothing asked": {func(_ *conn, far net.Conn) { io.WriteString(far, "x") }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			near, far := pair(t)
			tc.before(near, far)
			p := b[:1]
			if tc.want == nil {
				p = nil
			}
			n, err := near.Read(p)
			if n != 0 || !errors.Is(err, tc.want) {
				t.Fatalf("%d, %v, want %v", n, err, tc.want)
			}
			var op *net.OpError
			if err != nil && err != io.EOF && (!errors.As(err, &op) || op.Op != "read" || op.Addr == nil) {
				t.Errorf("the error is %#v", err)
			}
			if near.lastRead.Load() != 0 || near.lastKernel.Load() != 0 {
				t.Error("a read without bytes has a stamp")
			}
		})
	}
}

// A deadline may pass, and reading go on.
func TestReadAfterDeadline(t *testing.T) {
	t.Parallel()
	near, far := pair(t)
	b := make([]byte, 16)
	near.SetReadDeadline(time.Unix(1, 0))
	if _, err := near.Read(b); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal(err)
	}
	near.SetReadDeadline(time.Time{})
	io.WriteString(far, "hello")
	if n, err := near.Read(b); err != nil || string(b[:n]) != "hello" {
		t.Errorf("%q, %v", b[:n], err)
	}
	if near.rx.msg.vec.Base != nil {
		t.Error("the caller's buffer is still held")
	}
}

// What the kernel did not say must not be taken for a stamp.
func TestControlDataIsChecked(t *testing.T) {
	t.Parallel()
	full := func() *receiver {
		r := &receiver{}
		r.msg.ctl.header = unix.Cmsghdr{Level: unix.SOL_SOCKET, Type: unix.SCM_TIMESTAMPING}
		r.msg.ctl.header.SetLen(unix.CmsgLen(48))
		r.msg.head.SetControllen(unix.CmsgSpace(48))
		r.msg.ctl.stamps.Ts[0] = unix.NsecToTimespec(1.7e18)
		return r
	}
	if got := full().msg.stamp(); got != 1.7e18 {
		t.Errorf("%d", got)
	}
	for name, spoil := range map[string]func(*receiver){
		"none":          func(r *receiver) { r.msg.head.SetControllen(0) },
		"cut":           func(r *receiver) { r.msg.head.SetControllen(unix.CmsgLen(4)) },
		"short message": func(r *receiver) { r.msg.ctl.header.SetLen(unix.CmsgLen(4)) },
		"other level":   func(r *receiver) { r.msg.ctl.header.Level = unix.SOL_TCP },
		"other message": func(r *receiver) { r.msg.ctl.header.Type = unix.SCM_RIGHTS },
		"hardware alone": func(r *receiver) {
			r.msg.ctl.stamps.Ts[2] = r.msg.ctl.stamps.Ts[0]
			r.msg.ctl.stamps.Ts[0] = unix.Timespec{}
		},
	} {
		r := full()
		spoil(r)
		if got := r.msg.stamp(); got != 0 {
			t.Errorf("%s: %d", name, got)
		}
	}
}

func TestOtherConnectionsHaveNoReceiver(t *testing.T) {
	t.Parallel()
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	if newReceiver(a) != nil {
		t.Error("a pipe has a receiver")
	}
	near, _ := pair(t)
	near.Close()
	if newReceiver(near.Conn) != nil {
		t.Error("a closed connection has a receiver")
	}
}
