package compare

import (
	"fmt"
	"slices"
	"strings"

	"loadgate/internal/result"
)

// Planned is a cell that is going to be measured.
type Planned struct {
	Key, Title string
	Load       map[string]any
	Repeats    int
}

// Foresee says, before anything is sent, which gated metrics a comparison with
// the base could not judge by their margins, taking the noise for what it was in
// the base and its history. It returns sentences, one a metric, and is nil
// where everything can be seen.
func Foresee(base *Side, plan []Planned, policy Policy) []string {
	var tests []*foreseen
	for _, c := range plan {
		like := base.Like(c.Key, c.Title)
		if like == nil || like.Key != c.Key {
			continue
		}
		for _, name := range policy.names(&pair{base: like, head: &Cell{Load: c.Load}}) {
			if policy.gated(name, &Cell{Load: c.Load}) {
				tests = append(tests, newForeseen(name, like.Series[name], c.Repeats, &policy))
			}
		}
	}
	blind := map[string][]*foreseen{}
	var order []string
	for _, t := range tests {
		if t == nil || t.look(Alpha/float64(len(tests))) {
			continue
		}
		if blind[t.name] == nil {
			order = append(order, t.name)
		}
		blind[t.name] = append(blind[t.name], t)
	}
	var out []string
	for _, name := range order {
		out = append(out, sentence(blind[name]))
	}
	return out
}

// foreseen is a test that is going to be made.
type foreseen struct {
	test
	name    string
	repeats int
	needed  int
}

// newForeseen is nil where the base has nothing to tell.
func newForeseen(name string, base *Series, repeats int, policy *Policy) *foreseen {
	f := &foreseen{name: name, repeats: repeats}
	f.ratio, f.sign = isRatioOf(name), worse(betterOf(name))
	f.Asked = result.Number(policy.margin(name))
	y, why := sampleOf(base, f.ratio)
	if why != "" {
		return nil
	}
	// The head is taken to scatter as the base does.
	like := sample{within: y.within}
	for i := range repeats {
		like.y = append(like.y, y.y[i%len(y.y)])
	}
	f.est = unpaired(y, like, f.sign, base.History)
	return f
}

// look reports whether the margin will be seen.
func (f *foreseen) look(alpha float64) bool {
	if !f.est.known() {
		return false
	}
	asked := f.log(float64(f.Asked))
	f.Detectable = f.part(f.est.detectable(alpha))
	f.needed = f.est.needed(asked, alpha)
	return f.est.detectable(alpha) <= asked
}

// sentence tells of one metric in the cells that cannot see it: the worst of
// them.
func sentence(cells []*foreseen) string {
	worst := slices.MaxFunc(cells, func(a, b *foreseen) int {
		switch {
		case a.est.known() != b.est.known(), a.Detectable == b.Detectable:
			return 0
		case a.Detectable > b.Detectable:
			return 1
		}
		return -1
	})
	where := ""
	if len(cells) > 1 {
		where = fmt.Sprintf(" in %d cells", len(cells))
	}
	if !worst.est.known() {
		return worst.name + where + " (one repeat and no history: every comparison will be inconclusive)"
	}
	s := fmt.Sprintf("%s%s (margin %s, sees %s", worst.name, where, worst.amount(worst.Asked), worst.amount(worst.Detectable))
	switch {
	case worst.needed > 0:
		s += fmt.Sprintf("; takes %d repeats on both sides", worst.needed)
	default:
		s += "; whole runs differ by more"
	}
	return strings.TrimSpace(s) + ")"
}
