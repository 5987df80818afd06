package datasets

import (
	"math"
	"math/rand/v2"
	"time"

	"loadgate/internal/diag"
	"loadgate/internal/yamlpos"
)

// think is how long users think before a turn: 2s, or a distribution.
//
//	{uniform: {min: 1s, max: 5s}}
//	{exponential: {mean: 3s}}
//	{lognormal: {median: 4s, sigma: 0.8}}
type think struct {
	given bool
	form  string        // "" = the same every time
	a, b  time.Duration // min and max; mean; median; the time itself
	sigma float64
}

// maxThink bounds what a distribution draws.
const maxThink = 24 * time.Hour

// thinkForms are the parameters of the distributions.
type thinkForms struct {
	Uniform *struct {
		Min yamlpos.Duration `yaml:"min"`
		Max yamlpos.Duration `yaml:"max"`
	} `yaml:"uniform"`
	Exponential *struct {
		Mean yamlpos.Duration `yaml:"mean"`
	} `yaml:"exponential"`
	Lognormal *struct {
		Median yamlpos.Duration `yaml:"median"`
		Sigma  float64          `yaml:"sigma"`
	} `yaml:"lognormal"`
}

// UnmarshalNode reads either form.
func (t *think) UnmarshalNode(n *yamlpos.Node) diag.List {
	t.given = true
	if n.Kind != yamlpos.Map {
		var d yamlpos.Duration
		list := yamlpos.Decode(n, &d)
		t.a = d.D()
		return list
	}
	var f thinkForms
	list := yamlpos.Decode(n, &f)
	switch {
	case list.HasErrors():
	case len(n.Entries) != 1:
		list.Errorf(n.Pos, 1, "write 2s, or for example {uniform: {min: 1s, max: 5s}}", "think_time is a duration or one distribution")
	case f.Uniform != nil:
		t.form, t.a, t.b = "uniform", f.Uniform.Min.D(), f.Uniform.Max.D()
		if t.b < t.a {
			list.Errorf(n.Pos, 1, "", "think_time: min is %v, above max, which is %v", t.a, t.b)
		}
	case f.Exponential != nil:
		t.form, t.a = "exponential", f.Exponential.Mean.D()
	case f.Lognormal != nil:
		t.form, t.a, t.sigma = "lognormal", f.Lognormal.Median.D(), f.Lognormal.Sigma
		if !(t.sigma >= 0 && t.sigma <= 10) {
			list.Errorf(n.Pos, 1, "", "think_time: sigma is a number from 0 to 10")
		}
	}
	return list
}

// draw draws a time.
func (t think) draw(rng *rand.Rand) time.Duration {
	x := float64(t.a)
	switch t.form {
	case "uniform":
		x += fraction(rng) * float64(t.b-t.a)
	case "exponential":
		x *= -math.Log(fraction(rng))
	case "lognormal":
		x *= math.Exp(t.sigma * math.Sqrt2 * math.Erfinv(2*fraction(rng)-1))
	}
	return time.Duration(min(x, float64(maxThink))).Round(time.Microsecond)
}
