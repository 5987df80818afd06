package rawserver_test

import (
	"encoding/json"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"loadgate/internal/rawserver"
)

func TestShapes(t *testing.T) {
	t.Parallel()
	for _, want := range []rawserver.Shape{
		{Tokens: 7}, {Paced: true, TTFT: 50 * time.Millisecond, ITL: 20 * time.Millisecond, Tokens: 75},
	} {
		if got, err := rawserver.ParseShape(want.Path()); err != nil || got != want {
			t.Errorf("%s: %+v, want %+v (%v)", want.Path(), got, want, err)
		}
	}
}

func FuzzParseShape(f *testing.F) {
	for _, path := range []string{"", "/", "/bulk/0/v1", "/bulk/-1/v1", "/bulk/99999999999/v1", "/paced/1ms/1ms/5/v1", "/paced/-1ms/1ms/5/v1/", "/paced/x/y/z/v1"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		s, err := rawserver.ParseShape(path)
		if err != nil {
			return
		}
		if again, err := rawserver.ParseShape(s.Path()); err != nil || again != s {
			t.Errorf("%q is %+v, and its path %q is %+v (%v)", path, s, s.Path(), again, err)
		}
	})
}

// A client gets as many tokens as it asks for, not before they are due, and the
// server knows of each when it wrote it.
func TestServe(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("the server needs Linux")
	}
	in, end := io.Pipe()
	addr, truth, ended := make(chan string, 1), &strings.Builder{}, make(chan error, 1)
	go func() { ended <- rawserver.Serve(in, truth, func(a string) { addr <- a }) }()
	base := "http://" + <-addr
	for _, s := range []rawserver.Shape{{Tokens: 30}, {Paced: true, TTFT: 20 * time.Millisecond, ITL: 5 * time.Millisecond, Tokens: 4}} {
		begin := time.Now()
		req, _ := http.NewRequest(http.MethodPost, base+s.Path(), strings.NewReader("{}"))
		req.Header.Set("X-Request-Id", s.Path())
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		if n := strings.Count(string(body), `"content":"`) - 1; err != nil || n != s.Tokens || !strings.HasSuffix(string(body), "data: [DONE]\n\n") {
			t.Errorf("%s: %d tokens (%v)", s.Path(), n, err)
		}
		if took, due := time.Since(begin), s.TTFT+time.Duration(s.Tokens-1)*s.ITL; s.Paced && took < due {
			t.Errorf("%s: took %s, less than %s", s.Path(), took, due)
		}
		res.Body.Close()
	}
	end.Close()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	dec, seen := json.NewDecoder(strings.NewReader(truth.String())), 0
	for ; dec.More(); seen++ {
		var tr rawserver.Truth
		if err := dec.Decode(&tr); err != nil {
			t.Fatal(err)
		}
		s, err := rawserver.ParseShape(tr.ID)
		if err != nil || !tr.Whole || tr.Tokens != s.Tokens || tr.Arrived == 0 || (s.Paced && len(tr.Wrote) != s.Tokens) {
			t.Errorf("%+v (%v)", tr, err)
		}
		if s.Paced && (tr.Wrote[0]-tr.Arrived < int64(s.TTFT) || tr.Late < 0) {
			t.Errorf("the first token was written before it was due: %+v", tr)
		}
	}
	if seen != 2 {
		t.Errorf("the truth tells of %d requests", seen)
	}
}
