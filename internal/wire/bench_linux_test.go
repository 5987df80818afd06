package wire_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"loadgate/internal/llm"
	"loadgate/internal/wire"
)

// counter is the cheapest receiver there is.
type counter struct{ frames, stamped int }

func (c *counter) Receive(f *wire.Frame) wire.Progress {
	c.frames++
	if f.Kernel != 0 {
		c.stamped++
	}
	return wire.Token
}

// BenchmarkStream reads one answer of b.N events over a real socket. It is the
// cost of an event up to the receiver, with the server's write in the price: as
// many events a write as its name says. An allocation per event would show as
// one per op.
func BenchmarkStream(b *testing.B) {
	event := "data: " + `{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"m","choices":[{"index":0,"delta":{"content":" word"},"finish_reason":null}]}` + "\n\n"
	on, release := wire.KernelStamps()
	defer release()
	for _, perWrite := range []int{1, 64} {
		for _, clock := range []string{"user", "kernel"} {
			b.Run(fmt.Sprintf("%d-a-write/%s", perWrite, clock), func(b *testing.B) {
				if clock == "kernel" && !on {
					b.Skip("the kernel gives no receive stamps here")
				}
				url := bulkServer(b, strings.Repeat(chunk(event), perWrite), func() int { return (b.N + perWrite - 1) / perWrite })
				client := wire.New(wire.Options{Clock: llm.NewClock(), UserStamps: clock == "user"})
				defer client.Close()
				if err := client.Warm(b.Context(), url, 1); err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				b.SetBytes(int64(len(event)))
				got := &counter{}
				b.ResetTimer()
				before := cpuTime(b)
				res := client.Do(b.Context(), streamCall(url), "", got)
				used := cpuTime(b) - before
				b.StopTimer()
				if res.Err != nil || got.frames < b.N {
					b.Fatalf("%d of %d events: %v", got.frames, b.N, res.Err)
				}
				b.ReportMetric(float64(used)/float64(b.N), "cpu-ns/op")
				b.ReportMetric(100*float64(got.stamped)/float64(got.frames), "%stamped")
			})
		}
	}
}

// cpuTime is what the process has used. Unlike the time of day, it hardly depends
// on who else is using the machine.
func cpuTime(b *testing.B) time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// bulkServer answers with a piece of a stream, many times over, as fast as it
// is taken.
func bulkServer(b *testing.B, piece string, times func() int) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	go func() { // ends with the listener
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if _, err := readRequest(bufio.NewReader(c)); err == nil {
				out := []byte(piece)
				io.WriteString(c, sseHead)
				for range times() {
					c.Write(out)
				}
				io.WriteString(c, lastly)
			}
			c.Close()
		}
	}()
	return "http://" + l.Addr().String()
}
