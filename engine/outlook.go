package engine

import "time"

// Outlook is the schedule of an open loop before it begins.
type Outlook struct {
	First    int             // the session that arrives first
	Arrivals []time.Duration // of sessions, from the beginning of the load; never decreasing
	Requests int             // of all of them; what a duration or a warm-up's end takes away is not known yet
}

// LookOut draws the schedule of a load; nil for a closed loop, which has none. Of
// cfg, Load, Dataset and the seeds count.
func LookOut(cfg Config) (*Outlook, error) {
	p, err := newPlan(&cfg)
	if p == nil || err != nil {
		return nil, err
	}
	return &Outlook{First: p.first, Arrivals: p.offsets, Requests: p.requests}, nil
}
