package llm

// Lengths is a distribution of lengths in tokens as a dataset's section configures
// it: of what is drawn, with all bounds and additions. JSON is how runs store it.
type Lengths struct {
	Text      string           `json:"text"` // as people write it: lognormal (median 500, sigma 1.09), 1 to 8000
	Avg       float64          `json:"avg"`
	Stddev    float64          `json:"stddev"`
	Min       int              `json:"min"`
	Max       int              `json:"max"`
	Quantiles []LengthQuantile `json:"quantiles"` // p50, p90, p95 and p99, in this order
}

// LengthQuantile is the smallest length that a share of at least Q does not exceed.
// Lengths are whole numbers, so that Share, the share that does not, may be larger.
type LengthQuantile struct {
	Q      float64 `json:"q"`
	Tokens int     `json:"tokens"`
	Share  float64 `json:"share"`
}

// Configured is a Dataset whose section says from which distributions the lengths of
// its first turns' prompts and of all answers are drawn. nil = it does not say.
type Configured interface {
	Lengths() (input, output *Lengths)
}
