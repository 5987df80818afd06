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

// receiver reads a TCP socket and learns from the kernel when the bytes came. A
// read allocates nothing.
type receiver struct {
	nc  net.Conn
	raw syscall.RawConn
	try func(fd uintptr) bool // attempt, bound once

	mu    sync.Mutex // one read at a time, as in the connection below
	msg   message
	into  []byte
	n     int
	errno unix.Errno
}

// message is everything that recvmsg needs. Its address must not change once it
// is in use.
type message struct {
	head unix.Msghdr
	vec  unix.Iovec
	ctl  control
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
	r.into = p
	err = r.raw.Read(r.try)
	r.into = nil
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
		return r.n, r.msg.stamp(), nil
	}
}

// failed words an error as every other connection does.
func (r *receiver) failed(err error) error {
	return &net.OpError{Op: "read", Net: "tcp", Source: r.nc.LocalAddr(), Addr: r.nc.RemoteAddr(), Err: err}
}

// attempt receives what is there; false means that nothing is, and that the
// poller is to wait for it. The socket does not block.
func (r *receiver) attempt(fd uintptr) bool {
	r.n, r.errno = r.msg.receive(int(fd), r.into, 0)
	return r.errno != unix.EAGAIN
}

// receive is recvmsg on a socket that does not block.
func (m *message) receive(fd int, p []byte, flags int) (int, unix.Errno) {
	m.vec.Base = unsafe.SliceData(p)
	m.vec.SetLen(len(p))
	m.head.Iov = &m.vec
	m.head.SetIovlen(1)
	m.head.Control = (*byte)(unsafe.Pointer(&m.ctl))
	for {
		m.head.SetControllen(int(unsafe.Sizeof(m.ctl)))
		n, _, errno := unix.RawSyscall(unix.SYS_RECVMSG, uintptr(fd), uintptr(unsafe.Pointer(&m.head)), uintptr(flags))
		if errno == unix.EINTR {
			continue
		}
		m.vec.Base = nil
		if errno != 0 {
			return 0, errno
		}
		acquire(fd)
		return int(n), 0
	}
}

// stamp is the software stamp of the control message that came with the bytes.
func (m *message) stamp() int64 {
	const needed = int(unsafe.Offsetof(m.ctl.stamps) + unsafe.Sizeof(m.ctl.stamps.Ts[0]))
	h := &m.ctl.header
	if int(m.head.Controllen) < needed || int(h.Len) < needed ||
		h.Level != unix.SOL_SOCKET || h.Type != unix.SCM_TIMESTAMPING {
		return 0
	}
	return m.ctl.stamps.Ts[0].Nano()
}
