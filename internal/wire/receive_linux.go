package wire

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// receiver reads a TCP socket and learns from the kernel when the bytes came.
// Everything that recvmsg needs lies in it, so that a read allocates nothing.
type receiver struct {
	nc  net.Conn
	raw syscall.RawConn
	try func(fd uintptr) bool // attempt, bound once

	mu    sync.Mutex // one read at a time, as in the connection below
	head  unix.Msghdr
	vec   unix.Iovec
	ctl   control
	n     int
	errno unix.Errno
}

// control is the one control message that the socket was asked for, laid out as
// the kernel lays it out: the header's size is a multiple of a word, as CMSG_DATA
// wants it.
type control struct {
	header unix.Cmsghdr
	stamps unix.ScmTimestamping
}

// newReceiver switches the kernel's receive stamps on. It is nil where there are
// none: for anything but TCP, and where the kernel refuses.
func newReceiver(nc net.Conn) *receiver {
	tcp, ok := nc.(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil
	}
	var refused error
	err = raw.Control(func(fd uintptr) { refused = switchOn(int(fd)) })
	if err != nil || refused != nil {
		return nil
	}
	r := &receiver{nc: nc, raw: raw}
	r.try = r.attempt
	r.head.Iov = &r.vec
	r.head.SetIovlen(1)
	r.head.Control = (*byte)(unsafe.Pointer(&r.ctl))
	return r
}

func switchOn(fd int) error {
	return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPING,
		unix.SOF_TIMESTAMPING_RX_SOFTWARE|unix.SOF_TIMESTAMPING_SOFTWARE)
}

// holdStamps keeps the kernel stamping packets until the function that it
// returns is called. It stamps only while some socket wants that, and starts a
// little after the first one asks: without this, the first answer on a new
// connection often has no stamp. The socket is never used.
func holdStamps() (release func()) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return func() {}
	}
	_ = switchOn(fd) // a refusal shows at the connections
	return sync.OnceFunc(func() { _ = unix.Close(fd) })
}

// read is Read with the kernel's stamp of the last byte, in ns since 1970; 0
// where it gave none.
func (r *receiver) read(p []byte) (n int, wall int64, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.vec.Base = unsafe.SliceData(p)
	r.vec.SetLen(len(p))
	err = r.raw.Read(r.try)
	r.vec.Base = nil
	switch {
	case err != nil:
		if op, ok := errors.AsType[*net.OpError](err); ok {
			err = op.Err
		}
		return 0, 0, r.failed(err)
	case r.errno != 0:
		return 0, 0, r.failed(os.NewSyscallError("recvmsg", r.errno))
	case r.n == 0:
		return 0, 0, io.EOF
	default:
		return r.n, r.stamp(), nil
	}
}

// failed words an error as every other connection does.
func (r *receiver) failed(err error) error {
	return &net.OpError{Op: "read", Net: "tcp", Source: r.nc.LocalAddr(), Addr: r.nc.RemoteAddr(), Err: err}
}

// attempt receives what is there; false means that nothing is, and that the
// poller is to wait for it. The socket does not block.
func (r *receiver) attempt(fd uintptr) bool {
	for {
		r.head.SetControllen(int(unsafe.Sizeof(r.ctl)))
		n, _, errno := unix.RawSyscall(unix.SYS_RECVMSG, fd, uintptr(unsafe.Pointer(&r.head)), 0)
		switch errno {
		case 0:
			acquire(int(fd))
			r.n, r.errno = int(n), 0
			return true
		case unix.EINTR:
		case unix.EAGAIN:
			return false
		default:
			r.n, r.errno = 0, errno
			return true
		}
	}
}

// stamp is the software stamp of the control message that came with the bytes.
func (r *receiver) stamp() int64 {
	const needed = int(unsafe.Offsetof(r.ctl.stamps) + unsafe.Sizeof(r.ctl.stamps.Ts[0]))
	h := &r.ctl.header
	if int(r.head.Controllen) < needed || int(h.Len) < needed ||
		h.Level != unix.SOL_SOCKET || h.Type != unix.SCM_TIMESTAMPING {
		return 0
	}
	return r.ctl.stamps.Ts[0].Nano()
}
