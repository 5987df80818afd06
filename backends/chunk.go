package backends

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"loadgate/internal/llm"
)

// chunk is what one event of a stream, or one whole answer, says. Its buffers
// are used again for the next.
type chunk struct {
	content, reasoning, tool []byte
	finish                   string
	finishes                 int // choices in it that end
	usage                    llm.Usage
	choices                  int  // number of choices in it
	index                    int  // the largest index of a choice
	hasIDs                   bool // it carries the ids of its tokens
	ids                      int  // so many
	err                      string
}

func (c *chunk) reset() {
	*c = chunk{content: c.content[:0], reasoning: c.reasoning[:0], tool: c.tool[:0]}
}

// values is a JSON object of which only some keys are of interest.
type values = map[string]json.RawMessage

// parseChunk reads an event in full. It is the reference for scanChunk, which
// reads the usual ones at a thirtieth of the cost.
func parseChunk(data []byte, c *chunk) error {
	var top values
	if err := json.Unmarshal(data, &top); err != nil {
		return fmt.Errorf("an event is no JSON object: %s", excerpt(data))
	}
	c.err = errorIn(top)
	if raw, ok := top["usage"]; ok {
		c.usage = parseUsage(raw)
	}
	var choices []values
	if raw, ok := top["choices"]; ok && json.Unmarshal(raw, &choices) != nil {
		return fmt.Errorf("an event has choices that are no list of objects: %s", excerpt(data))
	}
	for _, choice := range choices {
		if err := c.parseChoice(choice); err != nil {
			return fmt.Errorf("%w: %s", err, excerpt(data))
		}
	}
	return nil
}

// excerpt is the beginning of what a server sent, for an error.
func excerpt(data []byte) string {
	const most = 120
	if len(data) > most {
		return strings.ToValidUTF8(string(data[:most]), "\ufffd") + "…"
	}
	return strings.ToValidUTF8(string(data), "\ufffd")
}

func (c *chunk) parseChoice(choice values) error {
	c.choices++
	if i := parseCount(choice["index"]); i > c.index {
		c.index = i
	}
	var ids []json.RawMessage
	if raw := choice["token_ids"]; raw != nil && json.Unmarshal(raw, &ids) == nil && ids != nil {
		c.hasIDs, c.ids = true, c.ids+len(ids)
	}
	if finish := parseText(choice["finish_reason"]); finish != "" {
		c.finish = finish
		c.finishes++
	}
	for _, key := range []string{"message", "delta"} {
		raw, ok := choice[key]
		if !ok || isNull(raw) {
			continue
		}
		var material values
		if json.Unmarshal(raw, &material) != nil {
			return errors.New("an event has a " + key + " that is no object")
		}
		if err := c.parseMaterial(material); err != nil {
			return err
		}
	}
	return appendText(&c.content, choice["text"], "text")
}

// parseMaterial takes a delta or a message.
func (c *chunk) parseMaterial(m values) error {
	if err := appendParts(&c.content, m["content"]); err != nil {
		return err
	}
	if err := appendText(&c.content, m["refusal"], "refusal"); err != nil {
		return err
	}
	before := len(c.reasoning)
	if err := appendText(&c.reasoning, m["reasoning_content"], "reasoning_content"); err != nil {
		return err
	}
	if len(c.reasoning) == before { // servers that send both send the same text
		if err := appendText(&c.reasoning, m["reasoning"], "reasoning"); err != nil {
			return err
		}
	}
	return c.parseTools(m)
}

