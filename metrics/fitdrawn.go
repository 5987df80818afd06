package metrics

import (
	"fmt"
	"math"
	"slices"
	"sort"

	"loadgate/engine"
	"loadgate/internal/llm"
	"loadgate/internal/result"
	"loadgate/internal/stat"
	"loadgate/scenario"
)

// Configured is what a scenario says of a load beyond its Load: from which
// distributions lengths are drawn. nil = it does not say.
type Configured struct{ Input, Output *llm.Lengths }

// falseAlarm bounds how often a line of fair draws is taken for a misfit. Each of
// the three statistics that are looked at has a third of it. The bounds hold for
// every n: those of a mean by Bernstein or Chernoff, those of a quantile because the
// number of draws that are not above it is binomial.
const falseAlarm = 1e-4

// drawn gathers what was drawn, of all requests however they ended: what became of
// them may hang together with their length.
type drawn struct {
	configured Configured
	input      []float64 // of first turns: later ones carry what was said
	output     []float64
}

func (d *drawn) add(s *engine.Sample) {
	if d.configured.Input != nil && s.Turn <= 1 && s.PromptKnown > 0 {
		d.input = append(d.input, float64(s.PromptKnown))
	}
	if d.configured.Output != nil && s.Asked > 0 {
		d.output = append(d.output, float64(s.Asked))
	}
}

// drawnLines set what is configured beside what was drawn.
func (f *fit) drawnLines() (lines []result.FitLine, misfits []string) {
	for _, of := range []struct {
		name, what string
		law        *llm.Lengths
		values     []float64
	}{
		{"drawn_input_tokens", "prompts", f.drawn.configured.Input, f.drawn.input},
		{"drawn_output_tokens", "answers asked for", f.drawn.configured.Output, f.drawn.output},
	} {
		if of.law == nil || len(of.values) == 0 {
			continue
		}
		line := result.FitLine{Name: of.name, Unit: "tokens", Text: of.law.Text, Asked: lawSpread(of.law), Sent: spreadOf(of.values)}
		lines = append(lines, line)
		if how := lengthsOff(of.law, of.values); how != "" {
			misfits = append(misfits, fmt.Sprintf("%d %s are drawn otherwise than configured (%s): %s, and sampling does not explain it", len(of.values), of.what, of.law.Text, how))
		}
	}
	if line, how := gapLine(f.load, gapsOf(f.due)); line != nil {
		lines = append(lines, *line)
		if how != "" {
			misfits = append(misfits, fmt.Sprintf("%d gaps between arrivals are otherwise than configured (%s): %s, and sampling does not explain it", line.Sent.N, line.Text, how))
		}
	}
	return lines, misfits
}

// lawSpread is a distribution as a spread of no values.
func lawSpread(l *llm.Lengths) *result.Spread {
	out := &result.Spread{Avg: result.Number(l.Avg), CV: result.Number(l.Stddev / l.Avg), Max: result.Number(l.Max)}
	for i, at := range []*result.Number{&out.P50, &out.P90, &out.P95, &out.P99} {
		*at = result.Number(l.Quantiles[i].Tokens)
	}
	return out
}

// lengthsOff says in words what of sorted draws does not fit their law; "" if all does.
func lengthsOff(l *llm.Lengths, values []float64) string {
	n := len(values)
	reach := max(l.Avg-float64(l.Min), float64(l.Max)-l.Avg)
	off := stat.MeanOff(n, l.Stddev, reach, falseAlarm/3) + 1e-6*l.Avg // of summing up
	if avg := meanOf(values); math.Abs(avg-l.Avg) > off {
		return fmt.Sprintf("they average %.4g, not %.4g ± %.2g", avg, l.Avg, off)
	}
	for _, q := range l.Quantiles {
		if q.Q != 0.5 && q.Q != 0.95 {
			continue
		}
		if how := quantileOff(values, float64(q.Tokens), q.Share); how != "" {
			return how
		}
	}
	return ""
}

// quantileOff says whether another share of sorted draws than that one is not above x.
func quantileOff(values []float64, x, share float64) string {
	k := sort.Search(len(values), func(i int) bool { return values[i] > x })
	low, high := stat.Binomial(k, len(values), 1-falseAlarm/3)
	const slack = 1e-9 // of sums of weights
	if share < low-slack || share > high+slack {
		return fmt.Sprintf("%.3g%% are at most %.4g, not %.3g%%", 100*float64(k)/float64(len(values)), x, 100*share)
	}
	return ""
}

// gapLine compares the gaps between arrivals, sorted, with the process that the load
// names. nil: it names none, or there are none.
func gapLine(l *scenario.Load, gaps []float64) (line *result.FitLine, misfit string) {
	if l.Rate <= 0 || l.Unlimited() || l.Replay != nil || len(gaps) == 0 {
		return nil, ""
	}
	slices.Sort(gaps)
	mean, shape := 1000/l.Rate, 1.0
	line = &result.FitLine{Name: "drawn_arrival_gap", Unit: "ms", Text: fmt.Sprintf("poisson at %.4g/s", l.Rate), Sent: spreadOf(gaps)}
	switch l.Arrivals.Process {
	case "constant":
		line.Text = fmt.Sprintf("constant at %.4g/s", l.Rate)
		of := result.Number(mean)
		line.Asked = &result.Spread{Avg: of, P50: of, P90: of, P95: of, P99: of, Max: of}
		for _, at := range []float64{gaps[0], gaps[len(gaps)-1]} {
			if math.Abs(at-mean) > coarse {
				return line, fmt.Sprintf("one is %.4g ms, not %.4g ms", at, mean)
			}
		}
		return line, ""
	case "gamma":
		shape = l.Arrivals.Burstiness
		line.Text = fmt.Sprintf("gamma of burstiness %.3g at %.4g/s", shape, l.Rate)
	}
	at := func(q float64) result.Number { return result.Number(mean * stat.GammaQuantile(q, shape)) }
	line.Asked = &result.Spread{
		Avg: result.Number(mean), CV: result.Number(1 / math.Sqrt(shape)),
		P50: at(0.5), P90: at(0.9), P95: at(0.95), P99: at(0.99), Max: result.None(),
	}
	return line, gapsOff(gaps, mean, shape)
}

// tick is the step of offsets, and coarse a time in which there are so many that
// rounding to them does not matter; ms.
const tick, coarse = 1e-6, 1e-4

// gapsOff says in words what of sorted gaps does not fit gamma arrivals; "" if all does.
func gapsOff(gaps []float64, mean, shape float64) string {
	if mean/math.Sqrt(shape) < coarse {
		return "" // they differ by less than offsets can say
	}
	avg := meanOf(gaps)
	if stat.GammaMeanOff(max(avg, tick)/mean, len(gaps), shape, falseAlarm/3) {
		return fmt.Sprintf("they average %.4g ms, not %.4g ms", avg, mean)
	}
	for _, q := range []float64{0.5, 0.95} {
		x := mean * stat.GammaQuantile(q, shape)
		if x < coarse {
			continue
		}
		if how := quantileOff(gaps, x, q); how != "" {
			return how
		}
	}
	return ""
}
