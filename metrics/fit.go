package metrics

import (
	"fmt"
	"math"
	"slices"

	"loadgate/engine"
	"loadgate/internal/llm"
	"loadgate/internal/result"
	"loadgate/internal/stat"
	"loadgate/scenario"
)

// fit gathers what was asked of measured requests and what became of them.
type fit struct {
	open           bool
	due, sent      []int64 // stamps of first turns, where arrivals are asked for
	late           []float64
	think, waited  []float64 // of later turns, ms
	input, prompts []float64 // tokens, as the dataset and as the server counts them
	output, answer []float64
	reuse          [2]reuse // of the requests whose cached tokens are not known, and of the others
	drawn          drawn
	media          [3][]float64 // images, audios and videos of each request that carries some
	requests       int
	load           *scenario.Load
	asks           map[string]int // sessions by the model that they ask for
	hashes         map[string]struct{}
	duplicates     int
}

func newFit(in Input) *fit {
	l := in.Load
	return &fit{open: l.OpenLoopOrigin() && !l.Unlimited(), load: l, drawn: drawn{configured: in.Configured}, asks: map[string]int{}, hashes: map[string]struct{}{}}
}

// add takes a measured sample.
func (f *fit) add(s *engine.Sample) {
	ms := func(from, to int64) float64 { return float64(to-from) / nsPerMS }
	if f.open {
		f.late = append(f.late, ms(s.Sched, s.Start))
		if s.Turn <= 1 {
			f.due, f.sent = append(f.due, s.Sched), append(f.sent, s.Start)
		}
	}
	if s.Turn > 1 {
		f.think = append(f.think, ms(0, s.Think))
		f.waited = append(f.waited, ms(s.Sched-s.Think, s.Start))
	}
	if s.Turn <= 1 {
		f.asks[s.Model]++
	}
	if s.PromptHash != "" {
		if _, again := f.hashes[s.PromptHash]; again {
			f.duplicates++
		}
		f.hashes[s.PromptHash] = struct{}{}
	}
	f.drawn.add(s)
	f.carried(s.Media)
	if s.Outcome == llm.Completed && s.Usage != nil {
		f.tokens(s)
	}
}

func (f *fit) tokens(s *engine.Sample) {
	u := s.Usage
	if s.PromptKnown > 0 && u.Input >= 0 {
		f.input, f.prompts = append(f.input, float64(s.PromptKnown)), append(f.prompts, float64(u.Input))
	}
	if s.Asked > 0 && u.Output >= 0 {
		f.output, f.answer = append(f.output, float64(s.Asked)), append(f.answer, float64(u.Output))
	}
	if u.Input >= 0 {
		r := &f.reuse[0]
		if u.Cached >= 0 {
			r = &f.reuse[1]
			r.cached += u.Cached
		}
		r.shared += min(s.Shared, u.Input)
		r.input += u.Input
	}
}

// carried counts what a request carries beside its text.
func (f *fit) carried(m *llm.MediaCounts) {
	f.requests++
	if m == nil {
		return
	}
	for i, n := range []int{m.Images, m.Audios, m.Videos} {
		if n > 0 {
			f.media[i] = append(f.media[i], float64(n))
		}
	}
}

// carriedBy is how many media of a kind the requests carried; nil: none did any.
func (f *fit) carriedBy(counts []float64) *result.Spread {
	if len(counts) == 0 {
		return nil
	}
	return spreadOf(append(make([]float64, f.requests-len(counts)), counts...))
}

// reuse are sums over requests: their input tokens, of them those at the beginning
// that earlier requests had, and those that the server took from its cache.
type reuse struct{ input, shared, cached int }

// prefixes sets what could be reused beside what was. Some servers leave the number
// out where it is 0, or always: only requests of which both are known compare.
func (f *fit) prefixes() (asked, sent *result.Spread) {
	if all := f.reuse[0].shared + f.reuse[1].shared; all == 0 {
		return nil, nil
	}
	if told := f.reuse[1]; told.input > 0 {
		return shareOf(told.shared, told.input), shareOf(told.cached, told.input)
	}
	return shareOf(f.reuse[0].shared, f.reuse[0].input), nil
}

// result sums up; nil where nothing can be compared.
func (f *fit) result() *result.Fit {
	out := &result.Fit{Duplicates: f.duplicates}
	line := func(name, unit string, asked, sent *result.Spread) {
		if asked != nil || sent != nil {
			out.Lines = append(out.Lines, result.FitLine{Name: name, Unit: unit, Asked: asked, Sent: sent})
		}
	}
	var otherwise []string
	out.Lines, otherwise = f.drawnLines()
	line("arrival_gap", "ms", spreadOf(gapsOf(f.due)), spreadOf(gapsOf(f.sent)))
	line("send_lateness", "ms", nil, spreadOf(f.late))
	line("think_time", "ms", spreadOf(f.think), spreadOf(f.waited))
	line("input_tokens", "tokens", spreadOf(f.input), spreadOf(f.prompts))
	line("output_tokens", "tokens", spreadOf(f.output), spreadOf(f.answer))
	shared, cached := f.prefixes()
	line("prefix_share", "ratio", shared, cached)
	for i, name := range []string{"images", "audios", "videos"} {
		line(name, name, nil, f.carriedBy(f.media[i]))
	}
	out.Lines = append(out.Lines, f.modelShares()...)
	if len(out.Lines) == 0 {
		return nil
	}
	out.Misfits = append(otherwise, misfits(out)...)
	return out
}

