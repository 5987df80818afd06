//go:build linux

package main

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// shape is the answer that a path asks for: /bulk/TOKENS/… or
// /paced/TTFT/ITL/TOKENS/…, with durations as time.ParseDuration has them.
type shape struct {
	paced     bool
	ttft, itl time.Duration
	tokens    int
}

func (s shape) path() string {
	if s.paced {
		return fmt.Sprintf("/paced/%s/%s/%d/v1/chat/completions", s.ttft, s.itl, s.tokens)
	}
	return fmt.Sprintf("/bulk/%d/v1/chat/completions", s.tokens)
}

func parseShape(path string) (s shape, err error) {
	part := strings.Split(path, "/")
	switch {
	case len(part) > 3 && part[1] == "bulk":
		s.tokens, err = strconv.Atoi(part[2])
		return s, err
	case len(part) > 5 && part[1] == "paced":
		s.paced = true
		if s.ttft, err = time.ParseDuration(part[2]); err != nil {
			return s, err
		}
		if s.itl, err = time.ParseDuration(part[3]); err != nil {
			return s, err
		}
		s.tokens, err = strconv.Atoi(part[4])
		return s, err
	default:
		return s, fmt.Errorf("path %q", path)
	}
}

// answer is one answer, rendered: piece 0 is the head and the first token, each
// other one a token, and the last one also holds the end.
type answer struct {
	shape
	all    []byte
	pieces [][]byte // into all
}

const head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"

// render makes the chunks that vLLM sends: about 240 bytes a token, each event in
// a chunk of its own.
func render(s shape) *answer {
	var b bytes.Buffer
	var ends []int
	event := func(data string) {
		fmt.Fprintf(&b, "%x\r\ndata: %s\n\n\r\n", len(data)+8, data)
	}
	chunk := func(delta, finish string) {
		event(`{"id":"chatcmpl-8251530f5a4323d3","object":"chat.completion.chunk","created":1795441287,"model":"bench","choices":[{"index":0,"delta":` +
			delta + `,"logprobs":null,"finish_reason":` + finish + `,"token_ids":null}]}`)
	}
	b.WriteString(head)
	chunk(`{"role":"assistant","content":""}`, "null")
	words := []string{" the", " token", " of", " answer", " is", " a", " number", "."}
	for i := range s.tokens {
		chunk(`{"content":"`+words[i%len(words)]+`"}`, "null")
		ends = append(ends, b.Len())
	}
	chunk(`{}`, `"length"`)
	event(fmt.Sprintf(`{"id":"chatcmpl-8251530f5a4323d3","object":"chat.completion.chunk","created":1795441287,"model":"bench","choices":[],`+
		`"usage":{"prompt_tokens":8,"total_tokens":%d,"completion_tokens":%d}}`, 8+s.tokens, s.tokens))
	event("[DONE]")
	b.WriteString("0\r\n\r\n")
	ends[len(ends)-1] = b.Len()
	a := &answer{shape: s, all: b.Bytes()}
	from := 0
	for _, to := range ends {
		a.pieces, from = append(a.pieces, a.all[from:to]), to
	}
	return a
}
