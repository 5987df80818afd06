package metrics

import (
	"loadgate/engine"
	"loadgate/scenario"
)

// Predicate is a condition on one request, such as share(ttft < 500ms) asks
// for. Match is called for completed requests: any other has not met it. get
// gives the request's own metrics in the base unit of their dimension (ms,
// tokens) and false for one that the request does not have.
type Predicate interface {
	Key() string // its source: names the share in result.Repeat
	Match(get func(metric string) (float64, bool)) bool
}

// PerRequest gives the metrics of one sample, by name: every metric of
// ShapeRequest, in ms or tokens. ok is false for one that the sample does not
// have. The tpot of an answer that came with its first event is 0: a limit on
// the time between tokens cannot be broken where there is none.
func PerRequest(s *engine.Sample, load *scenario.Load) func(metric string) (value float64, ok bool) {
	return newRequest(s, load).value
}

// Measured gives the metrics of one sample as the catalogue defines them: as
// PerRequest does, but for the tpot of an answer that came with its first event,
// which there is none of. A tpot of 0 is that of tokens with one stamp.
func Measured(s *engine.Sample, load *scenario.Load) func(metric string) (value float64, ok bool) {
	r := newRequest(s, load)
	return func(metric string) (float64, bool) {
		v, ok := r.value(metric)
		return v, ok && !(metric == tpot.Name && r.single())
	}
}

func (r *request) value(metric string) (float64, bool) {
	d := find(metric)
	if d != nil && d.adjusts != "" {
		d = find(d.adjusts)
	}
	if d == nil || d.request == nil {
		return 0, false
	}
	if v, ok := d.request(r); ok {
		return v * d.Scale, true
	}
	return 0, d.Name == tpot.Name && r.single()
}

// shareCount counts how many requests meet a predicate.
type shareCount struct {
	predicate Predicate
	good      int
	judged    int // completed requests that had every value asked for
}

// add judges one completed request.
func (s *shareCount) add(r *request) {
	complete := true
	met := s.predicate.Match(func(metric string) (float64, bool) {
		v, ok := r.value(metric)
		complete = complete && ok
		return v, ok
	})
	if met {
		s.good++
	}
	if complete {
		s.judged++
	}
}

// known is false where completed requests are there and none could be judged:
// then a share of 0 would be made up.
func (s *shareCount) known(completed int) bool {
	return s.predicate != nil && (completed == 0 || s.judged > 0)
}

func (in *Input) predicates() []Predicate {
	all := in.Shares
	if len(in.Goodput) > 0 {
		all = append([]Predicate{limits(in.Goodput)}, all...)
	}
	return all
}
