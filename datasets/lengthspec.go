package datasets

import (
	"fmt"
	"math"

	"loadgate/internal/diag"
	"loadgate/internal/schedule"
	"loadgate/internal/yamlpos"
)

// lengthSpec is a length as a section has it: a number, or a mapping of one of
// uniform, normal, lognormal and mix. It is nil where nothing could be read.
type lengthSpec struct {
	length
	plain bool // a number
}

// UnmarshalNode implements yamlpos.Unmarshaler.
func (l *lengthSpec) UnmarshalNode(n *yamlpos.Node) diag.List {
	r := lengthReader{}
	l.length = r.read(n)
	_, l.plain = l.length.(even)
	return r.list
}

// lengthReader reads lengths and collects mistakes.
type lengthReader struct{ list diag.List }

const lengthForms = "a whole number from 1 to 10000000, or one of {uniform: …}, {normal: …}, {lognormal: …}, {mix: […]}"

func (r *lengthReader) fail(n *yamlpos.Node, hint, format string, args ...any) length {
	r.list.Errorf(n.Pos, max(1, n.Width), hint, format, args...)
	return nil
}

func (r *lengthReader) read(n *yamlpos.Node) length {
	if n.Kind != yamlpos.Map {
		if x, ok := n.Retype().Value.(int64); ok && x >= 1 && x <= maxTokens {
			return even{middle: int(x)}
		}
		return r.fail(n, "", "a length is %s", lengthForms)
	}
	if len(n.Entries) != 1 {
		return r.fail(n, "", "a length is %s", lengthForms)
	}
	e := n.Entries[0]
	switch e.Key {
	case "uniform":
		return r.uniform(e.Value)
	case "normal":
		return r.normal(e.Value)
	case "lognormal":
		return r.lognormal(e.Value)
	case "mix":
		return r.mix(e.Value)
	}
	r.list.Errorf(e.KeyPos, len([]rune(e.Key)), diag.DidYouMean(e.Key, []string{"uniform", "normal", "lognormal", "mix"}), "unknown distribution %q", e.Key)
	return nil
}

// numbers decodes a mapping of numbers.
func (r *lengthReader) numbers(n *yamlpos.Node, into any) bool {
	list := yamlpos.Decode(n, into)
	r.list = append(r.list, list...)
	return !list.HasErrors()
}

// bounds are the least and the greatest length.
type bounds struct {
	Min int `yaml:"min"`
	Max int `yaml:"max"`
}

func (r *lengthReader) check(n *yamlpos.Node, b bounds) bool {
	switch {
	case b.Min < 1 || b.Min > maxTokens || b.Max < 1 || b.Max > maxTokens:
		r.fail(n, "", "min and max are whole numbers from 1 to %d", maxTokens)
	case b.Min > b.Max:
		r.fail(n, "", "min is %d, above max, which is %d", b.Min, b.Max)
	default:
		return true
	}
	return false
}

func (r *lengthReader) uniform(n *yamlpos.Node) length {
	var c bounds
	if !r.numbers(n, &c) || !r.check(n, c) {
		return nil
	}
	return uniform{c.Min, c.Max}
}

func (r *lengthReader) normal(n *yamlpos.Node) length {
	c := struct {
		bounds
		Mean   float64 `yaml:"mean"`
		StdDev float64 `yaml:"stddev"`
	}{bounds: bounds{1, maxTokens}}
	switch {
	case !r.numbers(n, &c) || !r.check(n, c.bounds):
		return nil
	case !(c.Mean >= 1 && c.Mean <= maxTokens):
		return r.fail(n, "write {normal: {mean: 1024, stddev: 256}}", "normal needs a mean from 1 to %d", maxTokens)
	case !(c.StdDev >= 0 && c.StdDev <= maxTokens):
		return r.fail(n, "write {normal: {mean: 1024, stddev: 256}}", "normal needs a stddev from 0 to %d", maxTokens)
	}
	return r.within(n, bell{mu: c.Mean, sigma: c.StdDev, low: c.Min, high: c.Max})
}