// modelShares sets the share of sessions that each model was to have beside the
// one that it had.
func (f *fit) modelShares() (lines []result.FitLine) {
	weights, sessions := 0.0, 0
	for _, m := range f.load.Models {
		weights += m.Weight
		sessions += f.asks[m.Name]
	}
	if sessions == 0 || weights == 0 {
		return nil
	}
	for _, m := range f.load.Models {
		asked := shareOf(1, 1)
		asked.N, asked.Avg = sessions, result.Number(m.Weight/weights)
		lines = append(lines, result.FitLine{Name: "model_share", Of: m.Name, Unit: "ratio", Asked: asked, Sent: shareOf(f.asks[m.Name], sessions)})
	}
	return lines
}

// shareMisfit is how many standard deviations of a fair draw a share may be off.
const shareMisfit = 4

// shareMisfits words models that have another share of the sessions than drawing
// them by weight explains.
func shareMisfits(f *result.Fit) (out []string) {
	for _, l := range f.Lines {
		if l.Name != "model_share" {
			continue
		}
		p, got, n := float64(l.Asked.Avg), float64(l.Sent.Avg), float64(l.Sent.N)
		if math.Abs(got-p) > shareMisfit*math.Sqrt(p*(1-p)/n) && math.Abs(got-p)*n >= 1 {
			out = append(out, fmt.Sprintf("model %s has %.3g %% of the sessions, %.3g %% were asked for", l.Of, 100*got, 100*p))
		}
	}
	return out
}

// lengthMisfit is the share by which a mean length may be off, beside a token.
const lengthMisfit = 0.01

// misfits words lengths that are not what was asked for, and duplicates.
func misfits(f *result.Fit) []string {
	var out []string
	off := func(l *result.FitLine) bool {
		d := math.Abs(float64(l.Sent.Avg - l.Asked.Avg))
		return d >= 1 && d > lengthMisfit*float64(l.Asked.Avg)
	}
	if l := f.Line("input_tokens"); l != nil && off(l) {
		out = append(out, fmt.Sprintf("the server counts %.4g input tokens a request, prompts have %.4g: a chat template adds some, or the tokenizer is another", float64(l.Sent.Avg), float64(l.Asked.Avg)))
	}
	if l := f.Line("output_tokens"); l != nil && off(l) {
		out = append(out, fmt.Sprintf("answers have %.4g tokens on average, %.4g were asked for", float64(l.Sent.Avg), float64(l.Asked.Avg)))
	}
	out = append(out, shareMisfits(f)...)
	if f.Duplicates > 0 {
		out = append(out, fmt.Sprintf("%d requests have the body of an earlier one: a prefix cache may answer them", f.Duplicates))
	}
	return out
}

// gapsOf are the times between neighbours among stamps, ms.
func gapsOf(stamps []int64) []float64 {
	slices.Sort(stamps)
	var out []float64
	for i := 1; i < len(stamps); i++ {
		out = append(out, float64(stamps[i]-stamps[i-1])/nsPerMS)
	}
	return out
}

// spreadOf sorts values and sums them up; nil without any.
func spreadOf(values []float64) *result.Spread {
	if len(values) == 0 {
		return nil
	}
	slices.Sort(values)
	at := func(q float64) result.Number { return result.Number(stat.Quantile(values, q)) }
	return &result.Spread{
		N: len(values), Avg: result.Number(meanOf(values)), CV: result.Number(variationOf(values)),
		P50: at(0.5), P90: at(0.9), P95: at(0.95), P99: at(0.99), Max: result.Number(values[len(values)-1]),
	}
}

// meanOf is the mean of values, of which there must be some.
func meanOf(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// variationOf is the standard deviation over the mean; NaN of fewer than two values,
// and where the mean is 0.
func variationOf(values []float64) float64 {
	mean, squares := meanOf(values), 0.0
	for _, v := range values {
		squares += (v - mean) * (v - mean)
	}
	return orNaN(math.Sqrt(squares/float64(len(values)-1))/mean, len(values) > 1 && mean != 0)
}

// shareOf is a share of tokens; nil of none.
func shareOf(part, whole int) *result.Spread {
	if whole == 0 {
		return nil
	}
	none := result.None()
	return &result.Spread{N: whole, Avg: result.Number(float64(part) / float64(whole)), CV: none, P50: none, P90: none, P95: none, P99: none, Max: none}
}
