package wire

import (
	"bytes"
	"context"
	"io"
	"net"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"loadgate/internal/llm"
)

// told is what a receiver and a result say of an exchange.
type told struct {
	Frames []string
	Class  llm.ErrorClass
	Failed bool
	EOF    bool
	Status int
	Body   string
}

// keeper keeps the frames. "[DONE]" ends, "stop" gives up.
type keeper struct{ frames []string }

func (k *keeper) Receive(f *Frame) Progress {
	k.frames = append(k.frames, string(f.Name)+"|"+string(f.Data))
	switch string(f.Data) {
	case "[DONE]":
		return Done
	case "stop":
		return Stop
	}
	return Token
}

func toldBy(res Result, k *keeper) told {
	return told{k.frames, res.Class, res.Err != nil, res.EOF, res.Status, string(res.Body)}
}

// scripted is a connection on which an answer comes in pieces once the request
// is out, and then its end.
type scripted struct {
	net.Conn // nil: nothing else of it is used
	asked    chan struct{}
	once     sync.Once
	pieces   []string
}

func (c *scripted) Write(p []byte) (int, error) {
	c.once.Do(func() { close(c.asked) })
	return len(p), nil
}

func (c *scripted) Read(p []byte) (int, error) {
	<-c.asked
	if len(c.pieces) == 0 {
		return 0, io.EOF
	}
	n := copy(p, c.pieces[0])
	if c.pieces[0] = c.pieces[0][n:]; c.pieces[0] == "" {
		c.pieces = c.pieces[1:]
	}
	return n, nil
}

func (c *scripted) Close() error                     { c.once.Do(func() { close(c.asked) }); return nil }
func (c *scripted) SetDeadline(time.Time) error      { return nil }
func (c *scripted) SetReadDeadline(time.Time) error  { return nil }
func (c *scripted) SetWriteDeadline(time.Time) error { return nil }
func (c *scripted) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (c *scripted) RemoteAddr() net.Addr             { return &net.TCPAddr{} }

var oracleCall = &llm.Call{Method: "POST", URL: "http://127.0.0.1:1/v1", Body: []byte("{}"), Stream: true}

// viaNetHTTP has net/http read the answer.
func viaNetHTTP(streamed bool, pieces []string) told {
	c := New(Options{Clock: llm.NewClock(), UserStamps: true})
	defer c.Close()
	c.transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
		nc := &scripted{asked: make(chan struct{}), pieces: append([]string(nil), pieces...)}
		return &conn{Conn: nc, clock: c.opt.Clock, closed: func() {}}, nil
	}
	call := *oracleCall
	call.Stream = streamed
	k := &keeper{}
	return toldBy(c.Do(context.Background(), &call, "", k), k)
}

// viaLoop has the loop's reader read it, without a socket.
func viaLoop(streamed bool, pieces []string) told {
	c := New(Options{Clock: llm.NewClock(), UserStamps: true})
	defer c.Close()
	call := *oracleCall
	call.Stream = streamed
	k := &keeper{}
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	x := &exchange{c: c, start: c.opt.Clock.Now(), ask: ask{call: &call, r: k}}
	x.route, _ = c.routeTo(call.URL)
	x.dog.clock, x.dog.stream, x.dog.cancel = c.opt.Clock, call.Stream, cancel
	defer x.dog.stop()
	lc := &loopConn{shut: true}
	lc.clock = c.opt.Clock
	x.conn.Store(&lc.conn)
	req, _ := x.request(ctx)
	s := &stream{x: x, c: lc, req: req, turn: make(chan struct{}, 1)}
	l := &loop{buf: make([]byte, loopRoom+loopRead), heads: newHeadReader()}
	for i, p := range pieces {
		if s.over || s.pulled {
			break
		}
		lc.came(len(p), 0)
		s.take(l, copy(l.buf[loopRoom:], p))
		if s.pulled {
			s.rest = append(s.rest, strings.Join(pieces[i+1:], "")...)
		}
	}
	if !s.over && !s.pulled {
		lc.came(0, 0)
		s.closed()
	}
	err := s.err
	if s.pulled {
		s.resp.Body = &pulledBody{s: s, ctx: ctx}
		err = x.answer(s.resp)
	}
	x.dog.conn.Store(1)
	x.noteStamps()
	if err != nil {
		x.fail(ctx, context.Background(), err)
	}
	return toldBy(x.res, k)
}

// inPieces cuts a text at places that are given as distances.
func inPieces(text string, cuts []byte) (pieces []string) {
	for _, n := range cuts {
		if n > 0 && int(n) < len(text) {
			pieces, text = append(pieces, text[:n]), text[n:]
		}
	}
	if text != "" {
		pieces = append(pieces, text)
	}
	return pieces
}

// compareReaders wants both ways of reading to say the same. Whether net/http
// has seen that nothing came before it was asked is a matter of timing, so an
// answer of nothing is left out.
func compareReaders(t *testing.T, stream bool, answer string, cuts []byte) {
	t.Helper()
	pieces := inPieces(answer, cuts)
	if len(pieces) == 0 {
		return
	}
	want, got := viaNetHTTP(stream, pieces), viaLoop(stream, pieces)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("stream %v, %q:\n    loop %+v\nnet/http %+v", stream, pieces, got, want)
	}
}

const eventStream = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"

