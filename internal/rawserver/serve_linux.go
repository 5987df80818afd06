package rawserver

import (
	"bufio"
	"bytes"
	"container/heap"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// server writes answers on one thread, each token at its own time.
type server struct {
	epoll   int
	listen  int
	conns   map[int32]*peer
	answers map[string]*answer
	due     schedule
	truths  []*Truth
	control []byte
}

// peer is one connection.
type peer struct {
	fd     int
	in     []byte
	answer *answer
	truth  *Truth
	start  int64 // the request was there
	next   int   // the piece to be written
	rest   []byte
}

// schedule is what is to be written, the soonest first.
type schedule []entry

type entry struct {
	at int64
	p  *peer
}

func (s schedule) Len() int           { return len(s) }
func (s schedule) Less(i, j int) bool { return s[i].at < s[j].at }
func (s schedule) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }
func (s *schedule) Push(x any)        { *s = append(*s, x.(entry)) }
func (s *schedule) Pop() any {
	old := *s
	e := old[len(old)-1]
	*s = old[:len(old)-1]
	return e
}

// Serve listens on a free port of the loopback, tells ready the address, answers
// until in ends, and writes the truth to out, one JSON line a request. It uses
// one thread and does nothing but that: what it says of its own lateness is what
// the machine could not do.
func Serve(in io.Reader, out io.Writer, ready func(addr string)) error {
	runtime.LockOSThread()
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	s := &server{conns: map[int32]*peer{}, answers: map[string]*answer{}, control: make([]byte, 256)}
	port, err := s.open()
	if err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	ready("127.0.0.1:" + strconv.Itoa(port))
	var end atomic.Bool
	go func() { // ends with the input
		_, _ = io.Copy(io.Discard, in)
		end.Store(true)
	}()
	for !end.Load() {
		s.round()
	}
	return s.write(out)
}

func (s *server) open() (port int, err error) {
	if s.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return 0, err
	}
	if s.listen, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0); err != nil {
		return 0, err
	}
	if err = unix.Bind(s.listen, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return 0, err
	}
	if err = unix.Listen(s.listen, 16384); err != nil {
		return 0, err
	}
	if err = s.watch(s.listen, unix.EPOLLIN); err != nil {
		return 0, err
	}
	at, err := unix.Getsockname(s.listen)
	if err != nil {
		return 0, err
	}
	return at.(*unix.SockaddrInet4).Port, nil
}

func (s *server) watch(fd int, events uint32) error {
	return unix.EpollCtl(s.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: events, Fd: int32(fd)})
}

// round reads what has come, writes what is due, and sleeps a little.
func (s *server) round() {
	var events [512]unix.EpollEvent
	n, _ := unix.EpollWait(s.epoll, events[:], s.patience())
	for _, ev := range events[:max(n, 0)] {
		switch p := s.conns[ev.Fd]; {
		case int(ev.Fd) == s.listen:
			s.accept()
		case p == nil:
		case ev.Events&unix.EPOLLIN != 0 && !s.read(p):
		case ev.Events&unix.EPOLLOUT != 0 && len(p.rest) > 0:
			s.flush(p)
		}
	}
	for now := time.Now().UnixNano(); len(s.due) > 0 && s.due[0].at <= now; now = time.Now().UnixNano() {
		e := heap.Pop(&s.due).(entry)
		s.token(e.p, e.at)
	}
}

// patience is for how many ms the server may wait. What is due sooner it waits
// for with a finer clock.
func (s *server) patience() int {
	if len(s.due) == 0 {
		return 20
	}
	wait := s.due[0].at - time.Now().UnixNano()
	if wait > 2e6 {
		return 1
	}
	if wait > 0 {
		t := unix.NsecToTimespec(min(wait, 200_000))
		_ = unix.Nanosleep(&t, nil)
	}
	return 0
}

func (s *server) accept() {
	for {
		fd, _, err := unix.Accept4(s.listen, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		if err != nil {
			return
		}
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPING, unix.SOF_TIMESTAMPING_RX_SOFTWARE|unix.SOF_TIMESTAMPING_SOFTWARE)
		s.conns[int32(fd)] = &peer{fd: fd}
		if s.watch(fd, unix.EPOLLIN|unix.EPOLLOUT|unix.EPOLLET) != nil {
			s.drop(s.conns[int32(fd)])
		}
	}
}

