package metrics

import (
	"loadgate/internal/rule"
)

var scheduleDelay = Definition{
	Name: "schedule_delay", Unit: "ms", Dim: rule.Time, Scale: 1, Shape: ShapeRequest, Of: OfSent, Better: Lower,
	Text:    "The client's own delay: how long after it was due a request was released.",
	Formula: "start - max(sched, ready)",
	request: func(r *request) (float64, bool) { return since(max(r.s.Sched, r.s.Ready), r.s.Start) },
}

var clientQueue = Definition{
	Name: "client_queue", Unit: "ms", Dim: rule.Time, Scale: 1, Shape: ShapeRequest, Of: OfSent, Better: Lower,
	Text: "The wait at `max_concurrency`. It is a part of `ttft` and `e2el` and not of `sent_ttft` and `sent_e2el`. " +
		"Absent without a cap, and with `rate: inf`, where the cap alone decides when a request is due.",
	Formula: "ready - sched",
	request: func(r *request) (float64, bool) {
		if r.load.MaxConcurrency == 0 || !r.load.OpenLoopOrigin() {
			return 0, false
		}
		return since(r.s.Sched, r.s.Ready)
	},
}

var connect = Definition{
	Name: "connect", Unit: "ms", Dim: rule.Time, Scale: 1, Shape: ShapeRequest, Of: OfSent, Better: Lower,
	Text:    "Until a connection is ready: about 0 for one that is used again. A part of `ttft` and `e2el`.",
	Formula: "conn - start",
	request: func(r *request) (float64, bool) { return since(r.s.Start, r.s.Conn) },
}

var clientLag = Definition{
	Name: "client_lag", Unit: "ms", Dim: rule.Time, Scale: 1, Shape: ShapeGap, Better: Lower,
	Text: "How long content lay in the kernel before the client read it, one value a content event, pooled. " +
		"Absent where the kernel gives no receive stamps.",
	Formula: "user-space stamp - kernel stamp",
	gaps: func(r *request) gapList {
		lags := make([]float64, 0, len(r.s.Events))
		for _, e := range r.s.Events {
			if e.Kernel != 0 {
				lags = append(lags, float64(e.At-e.Kernel)/nsPerMS)
			}
		}
		return gapList{values: lags}
	},
}
