package scenario

import "loadgate/internal/yamlpos"

// Compare is what the section `compare:` says. Names of statistics and findings
// are not checked here: metrics are known elsewhere.
type Compare struct {
	Baseline       string             `json:"baseline"`             // as written: relative to the scenario's file; "" with an axis
	Axis           string             `json:"axis,omitempty"`       // that the run is compared with itself on; "" with a baseline
	Base           string             `json:"base,omitempty"`       // the value of Axis that others are compared with, as text
	Interleave     bool               `json:"interleave,omitempty"` // repeats of the sides take turns
	IfMissing      string             `json:"if_missing"`
	Gate           []string           `json:"gate,omitempty"`    // empty: the default
	Margins        map[string]float64 `json:"margins,omitempty"` // 0.1 is 10 %
	Fail           []string           `json:"fail,omitempty"`    // empty: the default
	History        string             `json:"history,omitempty"` // as written
	AllowDifferent bool               `json:"allow_different,omitempty"`

	Node *yamlpos.Node `json:"-"` // the section; nil in a plan that was read back
}

// What to do where there is no baseline.
const (
	IfMissingWarn = "warn"
	IfMissingFail = "fail"
)

// compareOf reads the section, as far as it has no mistakes; nil without one.
func compareOf(n *yamlpos.Node) *Compare {
	if n == nil || n.Kind != yamlpos.Map || (textOf(n.Get("baseline")) == "") == (textOf(n.Get("axis")) == "") {
		return nil
	}
	c := &Compare{Baseline: textOf(n.Get("baseline")), Axis: textOf(n.Get("axis")), IfMissing: IfMissingWarn, History: textOf(n.Get("history")), Node: n}
	if m := textOf(n.Get("if_missing")); m != "" {
		c.IfMissing = m
	}
	if i := n.Get("interleave"); c.Axis != "" {
		c.Interleave = i == nil || i.Value != false
	}
	if a := n.Get("allow_different"); a != nil {
		c.AllowDifferent = a.Value == true
	}
	for _, it := range items(n.Get("gate")) {
		c.Gate = append(c.Gate, it.Text)
	}
	for _, it := range items(n.Get("fail")) {
		c.Fail = append(c.Fail, it.Text)
	}
	margins := n.Get("margins")
	if margins == nil {
		return c
	}
	for _, e := range margins.Entries {
		if m, ok := ratio(e.Value); ok && !free(e.Key) {
			if c.Margins == nil {
				c.Margins = map[string]float64{}
			}
			c.Margins[e.Key] = m
		}
	}
	return c
}
