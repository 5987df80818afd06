package sim

import (
	"math"
	"math/rand/v2"
	"strings"
	"time"
)

// fault is what goes wrong with one request.
type fault int

const (
	faultNone fault = iota
	faultAudit
	fault500
	fault429
	faultInBand
	faultStall
	faultReset
	faultTruncate
	faultEmpty
)

// Streams of random numbers of one request, kept apart so that a change of one
// setting moves nothing else.
const (
	streamFault = iota + 1
	streamLength
	streamWords
)

// script is all that is decided about an answer before it begins.
type script struct {
	fault     fault
	tokens    int // that the client gets
	produce   int // that the engine produces; more than tokens only in an empty answer
	reasoning int // of tokens, the first so many
	finish    string
	// stallAfter and stall are the pause of faultStall; else 0.
	stallAfter int
	stall      time.Duration
}

// randFor is the n-th stream of random numbers of the request with that hash.
func (c *Config) randFor(hash uint64, n uint64) *rand.Rand {
	return rand.New(rand.NewPCG(mix(c.Seed+n), hash))
}

// faultFor draws the fault of a request: at most one, each with its rate.
func (c *Config) faultFor(hash uint64) fault {
	u := c.randFor(hash, streamFault).Float64()
	for _, f := range []struct {
		kind fault
		rate float64
	}{
		{faultAudit, c.AuditRate},
		{fault500, c.ErrorRate},
		{fault429, c.Rate429},
		{faultInBand, c.InBandErrorRate},
		{faultStall, c.StallRate},
		{faultReset, c.ResetRate},
		{faultTruncate, c.TruncateRate},
		{faultEmpty, c.EmptyRate},
	} {
		if u < f.rate {
			return f.kind
		}
		u -= f.rate
	}
	return faultNone
}

// scriptFor decides the answer to r, whose output may be room tokens long.
func (c *Config) scriptFor(r request, hash uint64, f fault, room int) script {
	rng := c.randFor(hash, streamLength)
	s := script{fault: f}
	s.tokens, s.finish = c.outputFor(r, rng, room)
	if r.chat {
		s.reasoning = min(s.tokens, max(c.ReasoningTokens, int(math.Round(c.ReasoningShare*float64(s.tokens)))))
	}
	// A fault strikes after at least one token and, where there are two, before
	// the last.
	at := 1
	if s.tokens > 1 {
		at += rng.IntN(s.tokens - 1)
	}
	switch f {
	case faultAudit, faultInBand, faultReset, faultTruncate:
		s.tokens, s.finish = at, finishAbort
	case faultStall:
		if at == s.tokens { // one token: no room for a pause
			s.fault = faultNone
			break
		}
		s.stallAfter, s.stall = at, time.Duration(c.Stall)
	case faultEmpty:
		// The engine spends one token: the end-of-text that nobody sees.
		s.tokens, s.finish = 0, finishStop
	}
	s.reasoning = min(s.reasoning, s.tokens)
	s.produce = max(1, s.tokens)
	return s
}

// outputFor is the length of an answer and why it ends there.
func (c *Config) outputFor(r request, rng *rand.Rand, room int) (int, string) {
	early, natural := rng.Float64(), c.naturalLength(rng)
	switch {
	case r.limit == 0 && !r.ignoreEOS && natural <= room:
		return natural, finishStop
	case r.limit == 0:
		return min(c.OutputTokens, room), finishLength
	case !r.ignoreEOS && early < c.EarlyStopRate && r.limit > 1:
		return 1 + rng.IntN(r.limit-1), finishStop
	default:
		return r.limit, finishLength
	}
}

// naturalLength draws from a log-normal distribution with mean OutputTokens
// and relative standard deviation OutputSpread: sigma² = ln(1 + spread²),
// mu = ln(mean) - sigma²/2. It is cut to [1, 4 × mean].
func (c *Config) naturalLength(rng *rand.Rand) int {
	mean := float64(c.OutputTokens)
	variance := math.Log1p(c.OutputSpread * c.OutputSpread)
	n := math.Exp(math.Log(mean) - variance/2 + math.Sqrt(variance)*rng.NormFloat64())
	return int(math.Round(max(1, min(n, 4*mean))))
}

// withinRun is what identifies a request in its run: the part of its id after the
// last slash. Clients put what makes a run unique before it, and the same
// request then fares the same in every run.
func withinRun(id string) string { return id[strings.LastIndexByte(id, '/')+1:] }

// hashID is FNV-1a of a request's identity, mixed, since FNV's high bits are
// poor on short strings.
func hashID(id string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(id) {
		h = (h ^ uint64(id[i])) * 1099511628211
	}
	return mix(h)
}

// mix is the finalizer of SplitMix64.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
