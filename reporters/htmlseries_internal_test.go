package reporters

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"loadgate/engine"
	"loadgate/internal/llm"
)

// However moments come, slots hold them all and the drawn level is what it was.
func TestTimelineKeepsWhatItFolds(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var l timeline
		begin := rng.Int64N(1e12)
		span := int64(math.Pow(10, 5+6*rng.Float64()))
		n := 1 + rng.IntN(300)
		area := int64(0)
		for range n {
			from := begin + rng.Int64N(span)
			to := from + rng.Int64N(span)
			l.begin(from)
			l.end(to, rng.IntN(2) == 0)
			area += to - from
		}
		l.coarsen(1 + rng.IntN(maxSlots))
		begun, ended, drawn := 0, 0, 0.0
		for i, level := range l.inFlight() {
			begun += l.slots[i].begun
			ended += l.slots[i].completed + l.slots[i].failed
			drawn += level * float64(l.width)
			if level < -1e-6 {
				t.Fatalf("%v in flight", level)
			}
		}
		if begun != n || ended != n || len(l.slots) > maxSlots {
			t.Fatalf("%d of %d begun, %d ended, in %d slots", begun, n, ended, len(l.slots))
		}
		if math.Abs(drawn-float64(area)) > 1e-6*float64(area)+1 {
			t.Fatalf("%v request-ns drawn, %d there were", drawn, area)
		}
	}
}

func TestSpreadIsOnePerCentOff(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	var whole, half spread
	var values []float64
	for i := range 5000 {
		v := math.Exp(rng.NormFloat64()*2 + 3)
		values = append(values, v)
		if i%2 == 0 {
			whole.add(v)
		} else {
			half.add(v)
		}
	}
	whole.join(&half)
	slices.Sort(values)
	for _, q := range []float64{0.01, 0.5, 0.95, 0.999, 1} {
		want := values[int(math.Ceil(q*5000))-1]
		if got := whole.quantile(q); math.Abs(got/want-1) > 0.011 {
			t.Errorf("quantile %v is %v, want %v", q, got, want)
		}
	}
	if whole.largest() != values[4999] {
		t.Errorf("largest %v, want %v", whole.largest(), values[4999])
	}
	if none := (&spread{}); !math.IsNaN(none.quantile(0.5)) || !math.IsNaN(none.largest()) {
		t.Error("an empty spread has values")
	}
}

func TestLengths(t *testing.T) {
	t.Parallel()
	var l lengths
	for _, v := range []int{-1, 100, 101, 101, 140, 9000} {
		l.add(v)
	}
	from, bars := l.cut(48)
	total := 0
	for _, n := range bars {
		total += n
	}
	if total != 5 || len(bars) > 48 || from > 100 || from+l.width*len(bars) <= 9000 {
		t.Errorf("bars %v from %d, %d wide", bars, from, l.width)
	}
	var same lengths
	for range 7 {
		same.add(128)
	}
	if from, bars := same.cut(48); from != 128 || len(bars) != 1 || bars[0] != 7 || same.width != 1 {
		t.Errorf("equal lengths: %v from %d, %d wide", bars, from, same.width)
	}
}

func TestShareOut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ wants, got []int }{
		{[]int{100}, []int{100}},
		{[]int{50_000}, []int{10_000}},
		{[]int{100, 50_000, 50_000}, []int{100, 4_950, 4_950}},
		{[]int{0, 20}, []int{40, 40}},
		{nil, []int{}},
	} {
		if got := shareOut(10_000, 40, c.wants); !slices.Equal(got, c.got) {
			t.Errorf("%v gave %v, want %v", c.wants, got, c.got)
		}
	}
}

func TestChoiceIsEvenAndKeepsFailures(t *testing.T) {
	t.Parallel()
	c := newChoice(100)
	for i := range 1000 {
		s := &engine.Sample{Index: i, Outcome: llm.Completed, Sched: int64(2000 - i), Start: int64(2000 - i)}
		if i%400 == 7 {
			s.Outcome = llm.Failed
		}
		if rows := c.of(s); rows.wants() {
			rows.keep(newRow(s, -1, -1))
		}
	}
	rows := c.sorted()
	failed := 0
	for i, r := range rows {
		if r.outcome == llm.Failed {
			failed++
		}
		if i > 0 && r.sched < rows[i-1].sched {
			t.Fatal("not in the order of arrivals")
		}
	}
	if len(rows) > 100 || len(rows) < 50 || failed != 3 {
		t.Errorf("%d rows, %d of 3 failures", len(rows), failed)
	}
	all := newChoice(100)
	for i := range 100 {
		s := &engine.Sample{Index: i, Outcome: llm.Completed, Start: 1}
		if rows := all.of(s); rows.wants() {
			rows.keep(newRow(s, -1, -1))
		}
	}
	if n := len(all.sorted()); n != 100 {
		t.Errorf("%d of 100 that all had room", n)
	}
}
