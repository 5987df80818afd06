package backends

import (
	"bytes"
	"fmt"

	"loadgate/internal/llm"
)

// gleaner is what the decoders that read their events through a sieve share.
type gleaner struct {
	sieve                    sieve
	content, reasoning, tool []byte // material of the event in hand
	growth
}

func newGleaner(tree *branch) gleaner { return gleaner{sieve: sieve{tree: tree}} }

// glean begins an event: it deals with what is no document of the protocol (an
// end mark, a ping, a bare error), and else finds the values. Then more is true.
func (g *gleaner) glean(name, data []byte, ev *llm.Event) (hits []hit, more bool, err error) {
	g.content, g.reasoning, g.tool = g.content[:0], g.reasoning[:0], g.tool[:0]
	data = bytes.TrimSpace(data)
	if endMark(data, ev) {
		return nil, false, nil
	}
	hits, err = g.sieve.read(data)
	if err != nil {
		return nil, false, unreadable(name, data, ev, fmt.Errorf("an event is no JSON document: %s", excerpt(data)))
	}
	return hits, true, nil
}

// fill puts the material into the event.
func (g *gleaner) fill(ev *llm.Event) {
	ev.Content, ev.Reasoning, ev.Tool = g.content, g.reasoning, g.tool
}

// endMark knows the data that say nothing in any protocol, and the mark of the
// end that many share.
func endMark(data []byte, ev *llm.Event) bool {
	ev.Done = string(data) == "[DONE]"
	return ev.Done || len(data) == 0 || isNull(data) // llama.cpp begins some streams with null
}

// unreadable decides on data that is not what the protocol says: in an event
// that is named otherwise it is somebody's ping.
func unreadable(name, data []byte, ev *llm.Event, err error) error {
	switch string(name) {
	case "error":
		ev.Error = excerpt(data)
		return nil
	case "", "message":
		return err
	default:
		return nil
	}
}

// fail takes an error: a string, an object with a message, or whatever else
// stands there. It does nothing where the value says that there is none.
func fail(ev *llm.Event, h *hit) {
	if !isNothing(h.raw) {
		ev.Error, ev.Class = errorIn(values{"error": h.raw}), quota{}.class(h.raw)
	}
}

// growth turns running totals of output tokens into tokens per event.
type growth struct {
	counted int  // output tokens told of so far
	waiting int  // tokens told of by events without material, such as special tokens
	unsure  bool // the totals cannot be trusted
}

// total takes a running total that came with an event and gives the event's own
// tokens, 0 if unknown. Tokens without material count with the next.
func (g *growth) total(total int, material bool) int {
	grown := total - g.counted
	if grown < 0 || total < 0 {
		g.unsure = true
	}
	if g.unsure {
		return 0
	}
	g.counted = total
	return g.add(grown, material)
}

// add takes the tokens of one event.
func (g *growth) add(n int, material bool) int {
	g.waiting += n
	if !material || g.unsure {
		return 0
	}
	n = g.waiting
	g.waiting = 0
	return n
}

// finishWords are OpenAI's words for what other protocols call otherwise, so
// that rules and metrics need to know one set. A word that is not here stays.
var finishWords = map[string]string{
	"stop": "stop", "end_turn": "stop", "stop_sequence": "stop", "STOP": "stop", "eos_token": "stop", "eos": "stop", "word": "stop", "completed": "stop",
	"length": "length", "max_tokens": "length", "MAX_TOKENS": "length", "max_output_tokens": "length", "limit": "length",
	"tool_calls": "tool_calls", "tool_use": "tool_calls",
	"content_filter": "content_filter", "SAFETY": "content_filter", "refusal": "content_filter", "PROHIBITED_CONTENT": "content_filter", "BLOCKLIST": "content_filter",
}

// finishOf is the finish reason that a value holds, "" for none.
func finishOf(h *hit) string {
	if len(h.raw) < 2 || h.raw[0] != '"' {
		return ""
	}
	if word, ok := finishWords[string(h.raw[1:len(h.raw)-1])]; ok {
		return word
	}
	return h.word()
}

// unknownUsage is a usage of which nothing is known yet; told makes one that says
// what it says of it.
var unknownUsage = llm.Usage{Input: -1, Output: -1, Reasoning: -1, Cached: -1}

func told(u llm.Usage) llm.Usage { return usageOf(u.Input, u.Output, u.Reasoning, u.Cached) }
