package pipeline

import (
	"cmp"
	"slices"
	"time"

	"loadgate/engine"
	"loadgate/internal/llm"
	"loadgate/internal/stat"
)

// Holds is what the sessions hold that a cell would send, known before anything
// is sent. What is not known is 0 or absent.
type Holds struct {
	Sessions int     `json:"sessions"`
	Requests int     `json:"requests"`
	Turns    Lengths `json:"turns"`          // of a session
	Seconds  float64 `json:"duration_s"`     // from the load's beginning to the last request that has a time
	Rate     *Rates  `json:"rate,omitempty"` // of a replay
	Input    Lengths `json:"input_tokens"`
	Output   Lengths `json:"output_tokens"`
	// InputByTurn is the average input of the first, the second … turn, where
	// sessions have several: how the history grows.
	InputByTurn []float64 `json:"input_tokens_by_turn,omitempty"`
	Think       *Times    `json:"think_time,omitempty"` // before later turns; nil: none
	// ReusableShare is the share of the input tokens that earlier requests had at
	// the same place: what a prefix cache without a limit could save.
	ReusableShare *float64 `json:"reusable_prefix_share,omitempty"`
	// Pools are what requests are drawn from, where they are drawn.
	Pools []llm.Pool `json:"pools,omitempty"`
}

// Lengths sums up a number of each request or session.
type Lengths struct {
	N   int     `json:"n"` // of those whose number is known
	Sum int     `json:"sum"`
	Avg float64 `json:"avg"`
	P50 float64 `json:"p50"`
	P90 float64 `json:"p90"`
	P99 float64 `json:"p99"`
	Max int     `json:"max"`
}

// Times sums up a time of each later turn, in seconds.
type Times struct {
	N   int     `json:"n"`
	Avg float64 `json:"avg_s"`
	P50 float64 `json:"p50_s"`
	P90 float64 `json:"p90_s"`
	P99 float64 `json:"p99_s"`
	Max float64 `json:"max_s"`
}

// maxTurnsShown is the number of turns whose inputs are told apart.
const maxTurnsShown = 20

// Rates are requests per second over the time of a replay, as it is sent.
type Rates struct {
	Mean          float64   `json:"mean"`
	Peak          float64   `json:"peak"` // of the buckets
	BucketSeconds float64   `json:"bucket_s"`
	PerSecond     []float64 `json:"per_second"` // by bucket
}

// look says what a cell's sessions hold; nil where its dataset does not know.
func look(c *Cell) (*Holds, error) {
	shaped, ok := c.Dataset.(llm.Shaped)
	if !ok {
		return nil, nil
	}
	h := &holder{cell: c}
	if p, ok := c.Dataset.(llm.Pooled); ok {
		h.out.Pools = p.Pools()
	}
	seed := c.PromptSeed(0)
	outlook, err := engine.LookOut(engine.Config{Load: c.Load, Dataset: c.Dataset, PromptSeed: seed, ScheduleSeed: c.ScheduleSeed(0)})
	if err != nil {
		return nil, err
	}
	if outlook == nil && c.Load.Requests == 0 {
		if h.out.Pools == nil {
			return nil, nil // a closed loop that the clock ends takes as many as it can
		}
		return h.finish(), nil
	}
	first, want, sessions := 0, c.Load.Warmup.Requests+c.Load.Requests, c.Dataset.Rows()
	if outlook != nil {
		first, want, sessions = outlook.First, outlook.Requests, len(outlook.Arrivals)
	}
	for k := 0; (want == 0 || h.out.Requests < want) && (k < sessions || (outlook == nil && want > 0)); k++ {
		shapes, err := shaped.Shapes(seed, first+k)
		if err != nil {
			return nil, err
		}
		if want > 0 {
			shapes = shapes[:min(len(shapes), want-h.out.Requests)]
		}
		var at time.Duration
		if outlook != nil {
			at = outlook.Arrivals[k]
		}
		h.add(shapes, at)
	}
	return h.finish(), nil
}

// holder gathers what sessions hold.
type holder struct {
	cell                 *Cell
	out                  Holds
	turns, input, output []float64
	think                []float64       // seconds
	byTurn               [][2]float64    // sum and number of known inputs
	due                  []time.Duration // of each request, at the earliest
	prompts              []prompt        // that have blocks
	shared               int             // tokens of the others
	some                 bool            // it is known what prompts share
}

type prompt struct {
	at     time.Duration
	blocks []uint64
	size   int
	input  int
}

