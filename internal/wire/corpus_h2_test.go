package wire_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"loadgate/internal/wire"
)

// onlyHTTP1 are the answers of the corpus that have no counterpart in HTTP/2, and
// why: h2_test.go breaks HTTP/2's own frames.
var onlyHTTP1 = map[string]string{
	"no HTTP":                         "a server that speaks something else fails the preface",
	"bad chunk size":                  "there are no chunks",
	"a chunk longer than it says":     "there are no chunks",
	"endless header":                  "header blocks have a size of their own",
	"half a header":                   "a header block is whole or none",
	"switching protocols":             "status 101 does not exist",
	"HTTP/1.0":                        "there is one version",
	"chunk extensions and upper case": "there are no chunks",
	"body ended by the close":         "a stream says where it ends",
}

// http2Of serves HTTP/2 to clients: what handlers read and write is HTTP/1.1, its
// frames go out as the pieces are written.
func http2Of(secure bool) func(t *testing.T, handle func(n int, c net.Conn, requests *bufio.Reader)) string {
	return func(t *testing.T, handle func(n int, c net.Conn, requests *bufio.Reader)) string {
		cfg := certified().TLS.Clone()
		cfg.NextProtos = []string{"h2"}
		url := tcpServer(t, func(n int, c net.Conn, _ *bufio.Reader) {
			if secure {
				s := tls.Server(c, cfg)
				if s.Handshake() != nil {
					return
				}
				c = s
			}
			s := &stream2{Conn: c, window: 65535}
			s.moved.L = &s.mu
			var frames sync.WaitGroup
			asked := make(chan struct{})
			frames.Go(func() { s.frames(asked) })
			defer frames.Wait()
			defer c.Close()
			<-asked
			handle(n, s, bufio.NewReader(io.MultiReader(strings.NewReader("POST / HTTP/1.1\r\nHost: h\r\n\r\n"), s)))
		})
		if secure {
			url = strings.Replace(url, "http:", "https:", 1)
		}
		return url
	}
}

// stream2 is the one stream of a connection, to a handler a connection of
// HTTP/1.1.
type stream2 struct {
	net.Conn // below

	mu     sync.Mutex // frames of the answer and of the connection
	moved  sync.Cond  // of what follows
	id     uint32
	window int  // bytes that the client still takes
	gone   bool // the client has closed, or wants no more

	raw   []byte // written and not understood yet
	begun bool
	ended bool
	left  int // of the body, or of its chunk; -1 = a chunk's size follows
	sized bool
}

// frames reads the client's frames to their end. Closing asked says that the
// request is whole, or will not be.
func (s *stream2) frames(asked chan struct{}) {
	r := bufio.NewReader(s.Conn)
	once := sync.OnceFunc(func() { close(asked) })
	defer once()
	defer func() {
		s.mu.Lock()
		s.gone = true
		s.moved.Broadcast()
		s.mu.Unlock()
	}()
	if _, err := r.Discard(24); err != nil { // the preface
		return
	}
	s.mu.Lock()
	io.WriteString(s.Conn, settings2)
	s.mu.Unlock()
	for {
		head := make([]byte, 9)
		if _, err := io.ReadFull(r, head); err != nil {
			return
		}
		payload := make([]byte, int(head[0])<<16|int(head[1])<<8|int(head[2]))
		if _, err := io.ReadFull(r, payload); err != nil {
			return
		}
		s.take(head[3], head[4], binary.BigEndian.Uint32(head[5:]), payload, once)
	}
}

const (
	data2, headers2, reset2, settingsFrame2, ping2, window2, continuation2 = 0, 1, 3, 4, 6, 8, 9
	endStream2, ack2, endHeaders2                                          = 1, 1, 4
)

func (s *stream2) take(kind, flags byte, id uint32, payload []byte, asked func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.moved.Broadcast()
	switch kind {
	case headers2, data2:
		s.id = max(s.id, id)
		if flags&endStream2 != 0 {
			asked()
		}
	case settingsFrame2:
		for at := 0; flags&ack2 == 0 && at+6 <= len(payload); at += 6 {
			if binary.BigEndian.Uint16(payload[at:]) == 4 { // the initial window
				s.window = int(binary.BigEndian.Uint32(payload[at+2:]))
			}
		}
		if flags&ack2 == 0 {
			s.frame(settingsFrame2, ack2, 0, nil)
		}
	case ping2:
		if flags&ack2 == 0 {
			s.frame(ping2, ack2, 0, payload)
		}
	case window2:
		if id != 0 {
			s.window += int(binary.BigEndian.Uint32(payload))
		}
	case reset2:
		s.gone = true
	}
}

// frame writes one frame, with mu held.
func (s *stream2) frame(kind, flags byte, id uint32, payload []byte) error {
	head := binary.BigEndian.AppendUint32([]byte{0, byte(len(payload) >> 8), byte(len(payload)), kind, flags}, id)
	head[0] = byte(len(payload) >> 16)
	_, err := s.Conn.Write(append(head, payload...))
	return err
}

// Read has nothing, until the client is gone.
func (s *stream2) Read([]byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for !s.gone {
		s.moved.Wait()
	}
	return 0, io.EOF
}

