package rawserver

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Shape is an answer, and when its tokens are due. A client asks for it by the
// path: /bulk/TOKENS/… or /paced/TTFT/ITL/TOKENS/…, with durations as
// time.ParseDuration has them.
type Shape struct {
	Paced     bool          // each token at its time; else all at once
	TTFT, ITL time.Duration // from the request to the first token; between tokens
	Tokens    int
}

// Path is the path that asks for it.
func (s Shape) Path() string {
	if s.Paced {
		return fmt.Sprintf("/paced/%s/%s/%d/v1/chat/completions", s.TTFT, s.ITL, s.Tokens)
	}
	return fmt.Sprintf("/bulk/%d/v1/chat/completions", s.Tokens)
}

// maxTokens bounds what is rendered for one path.
const maxTokens = 1_000_000

// ParseShape reads a path.
func ParseShape(path string) (Shape, error) {
	s, err := parseShape(path)
	if err == nil && (s.Tokens < 1 || s.Tokens > maxTokens || s.TTFT < 0 || s.ITL < 0) {
		err = errors.New("out of range")
	}
	if err != nil {
		return s, fmt.Errorf("path %q asks for no answer: %w", path, err)
	}
	return s, nil
}

func parseShape(path string) (s Shape, err error) {
	part := strings.Split(path, "/")
	switch {
	case len(part) > 3 && part[1] == "bulk":
		s.Tokens, err = strconv.Atoi(part[2])
		return s, err
	case len(part) > 5 && part[1] == "paced":
		s.Paced = true
		if s.TTFT, err = time.ParseDuration(part[2]); err != nil {
			return s, err
		}
		if s.ITL, err = time.ParseDuration(part[3]); err != nil {
			return s, err
		}
		s.Tokens, err = strconv.Atoi(part[4])
		return s, err
	default:
		return s, errors.New("it begins with neither /bulk/ nor /paced/")
	}
}

// answer is one answer, rendered: piece 0 is the head and the first token, each
// other one a token, and the last one also holds the end.
type answer struct {
	Shape
	all    []byte
	pieces [][]byte // into all
}

const head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"

// render makes the chunks that vLLM sends: about 240 bytes a token, each event in
// a chunk of its own.
func render(s Shape) *answer {
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
	for i := range s.Tokens {
		chunk(`{"content":"`+words[i%len(words)]+`"}`, "null")
		ends = append(ends, b.Len())
	}
	chunk(`{}`, `"length"`)
	event(fmt.Sprintf(`{"id":"chatcmpl-8251530f5a4323d3","object":"chat.completion.chunk","created":1795441287,"model":"bench","choices":[],`+
		`"usage":{"prompt_tokens":8,"total_tokens":%d,"completion_tokens":%d}}`, 8+s.Tokens, s.Tokens))
	event("[DONE]")
	b.WriteString("0\r\n\r\n")
	ends[len(ends)-1] = b.Len()
	a := &answer{Shape: s, all: b.Bytes()}
	from := 0
	for _, to := range ends {
		a.pieces, from = append(a.pieces, a.all[from:to]), to
	}
	return a
}
