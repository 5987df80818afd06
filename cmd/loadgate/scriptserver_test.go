package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/rogpeppe/go-internal/testscript"
)

// servers are what loadgate may meet instead of a good server. The simulator,
// which is one, cannot play them.
var servers = map[string]func() http.Handler{
	"html":   func() http.Handler { return http.HandlerFunc(html) },
	"late":   func() http.Handler { return &late{} },
	"models": func() http.Handler { return http.HandlerFunc(twoModels) },
	"redirect": func() http.Handler {
		return http.RedirectHandler("http://192.0.2.1/flush?key=b", http.StatusTemporaryRedirect)
	},
	"tattle": func() http.Handler { return &tattle{} },
}

// cmdServer starts one of servers until the script ends and puts its URL into a
// variable.
//
//	server kind NAME
func cmdServer(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 || servers[args[0]] == nil {
		ts.Fatalf("usage: server html|late|models|redirect|tattle NAME")
	}
	s := httptest.NewServer(servers[args[0]]())
	ts.Defer(s.Close)
	ts.Setenv(args[1], s.URL)
}

// html is a web site, not an inference server.
func html(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintln(w, "<html><h1>It works!</h1></html>")
}

// twoModels serves a list of models and nothing else.
func twoModels(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/v1/models" {
		http.NotFound(w, r)
		return
	}
	fmt.Fprintln(w, `{"object": "list", "data": [{"id": "small"}, {"id": "large"}]}`)
}

// tattle answers one request in two and repeats to everyone what headers came
// with it: in the error's body, in its reason, inside a stream, and in the
// answer itself.
type tattle struct{ n atomic.Int64 }

func (t *tattle) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var headers []string
	for name, values := range r.Header {
		headers = append(headers, fmt.Sprintf("%s: %s", name, strings.Join(values, ",")))
	}
	slices.Sort(headers)
	said := strings.Join(headers, "; ")
	_, _ = io.Copy(io.Discard, r.Body)
	if strings.HasPrefix(r.URL.Path, "/refuse") {
		http.Error(w, fmt.Sprintf(`{"error": {"message": %q}}`, "I do not know "+said), http.StatusUnauthorized)
		return
	}
	n := t.n.Add(1)
	if n%4 == 0 {
		w.Header().Set("Retry-After", r.Header.Get("Authorization"))
		http.Error(w, fmt.Sprintf(`{"error": {"message": %q}}`, "not these: "+said), http.StatusTooManyRequests)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	if n%4 == 2 {
		fmt.Fprintf(w, "data: {\"error\": {\"message\": %q}}\n\n", "broken off: "+said)
		return
	}
	answer(w, said)
}

// late is a server that is still loading its model when it is asked first.
type late struct{ n atomic.Int64 }

func (l *late) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	if l.n.Add(1) <= 4 {
		http.Error(w, "loading the model", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	answer(w, "Hello!")
}

// answer streams a whole answer.
func answer(w io.Writer, text string) {
	fmt.Fprintf(w, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":%q}}]}\n\n", text)
	fmt.Fprint(w, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\" yes\"},\"finish_reason\":\"stop\"}]}\n\n")
	fmt.Fprint(w, "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":4,\"completion_tokens\":9,\"total_tokens\":13}}\n\ndata: [DONE]\n\n")
}