// CloseWrite ends the connection, not the stream.
func (s *stream2) CloseWrite() error {
	c := s.Conn
	if t, ok := c.(*tls.Conn); ok {
		t.CloseWrite()
		c = t.NetConn()
	}
	return c.(*net.TCPConn).CloseWrite()
}

// Write takes more of an answer.
func (s *stream2) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.raw = append(s.raw, p...)
	for !s.begun {
		head, rest, whole := bytes.Cut(s.raw, []byte("\r\n\r\n"))
		if !whole {
			return len(p), nil
		}
		s.raw = rest
		if err := s.header(string(head)); err != nil {
			return 0, err
		}
	}
	return len(p), s.body()
}

// header sends a head as a header block. Those of status 1xx precede the answer's.
func (s *stream2) header(head string) error {
	lines := strings.Split(head, "\r\n")
	status := strings.Fields(lines[0])[1]
	block := field2(":status", status)
	flags := byte(endHeaders2)
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ": ")
		switch name = strings.ToLower(name); name {
		case "transfer-encoding":
			s.left = -1
			continue
		case "content-length":
			s.left, _ = strconv.Atoi(value)
			s.sized = true
		}
		block = append(block, field2(name, value)...)
	}
	if s.begun = status[0] != '1'; s.begun && status == "204" || s.sized && s.left == 0 {
		flags |= endStream2
		s.ended = true
	}
	return s.block(block, flags)
}

// block sends a header block, in as many frames as it takes.
func (s *stream2) block(block []byte, flags byte) error {
	const most = 16384
	kind := byte(headers2)
	for len(block) > most {
		if err := s.frame(kind, flags&^endHeaders2, s.id, block[:most]); err != nil {
			return err
		}
		kind, flags, block = continuation2, flags&endHeaders2, block[most:]
	}
	return s.frame(kind, flags, s.id, block)
}

// field2 is a header field as HPACK has it in full.
func field2(name, value string) []byte {
	b := []byte{0}
	for _, text := range []string{name, value} {
		if n := len(text); n < 127 {
			b = append(b, byte(n))
		} else {
			b = append(b, 127)
			for n -= 127; n >= 128; n >>= 7 {
				b = append(b, byte(n)|128)
			}
			b = append(b, byte(n))
		}
		b = append(b, text...)
	}
	return b
}

// body sends what is there of the body, without its framing.
func (s *stream2) body() error {
	for !s.ended && len(s.raw) > 0 {
		if s.left < 0 {
			line, rest, whole := bytes.Cut(s.raw, []byte("\r\n"))
			if !whole {
				return nil
			}
			if len(line) == 0 { // behind a chunk
				s.raw = rest
				continue
			}
			size, err := strconv.ParseInt(string(line), 16, 64)
			if err != nil {
				return err
			}
			if size == 0 {
				return s.trailer(rest)
			}
			s.left, s.raw = int(size), rest
			continue
		}
		n := min(s.left, len(s.raw))
		if err := s.data(s.raw[:n]); err != nil {
			return err
		}
		s.raw = s.raw[n:]
		if s.left -= n; s.left > 0 {
			continue
		}
		if s.left = -1; s.sized {
			s.ended = true
			return s.frame(data2, endStream2, s.id, nil)
		}
	}
	return nil
}

// data sends content as far as the client's window lets it.
func (s *stream2) data(p []byte) error {
	for len(p) > 0 {
		for s.window <= 0 && !s.gone {
			s.moved.Wait()
		}
		if s.gone {
			return net.ErrClosed
		}
		n := min(len(p), s.window, 16384)
		if err := s.frame(data2, 0, s.id, p[:n]); err != nil {
			return err
		}
		s.window -= n
		p = p[n:]
	}
	return nil
}

// trailer ends a body of chunks, once the empty line behind it is here.
func (s *stream2) trailer(rest []byte) error {
	lines, _, whole := bytes.Cut(append([]byte("\r\n"), rest...), []byte("\r\n\r\n"))
	if !whole {
		return nil
	}
	s.ended = true
	if len(lines) == 0 {
		return s.frame(data2, endStream2, s.id, nil)
	}
	var block []byte
	for _, line := range strings.Split(string(lines[2:]), "\r\n") {
		name, value, _ := strings.Cut(line, ": ")
		block = append(block, field2(strings.ToLower(name), value)...)
	}
	return s.block(block, endStream2|endHeaders2)
}

// speaking2 is a client of HTTP/2.
func speaking2(client func(*testing.T, wire.Options) *wire.Client, p wire.Protocol) func(*testing.T, wire.Options) *wire.Client {
	return func(t *testing.T, opt wire.Options) *wire.Client {
		opt.Protocol = p
		return client(t, opt)
	}
}

// A corpus that leaves out what is not there covers less than it says.
func TestOnlyHTTP1NamesAnswers(t *testing.T) {
	t.Parallel()
	for name := range onlyHTTP1 {
		if !slices.ContainsFunc(corpus, func(x oneExchange) bool { return x.name == name }) {
			t.Errorf("the corpus has no %q", name)
		}
	}
}