// answers are whole answers, good and bad, for every way of reading them.
var answers = []string{
	eventStream + "Transfer-Encoding: chunked\r\n\r\n9\r\ndata: a\n\n\r\n12;x=y\r\ndata: b\n\ndata: c\n\n\r\ne \r\ndata: [DONE]\n\n\r\n0\r\n\r\n",
	eventStream + "Transfer-Encoding: chunked\r\n\r\n3\r\ndat\r\n6\r\na: a\n\n\r\n0\r\nX-Time: 1\r\nY: 2\r\n\r\n",
	eventStream + "Transfer-Encoding: chunked\r\n\r\n9\r\ndata: a\n\n\r\n0\r\nno field\r\n\r\n",
	eventStream + "Transfer-Encoding: chunked\r\n\r\n9\r\ndata: a\n\nXX0\r\n\r\n",
	eventStream + "Transfer-Encoding: chunked\r\n\r\n9\ndata: a\n\n\r\n0\r\n\r\n",
	eventStream + "Transfer-Encoding: chunked\r\n\r\n09\r\ndata: a\n\n\r\n000\r\n\r\nrest",
	eventStream + "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
	eventStream + "Transfer-Encoding: chunked\r\n\r\n\r\n",
	eventStream + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
	eventStream + "Transfer-Encoding: chunked\r\n\r\n9\r\ndata: stop\n\n\r\n",
	eventStream + "Transfer-Encoding: chunked\r\n\r\n9\r\ndata",
	eventStream + "Transfer-Encoding: chunked\r\n\r\n0\r\n",
	eventStream + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: 1\r\n",
	eventStream + "Transfer-Encoding: gzip\r\n\r\n9\r\ndata",
	eventStream + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n9\r\ndata: a\n\n\r\n0\r\n\r\n",
	eventStream + "Content-Length: 18\r\n\r\ndata: a\n\ndata: b\n\n",
	eventStream + "Content-Length: 9\r\n\r\ndata: a\n\ndata: b\n\n",
	eventStream + "Content-Length: 99\r\n\r\ndata: a\n\n",
	eventStream + "Content-Length: x\r\n\r\ndata: a\n\n",
	eventStream + "Content-Length: 9\r\nContent-Length: 8\r\n\r\ndata: a\n\n",
	eventStream + "Content-Length: 0\r\n\r\n",
	eventStream + "\r\ndata: a\n\ndata: b",
	eventStream + "Connection: close\r\n\r\ndata: stop\n\ndata: b\n\n",
	"HTTP/1.0 200 OK\r\n\r\ndata: a\n\n",
	"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n" + eventStream + "Content-Length: 9\r\n\r\ndata: a\n\n",
	"HTTP/1.1 101 Switching Protocols\r\n\r\n",
	"HTTP/1.1 099 Odd\r\n\r\n",
	"HTTP/1.1 204 No Content\r\n\r\n",
	"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n",
	"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	"HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n",
	"HTTP/1.1 200 OK\nContent-Length: 9\n\ndata: a\n\n",
	"HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Type:\r\n text/event-stream\r\nContent-Length: 9\r\n\r\ndata: a\n\n",
	"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nContent-Length: 7\r\n\r\n{}\n[1]\n",
	"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{\"error\":\"bad\"}",
	"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\npage",
	"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nwhy",
	"HTTP/1.1 429 Too Many\r\nRetry-After: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nwhy\r\n0\r\n\r\n",
	"HTTP/1.1 500 Oh\r\nContent-Length: 9\r\n\r\nwhy",
	"HTTP/1.1 307 T\r\nLocation: https://u:p@example.com/x?key=secret#s\r\nContent-Length: 0\r\n\r\n",
	eventStream + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\ndata: a\n\n",
	eventStream + "Transfer-Encoding: chunked\r\n\r\n7fffffffffffffff\r\ndata: a\n\n",
	eventStream + "Transfer-Encoding: chunked\r\n\r\n4000000000000000\r\ndata: a\n\n",
	"HTTP/1.1 20x OK\r\n\r\n",
	"HTTP/1.1 200 OK\r\nNo colon\r\n\r\n",
	"HTTP/1.1 200 OK\r\n leading: space\r\n\r\n",
	"SSH-2.0-OpenSSH_9.2\r\n\r\n",
	"HTTP/1.1 200 OK\r\nContent-Ty",
	"H",
}

// Every answer, cut at every place, reads as net/http reads it.
func TestLoopReadsAsNetHTTP(t *testing.T) {
	t.Parallel()
	for i, a := range answers {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			for _, stream := range []bool{true, false} {
				want := viaNetHTTP(stream, []string{a})
				for cut := 0; cut < len(a); cut++ {
					pieces := inPieces(a, []byte{byte(cut)})
					if got := viaLoop(stream, pieces); !reflect.DeepEqual(got, want) {
						t.Fatalf("stream %v, %q:\n    loop %+v\nnet/http %+v", stream, pieces, got, want)
					}
				}
				ones := bytes.Repeat([]byte{1}, len(a))
				compareReaders(t, stream, a, ones)
			}
		})
	}
}

// FuzzAnswer holds the loop's reader of answers to net/http's.
func FuzzAnswer(f *testing.F) {
	for _, a := range answers {
		f.Add(a, []byte{17, 40, 5, 1, 1, 1, 9}, true)
		f.Add(a, []byte{}, false)
	}
	f.Fuzz(func(t *testing.T, answer string, cuts []byte, stream bool) {
		if len(answer) > 16<<10 {
			return
		}
		compareReaders(t, stream, answer, cuts)
	})
}
