package result

import "encoding/json"

// Fit compares the load that was asked for with the one that was sent, over the
// measured requests of a repeat.
type Fit struct {
	Lines []FitLine `json:"lines"` // of what was asked for and is known of what was sent
	// Duplicates is how many requests had a body that an earlier one had had.
	Duplicates int `json:"duplicates"`
	// Misfits say in words what is not as it was asked for; none: all is.
	Misfits []string `json:"misfits,omitempty"`
}

// FitLine is one quantity: how it was asked for, and how it came out.
type FitLine struct {
	// Name is one of drawn_input_tokens | drawn_output_tokens | drawn_arrival_gap,
	// where asked is a distribution as configured and sent is what was drawn from it,
	// and arrival_gap | send_lateness | think_time | input_tokens |
	// output_tokens | prefix_share | images | audios | videos | model_share.
	Name  string  `json:"name"`
	Of    string  `json:"of,omitempty"` // which model
	Unit  string  `json:"unit"`
	Asked *Spread `json:"asked"` // null where nothing is asked for but to be small
	Sent  *Spread `json:"sent"`  // null where it is not known
	// Text says what is configured: lognormal (median 500, sigma 1.09), up to 8000
	Text string `json:"text,omitempty"`
}

// Spread sums up the values of a quantity; one that has no spread has n and avg. Of a
// distribution as configured, n is 0, and max absent where there is none.
type Spread struct {
	N   int    `json:"n"`
	Avg Number `json:"avg"`
	P50 Number `json:"p50"`
	P90 Number `json:"p90"`
	P95 Number `json:"p95"`
	P99 Number `json:"p99"`
	Max Number `json:"max"`
	CV  Number `json:"cv"` // coefficient of variation: the standard deviation over avg
}

// UnmarshalJSON reads a spread. Results of earlier versions have neither p95 nor cv.
func (s *Spread) UnmarshalJSON(b []byte) error {
	type plain Spread
	p := plain{P95: None(), CV: None()}
	if err := json.Unmarshal(b, &p); err != nil {
		return err
	}
	*s = Spread(p)
	return nil
}

// Line finds a quantity; nil where it has none of that name.
func (f *Fit) Line(name string) *FitLine {
	if f == nil {
		return nil
	}
	for i := range f.Lines {
		if f.Lines[i].Name == name {
			return &f.Lines[i]
		}
	}
	return nil
}