// parseTools takes the names and arguments of tool calls: the model's own words.
func (c *chunk) parseTools(m values) error {
	type function struct {
		Name      *string `json:"name"`
		Arguments *string `json:"arguments"`
	}
	var calls []struct {
		Function *function `json:"function"`
	}
	if raw := m["tool_calls"]; raw != nil && json.Unmarshal(raw, &calls) != nil {
		return errors.New("an event has tool_calls that cannot be read")
	}
	var old *function
	if raw := m["function_call"]; raw != nil && json.Unmarshal(raw, &old) != nil {
		return errors.New("an event has a function_call that cannot be read")
	}
	add := func(f *function) {
		if f != nil && f.Name != nil {
			c.tool = append(c.tool, *f.Name...)
		}
		if f != nil && f.Arguments != nil {
			c.tool = append(c.tool, *f.Arguments...)
		}
	}
	for _, call := range calls {
		add(call.Function)
	}
	add(old)
	return nil
}

func isNull(raw json.RawMessage) bool { return bytes.Equal(raw, []byte("null")) }

// appendText adds a string that may be null or missing.
func appendText(to *[]byte, raw json.RawMessage, key string) error {
	if raw == nil || isNull(raw) {
		return nil
	}
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return errors.New("an event has a " + key + " that is no text")
	}
	*to = append(*to, text...)
	return nil
}

// appendParts adds content: a string, or a list of parts of which those of the
// type text are text.
func appendParts(to *[]byte, raw json.RawMessage) error {
	if len(raw) == 0 || raw[0] != '[' {
		return appendText(to, raw, "content")
	}
	var parts []struct {
		Text *string `json:"text"`
	}
	if json.Unmarshal(raw, &parts) != nil {
		return errors.New("an event has content that cannot be read")
	}
	for _, p := range parts {
		if p.Text != nil {
			*to = append(*to, *p.Text...)
		}
	}
	return nil
}

// parseText is a string, "" for anything else.
func parseText(raw json.RawMessage) string {
	var text string
	if raw == nil || json.Unmarshal(raw, &text) != nil {
		return ""
	}
	return text
}

// maxCount bounds what is believed as a number of tokens.
const maxCount = 999_999_999

// parseCount is a whole number from 0 to maxCount, -1 for anything else: what
// no server can mean counts as not sent.
func parseCount(raw json.RawMessage) int {
	var n int
	if raw == nil || isNull(raw) || json.Unmarshal(raw, &n) != nil || n < 0 || n > maxCount {
		return -1
	}
	return n
}

func parseUsage(raw json.RawMessage) llm.Usage {
	var u, input, output values
	if json.Unmarshal(raw, &u) != nil || u == nil {
		return llm.Usage{}
	}
	_ = json.Unmarshal(u["prompt_tokens_details"], &input)
	_ = json.Unmarshal(u["completion_tokens_details"], &output)
	return usageOf(parseCount(u["prompt_tokens"]), parseCount(u["completion_tokens"]), parseCount(output["reasoning_tokens"]), parseCount(input["cached_tokens"]))
}

// usageOf is a usage, set if it says anything. That nothing went in and nothing
// came out is what ollama writes where it does not know yet.
func usageOf(input, output, reasoning, cached int) llm.Usage {
	if (input < 0 && output < 0 && reasoning < 0 && cached < 0) || (input == 0 && output == 0) {
		return llm.Usage{}
	}
	return llm.Usage{Set: true, Input: input, Output: output, Reasoning: reasoning, Cached: cached}
}

// isNothing tells values that servers send where there is no error.
func isNothing(raw json.RawMessage) bool {
	switch string(raw) {
	case "null", `""`, "false":
		return true
	default:
		return false
	}
}

// errorIn is the message of an error object, "" when there is none. Servers
// write {"error": {"message": …}}, {"error": "…"}, or {"object": "error",
// "message": …}.
func errorIn(top values) string {
	raw, ok := top["error"]
	switch {
	case ok && !isNothing(raw):
	case parseText(top["object"]) == "error":
		if m := parseText(top["message"]); m != "" {
			return m
		}
		return "error"
	default:
		return ""
	}
	if text := parseText(raw); text != "" {
		return text
	}
	var e values
	if json.Unmarshal(raw, &e) == nil {
		if m := parseText(e["message"]); m != "" {
			return m
		}
	}
	return excerpt(raw)
}
