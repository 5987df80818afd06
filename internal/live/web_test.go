package live_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"loadgate/internal/live"
)

// serve begins to show a run, and ends it with the test.
func serve(t *testing.T) *live.Web {
	t.Helper()
	w, err := live.Serve("127.0.0.1:0", "chat-gate")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.End(live.Ending{}) })
	return w
}

// watch opens the stream of events as a browser does.
func watch(t *testing.T, w *live.Web) *bufio.Scanner {
	t.Helper()
	answer, err := http.Get(w.URL() + "events")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	if kind := answer.Header.Get("Content-Type"); answer.StatusCode != http.StatusOK || kind != "text/event-stream" {
		t.Fatalf("%s, %s", answer.Status, kind)
	}
	return bufio.NewScanner(answer.Body)
}

// until reads states until one is as wanted.
func until(t *testing.T, stream *bufio.Scanner, is func(state map[string]any) bool) map[string]any {
	t.Helper()
	for stream.Scan() {
		line, ok := strings.CutPrefix(stream.Text(), "data: ")
		if !ok {
			if stream.Text() != "" {
				t.Fatalf("not an event: %q", stream.Text())
			}
			continue
		}
		var state map[string]any
		if err := json.Unmarshal([]byte(line), &state); err != nil {
			t.Fatal(err)
		}
		if is(state) {
			return state
		}
	}
	t.Fatalf("the stream ended too early: %v", stream.Err())
	return nil
}

func TestWebShowsTheRun(t *testing.T) {
	t.Parallel()
	w := serve(t)
	p := live.New(io.Discard, live.None, live.Options{Web: w}, busy)
	defer p.Close()
	p.Note("cell 2/36 <b>concurrency 4</b>: 200 ok\x1b[2J")
	first, second := watch(t, w), watch(t, w)
	for _, stream := range []*bufio.Scanner{first, second} {
		s := until(t, stream, func(s map[string]any) bool { return s["cells"].(float64) > 0 })
		for field, want := range map[string]any{
			"name": "chat-gate", "cells": 36.0, "cell": 3.0, "title": "concurrency 8, shape short", "repeat": 2.0, "planned": 200.0,
			"done": 120.0, "failed": 2.0, "in_flight": 8.0, "remaining": 80.0, "share": 0.6, "ended": false,
		} {
			if s[field] != want {
				t.Errorf("%s is %v, want %v", field, s[field], want)
			}
		}
		if got := fmt.Sprint(s["ttft"], s["itl"], s["notes"]); got != "[45.1 120] [11 14.2] [cell 2/36 <b>concurrency 4</b>: 200 ok\ufffd[2J]" {
			t.Errorf("got %s", got)
		}
	}
	p.Close()
	until(t, first, func(s map[string]any) bool { return s["phase"] == "writing the reports" })
	w.End(live.Ending{Verdict: "gate failed · exit 1", Bad: true, Cells: 36})
	for _, stream := range []*bufio.Scanner{first, second} {
		s := until(t, stream, func(s map[string]any) bool { return s["ended"] == true })
		if s["verdict"] != "gate failed · exit 1" || s["tone"] != "bad" || s["cell"] != 36.0 {
			t.Errorf("the last event is %v", s)
		}
		if stream.Scan(); stream.Scan() {
			t.Errorf("something follows the last event: %q", stream.Text())
		}
	}
	if _, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(w.URL(), "http://"), "/")); err == nil {
		t.Error("the port is still open after the end")
	}
}

func TestWebBeforeTheFirstCell(t *testing.T) {
	t.Parallel()
	s := until(t, watch(t, serve(t)), func(map[string]any) bool { return true })
	if s["phase"] != "starting" || s["cells"] != 0.0 || s["remaining"] != nil || fmt.Sprint(s["notes"], s["trend"]) != "[] []" {
		t.Errorf("got %v", s)
	}
}

