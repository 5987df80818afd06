package wire_test

import (
	"net"
	"strconv"
	"syscall"
	"testing"
	"time"

	"loadgate/internal/llm"
	"loadgate/internal/wire"
)

// A listener whose queue is full lets new connections wait for ever: the kernel
// drops their first packet, as a black hole on the way would.
func TestConnectTimeout(t *testing.T) {
	t.Parallel()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	addr := "127.0.0.1:" + strconv.Itoa(name.(*syscall.SockaddrInet4).Port)
	for range 4 { // fill the queue
		if c, err := net.DialTimeout("tcp", addr, 200*time.Millisecond); err == nil {
			t.Cleanup(func() { c.Close() })
		}
	}
	client := newClient(t, wire.Options{Timeouts: wire.Timeouts{Connect: 100 * time.Millisecond, Total: time.Minute}})
	res := client.Do(t.Context(), streamCall("http://"+addr), "", &recorder{})
	if res.Class != llm.ErrTimeoutConnect || res.Conn != 0 || res.End == 0 {
		t.Errorf("%+v", res)
	}
}
