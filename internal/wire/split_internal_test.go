package wire

import (
	"io"
	"slices"
	"strings"
	"testing"
)

// split cuts body, read in pieces that end at each of cuts, into "name|data".
func split(s splitter, body string, cuts ...int) (frames []string, err error) {
	var f Frame
	take := func(more func(*Frame) bool) {
		for more(&f) {
			frames = append(frames, string(f.Name)+"|"+string(f.Data))
		}
	}
	from := 0
	for _, to := range append(cuts, len(body)) {
		for from < to {
			room, err := s.space()
			if err != nil {
				return frames, err
			}
			n := copy(room, body[from:to])
			from += n
			s.filled(n)
			take(s.next)
		}
	}
	if s.last(&f) {
		frames = append(frames, string(f.Name)+"|"+string(f.Data))
	}
	s.release()
	return frames, nil
}

var streams = []struct {
	name, body string
	want       []string
}{
	{"one event", "data: a\n\n", []string{"|a"}},
	{"two events", "data: a\n\ndata: b\n\n", []string{"|a", "|b"}},
	{"CRLF", "data: a\r\n\r\ndata: b\r\n\r\n", []string{"|a", "|b"}},
	{"CR", "data: a\r\rdata: b\r\r", []string{"|a", "|b"}},
	{"mixed ends", "data: a\r\n\ndata: b\r\r\ndata: c\n\r", []string{"|a", "|b", "|c"}},
	{"no space", "data:a\n\ndata:  b\n\n", []string{"|a", "| b"}},
	{"byte order mark", "\xef\xbb\xbfdata: a\n\n\xef\xbb\xbfdata: b\n\n", []string{"|a"}},
	{"several lines", "data: a\ndata:b\ndata:\ndata: c\n\n", []string{"|a\nb\n\nc"}},
	{"several lines, CRLF", "data: a\r\ndata: b\r\n\r\n", []string{"|a\nb"}},
	{"field without colon", "data: a\ndata\n\n", []string{"|a\n"}},
	{"name", "event: error\ndata: x\n\ndata: y\n\n", []string{"error|x", "|y"}},
	{"name behind long data", "data: a\nevent: ping\ndata: bcdefghijklmnopqrst\n\n", []string{"ping|a\nbcdefghijklmnopqrst"}},
	{"last name counts", "event: a\nevent: b\ndata: x\n\n", []string{"b|x"}},
	{"name without data", "event: ping\n\ndata: a\n\n", []string{"|a"}},
	{"comments", ": hello\n\n:\n\n: x\ndata: a\n: y\n\n", []string{"|a"}},
	{"other fields", "id: 7\nretry: 3\nfoo: bar\ndatabase: x\ndata: a\n\n", []string{"|a"}},
	{"empty data", "data:\n\ndata: \n\ndata: a\n\n", []string{"|a"}},
	{"no blank line at the end", "data: a\n\ndata: b\n", []string{"|a", "|b"}},
	{"no line end at the end", "data: a\n\nevent: e\ndata: b", []string{"|a", "e|b"}},
	{"cut in a field name", "data: a\n\ndat", []string{"|a"}},
	{"NUL and broken UTF-8", "data: \x00\xff\n\n", []string{"|\x00\xff"}},
	{"leading blank lines", "\n\r\n\rdata: a\n\n", []string{"|a"}},
	{"nothing", "", nil},
}

func TestSSE(t *testing.T) {
	t.Parallel()
	for _, tc := range streams {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			for cut := range len(tc.body) + 1 {
				got, err := split(newSSE(), tc.body, cut)
				if err != nil || !slices.Equal(got, tc.want) {
					t.Errorf("cut at %d: %q, want %q (%v)", cut, got, tc.want, err)
				}
			}
			if got, _ := split(newSSE(), tc.body, upTo(len(tc.body))...); !slices.Equal(got, tc.want) {
				t.Errorf("byte by byte: %q, want %q", got, tc.want)
			}
		})
	}
}

func upTo(n int) []int {
	cuts := make([]int, n)
	for i := range cuts {
		cuts[i] = i
	}
	return cuts
}

func TestNDJSON(t *testing.T) {
	t.Parallel()
	body := "{\"a\":1}\n\r\n\n [2] \r\n{\"c\":\n3}\r\nlast"
	want := []string{`|{"a":1}`, `|[2]`, `|{"c":`, `|3}`, `|last`}
	for cut := range len(body) + 1 {
		if got, err := split(newNDJSON(), body, cut); err != nil || !slices.Equal(got, want) {
			t.Errorf("cut at %d: %q, want %q (%v)", cut, got, want, err)
		}
	}
}

func TestLongEvents(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 15<<20)
	if got, err := split(newSSE(), "data: a\n\ndata: "+long+"\n\n"); err != nil || len(got) != 2 || len(got[1]) != 1+len(long) {
		t.Errorf("15 MiB: %d frames, %v", len(got), err)
	}
	for name, s := range map[string]splitter{"SSE": newSSE(), "NDJSON": newNDJSON()} {
		if _, err := split(s, "data: "+strings.Repeat("x", 40<<20)); err == nil {
			t.Errorf("%s: 40 MiB without an end went through", name)
		}
	}
	// A stream of comments is no event: it may be as long as it likes.
	if _, err := split(newSSE(), strings.Repeat(": ping\n", 6<<20)); err != nil {
		t.Error(err)
	}
}

// Where a body is cut does not matter, nor which line ends it uses.
func FuzzSplit(f *testing.F) {
	for _, tc := range streams {
		f.Add(tc.body, uint16(3), uint16(9))
	}
	f.Fuzz(func(t *testing.T, body string, a, b uint16) {
		cuts := []int{int(a) % (len(body) + 1), int(b) % (len(body) + 1)}
		slices.Sort(cuts)
		for _, make := range []func() splitter{
			func() splitter { return newSSE() }, func() splitter { return newNDJSON() }, func() splitter { return newWhole() },
		} {
			once, err := split(make(), body)
			if err != nil {
				t.Fatal(err)
			}
			if cut, _ := split(make(), body, cuts...); !slices.Equal(once, cut) {
				t.Errorf("cut at %v: %q, whole: %q", cuts, cut, once)
			}
		}
		if !strings.Contains(body, "\r") {
			lf, _ := split(newSSE(), body)
			crlf, _ := split(newSSE(), strings.ReplaceAll(body, "\n", "\r\n"))
			cr, _ := split(newSSE(), strings.ReplaceAll(body, "\n", "\r"))
			if !slices.Equal(lf, crlf) || !slices.Equal(lf, cr) {
				t.Errorf("LF %q, CRLF %q, CR %q", lf, crlf, cr)
			}
		}
	})
}

func BenchmarkSplit(b *testing.B) {
	event := `data: {"id":"chatcmpl-8251530f5a4323d3","object":"chat.completion.chunk","created":1795441287,"model":"tiny","choices":[{"index":0,"delta":{"content":" token"},"logprobs":null,"finish_reason":null,"token_ids":null}]}` + "\n\n"
	body := strings.Repeat(event, 1000)
	b.ReportAllocs()
	b.SetBytes(int64(len(event)))
	events := 0
	for b.Loop() {
		s := newSSE()
		r := strings.NewReader(body)
		var f Frame
		for err := error(nil); err != io.EOF; {
			var n int
			room, _ := s.space()
			n, err = r.Read(room)
			s.filled(n)
			for s.next(&f) {
				events++
			}
		}
		s.release()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(events), "ns/event")
}
