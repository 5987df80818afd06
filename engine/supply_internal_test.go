package engine

import (
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"loadgate/internal/llm"
	"loadgate/scenario"
)

// Sessions, and with them prompts and tokens, are made on a goroutine of their own.
// While it takes an hour for one, what is rendered is sent when it is due, and its
// answers are read.
func TestMakingSessionsHoldsNothingUp(t *testing.T) {
	t.Parallel()
	const ahead = 5 // sessions, of which four fit into what is kept, and one waits for room
	big := strings.Repeat("x", aheadBytes/(ahead-1))
	for name, load := range map[string]scenario.Load{
		"closed": {Concurrency: 1, Requests: ahead + 1},
		"open":   perSecond(10, func(l *scenario.Load) { l.Requests = ahead + 1 }),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var elsewhere atomic.Int32
			out := bubble(t, trial{load: load, answer: takes(100 * ms), dataset: func(_ uint64, i int) (llm.Session, error) {
				if !strings.Contains(stack(), "engine.(*supply).render(") {
					elsewhere.Add(1)
				}
				if i == ahead {
					time.Sleep(time.Hour)
				}
				return llm.SingleTurn("", llm.Request{Prompt: big, InputTokens: 1}), nil
			}})
			out.check(t)
			if n := elsewhere.Load(); n > 0 {
				t.Errorf("%d sessions were made elsewhere", n)
			}
			if out.err != nil || len(out.samples) != ahead+1 {
				t.Fatalf("err %v, %+v", out.err, out.Totals)
			}
			for i, s := range out.samples[:ahead] {
				if due := int64(i) * 100; s.Start != s.Sched || out.starts()[i] != due || s.Done-s.Start != int64(100*ms) {
					t.Errorf("request %d, due after %d ms: sent after %d ms, answered %v later", i, due, out.starts()[i], time.Duration(s.Done-s.Start))
				}
			}
			if got := out.at(out.samples[ahead].Start); got < time.Hour {
				t.Errorf("the last one was sent after %v, before it was made", got)
			}
		})
	}
}

// stack is that of the calling goroutine.
func stack() string {
	buffer := make([]byte, 1<<14)
	return string(buffer[:runtime.Stack(buffer, false)])
}
