package sim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// call is one request to a completion endpoint. Its fields belong to the
// handler's goroutine, but for ctl, which Close may use while the call is live.
type call struct {
	srv    *Server
	w      http.ResponseWriter
	ctl    *http.ResponseController
	hash   uint64 // of its identity: decides text, length and fault
	req    request
	script script
	model  string
	seq    *seq
	cached int // of the prompt's tokens
	words  *rand.Rand
	render renderer
	form   form
	rec    record
}

// interrupt makes reads and writes of the connection fail, so that a handler
// that waits for a slow client ends. A writer without deadlines does not block.
func (c *call) interrupt() {
	_ = c.ctl.SetReadDeadline(time.Unix(1, 0))
	_ = c.ctl.SetWriteDeadline(time.Unix(1, 0))
}

// accept reads and checks a request up to the moment where it would be queued.
// Any status but 200 refuses it.
func (c *call) accept(r *http.Request, d dialect) (status int, message string) {
	cfg := &c.srv.cfg
	if r.Method != http.MethodPost {
		c.w.Header().Set("Allow", http.MethodPost)
		return http.StatusMethodNotAllowed, "use POST"
	}
	if !c.srv.keyOK(r) {
		return http.StatusUnauthorized, "the API key is missing or wrong"
	}
	data, status, message := readBody(c.w, r)
	if status != http.StatusOK {
		return status, message
	}
	req, err := parseBody(data, d)
	if err != nil {
		return http.StatusBadRequest, err.Error()
	}
	c.req, c.model = req, req.model
	if c.model == "" {
		c.model = cfg.Model[0]
	}
	if !slices.Contains(cfg.Model, c.model) {
		return http.StatusNotFound, fmt.Sprintf("The model `%s` does not exist.", c.model)
	}
	f := cfg.faultFor(c.hash)
	switch f {
	case fault500:
		return http.StatusInternalServerError, "simulated server error"
	case fault429:
		seconds := (time.Duration(cfg.RetryAfter) + time.Second - 1) / time.Second
		c.w.Header().Set("Retry-After", strconv.Itoa(int(seconds)))
		return http.StatusTooManyRequests, "simulated rate limit"
	}
	return c.plan(f)
}

// plan counts the prompt and writes the script.
func (c *call) plan(f fault) (status int, message string) {
	cfg := &c.srv.cfg
	c.rec.prompt = c.req.promptTokens(c.srv.count)
	room := cfg.MaxModelLen - c.rec.prompt
	if room < max(1, c.req.limit) {
		return http.StatusBadRequest, fmt.Sprintf(
			"This model's maximum context length is %d tokens: the prompt has %d and the answer may have %d.",
			cfg.MaxModelLen, c.rec.prompt, max(1, c.req.limit))
	}
	c.script = cfg.scriptFor(c.req, c.hash, f, room)
	return http.StatusOK, ""
}

func (c *call) refuse(status int, message string) {
	c.rec.status = status
	c.rec.outcome = "http_" + strconv.Itoa(status)
	reject(c.w, status, message)
}

// answer queues the sequence and writes what comes of it. The sequence has left
// the engine when it returns.
func (c *call) answer(ctx context.Context) {
	arrived := c.rec.arrived.Sub(c.srv.engine.epoch)
	if c.srv.cfg.PrefixCache {
		share := c.srv.prefixes.take(c.req.texts)
		c.cached = min(int(share*float64(c.rec.prompt)), c.rec.prompt-1) // the last token is always computed
	}
	c.seq = &seq{
		prompt:     c.rec.prompt - c.cached,
		output:     c.script.produce,
		arrived:    arrived,
		ready:      arrived + time.Duration(c.srv.cfg.TTFT),
		stallAfter: c.script.stallAfter,
		stall:      c.script.stall,
		finish:     c.script.finish,
		out:        mailbox{wake: make(chan struct{}, 1)},
	}
	if !c.srv.engine.add(c.seq) {
		c.refuse(http.StatusServiceUnavailable, "the server is shutting down")
		return
	}
	c.words = c.srv.cfg.randFor(c.hash, streamWords)
	c.render = newRenderer(c)
	c.form = c.newForm()
	c.rec.outcome = outcomeCancelled // until it is known better
	c.rec.tokens = make([]int64, 0, c.script.tokens)
	var done bool
	if c.req.stream {
		done = c.stream(ctx)
	} else {
		done = c.whole(ctx)
	}
	if done {
		c.rec.outcome = outcomes[c.script.fault]
	} else {
		c.srv.engine.drop(c.seq)
	}
	c.rec.reasoning = min(c.script.reasoning, len(c.rec.tokens))
	if cut := c.script.fault; done && (cut == faultReset || cut == faultTruncate) {
		c.cut(cut == faultReset)
	}
}

// outcomes says what an answer with a fault ends as when it ran as scripted.
var outcomes = map[fault]string{
	faultNone:     outcomeCompleted,
	faultAudit:    outcomeAudit,
	faultInBand:   outcomeInBand,
	faultStall:    outcomeStalled,
	faultReset:    outcomeReset,
	faultTruncate: outcomeTruncated,
	faultEmpty:    outcomeEmpty,
}

// await blocks until tokens are due and returns their due times; false when the
// client has gone or the server was closed.
func (c *call) await(ctx context.Context) ([]time.Duration, bool) {
	for {
		select {
		case <-c.seq.out.wake:
			// A wake may be left over from tokens that the last take found.
			if dues := c.seq.out.take(); len(dues) > 0 {
				return dues, true
			}
		case <-ctx.Done():
			return nil, false
		case <-c.srv.engine.quit:
			return nil, false
		}
	}
}

// begin sends the status of an answer.
func (c *call) begin() {
	c.rec.status = http.StatusOK
	c.w.WriteHeader(http.StatusOK)
}

// wrote records n tokens that left in one write begun at t, the last of them
// due at due.
func (c *call) wrote(n int, t time.Time, due time.Duration) {
	ns := t.UnixNano()
	for range n {
		c.rec.tokens = append(c.rec.tokens, ns)
	}
	c.rec.chunks++
	c.rec.late = max(c.rec.late, t.Sub(c.srv.engine.epoch)-due)
}