func (h *holder) add(shapes []llm.Shape, at time.Duration) {
	h.out.Sessions++
	h.out.Requests += len(shapes)
	h.turns = append(h.turns, float64(len(shapes)))
	due := at
	for k, s := range shapes {
		h.takeTurn(k, s)
		if r := h.cell.Load.Replay; r != nil {
			due = max(due+s.Think, at+time.Duration(float64(s.After)/r.Speed))
			h.due = append(h.due, due)
		}
		if s.Input > 0 {
			h.input = append(h.input, float64(s.Input))
		}
		if s.Output > 0 {
			h.output = append(h.output, float64(s.Output))
		}
		if len(s.Blocks) > 0 {
			h.prompts = append(h.prompts, prompt{due, s.Blocks, s.BlockTokens, s.Input})
		}
		h.shared += s.Shared
		h.some = h.some || s.Shared > 0 || len(s.Blocks) > 0
	}
}

// takeTurn notes what only sessions of several turns have.
func (h *holder) takeTurn(k int, s llm.Shape) {
	if k > 0 {
		h.think = append(h.think, s.Think.Seconds())
	}
	if s.Input == 0 || k >= maxTurnsShown {
		return
	}
	if k >= len(h.byTurn) {
		h.byTurn = append(h.byTurn, make([][2]float64, k+1-len(h.byTurn))...)
	}
	h.byTurn[k][0] += float64(s.Input)
	h.byTurn[k][1]++
}

// finishTurns sums up what only sessions of several turns have.
func (h *holder) finishTurns() {
	if l := spreadOf(h.think); l.max > 0 {
		h.out.Think = &Times{N: l.n, Avg: l.avg, P50: l.p50, P90: l.p90, P99: l.p99, Max: l.max}
	}
	if len(h.byTurn) < 2 {
		return
	}
	for _, sum := range h.byTurn {
		h.out.InputByTurn = append(h.out.InputByTurn, sum[0]/max(1, sum[1]))
	}
}

func (h *holder) finish() *Holds {
	out := &h.out
	h.finishTurns()
	out.Turns, out.Input, out.Output = lengthsOf(h.turns), lengthsOf(h.input), lengthsOf(h.output)
	if n := len(h.due); n > 0 {
		slices.Sort(h.due)
		out.Seconds = h.due[n-1].Seconds()
		out.Rate = ratesOf(h.due)
	}
	if h.some && out.Input.Sum > 0 {
		slices.SortStableFunc(h.prompts, func(a, b prompt) int { return cmp.Compare(a.at, b.at) })
		var reuse engine.Reuse
		shared := h.shared
		for _, p := range h.prompts {
			shared += reuse.Take(p.blocks, p.size, p.input)
		}
		share := float64(shared) / float64(out.Input.Sum)
		out.ReusableShare = &share
	}
	return out
}

func lengthsOf(values []float64) Lengths {
	s := spreadOf(values)
	return Lengths{N: s.n, Sum: int(s.sum), Avg: s.avg, P50: s.p50, P90: s.p90, P99: s.p99, Max: int(s.max)}
}

// spread sums up numbers; all 0 of none.
type spread struct {
	n                            int
	sum, avg, p50, p90, p99, max float64
}

// spreadOf sorts values and sums them up.
func spreadOf(values []float64) spread {
	if len(values) == 0 {
		return spread{}
	}
	slices.Sort(values)
	s := spread{n: len(values), max: values[len(values)-1]}
	for _, v := range values {
		s.sum += v
	}
	s.avg = s.sum / float64(s.n)
	s.p50, s.p90, s.p99 = stat.Quantile(values, 0.5), stat.Quantile(values, 0.9), stat.Quantile(values, 0.99)
	return s
}

// ratesOf counts requests in at most 60 buckets of a whole number of seconds, or
// of 100 ms where the whole takes less than that.
func ratesOf(due []time.Duration) *Rates {
	const most = 60
	span := due[len(due)-1] - due[0]
	unit := time.Second
	if span < most*time.Second {
		unit = 100 * time.Millisecond
	}
	bucket := max(unit, (span/most + unit).Truncate(unit))
	out := &Rates{BucketSeconds: bucket.Seconds(), PerSecond: make([]float64, int(span/bucket)+1)}
	for _, at := range due {
		out.PerSecond[(at-due[0])/bucket] += 1 / bucket.Seconds()
	}
	out.Peak = slices.Max(out.PerSecond)
	out.Mean = float64(len(due)) / max(span, bucket).Seconds()
	return out
}
