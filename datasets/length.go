package datasets

import (
	"math"
	"math/bits"
	"math/rand/v2"

	"loadgate/internal/schedule"
)

// length is a distribution of lengths in tokens, each from 1 to maxTokens. What of it
// is known without drawing stands in lengthlaw.go.
type length interface {
	draw(rng *rand.Rand) int
	bounds() (low, high int) // of what can be drawn
	upTo(x int) float64      // the share of lengths that are not above x
	String() string          // as people write it
}

// even is drawn evenly from [middle·(1-ratio), middle·(1+ratio)], ratio in [0, 1).
type even struct {
	middle int
	ratio  float64
}

func (e even) draw(rng *rand.Rand) int { return drawLength(rng, e.middle, e.ratio) }

// drawLength draws a whole number evenly from [mean·(1-ratio), mean·(1+ratio)],
// both ends included where they are whole; mean is at least 1, ratio in [0, 1).
// What is drawn is at least 1 and averages mean.
func drawLength(rng *rand.Rand, mean int, ratio float64) int {
	spread := spreadAround(mean, ratio)
	return between(rng, mean-spread, mean+spread)
}

// spreadAround is how far lengths lie at most from their mean.
func spreadAround(mean int, ratio float64) int {
	const slack = 1e-9 // 100 · 0.29 is 28.999…6
	return min(int(float64(mean)*ratio+slack), mean-1)
}

// between draws evenly from the whole numbers low to high.
func between(rng *rand.Rand, low, high int) int {
	offset, _ := bits.Mul64(rng.Uint64(), uint64(high-low+1))
	return low + int(offset)
}

// uniform is drawn evenly from the whole numbers low to high.
type uniform struct{ low, high int }

func (u uniform) draw(rng *rand.Rand) int { return between(rng, u.low, u.high) }

// bell is a normal distribution of the length, or of its natural logarithm,
// within low and high: what would lie outside is spread over what lies inside,
// as if it had been drawn again.
type bell struct {
	log       bool
	mu, sigma float64 // of the length, or of its logarithm
	low, high int
}

func (b bell) draw(rng *rand.Rand) int { return b.at(fraction(rng)) }

// at is the length below which the share u of lengths lies.
func (b bell) at(u float64) int {
	from, to := b.below(float64(b.low)-0.5), b.below(float64(b.high)+0.5)
	x := b.mu + b.sigma*math.Sqrt2*math.Erfinv(2*(from+u*(to-from))-1)
	if b.log {
		x = math.Exp(x)
	}
	if !(x > float64(b.low)) { // NaN too
		return b.low
	}
	return int(math.Round(min(x, float64(b.high))))
}

// below is the share of the whole distribution below x.
func (b bell) below(x float64) float64 {
	if b.log {
		x = math.Log(max(x, 1e-9))
	}
	if b.sigma == 0 {
		if x < b.mu {
			return 0
		}
		return 1
	}
	return (1 + math.Erf((x-b.mu)/b.sigma/math.Sqrt2)) / 2
}

// mixture draws from one of several, by weight.
type mixture struct {
	choice schedule.Choice
	parts  []length
}

func (m mixture) draw(rng *rand.Rand) int { return m.parts[m.choice.Of(fraction(rng))].draw(rng) }

// fraction draws a number in (0, 1].
func fraction(rng *rand.Rand) float64 { return schedule.Fraction(rng.Uint64()) }
