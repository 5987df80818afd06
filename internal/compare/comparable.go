package compare

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"loadgate/internal/result"
	"loadgate/metrics"
)

const invalid = result.Invalid

// tokenTolerance is how far the mean lengths of prompts and answers may lie
// apart.
const tokenTolerance = 0.01

// different lists why two cells did not measure the same thing, and what is
// worth knowing although it forbids nothing.
func different(base, head *Cell) (reasons, notes []string) {
	if b, h := base.DatasetDigest, head.DatasetDigest; b != "" && h != "" && b != h {
		reasons = append(reasons, "the dataset has other content")
	} else if b == "" || h == "" {
		notes = append(notes, "a side does not say which data it used")
	}
	loads := differentLoad(base.Load, head.Load)
	reasons = append(reasons, loads...)
	if base.Kind != head.Kind && base.Kind != "" && head.Kind != "" {
		reasons = append(reasons, fmt.Sprintf("the backend is of kind %s, not %s", head.Kind, base.Kind))
	}
	if len(reasons) == 0 && base.Key != "" && head.Key != "" && base.Key != head.Key {
		reasons = append(reasons, "the backend's or the dataset's parameters differ")
	}
	reasons = append(reasons, differentTokens(base, head)...)
	for _, s := range []struct {
		name string
		cell *Cell
	}{{"base", base}, {"head", head}} {
		switch s.cell.Validity {
		case result.Invalid:
			reasons = append(reasons, "the "+s.name+"'s measurement is INVALID")
		case "":
			notes = append(notes, "nobody has checked whether the "+s.name+"'s measurement is valid")
		}
	}
	if base.Model != head.Model && base.Model != "" && head.Model != "" {
		notes = append(notes, fmt.Sprintf("the model is %s, was %s", head.Model, base.Model))
	}
	return reasons, notes
}

// aside are fields of a load that do not change what is measured.
var aside = []string{"repeats", "cooldown", "backend", "dataset"}

func differentLoad(base, head map[string]any) []string {
	if base == nil || head == nil {
		return nil // a side that does not say
	}
	b, h := map[string]string{}, map[string]string{}
	flatten(b, "load", base)
	flatten(h, "load", head)
	for k, v := range h {
		if b[k] == v {
			delete(b, k)
		} else if _, there := b[k]; !there {
			b[k] = "none"
		}
	}
	var out []string
	for _, k := range slices.Sorted(maps.Keys(b)) {
		if now, there := h[k]; !there {
			out = append(out, fmt.Sprintf("%s is none, was %s", k, b[k]))
		} else {
			out = append(out, fmt.Sprintf("%s is %s, was %s", k, now, b[k]))
		}
	}
	return out
}

func flatten(into map[string]string, prefix string, m map[string]any) {
	for k, v := range m {
		if slices.Contains(aside, k) {
			continue
		}
		if sub, ok := v.(map[string]any); ok {
			flatten(into, prefix+"."+k, sub)
			continue
		}
		into[prefix+"."+k] = text(v)
	}
}

// differentTokens compares mean lengths over the repeats that both sides have:
// repeat i sends the same prompts on both.
func differentTokens(base, head *Cell) []string {
	n := min(len(base.Repeats), len(head.Repeats))
	var out []string
	for _, w := range []struct {
		what string
		of   func(Repeat) result.Number
	}{
		{"prompts", func(r Repeat) result.Number { return r.Input }},
		{"answers", func(r Repeat) result.Number { return r.Output }},
	} {
		b, h := meanOf(base.Repeats[:n], w.of), meanOf(head.Repeats[:n], w.of)
		if math.Abs(h-b) > tokenTolerance*b {
			out = append(out, fmt.Sprintf("%s have %s tokens on average, had %s", w.what, short(h), short(b)))
		}
	}
	return out
}

// meanOf is NaN, which differs from nothing, where a repeat does not say.
func meanOf(repeats []Repeat, of func(Repeat) result.Number) float64 {
	sum := 0.0
	for _, r := range repeats {
		sum += float64(of(r))
	}
	return sum / float64(len(repeats))
}

func short(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }

// machineOf tells machines apart by what decides how fast they are. Names of
// hosts change with every runner of a CI system, and memory by a few MiB.
func machineOf(e result.Environment) string {
	return strings.Join([]string{e.OS, e.Arch, e.CPU, short(e.Cores), e.Clock}, "|")
}

// differences lists what else the sides do not share.
func differences(base, head *Side) []result.Difference {
	var out []result.Difference
	add := func(what, b, h string) {
		if b != h {
			out = append(out, result.Difference{What: what, Base: b, Head: h})
		}
	}
	b, h := base.Environment, head.Environment
	add("loadgate", base.Loadgate, head.Loadgate)
	add("host", b.Host, h.Host)
	add("cpu", b.CPU, h.CPU)
	add("cores", short(b.Cores), short(h.Cores))
	add("memory_mib", strconv.FormatInt(b.MemoryMiB, 10), strconv.FormatInt(h.MemoryMiB, 10))
	add("os", b.OS+" "+b.Arch, h.OS+" "+h.Arch)
	add("kernel", b.Kernel, h.Kernel)
	add("go", b.Go, h.Go)
	add("clock", b.Clock, h.Clock)
	add("ci", b.CI, h.CI)
	add("commit", b.Commit, h.Commit)
	add("scenario", base.Name, head.Name)
	labels := maps.Clone(base.Labels)
	if labels == nil {
		labels = map[string]any{}
	}
	maps.Copy(labels, head.Labels)
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		add("labels."+name, text(base.Labels[name]), text(head.Labels[name]))
	}
	return out
}

// isRatioOf is isRatio for a statistic's name.
func isRatioOf(name string) bool {
	metric, _, _ := strings.Cut(name, ".")
	return isRatio(metric)
}

// betterOf is which way a statistic improves.
func betterOf(name string) metrics.Better {
	metric, _, _ := strings.Cut(name, ".")
	d, _ := metrics.Find(metric)
	return d.Better
}