// A browser that takes nothing off its connection delays neither notes nor the
// other browsers, and the end for a second at most.
func TestWebWaitsForNobody(t *testing.T) {
	t.Parallel()
	w := serve(t)
	p := live.New(io.Discard, live.None, live.Options{Web: w}, busy)
	conn, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(w.URL(), "http://"), "/"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	good := watch(t, w)
	good.Buffer(nil, 16<<20)
	said := make(chan struct{})
	go func() { // ends with the notes
		defer close(said)
		long := strings.Repeat("x", 1<<13)
		for i := range 70 { // far more than the sockets' buffers hold
			p.Note(fmt.Sprint(i, " ", long))
		}
	}()
	s := until(t, good, func(s map[string]any) bool {
		notes := s["notes"].([]any)
		return len(notes) > 0 && strings.HasPrefix(notes[len(notes)-1].(string), "69 ")
	})
	if n := len(s["notes"].([]any)); n != 50 {
		t.Errorf("%d notes are kept, want the last 50", n)
	}
	<-said
	p.Close()
	w.End(live.Ending{}) // or the test does not end
}

func TestWebServesItsOwnFilesAndNoMore(t *testing.T) {
	t.Parallel()
	w := serve(t)
	for path, want := range map[string]string{
		"": "text/html; charset=utf-8", "page.js": "text/javascript; charset=utf-8", "page.css": "text/css; charset=utf-8",
		"page/": "", "index.html": "", "events/x": "", "../web.go": "",
	} {
		answer, err := http.Get(w.URL() + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if want == "" {
			if answer.StatusCode != http.StatusNotFound {
				t.Errorf("/%s: %s", path, answer.Status)
			}
			continue
		}
		if kind := answer.Header.Get("Content-Type"); answer.StatusCode != http.StatusOK || kind != want {
			t.Errorf("/%s: %s, %s", path, answer.Status, kind)
		}
		if csp := answer.Header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'; ") || strings.Contains(csp, "unsafe") {
			t.Errorf("/%s: the policy is %q", path, csp)
		}
		for _, bad := range []string{"http://", "https://", "innerHTML", "<style", "style=", "onclick="} {
			if strings.Contains(string(body), bad) {
				t.Errorf("/%s has %s", path, bad)
			}
		}
	}
}

// A site that points a name of its own at the loopback must not read the page.
func TestWebRefusesForeignNames(t *testing.T) {
	t.Parallel()
	w := serve(t)
	for host, want := range map[string]int{
		"evil.example:80": http.StatusMisdirectedRequest, "evil.example": http.StatusMisdirectedRequest, "10.0.0.1": http.StatusMisdirectedRequest,
		"localhost:1234": http.StatusOK, "127.0.0.1": http.StatusOK, "[::1]:80": http.StatusOK, "[::1]": http.StatusOK,
	} {
		req, err := http.NewRequest(http.MethodGet, w.URL(), http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = host
		answer, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("%s: %s", host, answer.Status)
		}
	}
}

func TestServeAddresses(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]struct {
		url   string
		local bool
	}{
		"127.0.0.1:0": {"http://127.0.0.1:", true}, ":0": {"http://127.0.0.1:", true}, "localhost:0": {"http://127.0.0.1:", true},
		"0.0.0.0:0": {"http://127.0.0.1:", false},
	} {
		w, err := live.Serve(addr, "x")
		if err != nil {
			t.Errorf("%s: %v", addr, err)
			continue
		}
		if !strings.HasPrefix(w.URL(), want.url) || w.Local() != want.local {
			t.Errorf("%s: %s, local %v", addr, w.URL(), w.Local())
		}
		answer, err := http.Get(w.URL())
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Errorf("%s: %v %v", addr, answer, err)
		} else {
			answer.Body.Close()
		}
		w.End(live.Ending{})
		w.End(live.Ending{})
	}
	for _, addr := range []string{"", "8080", "127.0.0.1", "127.0.0.1:99999", "127.0.0.1:x"} {
		if w, err := live.Serve(addr, "x"); err == nil {
			t.Errorf("%q is taken for %s", addr, w.URL())
			w.End(live.Ending{})
		}
	}
}
