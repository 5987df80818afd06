//go:build linux

package main

import (
	"bytes"
	"fmt"
	"net"
	"runtime"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// The reference client is the least that a Go program can do: an epoll, reads of
// 64 KB, lines, and the content's place in each. It stores nothing, checks
// nothing, has no time limits, and wakes up whenever something comes; or, for
// comparison, sleeps between its rounds as loadgate does, and is then the least
// that reading each event by itself can cost here.

type reader struct {
	fd   int
	rest []byte // the beginning of a line
}

type reference struct {
	epoll   int
	request []byte
	left    int // requests to be sent
	open    int // answers that are awaited
	readers map[int32]*reader
	buf     []byte
	tokens  int
	bytes   int
	stamp   int64
	nap     time.Duration // between rounds; 0 = it waits
}

// refer sends requests over so many connections, each again when its answer has
// ended, and prints how many tokens came.
func refer(addr, path string, streams, requests int, ramp, nap time.Duration) error {
	runtime.LockOSThread()
	r := &reference{nap: nap, left: requests, readers: map[int32]*reader{}, buf: make([]byte, 64<<10)}
	body := `{"model":"bench","messages":[{"role":"user","content":"hi"}],"stream":true}`
	r.request = fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", path, len(body), body)
	var err error
	if r.epoll, err = unix.EpollCreate1(0); err != nil {
		return err
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return err
	}
	to := &unix.SockaddrInet4{Addr: [4]byte(net.ParseIP(host).To4())}
	if to.Port, err = strconv.Atoi(port); err != nil {
		return err
	}
	streams = min(streams, requests)
	begin := time.Now()
	for i := range streams {
		for due := begin.Add(ramp * time.Duration(i) / time.Duration(streams)); time.Now().Before(due); {
			if err := r.round(1); err != nil {
				return err
			}
		}
		if err := r.dial(to); err != nil {
			return err
		}
	}
	for r.open > 0 {
		if err := r.round(-1); err != nil {
			return err
		}
	}
	fmt.Println(r.tokens)
	return nil
}

func (r *reference) dial(to unix.Sockaddr) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	if err := unix.Connect(fd, to); err != nil {
		return err
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		return err
	}
	r.readers[int32(fd)] = &reader{fd: fd}
	if err := unix.EpollCtl(r.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}); err != nil {
		return err
	}
	return r.send(fd)
}

func (r *reference) send(fd int) error {
	if r.left == 0 {
		return nil
	}
	r.left--
	r.open++
	_, err := unix.Write(fd, r.request)
	return err
}

func (r *reference) round(patience int) error {
	var events [512]unix.EpollEvent
	if r.nap > 0 {
		time.Sleep(r.nap)
		patience = 0
	}
	n, err := unix.EpollWait(r.epoll, events[:], patience)
	if err != nil && err != unix.EINTR {
		return err
	}
	for _, ev := range events[:max(n, 0)] {
		c := r.readers[ev.Fd]
		n, err := unix.Read(c.fd, r.buf)
		if err == unix.EAGAIN {
			continue
		}
		if err != nil || n == 0 {
			return fmt.Errorf("read: %d, %v", n, err)
		}
		r.stamp = time.Now().UnixNano()
		r.bytes += n
		if r.lines(c, r.buf[:n]) {
			r.open--
			if err := r.send(c.fd); err != nil {
				return err
			}
		}
	}
	return nil
}

var content, done = []byte(`"content":"`), []byte("data: [DONE]")

// lines counts the tokens in what came; true means that the answer has ended.
func (r *reference) lines(c *reader, p []byte) (end bool) {
	for {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			c.rest = append(c.rest, p...)
			return end
		}
		line := p[:i]
		if len(c.rest) > 0 {
			c.rest = append(c.rest, line...)
			line = c.rest
		}
		if at := bytes.Index(line, content); at >= 0 {
			if text := line[at+len(content):]; bytes.IndexByte(text, '"') > 0 {
				r.tokens++
			}
		} else if bytes.HasPrefix(line, done) {
			end = true
		}
		c.rest, p = c.rest[:0], p[i+1:]
	}
}
