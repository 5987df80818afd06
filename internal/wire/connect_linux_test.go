package wire_test

import (
	"errors"
	"net"
	"syscall"
	"testing"
	"time"

	"loadgate/internal/llm"
	"loadgate/internal/wire"
)

// blackHole makes an address to which connections are never made: a listener whose
// queue is full, whose kernel drops the first packet of new ones.
func blackHole(t *testing.T, ip string, port int) (addr string, err error) {
	t.Helper()
	to := net.TCPAddr{IP: net.ParseIP(ip), Port: port}
	family, at := syscall.AF_INET6, syscall.Sockaddr(&syscall.SockaddrInet6{Port: to.Port, Addr: [16]byte(to.IP.To16())})
	if ip := to.IP.To4(); ip != nil {
		family, at = syscall.AF_INET, &syscall.SockaddrInet4{Port: to.Port, Addr: [4]byte(ip)}
	}
	fd, err := syscall.Socket(family, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return "", err
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := errors.Join(syscall.Bind(fd, at), syscall.Listen(fd, 0)); err != nil {
		return "", err
	}
	switch name, err := syscall.Getsockname(fd); at := name.(type) {
	case *syscall.SockaddrInet4:
		to.Port = at.Port
	case *syscall.SockaddrInet6:
		to.Port = at.Port
	default:
		return "", err
	}
	for range 4 { // fill the queue
		if c, err := net.DialTimeout("tcp", to.String(), 200*time.Millisecond); err == nil {
			t.Cleanup(func() { c.Close() })
		}
	}
	return to.String(), nil
}

func TestConnectTimeout(t *testing.T) {
	t.Parallel()
	addr, err := blackHole(t, "127.0.0.1", 0)
	if err != nil {
		t.Fatal(err)
	}
	client := newClient(t, wire.Options{Timeouts: wire.Timeouts{Connect: 100 * time.Millisecond, Total: time.Minute}})
	res := client.Do(t.Context(), streamCall("http://"+addr), "", &recorder{})
	if res.Class != llm.ErrTimeoutConnect || res.Conn != 0 || res.End == 0 {
		t.Errorf("%+v", res)
	}
}
