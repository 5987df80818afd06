package datasets

import (
	"fmt"
	"math"
	"sort"
	"strings"

	"loadgate/internal/llm"
	"loadgate/internal/schedule"
)

// lawOf describes a distribution of lengths.
func lawOf(l length) *llm.Lengths {
	low, high := l.bounds()
	out := &llm.Lengths{Text: l.String(), Min: low, Max: high}
	out.Avg, out.Stddev = momentsOf(l)
	for _, q := range []float64{0.5, 0.9, 0.95, 0.99} {
		at := quantileOf(l, q)
		out.Quantiles = append(out.Quantiles, llm.LengthQuantile{Q: q, Tokens: at, Share: l.upTo(at)})
	}
	return out
}

// quantileOf is the smallest length that a share of at least q does not exceed.
func quantileOf(l length, q float64) int {
	const slack = 1e-12 // sums of weights
	low, high := l.bounds()
	return low + sort.Search(high-low, func(i int) bool { return l.upTo(low+i) >= q-slack })
}

// momentsOf gives mean and standard deviation, by halving the range until a part is
// one length, or has so little of the whole that it does not matter where in it that
// lies: then its lengths are taken to be alike.
func momentsOf(l length) (mean, stddev float64) {
	low, high := l.bounds()
	fine := 2e-5 * float64(1+quantileOf(l, 0.75)-quantileOf(l, 0.25))
	middle := float64(quantileOf(l, 0.5)) // squares count from here, so that they do not cancel out
	var sum, squares float64
	var add func(from, to int, below, upTo float64) // of lengths above from, up to to
	add = func(from, to int, below, upTo float64) {
		share, width := upTo-below, float64(to-from)
		switch {
		case share <= 0:
		case to-from > 1 && share*width > fine:
			half := from + (to-from)/2
			at := l.upTo(half)
			add(from, half, below, at)
			add(half, to, at, upTo)
		default:
			center := (float64(from)+1+float64(to))/2 - middle
			sum += share * center
			squares += share * (center*center + (width*width-1)/12)
		}
	}
	add(low-1, high, 0, 1)
	return middle + sum, math.Sqrt(max(0, squares-sum*sum))
}

func (e even) bounds() (low, high int) {
	spread := spreadAround(e.middle, e.ratio)
	return e.middle - spread, e.middle + spread
}

func (e even) upTo(x int) float64 {
	low, high := e.bounds()
	return uniform{low, high}.upTo(x)
}

// String says 1024, or 820 to 1228.
func (e even) String() string {
	low, high := e.bounds()
	return uniform{low, high}.String()
}

func (u uniform) bounds() (low, high int) { return u.low, u.high }

func (u uniform) upTo(x int) float64 {
	return min(1, max(0, float64(x-u.low+1))/float64(u.high-u.low+1))
}

// String says uniform, 100 to 500.
func (u uniform) String() string {
	if u.low == u.high {
		return fmt.Sprint(u.low)
	}
	return fmt.Sprintf("uniform, %d to %d", u.low, u.high)
}

func (b bell) bounds() (low, high int) { return b.low, b.high }

func (b bell) upTo(x int) float64 {
	switch {
	case x < b.low:
		return 0
	case x >= b.high:
		return 1
	case b.sigma == 0:
		if x < b.at(0.5) {
			return 0
		}
		return 1
	}
	from, to := b.below(float64(b.low)-0.5), b.below(float64(b.high)+0.5)
	return (b.below(float64(x)+0.5) - from) / (to - from)
}

// String names the distribution before it is cut, the bounds that were given, and
// how much of it they cut off.
func (b bell) String() string {
	s := fmt.Sprintf("normal (mean %.4g, stddev %.4g)", b.mu, b.sigma)
	if b.log {
		s = fmt.Sprintf("lognormal (median %.4g, sigma %.3g)", math.Exp(b.mu), b.sigma)
	}
	switch {
	case b.low > 1 && b.high < maxTokens:
		s += fmt.Sprintf(", %d to %d", b.low, b.high)
	case b.low > 1:
		s += fmt.Sprintf(", from %d", b.low)
	case b.high < maxTokens:
		s += fmt.Sprintf(", up to %d", b.high)
	}
	outside := 1 - (b.below(float64(b.high)+0.5) - b.below(float64(b.low)-0.5))
	if outside >= 0.0005 {
		s += fmt.Sprintf(": the %.2g%% of it that lie outside are drawn again", 100*outside)
	}
	return s
}

func (m mixture) bounds() (low, high int) {
	low, high = m.parts[0].bounds()
	for _, p := range m.parts[1:] {
		l, h := p.bounds()
		low, high = min(low, l), max(high, h)
	}
	return low, high
}

func (m mixture) upTo(x int) float64 {
	sum := 0.0
	for i, p := range m.parts {
		sum += m.choice.Share(i) * p.upTo(x)
	}
	return min(1, sum)
}

// String says 70% 128; 30% uniform, 2000 to 6000.
func (m mixture) String() string {
	const most = 4
	var parts []string
	for i, p := range m.parts {
		if i == most {
			parts = append(parts, fmt.Sprintf("and %d more", len(m.parts)-most))
			break
		}
		text := p.String()
		if _, inner := p.(mixture); inner {
			text = "(" + text + ")"
		}
		parts = append(parts, fmt.Sprintf("%.3g%% %s", 100*m.choice.Share(i), text))
	}
	return strings.Join(parts, "; ")
}

// raised is what becomes of lengths: none is below floor, and add is added to each.
type raised struct {
	length
	floor, add int
}

func (r raised) bounds() (low, high int) {
	low, high = r.length.bounds()
	return max(low, r.floor) + r.add, max(high, r.floor) + r.add
}

func (r raised) upTo(x int) float64 {
	if x -= r.add; x < r.floor {
		return 0
	}
	return r.length.upTo(x)
}

// String says what is added to what.
func (r raised) String() string {
	s := r.length.String()
	if low, _ := r.length.bounds(); low < r.floor {
		s += fmt.Sprintf("; at least %d, for what the server adds", r.floor)
	}
	if r.add > 0 {
		s += fmt.Sprintf("; and a prefix of %d", r.add)
	}
	return s
}

// either is the distribution of what is drawn from one of several lengths.
func either(choice schedule.Choice, parts []length) length {
	if len(parts) == 1 {
		return parts[0]
	}
	return mixture{choice, parts}
}

// Lengths implements llm.Configured.
func (r *random) Lengths() (input, output *llm.Lengths) {
	var in, out []length
	for _, s := range r.shapes {
		in, out = append(in, s.input), append(out, s.output)
	}
	return lawOf(raised{either(r.choice, in), r.overhead + 1, r.prefix.Tokens}), lawOf(either(r.choice, out))
}

// Lengths implements llm.Configured.
func (d *roundsOf) Lengths() (input, output *llm.Lengths) { return d.first.Lengths() }