// z95 is the standard normal distribution's 95th percentile.
const z95 = 1.6448536269514722

func (r *lengthReader) lognormal(n *yamlpos.Node) length {
	c := struct {
		bounds
		Median float64 `yaml:"median"`
		Mean   float64 `yaml:"mean"`
		Sigma  float64 `yaml:"sigma"`
		P95    float64 `yaml:"p95"`
	}{bounds: bounds{1, maxTokens}}
	const hint = "write {lognormal: {median: 500, p95: 3000}}, or with mean in place of median, or sigma (of the logarithm) in place of p95"
	if !r.numbers(n, &c) || !r.check(n, c.bounds) {
		return nil
	}
	has := func(key string) bool { return n.Get(key) != nil }
	middle := max(c.Median, c.Mean)
	switch {
	case has("median") == has("mean") || has("sigma") == has("p95"):
		return r.fail(n, hint, "lognormal needs one of median and mean, and one of sigma and p95")
	case !(middle >= 1 && middle <= maxTokens):
		return r.fail(n, hint, "the median or mean is a number from 1 to %d", maxTokens)
	case has("sigma") && !(c.Sigma >= 0 && c.Sigma <= 10):
		return r.fail(n, hint, "sigma is a number from 0 to 10")
	case has("p95") && !(c.P95 >= middle && c.P95 <= maxTokens):
		return r.fail(n, hint, "p95 is a number from the median or mean to %d", maxTokens)
	}
	b := bell{log: true, mu: math.Log(middle), sigma: c.Sigma, low: c.Min, high: c.Max}
	if has("p95") {
		ratio := math.Log(c.P95 / middle)
		b.sigma = ratio / z95
		if has("mean") { // ln p95 = ln mean - σ²/2 + z·σ, of which the smaller σ is meant
			under := z95*z95 - 2*ratio
			if under < 0 {
				return r.fail(n, "", "no lognormal distribution has a p95 of more than %.4g times its mean", math.Exp(z95*z95/2))
			}
			b.sigma = z95 - math.Sqrt(under)
		}
	}
	if has("mean") {
		b.mu -= b.sigma * b.sigma / 2
	}
	return r.within(n, b)
}

// within refuses a distribution of which next to nothing lies within its bounds.
func (r *lengthReader) within(n *yamlpos.Node, b bell) length {
	if share := b.below(float64(b.high)+0.5) - b.below(float64(b.low)-0.5); share < 0.001 {
		return r.fail(n, "", "less than 0.1%% of this distribution lies between %d and %d", b.low, b.high)
	}
	return b
}

func (r *lengthReader) mix(n *yamlpos.Node) length {
	if n.Kind != yamlpos.List || len(n.Items) == 0 {
		return r.fail(n, "write {mix: [{weight: 70, tokens: 128}, {weight: 30, tokens: 4096}]}", "mix is a list of lengths with weights")
	}
	var m mixture
	weights := make([]float64, len(n.Items))
	for i, item := range n.Items {
		c := struct {
			Weight float64    `yaml:"weight"`
			Tokens lengthSpec `yaml:"tokens"`
		}{}
		r.numbers(item, &c)
		weights[i] = r.weight(item, c.Weight)
		if item.Get("tokens") == nil {
			r.fail(item, fmt.Sprintf("add tokens: %s", "128"), "a part of a mix needs tokens")
		}
		m.parts = append(m.parts, c.Tokens.length)
	}
	if r.list.HasErrors() {
		return nil
	}
	m.choice = schedule.NewChoice(weights)
	return m
}

// weight checks the weight of a part.
func (r *lengthReader) weight(part *yamlpos.Node, w float64) float64 {
	if !(w > 0 && w <= 1e9) {
		at := part.Get("weight")
		if at == nil {
			at = part
		}
		r.fail(at, "weights are relative: 70 and 30, or 0.7 and 0.3", "a part needs a weight above 0")
	}
	return w
}
