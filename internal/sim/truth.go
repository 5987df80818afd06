package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"
)

// What became of a request, as the truth says it. An answer of an HTTP status
// other than 200 is "http_" and the status, whoever caused it.
const (
	outcomeCompleted = "completed"
	outcomeAudit     = "audit"
	outcomeInBand    = "in_band_error"
	outcomeStalled   = "stalled" // paused, then completed
	outcomeReset     = "reset"
	outcomeTruncated = "truncated"
	outcomeEmpty     = "empty"     // completed without content
	outcomeCancelled = "cancelled" // the client went, or the server was closed
)

const (
	truthBuffer = 64 << 10
	truthEvery  = 500 * time.Millisecond
)

// record is the truth about one request. Times are on the wall clock, in
// nanoseconds since 1970.
type record struct {
	id      string    // the x-request-id header; may be empty
	index   uint64    // order of arrival, from 1
	arrived time.Time // the handler was entered
	// tokens has one stamp per token that the client was sent: the time just
	// before the write of its chunk (of the body, without streaming), so that
	// no client can have seen it earlier. Tokens of a chunk share a stamp.
	tokens    []int64
	chunks    int // events with content, or bodies
	outcome   string
	status    int // 0: nothing was answered
	prompt    int // tokens; 0 when it was refused before they were counted
	reasoning int // of tokens
	// late is the largest distance from a token's due time on the model's
	// schedule to its write: how far this server fell behind itself.
	late time.Duration
}

// appendJSON adds the record's line.
func (r *record) appendJSON(b []byte) []byte {
	id, err := json.Marshal(r.id)
	if err != nil {
		id = []byte(`""`) // cannot be: every string has a JSON form
	}
	b = append(b, `{"request_id":`...)
	b = append(b, id...)
	b = fmt.Appendf(b, `,"index":%d,"arrived_ns":%d,"tokens_ns":[`, r.index, r.arrived.UnixNano())
	for i, ns := range r.tokens {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, ns, 10)
	}
	return fmt.Appendf(b, `],"chunks":%d,"outcome":%q,"status":%d,"prompt_tokens":%d,"output_tokens":%d,"reasoning_tokens":%d,"late_ns":%d}`+"\n",
		r.chunks, r.outcome, r.status, r.prompt, len(r.tokens), r.reasoning, r.late.Nanoseconds())
}

// truthLog buffers lines and hands only whole ones to its writer, in one write
// each time: when the buffer is full, half a second after its first line, and
// at close. So a killed process loses at most half a second and leaves no torn
// line. A nil *truthLog takes and drops everything.
type truthLog struct {
	mu     sync.Mutex
	w      io.Writer
	buf    []byte
	timer  *time.Timer // set while a flush is due
	closed bool
	err    error // the first failure of w; nothing is written after it
}

func newTruthLog(w io.Writer) *truthLog {
	if w == nil {
		return nil
	}
	return &truthLog{w: w}
}

func (t *truthLog) add(r *record) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return
	}
	t.buf = r.appendJSON(t.buf)
	if len(t.buf) >= truthBuffer {
		t.flush()
	} else if t.timer == nil {
		t.timer = time.AfterFunc(truthEvery, t.flushLater)
	}
}

func (t *truthLog) flushLater() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.flush()
}

// flush needs the lock.
func (t *truthLog) flush() {
	if t.timer != nil {
		t.timer.Stop()
		t.timer = nil
	}
	if len(t.buf) == 0 {
		return
	}
	if t.err == nil {
		n, err := t.w.Write(t.buf)
		if err == nil && n < len(t.buf) {
			err = io.ErrShortWrite
		}
		if err != nil {
			t.err = errors.Join(errors.New("the truth log is incomplete"), err)
		}
	}
	t.buf = t.buf[:0]
}

func (t *truthLog) close() error {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.flush()
	t.closed = true
	return t.err
}
