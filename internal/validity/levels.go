package validity

import "math"

// levels counts values by size, 256 steps to a doubling, so that the number of
// values from some size on is known to 0.4 % of the size, in little memory however
// many they are.
type levels struct{ counts []int }

const (
	levelBits   = 8                         // of the mantissa
	lowestLevel = (1023 - 20) << levelBits  // 2^-20 ms, a nanosecond: what is below is 0
	allLevels   = (20+32)<<levelBits + 1    // up to 2^32 ms
	levelShift  = 52 - levelBits            // to sign, exponent and those bits
	lowestValue = 1.0 / float64(int(1)<<20) //
)

func levelOf(v float64) int {
	if !(v >= lowestValue) {
		return 0
	}
	return min(int(math.Float64bits(v)>>levelShift)-lowestLevel+1, allLevels-1)
}

// from is the smallest value of a level.
func from(level int) float64 {
	if level <= 0 {
		return 0
	}
	return math.Float64frombits(uint64(level-1+lowestLevel) << levelShift)
}

// add counts a value n times.
func (l *levels) add(v float64, n int) {
	if l.counts == nil {
		l.counts = make([]int, allLevels)
	}
	l.counts[levelOf(v)] += n
}

// sums gives for each level the number of values in it and above.
func (l *levels) sums() []int {
	out := make([]int, allLevels)
	sum := 0
	for i := len(l.counts) - 1; i >= 0; i-- {
		sum += l.counts[i]
		out[i] = sum
	}
	return out
}
