package engine

import "loadgate/internal/llm"

// Sample is the record of one request, the raw material of every metric. Stamps
// are nanoseconds on the run's monotonic base (llm.Clock), 0 where the thing
// did not happen. docs/metrics.md says what is computed from them.
type Sample struct {
	ID      string `json:"id"`                 // x-request-id as sent
	Trace   string `json:"trace_id,omitempty"` // W3C trace id as sent in traceparent; "" where the scenario sends a traceparent of its own
	Index   int    `json:"index"`              // place in the schedule, from 0, warm-up included
	Session string `json:"session,omitempty"`  // the dataset's name for it
	Turn    int    `json:"turn,omitempty"`     // place in its session, from 1; 0 where sessions have one turn by nature
	Model   string `json:"model,omitempty"`    // asked for in place of the backend's; "" = that
	Warmup  bool   `json:"warmup,omitempty"`   // sent before the measured window: in no metric

	Think int64 `json:"think_ns,omitempty"` // from the end of the answer before it in its session until Sched
	Sched int64 `json:"sched_ns,omitempty"` // intended send time; closed loop: the slot became free; later turns: the turn was due
	Ready int64 `json:"ready_ns,omitempty"` // the in-flight cap let it go; equal to Sched without a cap
	Start int64 `json:"start_ns,omitempty"` // the dispatcher released it
	Conn  int64 `json:"conn_ns,omitempty"`  // a connection was there
	Wrote int64 `json:"wrote_ns,omitempty"` // the last byte of the request went to the kernel
	Hdr   int64 `json:"hdr_ns,omitempty"`   // first byte of the answer
	Ev1   int64 `json:"ev1_ns,omitempty"`   // first event, whatever it held
	Tok1  int64 `json:"tok1_ns,omitempty"`  // first event with content, reasoning or a tool call
	Ans1  int64 `json:"ans1_ns,omitempty"`  // first event with answer content or a tool call
	TokN  int64 `json:"tokn_ns,omitempty"`  // last event with content, reasoning or a tool call
	Done  int64 `json:"done_ns,omitempty"`  // terminator, end of the body, or failure

	Streamed bool    `json:"streamed,omitempty"` // the answer came as a stream; without it there is no ttft, itl, tpot
	Reused   bool    `json:"reused,omitempty"`   // the connection had been used before
	Events   []Event `json:"-"`                  // content events in order; stored in columns by package store

	Outcome llm.Outcome    `json:"outcome"`
	Class   llm.ErrorClass `json:"class,omitempty"`  // of a failure
	Error   string         `json:"error,omitempty"`  // what went wrong, shortened, without secrets
	Status  int            `json:"status,omitempty"` // HTTP status, 0 = no answer
	Finish  string         `json:"finish,omitempty"` // the server's finish reason
	Retry   string         `json:"retry_after,omitempty"`

	Usage       *llm.Usage `json:"usage,omitempty"`            // the server's own count
	PromptKnown int        `json:"prompt_tokens,omitempty"`    // the dataset's exact prompt length, 0 = unknown
	Shared      int        `json:"shared_tokens,omitempty"`    // tokens at the prompt's beginning that earlier requests of this load had, as far as is known
	Asked       int        `json:"max_tokens,omitempty"`       // output length asked for, 0 = none
	Counted     *Counted   `json:"counted,omitempty"`          // the tokenizer's count, where usage was missing
	Bytes       int        `json:"request_bytes,omitempty"`    // of the body that was sent
	PromptHash  string     `json:"prompt_sha256_64,omitempty"` // first 64 bits of the body's hash, to find duplicates

	// Media are those that the request carried; nil: none, or within a body that the
	// dataset gives whole.
	Media *llm.MediaCounts `json:"media,omitempty"`

	// Texts are kept until tokens are counted and stored with `save: texts` only.
	Texts *Texts `json:"texts,omitempty"`
}

// Event is one content event of a stream.
type Event struct {
	At     int64    // user-space receive stamp
	Kernel int64    // the kernel's receive stamp, 0 = none
	Bytes  int32    // of material
	Tokens int32    // as the server says, 0 = unknown
	Kind   llm.Kind // content, reasoning or tool
}

// Counted is what a tokenizer made of the texts, in tokens.
type Counted struct {
	Tokenizer string `json:"tokenizer"`
	Input     int    `json:"input"`
	Output    int    `json:"output"` // answer and reasoning
	Reasoning int    `json:"reasoning"`
}

// Texts is what was asked and answered.
type Texts struct {
	Prompt    string `json:"prompt,omitempty"`
	Content   string `json:"content,omitempty"`
	Reasoning string `json:"reasoning,omitempty"`
	Tool      string `json:"tool,omitempty"`
}

// Totals is what the engine knows of a repeat beyond its samples.
type Totals struct {
	Planned int `json:"planned"` // requests that the schedule held, warm-up included
	Sent    int `json:"sent"`
	Unsent  int `json:"unsent"` // planned and never started

	PlannedMeasured int `json:"planned_measured"` // the same without the warm-up
	UnsentMeasured  int `json:"unsent_measured"`

	// Of those unsent, turns whose session had broken off before them.
	Abandoned         int `json:"abandoned,omitempty"`
	AbandonedMeasured int `json:"abandoned_measured,omitempty"`

	Begin     int64 `json:"begin_ns"`      // stamp at which the load began
	Measured  int64 `json:"measured_ns"`   // stamp from which requests are measured
	RampEnd   int64 `json:"ramp_end_ns"`   // stamp at which all slots were open
	LastSend  int64 `json:"last_send_ns"`  // stamp of the last start
	End       int64 `json:"end_ns"`        // stamp at which the last request ended
	Truncated bool  `json:"truncated"`     // stopped early (Ctrl-C, --max-time)
	Client    Usage `json:"client"`        // what the client itself consumed
	WallSteps int64 `json:"wall_steps_ns"` // largest step between wall and monotonic clock seen

	// Carrier is what the transport says carried the calls, such as event_loop.
	Carrier string `json:"carrier,omitempty"`
}

// Usage is the client's own consumption over a repeat.
type Usage struct {
	CPUSeconds   float64 `json:"cpu_s"`    // user and system time of the process; -1 = unknown
	Cores        float64 `json:"cores"`    // usable cores: affinity and cgroup quota
	WallSeconds  float64 `json:"wall_s"`   //
	StealRatio   float64 `json:"steal"`    // share of machine time stolen by the hypervisor; -1 = unknown
	ThrottledSec float64 `json:"throttle"` // seconds in which the cgroup was throttled; -1 = unknown
	MaxRSSBytes  int64   `json:"max_rss_bytes"`
}
