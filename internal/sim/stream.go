package sim

import (
	"context"
	"time"
)

// stream writes a server-sent-event answer, one write and flush for each chunk
// of tokens. It returns false when the answer did not run to its scripted end.
// A scripted cut of the connection is left to the caller.
func (c *call) stream(ctx context.Context) bool {
	c.w.Header().Set("Content-Type", c.form.contentType())
	c.begin()
	c.form.open(c.srv.cfg.RoleChunk)
	if c.send() != nil { // without a role chunk: the headers alone
		return false
	}
	var text []byte
	sent, pending := 0, 0
	for got := 0; got < c.script.produce; {
		dues, ok := c.await(ctx)
		if !ok {
			return false
		}
		for _, due := range dues {
			got++
			if got > c.script.tokens {
				continue // the unseen end of an empty answer
			}
			text = c.appendWord(text)
			pending++
			if !c.chunkEnds(got, pending) {
				continue
			}
			if c.sendTokens(text, got, pending, due) != nil {
				return false
			}
			sent += pending
			text, pending = text[:0], 0
		}
	}
	return c.finishStream(sent)
}

// chunkEnds says whether the n-th token is the last of its chunk: reasoning and
// answer never share one.
func (c *call) chunkEnds(n, pending int) bool {
	return pending == c.srv.cfg.TokensPerChunk || n == c.script.reasoning || n == c.script.tokens
}

// sendTokens writes the event of k tokens that ends with the n-th.
func (c *call) sendTokens(text []byte, n, k int, due time.Duration) error {
	s := span{text: text, reasoning: n <= c.script.reasoning, output: n, reasoned: min(n, c.script.reasoning)}
	if n == c.script.tokens && c.endsWell() {
		s.finish = c.script.finish
	}
	c.form.tokens(s)
	t := time.Now()
	if err := c.send(); err != nil {
		return err
	}
	c.wrote(k, t, due)
	return nil
}

// endsWell says whether the last token carries the finish reason.
func (c *call) endsWell() bool {
	return c.script.fault == faultNone || c.script.fault == faultStall
}

// finishStream writes what comes after the last token, in one write.
func (c *call) finishStream(sent int) bool {
	end := span{finish: c.script.finish, output: sent, reasoned: min(sent, c.script.reasoning)}
	switch c.script.fault {
	case faultReset, faultTruncate:
		return true
	case faultInBand:
		c.form.failure(c.srv.cfg.Done)
	case faultAudit:
		c.form.blocked(end, c.srv.cfg.Done)
	case faultEmpty:
		c.form.tokens(span{finish: c.script.finish})
		c.form.close(end, c.srv.cfg.Done)
	default:
		c.form.close(end, c.srv.cfg.Done)
	}
	return c.send() == nil
}

// send writes and flushes what has been rendered.
func (c *call) send() error {
	if len(c.render.buf) > 0 {
		_, err := c.w.Write(c.render.buf)
		c.render.buf = c.render.buf[:0]
		if err != nil {
			return err
		}
	}
	return c.ctl.Flush()
}

// appendWord appends the next token of the answer's text.
func (c *call) appendWord(b []byte) []byte {
	b = append(b, ' ')
	return append(b, vocabulary[c.words.IntN(len(vocabulary))]...)
}
