package metrics

import (
	"strings"

	"loadgate/internal/llm"
	"loadgate/internal/result"
)

// Reading is one statistic of one metric, as rules and reports read it.
type Reading struct {
	Value result.Number // in Definition.Unit; None where there is none
	N     int           // requests that it rests on; 0 for what is no distribution
	CI95  *[2]result.Number
	Note  string
	Def   Definition
}

// Read looks a statistic up in the metrics and counts of a repeat or a cell.
// name is a metric's, "errors.http_429" for a class; stat is "p99", "avg" …,
// QuantileKey(q), or "" for a single value. ok is false if the catalogue has no
// such statistic; a known one without a value is None.
func Read(metrics map[string]result.Metric, counts *result.Counts, name, stat string) (Reading, bool) {
	base, class, _ := strings.Cut(name, ".")
	def, ok := Find(base)
	if !ok || (class != "" && def.Shape != ShapeClasses) {
		return Reading{}, false
	}
	out := Reading{Value: result.None(), Def: def, Note: metrics[base].Note}
	switch {
	case def.Shape == ShapeClasses:
		out.Value = result.Number(counts.Errors[class])
		return out, stat == "" && isClass(class)
	case def.Shape == ShapeCount:
		out.Value = result.Number(def.count(counts))
		return out, stat == ""
	case !def.IsDist():
		if m, there := metrics[name]; there {
			out.Value = m.Value
		}
		return out, stat == ""
	}
	return out.fromDist(metrics, stat)
}

func (out Reading) fromDist(metrics map[string]result.Metric, stat string) (Reading, bool) {
	dist := metrics[out.Def.Name].Dist
	if dist == nil {
		dist = EmptyDist()
	}
	out.N, out.CI95 = dist.Groups, dist.CI95[stat]
	if strings.HasPrefix(stat, "q") {
		m, ok := metrics[out.Def.Name+"."+stat]
		if ok {
			out.Value = m.Value
		}
		return out, ok
	}
	v, ok := dist.Stat(stat)
	out.Value = v
	return out, ok
}

func isClass(name string) bool {
	for _, c := range llm.ErrorClasses() {
		if string(c) == name {
			return true
		}
	}
	return false
}