func (s *server) drop(p *peer) {
	delete(s.conns, int32(p.fd))
	_ = unix.Close(p.fd)
	p.fd = -1
}

// read takes a request, and begins its answer once it is whole; false: the
// connection is gone.
func (s *server) read(p *peer) bool {
	var buf [8192]byte
	for {
		n, cn, _, _, err := unix.Recvmsg(p.fd, buf[:], s.control, 0)
		if err == unix.EAGAIN {
			return true
		}
		if n <= 0 || err != nil {
			s.drop(p)
			return false
		}
		p.in = append(p.in, buf[:n]...)
		if path, id, ok := p.request(); ok {
			s.begin(p, path, id, stampIn(s.control[:cn]))
		}
	}
}

// stampIn is the kernel's receive stamp among control messages, else now.
func stampIn(control []byte) int64 {
	messages, err := unix.ParseSocketControlMessage(control)
	if err == nil {
		for _, m := range messages {
			if m.Header.Type == unix.SCM_TIMESTAMPING && len(m.Data) >= 16 {
				if at := (*unix.Timespec)(unsafe.Pointer(&m.Data[0])).Nano(); at > 0 {
					return at
				}
			}
		}
	}
	return time.Now().UnixNano()
}

// request looks for a whole request in what has come.
func (p *peer) request() (path, id string, ok bool) {
	top, rest, whole := bytes.Cut(p.in, []byte("\r\n\r\n"))
	if !whole {
		return "", "", false
	}
	length := 0
	for i, line := range bytes.Split(top, []byte("\r\n")) {
		name, value, _ := bytes.Cut(line, []byte(": "))
		switch {
		case i == 0:
			if f := bytes.Fields(line); len(f) == 3 {
				path = string(f[1])
			}
		case bytes.EqualFold(name, []byte("content-length")):
			length, _ = strconv.Atoi(string(value))
		case bytes.EqualFold(name, []byte("x-request-id")):
			id = string(value)
		}
	}
	if len(rest) < length {
		return "", "", false
	}
	p.in = p.in[:0]
	return path, id, true
}

func (s *server) begin(p *peer, path, id string, at int64) {
	a := s.answers[path]
	if a == nil {
		sh, err := ParseShape(path)
		if err != nil {
			s.drop(p) // the client will say that it had no answer
			return
		}
		a = render(sh)
		s.answers[path] = a
	}
	p.answer, p.start, p.next = a, at, 0
	p.truth = &Truth{ID: id, Arrived: at}
	s.truths = append(s.truths, p.truth)
	if !a.Paced {
		p.truth.Tokens, p.rest = a.Tokens, a.all
		s.flush(p)
		return
	}
	p.truth.Wrote = make([]int64, 0, a.Tokens)
	heap.Push(&s.due, entry{at + int64(a.TTFT), p})
}

// token writes the next token, and sees to the one behind it.
func (s *server) token(p *peer, due int64) {
	if p.fd < 0 {
		return
	}
	a := p.answer
	p.truth.Wrote = append(p.truth.Wrote, time.Now().UnixNano())
	p.truth.Late = max(p.truth.Late, p.truth.Wrote[p.next]-due)
	p.truth.Tokens++
	piece := a.pieces[p.next]
	p.next++
	if p.next < len(a.pieces) {
		heap.Push(&s.due, entry{p.start + int64(a.TTFT) + int64(p.next)*int64(a.ITL), p})
	}
	p.rest = append(p.rest, piece...)
	s.flush(p)
}

// flush writes as much as the socket takes.
func (s *server) flush(p *peer) {
	for len(p.rest) > 0 {
		n, err := unix.Write(p.fd, p.rest[:min(len(p.rest), 256<<10)])
		if err == unix.EAGAIN {
			return
		}
		if err != nil {
			s.drop(p)
			return
		}
		p.rest = p.rest[n:]
	}
	p.rest = nil
	if !p.answer.Paced || p.next == len(p.answer.pieces) {
		p.truth.Whole = true
	}
}

func (s *server) write(out io.Writer) error {
	w := bufio.NewWriter(out)
	enc := json.NewEncoder(w)
	for _, t := range s.truths {
		if err := enc.Encode(t); err != nil {
			return err
		}
	}
	return w.Flush()
}
