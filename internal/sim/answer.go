package sim

import (
	"context"
	"strconv"
	"time"
)

// whole writes an answer without streaming, when its last token is due. It
// returns false when it did not run to its scripted end. A scripted cut of the
// connection is left to the caller: a reset comes before any byte, a truncated
// answer is half a body.
func (c *call) whole(ctx context.Context) bool {
	var due time.Duration
	for got := 0; got < c.script.produce; {
		dues, ok := c.await(ctx)
		if !ok {
			return false
		}
		got += len(dues)
		due = dues[len(dues)-1]
	}
	if c.script.fault == faultReset {
		return true
	}
	c.renderDocument()
	c.w.Header().Set("Content-Type", "application/json")
	c.w.Header().Set("Content-Length", strconv.Itoa(len(c.render.buf)))
	c.begin()
	if c.script.fault == faultTruncate {
		c.render.buf = c.render.buf[:len(c.render.buf)/2]
	}
	t := time.Now()
	if c.send() != nil {
		return false
	}
	if c.script.fault != faultTruncate && c.script.fault != faultInBand && c.script.tokens > 0 {
		c.wrote(c.script.tokens, t, due)
	}
	return true
}

func (c *call) renderDocument() {
	if c.script.fault == faultInBand {
		c.form.failureBody()
		return
	}
	var thought, text []byte
	for range c.script.reasoning {
		thought = c.appendWord(thought)
	}
	for range c.script.tokens - c.script.reasoning {
		text = c.appendWord(text)
	}
	c.form.document(thought, text, c.script, c.script.fault == faultAudit)
}
