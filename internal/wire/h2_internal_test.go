package wire

import (
	"slices"
	"strconv"
	"testing"
)

// frame is one frame of HTTP/2.
func frame(kind, flags byte, stream uint32, payload string) string {
	n := len(payload)
	return string([]byte{byte(n >> 16), byte(n >> 8), byte(n), kind, flags, byte(stream >> 24), byte(stream >> 16), byte(stream >> 8), byte(stream)}) + payload
}

// scanned is what a scan made of some bytes: runs of data, by stream, and ends.
type scanned struct {
	stream uint32
	data   string
	ends   bool
}

// scan cuts s into pieces of size n at the most.
func scan(s string, n int) (out []scanned) {
	var f frameScan
	for len(s) > 0 {
		took, data, ends := f.step([]byte(s[:min(n, len(s))]))
		last := len(out) - 1
		if data && last >= 0 && out[last].stream == f.stream() && !out[last].ends {
			out[last].data += s[:took]
			out[last].ends = ends
		} else if data {
			out = append(out, scanned{f.stream(), s[:took], ends})
		} else if ends && last >= 0 && out[last].stream == f.stream() && out[last].data != "" {
			out[last].ends = true
		} else if ends {
			out = append(out, scanned{f.stream(), "", true})
		}
		s = s[took:]
	}
	return out
}

var framesOfTwo = frame(4, 0, 0, "123456") + // settings
	frame(frameHeaders, 4, 1, "\x88") + frame(frameHeaders, 4, 3, "\x88") +
	frame(frameData, 0, 1, "one") + frame(frameData, 0, 3, "two") +
	frame(frameData, flagPadded, 1, "\x04more....") + frame(frameData, 0, 1, "") +
	frame(6, 0, 0, "12345678") + // ping
	frame(frameData, flagPadded|flagEndStream, 1, "\x02x..") +
	frame(frameReset, 0, 3, "\x00\x00\x00\x08")

func TestFramesAreFound(t *testing.T) {
	t.Parallel()
	want := []scanned{{1, "one", false}, {3, "two", false}, {1, "morex", true}, {3, "", true}}
	for n := 1; n <= len(framesOfTwo); n++ {
		if got := scan(framesOfTwo, n); !slices.Equal(got, want) {
			t.Fatalf("in pieces of %d: %+v, want %+v", n, got, want)
		}
	}
}

// Whatever a server sends, and in whatever pieces it comes, the same is found.
func FuzzFrames(f *testing.F) {
	f.Add(framesOfTwo, uint8(3))
	f.Add("HTTP/1.1 400 Bad Request\r\n\r\n", uint8(1))
	f.Add(frame(frameData, flagPadded, 1, "\xff"), uint8(1))
	f.Fuzz(func(t *testing.T, s string, n uint8) {
		if whole, cut := scan(s, len(s)), scan(s, int(n)+1); !slices.Equal(whole, cut) {
			t.Errorf("whole %+v, cut %+v", whole, cut)
		}
	})
}

// Bytes have the stamps of the reads that brought them, whoever hands them on
// and whenever.
func TestBytesKeepTheirStamps(t *testing.T) {
	t.Parallel()
	h := newH2conn(&conn{Conn: discard{}})
	open := func(bytes string) *h2stream {
		x := &exchange{}
		h.claim(x)
		if _, err := h.Write([]byte(bytes)); err != nil {
			t.Fatal(err)
		}
		return x.stream.Load()
	}
	if s := open(clientPreface + frame(4, 0, 0, "")); s != nil {
		t.Fatal("settings opened a stream")
	}
	one, two := open(frame(frameHeaders, 4, 1, "head")), open(frame(frameHeaders, 4, 3, "head")+frame(frameData, 1, 3, "body"))
	if one == nil || two == nil || one.id != 1 || two.id != 3 {
		t.Fatalf("streams %+v, %+v", one, two)
	}
	first, second := frame(frameData, 0, 1, "aaaa")+frame(frameData, 0, 3, "bb")+frame(frameData, 0, 1, "c")[:9], "c"+frame(frameData, 1, 1, "d")
	h.follow([]byte(first), 10, 9)
	h.follow([]byte(second), 20, 19)
	for i, want := range []struct {
		s          *h2stream
		n          int
		together   int
		at, kernel int64
	}{
		{one, 3, 3, 10, 9},
		{one, 3, 1, 10, 9},
		{one, 2, 2, 20, 19},
		{one, 0, 0, 20, 19},
		{two, 2, 2, 10, 9},
		{two, 5, 5, 10, 9},
	} {
		if n, m := want.s.arrived(want.n); n != want.together || m.at != want.at || m.kernel != want.kernel {
			t.Errorf("step %d: %d bytes at %d, %d, want %+v", i, n, m.at, m.kernel, want)
		}
	}
	if one.endedAt() != 20 || two.endedAt() != 0 {
		t.Errorf("ended at %d and %d", one.endedAt(), two.endedAt())
	}
	one.forget()
	if _, err := h.Write([]byte(frame(frameReset, 0, 3, "\x00\x00\x00\x08"))); err != nil || len(h.streams) != 0 {
		t.Errorf("%d streams are still followed (%v)", len(h.streams), err)
	}
}

// A place on a connection costs the same, however many connections are full.
func BenchmarkHTTP2Places(b *testing.B) {
	for _, conns := range []int{1, 100, 1000, 10_000} {
		b.Run(strconv.Itoa(conns), func(b *testing.B) {
			p := newH2pool(Options{StreamsPerConnection: 10}, nil)
			to := endpoint{addr: "h:80"}
			var full []*h2entry
			for range 10 * conns {
				e, _ := p.find(to)
				full = append(full, e)
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				p.leave(full[i%len(full)])
				full[i%len(full)], _ = p.find(to)
			}
			if got := len(p.at(to).all); got != conns {
				b.Errorf("%d connections, want %d", got, conns)
			}
		})
	}
}
