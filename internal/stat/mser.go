package stat

const (
	mserBatch = 5 // observations a batch: the 5 of MSER-5
	mserTail  = 5 // batches that must stay: fewer look quiet by chance
)

// MSER5 finds where the start-up phase of a series ends. It averages the
// series in batches of five and cuts where the rest has the smallest standard
// error of its mean:
//
//	argmin over d of  Σ_{j>d} (b_j - b̄_d)² / (m-d)²   m = number of batches
//
// series is in order of time. cut is the number of observations to drop, a
// multiple of five and 0 if there is no start-up phase. ok is false if the
// series is too short (under 50 observations) or the best cut lies in its
// second half: then it has not settled, and cut says only where it was least
// unsettled.
//
// Source: White (1997); the rule on the second half after Hoad, Robinson and
// Davies (2010).
func MSER5(series []float64) (cut int, ok bool) {
	batches := batchMeans(series, mserBatch)
	m := len(batches)
	if m < 2*mserTail {
		return 0, false
	}
	// From the end backwards, so that mean and sum of squares of each rest
	// follow from those of the one before it (Welford).
	var mean, squares, best float64
	at := -1
	for d := m - 1; d >= 0; d-- {
		n := float64(m - d)
		delta := batches[d] - mean
		mean += delta / n
		squares += delta * (batches[d] - mean)
		if m-d < mserTail {
			continue
		}
		if z := squares / (n * n); at < 0 || z <= best {
			best, at = z, d
		}
	}
	return at * mserBatch, at <= m/2
}

// batchMeans returns the means of successive batches of size values. Values
// at the end that fill no batch are left out.
func batchMeans(series []float64, size int) []float64 {
	means := make([]float64, 0, len(series)/size)
	for ; len(series) >= size; series = series[size:] {
		var sum float64
		for _, v := range series[:size] {
			sum += v
		}
		means = append(means, sum/float64(size))
	}
	return means
}
