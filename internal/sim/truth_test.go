package sim

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// What the truth says of each of 1,000 requests, 64 at a time and with faults
// among them, is what a plain client saw.
func TestTruthAgreesWithTheClient(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.MaxBatch, cfg.TokensPerChunk, cfg.ReasoningShare = 48, 2, 0.3
	cfg.AuditRate, cfg.ErrorRate, cfg.Rate429, cfg.InBandErrorRate = 0.03, 0.03, 0.03, 0.03
	cfg.TruncateRate, cfg.EmptyRate, cfg.Stall = 0.03, 0.03, Duration(time.Millisecond)
	r := serve(t, cfg)
	n := 1000
	if testing.Short() {
		n = 100
	}
	before := time.Now().UnixNano()
	replies := make([]*reply, n)
	next := make(chan int)
	var clients sync.WaitGroup
	for range 64 {
		clients.Go(func() {
			for i := range next {
				replies[i] = r.post(fmt.Sprint("req-", i), chatPath, chatBody(1+i%13))
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	clients.Wait()
	truth := r.truths(t)
	if len(truth) != n {
		t.Errorf("%d truth lines for %d requests", len(truth), n)
	}
	for i, got := range replies {
		want, ok := truth[fmt.Sprint("req-", i)]
		if !ok {
			t.Fatalf("no truth about request %d", i)
		}
		if problem := disagree(got, want, before); problem != "" {
			t.Errorf("request %d: %s\nclient: %d %v %s\ntruth: %+v", i, problem, got.status, got.err, got.body, want)
		}
	}
}

// disagree says where the client's view and the truth part, or nothing.
func disagree(got *reply, want truthLine, before int64) string {
	switch {
	case outcomeOf(got) != want.Outcome:
		return "the outcome looks like " + outcomeOf(got)
	case got.status != want.Status:
		return "status"
	case got.words() != want.OutputTokens || want.OutputTokens != len(want.TokensNS):
		return "output tokens"
	case len(strings.Fields(got.thought)) != want.ReasoningTokens:
		return "reasoning tokens"
	case len(got.spoken) != want.Chunks:
		return "chunks"
	case want.Status == 200 && want.PromptTokens != 3:
		return "prompt tokens"
	case got.usage != nil && (got.usage.Completion != want.OutputTokens || got.usage.Prompt != want.PromptTokens):
		return "usage"
	case want.ArrivedNS < before || want.LateNS < 0:
		return "arrival"
	}
	// Each token was written after the one before, and read after it was written.
	last, k := want.ArrivedNS, 0
	for i, at := range got.spoken {
		for range got.perText[i] {
			if want.TokensNS[k] < last || at.UnixNano() < want.TokensNS[k] {
				return fmt.Sprintf("the time of token %d", k)
			}
			last = want.TokensNS[k]
			k++
		}
	}
	return ""
}

// outcomeOf is what a client would call the answer.
func outcomeOf(r *reply) string {
	switch {
	case r.status != 200:
		return fmt.Sprint("http_", r.status)
	case r.blocked:
		return outcomeAudit
	case r.failed:
		return outcomeInBand
	case r.err != nil:
		return outcomeTruncated
	case r.words() == 0:
		return outcomeEmpty
	default:
		return outcomeCompleted
	}
}

func TestTruthOfRefusals(t *testing.T) {
	t.Parallel()
	r := serve(t, quick())
	r.post(`odd "id" <&>`, chatPath, `{`)
	r.post("model", textPath, `{"model":"x","prompt":"a"}`)
	truth := r.truths(t)
	if got := truth[`odd "id" <&>`]; got.Outcome != "http_400" || got.Status != 400 || got.Index != 1 || got.ArrivedNS == 0 {
		t.Errorf("%+v", got)
	}
	if got := truth["model"]; got.Outcome != "http_404" || got.Index != 2 {
		t.Errorf("%+v", got)
	}
}

func TestTruthIsFlushedWithinASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out syncBuffer
		log := newTruthLog(&out)
		for i := range 3 {
			log.add(&record{id: fmt.Sprint(i), arrived: time.Now(), tokens: []int64{1, 2}, outcome: outcomeCompleted})
		}
		if len(out.Bytes()) != 0 {
			t.Error("not buffered")
		}
		time.Sleep(time.Second)
		if got := parseTruth(t, out.Bytes()); len(got) != 3 || got["2"].OutputTokens != 2 {
			t.Errorf("after a second: %v", got)
		}
		log.add(&record{id: "last"})
		if err := log.close(); err != nil {
			t.Error(err)
		}
		log.add(&record{id: "after"})
		if got := parseTruth(t, out.Bytes()); len(got) != 4 {
			t.Errorf("after close: %v", got)
		}
	})
}

// Each write must be whole lines, or a kill between two would tear one.
func TestTruthWritesWholeLines(t *testing.T) {
	t.Parallel()
	writes := 0
	log := newTruthLog(writerFunc(func(p []byte) (int, error) {
		writes++
		if !bytes.HasPrefix(p, []byte("{")) || !bytes.HasSuffix(p, []byte("}\n")) {
			t.Errorf("a write of %.20q…%q", p, p[len(p)-5:])
		}
		return len(p), nil
	}))
	for range 5000 {
		log.add(&record{id: "x", tokens: make([]int64, 10)})
	}
	if err := log.close(); err != nil {
		t.Error(err)
	}
	if writes < 5 || writes > 100 {
		t.Errorf("%d writes", writes)
	}
}

func TestTruthErrorIsReportedByClose(t *testing.T) {
	t.Parallel()
	full := errors.New("disk full")
	s := New(quick(), nil, writerFunc(func([]byte) (int, error) { return 0, full }))
	s.truth.add(&record{id: "x"})
	for range 2 {
		if err := s.Close(); !errors.Is(err, full) {
			t.Errorf("Close: %v", err)
		}
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
