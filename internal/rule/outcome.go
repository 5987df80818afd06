package rule

import (
	"fmt"
	"math"
	"strings"
)

// Result is the truth of an expression. Its zero value is Missing, so that
// nothing passes by being forgotten.
type Result int

// Results.
const (
	Missing Result = iota // a value that the outcome depends on is absent or NaN
	False
	True
)

// String is "missing", "false" or "true".
func (r Result) String() string { return [...]string{"missing", "false", "true"}[r] }

func resultOf(v value) Result {
	switch {
	case v.what != isTruth:
		return Missing
	case v.truth:
		return True
	default:
		return False
	}
}

// Outcome is what an evaluation found.
type Outcome struct {
	Result Result
	// Absent is what is missing, where the result is Missing.
	Absent []Absence
	// Clauses are the comparisons that were made, in source order; those under
	// any, all and none once for each cell. Comparisons that only choose cells
	// (filter, find, count) are not among them, and an any inside an any counts
	// as one comparison.
	Clauses []Clause
	// Operands are the measured and cell values that were read, in source
	// order, each once a cell.
	Operands []Operand
}

// Decisive returns the clauses that made the result what it is: the broken
// ones of a conjunction, all of a disjunction that is false.
func (o Outcome) Decisive() []Clause {
	var out []Clause
	for _, c := range o.Clauses {
		if c.Decisive {
			out = append(out, c)
		}
	}
	return out
}

// Operand is one side of a comparison, or one value that was read.
type Operand struct {
	Text  string // as the source spells it, on one line
	Path  string // of a single measured or cell value: "ttft.p99", "quantile(ttft, 0.975)", "share(…)"; "" for what is computed
	Value float64
	Words string // instead of Value for text, truths and lists
	Dim   Dim
	N     int         // samples; of what is computed, the fewest of its parts; 0 if unknown
	CI    *[2]float64 // 95 % interval; nil for what is computed
	Cell  int         // index into the cells of a run scope, else -1

	// Metric and Q say which quantile of which distribution Path is, if it is
	// one: "ttft" and 0.99. Share is the key of a share.
	Metric string
	Q      float64
	Share  string

	Constant bool // written in the source
	Missing  bool
}

// String is the operand's value as people write it.
func (o Operand) String() string {
	switch {
	case o.Missing:
		return "n/a"
	case o.Words != "":
		return o.Words
	default:
		return Format(o.Value, o.Dim)
	}
}

// Clause is one comparison with its values. Got is the measured side and Want
// the limit, whichever side of Op the source has them on; Op is turned round
// with them. A truth that stands alone (load.stream) has no Op and no Want.
type Clause struct {
	Text     string
	Op       string
	Got      Operand
	Want     Operand
	Result   Result
	Decisive bool
	Cell     int // index into the cells of a run scope, else -1
}

// Distance is how far Got is from Want, in base units and as a part of Want
// (NaN where Want is 0). ok is false where that has no meaning: for text, a
// missing or an infinite value, and for == and !=.
func (c Clause) Distance() (by, part float64, ok bool) {
	ordered := strings.ContainsAny(c.Op, "<>")
	if !ordered || c.Result == Missing || c.Got.Words != "" || c.Want.Words != "" {
		return 0, 0, false
	}
	by = math.Abs(c.Got.Value - c.Want.Value)
	if math.IsInf(by, 0) || math.IsNaN(by) {
		return 0, 0, false
	}
	if c.Want.Value == 0 {
		return by, math.NaN(), true
	}
	return by, by / math.Abs(c.Want.Value), true
}

// Explain is the clause with its values in a sentence:
//
//	ttft.p99 is 612.4ms (n 199, 95% interval 590ms to 640ms), not < 500ms: missed by 112.4ms (22.5%)
func (c Clause) Explain() string {
	if c.Result == Missing {
		return c.explainMissing()
	}
	if c.Op == "" {
		return fmt.Sprintf("%s is %s", c.Got.Text, c.Got)
	}
	got, want := c.Got.String(), c.Want.String()
	if c.Got.Words == "" && c.Want.Words == "" {
		got, want = formatApart(c.Got.Value, c.Want.Value, c.Got.Dim, c.Want.Dim)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s is %s%s", c.Got.Text, got, c.Got.support())
	if c.Result == False {
		b.WriteString(", not")
	} else {
		b.WriteString(", which is")
	}
	fmt.Fprintf(&b, " %s %s", c.Op, want)
	if !c.Want.Constant {
		fmt.Fprintf(&b, " (%s)", c.Want.Text)
	}
	b.WriteString(c.distance())
	return b.String()
}

func (c Clause) explainMissing() string {
	for _, o := range []Operand{c.Got, c.Want} {
		if o.Missing {
			return o.Text + " has no value"
		}
	}
	return c.Text + " has no value"
}

// support is what stands behind a value, in brackets.
func (o Operand) support() string {
	var parts []string
	if o.N > 0 {
		parts = append(parts, fmt.Sprintf("n %d", o.N))
	}
	if o.CI != nil {
		parts = append(parts, fmt.Sprintf("95%% interval %s to %s", Format(o.CI[0], o.Dim), Format(o.CI[1], o.Dim)))
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

func (c Clause) distance() string {
	by, part, ok := c.Distance()
	if !ok {
		return ""
	}
	amount := Format(by, c.Got.Dim)
	if c.Got.Dim == Ratio {
		amount = significant(by*100, 4) + " percentage points"
	} else if !math.IsNaN(part) {
		amount += fmt.Sprintf(" (%s%%)", significant(part*100, 3))
	}
	if c.Result == False {
		return ": missed by " + amount
	}
	return ", with " + amount + " to spare"
}
