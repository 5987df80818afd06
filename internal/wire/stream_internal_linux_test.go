package wire

import (
	"context"
	"strings"
	"testing"

	"loadgate/internal/llm"
)

// tokenCounter takes everything for a token.
type tokenCounter struct{ n int }

func (c *tokenCounter) Receive(*Frame) Progress { c.n++; return Token }

// begun is a stream whose head has been read, without a socket.
func begun(tb testing.TB, r Receiver) (*loop, *stream) {
	c := New(Options{Clock: llm.NewClock(), UserStamps: true})
	tb.Cleanup(c.Close)
	x := &exchange{c: c, start: c.opt.Clock.Now(), ask: ask{call: oracleCall, r: r}}
	x.dog.clock, x.dog.stream, x.dog.cancel = c.opt.Clock, true, func(error) {}
	tb.Cleanup(x.dog.stop)
	lc := &loopConn{shut: true}
	lc.clock = c.opt.Clock
	x.conn.Store(&lc.conn)
	var err error
	if x.route, err = c.routeTo(oracleCall.URL); err != nil {
		tb.Fatal(err)
	}
	req, err := x.request(context.Background())
	if err != nil {
		tb.Fatal(err)
	}
	s := &stream{x: x, c: lc, req: req, turn: make(chan struct{}, 1)}
	l := &loop{buf: make([]byte, loopRoom+loopRead), heads: newHeadReader()}
	lc.came(1, 0)
	s.take(l, copy(l.buf[loopRoom:], eventStream+"Transfer-Encoding: chunked\r\n\r\n"))
	return l, s
}

const oneChunk = "a6\r\ndata: " + `{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"m","choices":[{"index":0,"delta":{"content":" word"},"finish_reason":null}]}` + "\n\n\r\n"

// Whatever is read at once, an event costs no memory.
func TestEventsOnALoopAllocateNothing(t *testing.T) {
	for name, pieces := range map[string][]string{
		"one event":           {oneChunk},
		"many events":         {strings.Repeat(oneChunk, 300)},
		"an event and halves": {oneChunk + oneChunk[:90], oneChunk[90:]},
		"cut in a size":       {oneChunk[:1], oneChunk[1:]},
	} {
		got := &tokenCounter{}
		l, s := begun(t, got)
		feed := func() {
			for _, p := range pieces {
				s.take(l, copy(l.buf[loopRoom:], p))
			}
		}
		feed()
		if n := testing.AllocsPerRun(50, feed); n != 0 || s.over {
			t.Errorf("%s: %v allocations a round; over %v: %v", name, n, s.over, s.err)
		}
		if got.n == 0 {
			t.Errorf("%s: no event was handed on", name)
		}
	}
}

// BenchmarkLoopStream is what an event costs a loop from the buffer to the
// receiver, without the system call: chunks, lines, events.
func BenchmarkLoopStream(b *testing.B) {
	piece := strings.Repeat(oneChunk, 300)
	got := &tokenCounter{}
	l, s := begun(b, got)
	b.ReportAllocs()
	for b.Loop() {
		s.bytes, s.count = 0, 0 // no answer goes on for so long
		s.take(l, copy(l.buf[loopRoom:], piece))
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(got.n), "ns/event")
}
