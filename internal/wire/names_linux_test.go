package wire_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"loadgate/internal/llm"
	"loadgate/internal/wire"
)

const (
	noSuchName  = 3 // NXDOMAIN
	nameFailure = 2 // SERVFAIL
)

// nameServer has the program ask a server of the test's for the addresses of
// names until the test ends, which must not run in parallel with others. addresses
// are asked for by name; a code above 0 is an error, below 0 means no answer.
func nameServer(t *testing.T, addresses func(name string) (list []netip.Addr, code int)) {
	t.Helper()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	before := net.DefaultResolver
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", pc.LocalAddr().String())
	}}
	done := make(chan struct{})
	t.Cleanup(func() {
		net.DefaultResolver = before
		pc.Close()
		<-done
	})
	go func() {
		defer close(done)
		buf := make([]byte, 1500)
		for {
			n, from, err := pc.ReadFrom(buf)
			if err != nil {
				return
			}
			name, kind, question := asked(buf[:n])
			if list, code := addresses(name); code >= 0 {
				pc.WriteTo(answer(buf[:2], kind, question, list, code), from)
			}
		}
	}()
}

// asked reads the one question of a query.
func asked(query []byte) (name string, kind uint16, question []byte) {
	const header = 12
	at := header
	var labels []string
	for query[at] != 0 {
		size := int(query[at])
		labels = append(labels, string(query[at+1:at+1+size]))
		at += 1 + size
	}
	return strings.Join(labels, "."), binary.BigEndian.Uint16(query[at+1:]), query[header : at+5]
}

func answer(id []byte, kind uint16, question []byte, list []netip.Addr, code int) []byte {
	const (
		isAnswer, recursion = 0x8000, 0x0180
		kindA, kindAAAA     = 1, 28
	)
	var records []byte
	count := uint16(0)
	for _, ip := range list {
		if (kind == kindA && ip.Is4()) || (kind == kindAAAA && ip.Is6()) {
			raw := ip.AsSlice()
			records = append(records, 0xc0, 12) // the name of the question
			records = binary.BigEndian.AppendUint16(records, kind)
			records = append(records, 0, 1, 0, 0, 0, 0, 0, byte(len(raw)))
			records = append(records, raw...)
			count++
		}
	}
	b := binary.BigEndian.AppendUint16(append([]byte(nil), id...), uint16(isAnswer|recursion|code))
	b = binary.BigEndian.AppendUint16(b, 1)
	b = binary.BigEndian.AppendUint16(b, count)
	b = append(append(b, 0, 0, 0, 0), question...)
	return append(b, records...)
}

// serveAt answers one event on each connection, and counts requests.
func serveAt(t *testing.T, addr string) (port string, requests *atomic.Int32) {
	t.Helper()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Skipf("no second address of this machine: %v", err)
	}
	requests = new(atomic.Int32)
	serveOn(t, l, func(_ int, c net.Conn, r *bufio.Reader) {
		for {
			if _, err := readRequest(r); err != nil {
				return
			}
			requests.Add(1)
			io.WriteString(c, sseHead+chunk("data: [DONE]\n\n")+lastly)
		}
	})
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return port, requests
}

// A name that cannot be resolved is a fault of its own, found within the limit for
// connecting, and the name is in the error.
func TestNamesThatCannotBeResolved(t *testing.T) {
	for _, tc := range []struct {
		name string
		code int
		text string
	}{
		{"there is no such name", noSuchName, "no such host"},
		{"the name server fails", nameFailure, "server misbehaving"},
		{"the name server is silent", -1, "i/o timeout"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			nameServer(t, func(string) ([]netip.Addr, int) { return nil, tc.code })
			for _, way := range []func(*wire.Client){func(*wire.Client) {}, (*wire.Client).WithoutLoop} {
				client := newClient(t, wire.Options{Timeouts: wire.Timeouts{Connect: 100 * time.Millisecond, Total: time.Minute}})
				way(client)
				res := client.Do(t.Context(), streamCall("http://model.test.:80/v1"), "", &recorder{})
				if res.Class != llm.ErrDNS || res.Conn != 0 || res.Err == nil || !strings.Contains(res.Err.Error(), "model.test") || !strings.Contains(res.Err.Error(), tc.text) {
					t.Errorf("class %q, error %v", res.Class, res.Err)
				}
			}
		})
	}
}

// Where this machine has no sockets left to ask for a name with, it is not the
// name's fault.
func TestNoSocketToAskForAName(t *testing.T) {
	before := net.DefaultResolver
	t.Cleanup(func() { net.DefaultResolver = before })
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: "udp", Err: os.NewSyscallError("socket", syscall.EMFILE)}
	}}
	res := newClient(t, wire.Options{}).Do(t.Context(), streamCall("http://model.test.:80/v1"), "", &recorder{})
	if res.Class != llm.ErrClient {
		t.Errorf("class %q, want %q: %v", res.Class, llm.ErrClient, res.Err)
	}
}

// Of two addresses of which the first one leads nowhere, the other is used, long
// before the limit for connecting.
func TestAddressThatLeadsNowhere(t *testing.T) {
	port, requests := serveAt(t, "127.0.0.1:0")
	number, _ := strconv.Atoi(port)
	if _, err := blackHole(t, "::1", number); err != nil {
		t.Skipf("no IPv6: %v", err)
	}
	nameServer(t, func(string) ([]netip.Addr, int) {
		return []netip.Addr{netip.IPv6Loopback(), netip.AddrFrom4([4]byte{127, 0, 0, 1})}, 0
	})
	client := newClient(t, wire.Options{Timeouts: wire.Timeouts{Connect: time.Minute}})
	for i := range 2 {
		if res := client.Do(t.Context(), streamCall("http://both.test.:"+port), "", &recorder{}); res.Err != nil || res.Reused != (i > 0) {
			t.Errorf("%+v", res)
		}
	}
	if n := requests.Load(); n != 2 {
		t.Errorf("%d requests arrived", n)
	}
}

// A service that moves while it is under load is followed with the next new
// connection; one that is open stays where it is.
func TestNameThatMoves(t *testing.T) {
	port, old := serveAt(t, "127.0.0.1:0")
	_, moved := serveAt(t, "127.0.0.2:"+port)
	var second atomic.Bool
	nameServer(t, func(string) ([]netip.Addr, int) {
		last := byte(1)
		if second.Load() {
			last = 2
		}
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, last})}, 0
	})
	url := "http://moves.test.:" + port
	keeps, renews := newClient(t, wire.Options{}), newClient(t, wire.Options{NewConnections: true})
	for i := range 2 {
		second.Store(i == 1)
		for _, client := range []*wire.Client{keeps, renews} {
			if res := client.Do(t.Context(), streamCall(url), "", &recorder{}); res.Err != nil {
				t.Error(res.Err)
			}
		}
	}
	if old.Load() != 3 || moved.Load() != 1 {
		t.Errorf("%d requests at the old address, want 3; %d at the new one, want 1", old.Load(), moved.Load())
	}
}
