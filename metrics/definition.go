package metrics

import (
	"slices"

	"loadgate/internal/result"
	"loadgate/internal/rule"
)

// Shape says what a metric is made of, and so which statistics it has.
type Shape int

// Shapes.
const (
	ShapeRequest Shape = iota // a distribution with one value a request
	ShapeGap                  // a distribution with many values a request, pooled
	ShapeLevel                // a level over time: avg and max
	ShapeScalar               // one value
	ShapeCount                // a number of requests, in result.Counts
	ShapeClasses              // numbers of requests by error class, in result.Counts
)

// Population says which requests a metric is taken over. Warm-up is in none.
type Population int

// Populations.
const (
	OfCompleted Population = iota // completed requests
	OfSent                        // all that were sent, however they ended
	OfEnded                       // completed ones, and failed ones as +Inf
)

// Better says which way a metric improves.
type Better int

// Directions.
const (
	Neither Better = iota
	Lower
	Higher
)

// Definition is one entry of the catalogue.
type Definition struct {
	Name string
	Unit string   // of the values in result.Metric
	Dim  rule.Dim // what the values measure
	// Scale brings a value from Unit to the base unit of Dim: 1000 for a time
	// in seconds, else 1.
	Scale  float64
	Shape  Shape
	Of     Population
	Better Better

	Text    string   // what it is, one or two sentences
	Formula string   // in the stamps of docs/metrics.md
	Source  string   // where the numbers come from; "" = stamps alone
	Also    string   // what other tools call it; "" = nothing of note
	Aliases []string // other spellings, for hints

	request  func(*request) (float64, bool) // of ShapeRequest
	gaps     func(*request) gapList         // of ShapeGap
	scalar   func(*tally) float64           // of ShapeScalar; NaN = there is none
	count    func(*result.Counts) int       // of ShapeCount
	adjusts  string                         // of OfEnded: the metric whose values it takes
	fallback string                         // of ShapeGap: the metric that stands in, with note
	note     string
}

// Catalogue lists every metric in the order of docs and reports.
func Catalogue() []Definition { return slices.Clone(registry) }

// Find returns the metric of that name.
func Find(name string) (Definition, bool) {
	if d := find(name); d != nil {
		return *d, true
	}
	return Definition{}, false
}

func find(name string) *Definition {
	for i := range registry {
		if registry[i].Name == name {
			return &registry[i]
		}
	}
	return nil
}

// IsDist reports whether the metric is a result.Dist.
func (d *Definition) IsDist() bool {
	return d.Shape == ShapeRequest || d.Shape == ShapeGap || d.Shape == ShapeLevel
}

// Stats lists the statistics that the metric has, nil for a single value.
func (d *Definition) Stats() []string {
	switch {
	case d.Shape == ShapeLevel:
		return []string{"avg", "max"}
	case !d.IsDist():
		return nil
	case d.Of == OfEnded:
		return slices.DeleteFunc(result.Stats(), func(s string) bool { return s == "stddev" })
	default:
		return result.Stats()
	}
}

// InCounts reports whether the values stand in result.Counts and not among a
// document's metrics: a cell holds the sum of counts over its repeats, and the
// median of metrics.
func (d *Definition) InCounts() bool { return d.Shape == ShapeCount || d.Shape == ShapeClasses }
