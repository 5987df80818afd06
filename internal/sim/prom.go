package sim

import (
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"
)

// Why a sequence ended, as vLLM's finished_reason and (but for abort) as the
// finish_reason of an answer.
const (
	finishStop   = "stop"
	finishLength = "length"
	finishAbort  = "abort"
)

// stats are the server's counters. The scheduler alone writes; any goroutine
// may read. Like vLLM's, they are the engine's view: due times, not the times
// at which the bytes left.
type stats struct {
	running, waiting          atomic.Int64
	prompt, generated         atomic.Int64
	stopped, limited, aborted atomic.Int64
	ttft, itl, e2e            histogram
}

func newStats() *stats {
	return &stats{
		ttft: newHistogram(0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560),
		itl:  newHistogram(0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80),
		e2e:  newHistogram(0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680),
	}
}

func (s *stats) depth(running, waiting int) {
	s.running.Store(int64(running))
	s.waiting.Store(int64(waiting))
}

// token counts a token that q got at due, q.produced already counting it.
func (s *stats) token(q *seq, due time.Duration) {
	s.generated.Add(1)
	if q.produced == 1 {
		s.prompt.Add(int64(q.prompt))
		s.ttft.observe(due - q.arrived)
	} else {
		s.itl.observe(due - q.lastToken)
	}
	if q.produced == q.output {
		s.e2e.observe(due - q.arrived)
		s.finished(q.finish)
	}
}

func (s *stats) finished(reason string) {
	switch reason {
	case finishStop:
		s.stopped.Add(1)
	case finishLength:
		s.limited.Add(1)
	default:
		s.aborted.Add(1)
	}
}

// write renders the Prometheus text format 0.0.4.
func (s *stats) write(w io.Writer, model string) error {
	label := `model_name="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(model) + `"`
	var b strings.Builder
	single := func(name, kind, help string, v int64) {
		fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s %s\n%s{%s} %d\n", name, help, name, kind, name, label, v)
	}
	single("vllm:num_requests_running", "gauge", "Requests in the running batch.", s.running.Load())
	single("vllm:num_requests_waiting", "gauge", "Requests in the queue.", s.waiting.Load())
	single("vllm:prompt_tokens_total", "counter", "Prompt tokens processed.", s.prompt.Load())
	single("vllm:generation_tokens_total", "counter", "Tokens generated.", s.generated.Load())
	const success = "vllm:request_success_total"
	fmt.Fprintf(&b, "# HELP %s Requests ended, by reason.\n# TYPE %s counter\n", success, success)
	fmt.Fprintf(&b, "%s{finished_reason=%q,%s} %d\n", success, finishStop, label, s.stopped.Load())
	fmt.Fprintf(&b, "%s{finished_reason=%q,%s} %d\n", success, finishLength, label, s.limited.Load())
	fmt.Fprintf(&b, "%s{finished_reason=%q,%s} %d\n", success, finishAbort, label, s.aborted.Load())
	s.ttft.write(&b, "vllm:time_to_first_token_seconds", "Time from arrival to the first token.", label)
	s.itl.write(&b, "vllm:inter_token_latency_seconds", "Time between tokens of a request.", label)
	s.e2e.write(&b, "vllm:e2e_request_latency_seconds", "Time from arrival to the last token.", label)
	_, err := io.WriteString(w, b.String())
	return err
}

// histogram counts durations in buckets of seconds. One writer, many readers.
type histogram struct {
	bounds []float64 // upper, inclusive, ascending
	counts []atomic.Int64
	sum    atomic.Int64 // nanoseconds
}

func newHistogram(bounds ...float64) histogram {
	return histogram{bounds: bounds, counts: make([]atomic.Int64, len(bounds)+1)}
}

func (h *histogram) observe(d time.Duration) {
	i := 0
	for s := d.Seconds(); i < len(h.bounds) && s > h.bounds[i]; {
		i++
	}
	h.counts[i].Add(1)
	h.sum.Add(int64(d))
}

func (h *histogram) write(b *strings.Builder, name, help, label string) {
	fmt.Fprintf(b, "# HELP %s %s\n# TYPE %s histogram\n", name, help, name)
	var total int64
	for i, bound := range h.bounds {
		total += h.counts[i].Load()
		fmt.Fprintf(b, "%s_bucket{%s,le=\"%g\"} %d\n", name, label, bound, total)
	}
	total += h.counts[len(h.bounds)].Load()
	fmt.Fprintf(b, "%s_bucket{%s,le=\"+Inf\"} %d\n", name, label, total)
	fmt.Fprintf(b, "%s_sum{%s} %g\n", name, label, time.Duration(h.sum.Load()).Seconds())
	fmt.Fprintf(b, "%s_count{%s} %d\n", name, label, total)
}
