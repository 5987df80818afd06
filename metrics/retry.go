package metrics

import (
	"strconv"

	"loadgate/internal/rule"
)

var retryAfter = Definition{
	Name: "retry_after", Unit: "ms", Dim: rule.Time, Scale: 1, Shape: ShapeRequest, Of: OfSent, Better: Lower,
	Text: "How long refused requests were told to wait before the next: `n` is how many were told at all. loadgate sends no request twice, and goes on " +
		"with its schedule.",
	Source:  "the answer's Retry-After",
	Aliases: []string{"backoff"},
	request: func(r *request) (float64, bool) {
		s, err := strconv.ParseFloat(r.s.Retry, 64)
		return 1000 * s, err == nil && s >= 0 && s < maxRetryAfter
	},
}

// maxRetryAfter is the longest wait in seconds that is believed: a year.
const maxRetryAfter = 366 * 24 * 3600
