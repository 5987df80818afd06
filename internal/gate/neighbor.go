package gate

import (
	"fmt"
	"math"
	"reflect"

	"loadgate/internal/result"
)

// addNeighbors says, for each failure, which nearest cell on one axis passes
// the same rule.
func addNeighbors(slo []result.SLO, cells []*result.Cell) {
	byID := map[string]*result.Cell{}
	for _, c := range cells {
		byID[c.ID] = c
	}
	passed := map[string][]*result.Cell{}
	for _, s := range slo {
		if s.Outcome == result.RulePass && s.Cell != "" {
			passed[s.Name] = append(passed[s.Name], byID[s.Cell])
		}
	}
	for i := range slo {
		if s := &slo[i]; s.Outcome == result.RuleFail && s.Cell != "" {
			s.Neighbor = nearest(byID[s.Cell], passed[s.Name])
		}
	}
}

// nearest describes the cell that differs from c on one axis by the least.
func nearest(c *result.Cell, among []*result.Cell) string {
	best, least := "", math.Inf(1)
	for _, other := range among {
		axis, ok := singleDifference(c.Axes, other.Axes)
		if !ok {
			continue
		}
		if d := difference(value(c.Axes, axis), value(other.Axes, axis)); d < least {
			best, least = fmt.Sprintf("%s %v", axis, value(other.Axes, axis)), d
		}
	}
	return best
}

// singleDifference names the only axis on which two cells differ.
func singleDifference(a, b result.Axes) (string, bool) {
	name, n := "", 0
	if len(a) != len(b) {
		return "", false
	}
	for _, x := range a {
		if !reflect.DeepEqual(x.Value, value(b, x.Name)) {
			name, n = x.Name, n+1
		}
	}
	return name, n == 1
}

func value(axes result.Axes, name string) any {
	for _, x := range axes {
		if x.Name == name {
			return x.Value
		}
	}
	return nil
}

// difference orders values of an axis: numbers by their distance, others all
// alike and after them.
func difference(a, b any) float64 {
	x, ok := number(a)
	y, ok2 := number(b)
	if !ok || !ok2 || math.IsInf(x, 0) || math.IsInf(y, 0) {
		return math.MaxFloat64
	}
	return math.Abs(x - y)
}

func number(v any) (float64, bool) {
	switch x := v.(type) {
	case float64:
		return x, true
	case int64:
		return float64(x), true
	case int:
		return float64(x), true
	default:
		return 0, false
	}
}
