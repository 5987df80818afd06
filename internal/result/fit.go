package result

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
	Name  string  `json:"name"`         // arrival_gap | send_lateness | think_time | input_tokens | output_tokens | prefix_share | model_share
	Of    string  `json:"of,omitempty"` // which model
	Unit  string  `json:"unit"`
	Asked *Spread `json:"asked"` // null where nothing is asked for but to be small
	Sent  *Spread `json:"sent"`  // null where it is not known
}

// Spread sums up the values of a quantity; one that has no spread has n and avg.
type Spread struct {
	N   int    `json:"n"`
	Avg Number `json:"avg"`
	P50 Number `json:"p50"`
	P90 Number `json:"p90"`
	P99 Number `json:"p99"`
	Max Number `json:"max"`
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
