package validity_test

import (
	"bytes"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"text/template"

	"loadgate/internal/llm"
	"loadgate/internal/result"
	"loadgate/internal/stat"
	"loadgate/internal/validity"
	"loadgate/metrics"
)

var update = flag.Bool("update", false, "write docs/metrics.md")

// minN is the number of requests that a percentile's interval needs.
type minN struct {
	Name string
	N    int
}

// TestReference keeps docs/metrics.md what the catalogue and the checks say.
func TestReference(t *testing.T) {
	t.Parallel()
	want := reference(t)
	path := filepath.Join("..", "..", "docs", "metrics.md")
	if *update {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("docs/metrics.md is out of date: go test ./internal/validity -run TestReference -update")
	}
}

func reference(t *testing.T) []byte {
	text, err := template.New("metrics.md.tmpl").Funcs(template.FuncMap{
		"shape": shape, "better": better, "population": population, "threshold": threshold,
		"join":  func(names []string) string { return "`" + strings.Join(names, "`, `") + "`" },
		"stats": func() string { return strings.Join(result.Stats(), ", ") },
	}).ParseFiles(filepath.Join("testdata", "metrics.md.tmpl"))
	if err != nil {
		t.Fatal(err)
	}
	data := struct {
		Metrics []metrics.Definition
		Checks  []validity.Definition
		Classes []llm.ErrorClass
		MinN    []minN
	}{metrics.Catalogue(), validity.Checks(), llm.ErrorClasses(), nil}
	for _, p := range []struct {
		name string
		p    float64
	}{{"p50", 0.5}, {"p90", 0.9}, {"p95", 0.95}, {"p99", 0.99}, {"p999", 0.999}} {
		data.MinN = append(data.MinN, minN{p.name, stat.MinN(p.p, 0.95)})
	}
	var out bytes.Buffer
	if err := text.Execute(&out, data); err != nil {
		t.Fatal(err)
	}
	tidy := regexp.MustCompile(`\n{3,}`).ReplaceAll(out.Bytes(), []byte("\n\n"))
	return append(bytes.TrimSpace(tidy), '\n')
}

func shape(d metrics.Definition) string {
	return map[metrics.Shape]string{
		metrics.ShapeRequest: "one value a request",
		metrics.ShapeGap:     "pooled, many values a request",
		metrics.ShapeLevel:   "mean over time and maximum",
		metrics.ShapeScalar:  "one value",
		metrics.ShapeCount:   "a count",
		metrics.ShapeClasses: "counts by class",
	}[d.Shape]
}

func better(d metrics.Definition) string {
	return map[metrics.Better]string{metrics.Lower: "lower", metrics.Higher: "higher"}[d.Better]
}

func population(d metrics.Definition) string {
	return map[metrics.Population]string{
		metrics.OfCompleted: "completed requests",
		metrics.OfSent:      "all requests sent",
		metrics.OfEnded:     "completed and failed requests",
	}[d.Of]
}

func threshold(d validity.Definition, v float64) string {
	switch {
	case math.IsNaN(d.Warn) && math.IsNaN(d.Invalid) && d.Cause != validity.Client:
		return "see below"
	case math.IsNaN(v):
		return ""
	case d.Below:
		return fmt.Sprintf("< %g", v)
	}
	return fmt.Sprintf("> %g", v)
}
