package wire

import (
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"loadgate/internal/llm"
)

// The faults that a test cannot make without harming its neighbours.
func TestClassify(t *testing.T) {
	t.Parallel()
	socket := func(e error) error {
		return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("socket", e)}
	}
	for _, tc := range []struct {
		err  error
		want llm.ErrorClass
	}{
		{&phaseError{dialClass(socket(syscall.EMFILE)), socket(syscall.EMFILE)}, llm.ErrClient},
		{socket(syscall.EADDRNOTAVAIL), llm.ErrClient},
		{fmt.Errorf("write: %w", socket(syscall.ENOBUFS)), llm.ErrClient},
		{&phaseError{dialClass(socket(syscall.EHOSTUNREACH)), socket(syscall.EHOSTUNREACH)}, llm.ErrDial},
		{&phaseError{dialClass(&net.DNSError{IsTimeout: true}), io.EOF}, llm.ErrDNS},
		{&net.OpError{Op: "write", Err: syscall.EPIPE}, llm.ErrReset},
		{&net.OpError{Op: "read", Err: syscall.ETIMEDOUT}, llm.ErrReset},
		{fmt.Errorf("read: %w", io.ErrUnexpectedEOF), llm.ErrTruncated},
	} {
		x := &exchange{res: Result{Conn: 1}}
		if got := x.classify(tc.err); got != tc.want {
			t.Errorf("%v: class %q, want %q", tc.err, got, tc.want)
		}
	}
}
