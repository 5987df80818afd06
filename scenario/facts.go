package scenario

import (
	"math"
	"strings"
	"time"

	"loadgate/internal/yamlpos"
)

// facts are what expressions see of a cell: nested maps of float64, string and
// bool; durations in ms. What a cell does not have is not there.
func (c *checker) facts(cell *Cell) map[string]any {
	labels := map[string]any{}
	for k, v := range cell.Labels {
		labels[k] = plainFact(v)
	}
	return map[string]any{
		"load":    loadFacts(&cell.Load),
		"backend": c.sectionFacts("backend", cell.BackendName, cell.Backend),
		"dataset": c.sectionFacts("dataset", cell.DatasetName, cell.Dataset),
		"labels":  labels,
		"axis":    axisFacts(cell.Axes),
	}
}

func loadFacts(l *Load) map[string]any {
	out := map[string]any{
		"repeats": float64(l.Repeats), "seed": float64(l.Seed), "reset_cache": l.ResetCache,
		"prompts": "different", "connections": "reuse",
	}
	if l.SamePrompts {
		out["prompts"] = "same"
	}
	if l.NewConnections {
		out["connections"] = "new"
	}
	for key, n := range map[string]int{
		"concurrency": l.Concurrency, "max_concurrency": l.MaxConcurrency, "requests": l.Requests,
	} {
		if n > 0 {
			out[key] = float64(n)
		}
	}
	for key, d := range map[string]time.Duration{"duration": l.Duration, "ramp": l.Ramp, "cooldown": l.Cooldown} {
		if d > 0 {
			out[key] = milliseconds(d)
		}
	}
	if l.Replay != nil {
		out["replay"] = l.Replay.facts()
	}
	if l.Rate > 0 {
		out["rate"] = l.Rate
		out["arrivals"] = l.Arrivals.Process
		out["burstiness"] = l.Arrivals.Burstiness
	}
	out["warmup"] = map[string]any{"requests": float64(l.Warmup.Requests), "duration": milliseconds(l.Warmup.Duration)}
	return out
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// sectionFacts are the scalars of a section, without secrets.
func (c *checker) sectionFacts(def, name string, n *yamlpos.Node) map[string]any {
	out := map[string]any{}
	if n == nil {
		return out
	}
	parents := c.apply(c.pointer([]string{"$defs", def}), n)
	for _, e := range n.Entries {
		schemas, _ := c.child(parents, e.Key, e.Value)
		if free(e.Key) || e.Value.Value == nil || flagged(schemas, "x-secret") {
			continue
		}
		out[e.Key] = plainFact(e.Value.Value)
		if flagged(schemas, "x-duration") {
			if d, err := time.ParseDuration(e.Value.Text); err == nil {
				out[e.Key] = milliseconds(d)
			}
		}
	}
	out["name"] = name
	return out
}

func plainFact(v any) any {
	if i, ok := v.(int64); ok {
		return float64(i)
	}
	return v
}

// axisFacts are a cell's axes by their last name. Where two axes end in the
// same name, as many parts of the path as tell them apart are joined with _.
func axisFacts(axes []AxisValue) map[string]any {
	out := map[string]any{}
	for _, a := range axes {
		parts := strings.Split(a.Name, ".")
		n := 1
		for n < len(parts) && ambiguous(axes, a.Name, strings.Join(parts[len(parts)-n:], ".")) {
			n++
		}
		switch v := a.Value.(type) {
		case int64, float64, string, bool:
			out[strings.Join(parts[len(parts)-n:], "_")] = axisFact(a.Name, v)
		}
	}
	return out
}

// axisFact makes an axis value what the field itself would be: durations and
// counts are numbers, as they are under load.
func axisFact(axis string, v any) any {
	text, isText := v.(string)
	if !isText || !strings.HasPrefix(axis, "load.") {
		return plainFact(v)
	}
	if text == "inf" || text == ".inf" {
		return math.Inf(1)
	}
	if d, err := time.ParseDuration(text); err == nil {
		return milliseconds(d)
	}
	return text
}

func ambiguous(axes []AxisValue, name, suffix string) bool {
	for _, a := range axes {
		if a.Name != name && (a.Name == suffix || strings.HasSuffix(a.Name, "."+suffix)) {
			return true
		}
	}
	return false
}
