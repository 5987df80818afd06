package sim

import (
	"encoding/json"
	"time"
)

// form is how an answer looks in a dialect. It appends to the call's buffer.
type form interface {
	contentType() string
	open(role bool)            // what stands before the first token
	tokens(s span)             // a chunk of them; an empty text for one without
	close(s span, mark bool)   // what stands behind the last, s of all tokens; mark: with an end mark
	blocked(s span, mark bool) // the end of an answer that the audit blocked
	failure(mark bool)         // an error object where an event should be, and the end
	failureBody()              // the same where a whole answer should be
	document(thought, text []byte, s script, blocked bool)
}

func (c *call) newForm() form {
	switch c.req.dialect {
	case dialectMessages:
		return &messagesForm{renderer: &c.render, model: quote(c.model), id: c.hash}
	case dialectResponses:
		return &responsesForm{renderer: &c.render, model: quote(c.model), id: c.hash}
	case dialectOllama, dialectGenerate:
		at, _ := c.rec.arrived.UTC().Truncate(time.Microsecond).MarshalText()
		return &ollamaForm{renderer: &c.render, head: `{"model":` + quote(c.model) + `,"created_at":"` + string(at) + `",`, chat: c.req.chat}
	default:
		return &c.render
	}
}

// quote is a text in JSON.
func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // every string has a JSON form
	}
	return string(b)
}
