package metrics

import "loadgate/internal/rule"

// gapList is what one request adds to a pooled distribution.
type gapList struct {
	values  []float64
	unknown bool // the request has gaps, but what the metric needs of them is not known
}

var icl = Definition{
	Name: "icl", Unit: "ms", Dim: rule.Time, Scale: 1, Shape: ShapeGap, Better: Lower,
	Text:    "Inter-chunk latency: the gaps between successive content events, those of all requests pooled.",
	Formula: "t(i+1) - t(i) over the content events of a request",
	Also:    "vLLM bench, serving_perf_eval: ITL; AIPerf: inter chunk latency",
	Aliases: []string{"inter_chunk_latency"},
	gaps:    func(r *request) gapList { return gapList{values: r.gaps()} },
}

var itl = Definition{
	Name: "itl", Unit: "ms", Dim: rule.Time, Scale: 1, Shape: ShapeGap, Better: Lower,
	Text: "Inter-token latency, pooled: an event of k tokens after a gap g gives k values of g/k. " +
		"k is known where the server counts the tokens of each chunk, or where usage shows that every chunk held one token: " +
		"as many content events as output tokens, or one less when a stop token ended the answer. " +
		"Where it is not known for every request, itl is icl, with the note `per_chunk`.",
	Formula: "k values of (t(i+1) - t(i)) / k for each content event but the first",
	Source:  "stamps, with tokens per chunk or usage",
	Also:    "the ITL of GuideLLM and AIPerf is our `tpot`; that of vLLM bench and serving_perf_eval is our `icl`",
	Aliases: []string{"inter_token_latency", "time_between_tokens", "tbt"},
	gaps:    tokenGaps, fallback: "icl", note: "per_chunk",
}

// gaps are the times between successive content events in ms, made once.
func (r *request) gaps() []float64 {
	events := r.s.Events
	if r.chunkGaps != nil || !r.s.Streamed || len(events) < 2 {
		return r.chunkGaps
	}
	r.chunkGaps = make([]float64, len(events)-1)
	last := received(&events[0])
	for i := range r.chunkGaps {
		at := received(&events[i+1])
		r.chunkGaps[i] = float64(at-last) / nsPerMS
		last = at
	}
	return r.chunkGaps
}

// tokenGaps returns the values of itl. Where every event held one token they
// are the chunks' gaps, the very same slice.
func tokenGaps(r *request) gapList {
	gaps := r.gaps()
	if len(gaps) == 0 || r.oneTokenEach() {
		return gapList{values: gaps}
	}
	total := 0
	for _, e := range r.s.Events {
		if e.Tokens <= 0 {
			return gapList{values: gaps, unknown: true}
		}
		total += int(e.Tokens)
	}
	const perEvent = 1 << 16 // more tokens than this in one event is a server's mistake
	values := make([]float64, 0, min(total, len(gaps)*perEvent))
	for i, g := range gaps {
		k := int(r.s.Events[i+1].Tokens)
		if k > perEvent {
			return gapList{values: gaps, unknown: true}
		}
		for range k {
			values = append(values, g/float64(k))
		}
	}
	return gapList{values: values}
}

// oneTokenEach reports whether every content event is known to hold one token.
func (r *request) oneTokenEach() bool {
	said := 0
	for _, e := range r.s.Events {
		if e.Tokens > 1 {
			return false
		}
		said += int(e.Tokens)
	}
	events := len(r.s.Events)
	if said == events {
		return true
	}
	if r.output.source != fromUsage {
		return false
	}
	// A stop token is counted and never sent.
	stopped := r.s.Finish != "length" && r.output.n == events+1
	return r.output.n == events || stopped
}
