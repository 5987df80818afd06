package rule

import "slices"

// Absence is a value that an evaluation needed and did not get. Text is what
// is missing as the source spells it ("ttft.p99"), or why a value is none
// ("failed / sent divides by zero").
type Absence struct {
	Text string
	Cell int // index into the cells of a run scope, else -1
}

// what is the type of a value while evaluating.
type what int

const (
	isMissing what = iota
	isNumber
	isTruth
	isText
	isList
	isCell
)

// value is what a node evaluates to. Any node may be missing; what is known is
// then absent, and the rest of the fields mean nothing.
type value struct {
	what  what
	num   float64
	truth bool
	text  string
	list  []value
	cell  Values
	index int // of the cell that a list's element comes from, else -1

	absent []Absence
	// undefined says that all of absent is so by nature rather than for want of
	// a measurement: the tpot of a one-token answer, which no limit can break,
	// and load.concurrency of a cell under a rate, which no choice of it takes.
	undefined bool

	from *Operand // where the value is one measured or cell value alone
	n    int      // the fewest samples of what it is computed from, 0 if unknown
	why  []int    // clauses that decided a truth
}

func number(v float64) value { return value{what: isNumber, num: v, index: -1} }

func truth(b bool) value { return value{what: isTruth, truth: b, index: -1} }

func missing(text string, cell int) value {
	return value{absent: []Absence{{text, cell}}, index: -1}
}

// lacking is the missing value that follows from missing operands.
func lacking(vs ...value) value {
	out := value{undefined: true, index: -1}
	for _, v := range vs {
		if v.what != isMissing {
			continue
		}
		out.undefined = out.undefined && v.undefined
		out.why = append(out.why, v.why...)
		for _, a := range v.absent {
			if !slices.Contains(out.absent, a) {
				out.absent = append(out.absent, a)
			}
		}
	}
	out.undefined = out.undefined && len(out.absent) > 0
	return out
}

func anyMissing(vs ...value) bool {
	return slices.ContainsFunc(vs, func(v value) bool { return v.what == isMissing })
}

// fewest is the smaller of two sample counts, where both are known.
func fewest(a, b int) int {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}

// combine is three-valued and/or. One part that settles the outcome does so
// whatever the others are; else a missing part leaves it open.
func combine(and bool, parts []value) value {
	settling := !and
	var deciding, open, others []value
	for _, p := range parts {
		switch {
		case p.what == isMissing:
			open = append(open, p)
		case p.truth == settling:
			deciding = append(deciding, p)
		default:
			others = append(others, p)
		}
	}
	switch {
	case len(deciding) > 0:
		return because(settling, deciding)
	case len(open) > 0:
		return lacking(open...)
	default:
		return because(!settling, others)
	}
}

func because(b bool, parts []value) value {
	out := truth(b)
	for _, p := range parts {
		out.why = append(out.why, p.why...)
	}
	return out
}
