package reporters

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"strings"

	"loadgate/internal/result"
	"loadgate/metrics"
)

// GitLab writes OpenMetrics text, which GitLab compares with the target
// branch's in a merge request: a gauge for each statistic of each metric, with
// the axes of the cell as labels and the unit at the end of its name. A value
// that is absent is left out.
func GitLab(ctx context.Context, r *Report, w io.Writer) error {
	out := bufio.NewWriter(w)
	labels := metricLabels(r)
	for _, def := range metrics.Catalogue() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if def.Shape == metrics.ShapeClasses {
			writeErrorGauge(out, r, def, labels)
			continue
		}
		stats := def.Stats()
		if stats == nil {
			stats = []string{""}
		}
		for _, stat := range stats {
			g := gauge{name: "loadgate_" + statisticName(def, stat), help: gaugeHelp(def, stat)}
			for i, c := range r.Doc.Cells {
				v, _ := metrics.Read(c.Metrics, &c.Counts, def.Name, stat)
				g.add(labels[i], v.Value)
			}
			g.write(out)
		}
	}
	if _, err := out.WriteString("# EOF\n"); err != nil {
		return err
	}
	return out.Flush()
}

// gauge is one metric family.
type gauge struct {
	name, help string
	lines      strings.Builder
}

func (g *gauge) add(labels []string, v result.Number) {
	if !v.Ok() {
		return
	}
	g.lines.WriteString(g.name)
	if len(labels) > 0 {
		g.lines.WriteString("{" + strings.Join(labels, ",") + "}")
	}
	g.lines.WriteString(" " + metricNumber(float64(v)) + "\n")
}

func metricNumber(x float64) string {
	switch {
	case math.IsInf(x, 1):
		return "+Inf"
	case math.IsInf(x, -1):
		return "-Inf"
	}
	return number(x)
}

// write writes the family, unless no cell has a value.
func (g *gauge) write(out *bufio.Writer) {
	if g.lines.Len() == 0 {
		return
	}
	fmt.Fprintf(out, "# TYPE %s gauge\n# HELP %s %s\n%s", g.name, g.name, metricText.Replace(g.help), g.lines.String())
}

func gaugeHelp(def metrics.Definition, stat string) string {
	what := def.Name
	if stat != "" {
		what = stat + " of " + what
	}
	if def.Unit != "" {
		what += ", in " + def.Unit
	}
	return what
}

// writeErrorGauge has a value for each class that occurs in any cell.
func writeErrorGauge(out *bufio.Writer, r *Report, def metrics.Definition, labels [][]string) {
	all := map[string]int{}
	for _, c := range r.Doc.Cells {
		for class, n := range c.Counts.Errors {
			all[class] += n
		}
	}
	g := gauge{name: "loadgate_" + statisticName(def, ""), help: gaugeHelp(def, "") + ", by class"}
	for _, class := range classesOf(all) {
		for i, c := range r.Doc.Cells {
			g.add(append([]string{metricLabel("class", clean(class, maxName))}, labels[i]...), result.Number(c.Counts.Errors[class]))
		}
	}
	g.write(out)
}

// metricLabels are the labels of each cell: its axes, and its id where the axes
// do not tell it from another one.
func metricLabels(r *Report) [][]string {
	taken := map[string]bool{"class": true, "cell": true}
	axes := axesColumns(r.Doc.Cells, taken)
	all := make([][]string, len(r.Doc.Cells))
	seen := map[string]bool{}
	for i, c := range r.Doc.Cells {
		for _, axis := range axes {
			if v := axis.value(c); v != nil {
				all[i] = append(all[i], metricLabel(axis.name, scalar(v)))
			}
		}
		key := strings.Join(all[i], ",")
		if seen[key] {
			all[i] = append(all[i], metricLabel("cell", clean(c.ID, maxName)))
		}
		seen[key] = true
	}
	return all
}

func metricLabel(name, value string) string { return name + `="` + metricText.Replace(value) + `"` }

// metricText escapes what OpenMetrics gives a meaning in quotes and in help.
var metricText = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
