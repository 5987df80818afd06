package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"net/url"
	"text/template"

	"loadgate/internal/live"
	"loadgate/internal/pipeline"
	"loadgate/internal/result"
	"loadgate/reporters"
	"loadgate/schemas"
)

//go:embed probe.yaml.tmpl
var probeTemplate string

// probe runs a ladder of concurrencies against a server of which nothing but the
// URL is known, and keeps the scenario that it ran.
func (a *app) probe(target string, f runFlags, mode live.Mode, outputs []pipeline.Output) error {
	text, err := a.probeScenario(target)
	if err != nil {
		return err
	}
	l, err := a.loadText(defaultScenario, text, f.selection)
	if err != nil {
		return err
	}
	kept := a.create(defaultScenario, text, false) == nil
	if kept {
		_ = a.create(schemaFile, schemas.Scenario(), true) // for editors; the run does without
	}
	return a.execute(l, f, mode, outputs, func(r *reporters.Report) {
		if a.json {
			return
		}
		fmt.Fprintln(a.out)
		for _, line := range readCurve(r.Doc.Cells) {
			fmt.Fprintln(a.out, line)
		}
		if kept {
			fmt.Fprintf(a.out, "wrote %s: `loadgate run` repeats this, and it is yours to edit\n", defaultScenario)
		} else {
			fmt.Fprintf(a.out, "your %s was left as it is\n", defaultScenario)
		}
	})
}

// probeScenario writes the scenario for a target. A key in OPENAI_API_KEY is
// referred to, never written.
func (a *app) probeScenario(target string) ([]byte, error) {
	u, err := url.Parse(target)
	if err != nil || (u.Host == "") == (u.Scheme != "unix") {
		return nil, usageErrorf("%q is no URL of a server: write http://host:port, or unix:///path of a socket", target)
	}
	if u.User != nil || u.RawQuery != "" {
		return nil, usageErrorf("put no key into the URL: set OPENAI_API_KEY instead")
	}
	tmpl := template.Must(template.New("probe").Parse(probeTemplate))
	var b bytes.Buffer
	err = tmpl.Execute(&b, map[string]any{"URL": target, "Key": a.getenv("OPENAI_API_KEY") != ""})
	return b.Bytes(), err
}

// readCurve says in words up to which rung the service stays quick.
func readCurve(cells []*result.Cell) []string {
	var out []string
	for _, limit := range []struct {
		metric, label string
		ms            float64
	}{{"ttft", "1 s", 1000}, {"itl", "50 ms", 50}} {
		last := "no rung"
		for _, c := range cells {
			d := c.Metrics[limit.metric].Dist
			if d == nil || !d.P95.Ok() || float64(d.P95) >= limit.ms {
				break
			}
			last = fmt.Sprintf("up to concurrency %v", c.Axes[0].Value)
		}
		out = append(out, fmt.Sprintf("%s p95 stays under %s: %s", limit.metric, limit.label, last))
	}
	best, at := 0.0, any(nil)
	for _, c := range cells {
		if v := c.Metrics["output_throughput"].Value; v.Ok() && float64(v) > best {
			best, at = float64(v), c.Axes[0].Value
		}
	}
	if at != nil {
		out = append(out, fmt.Sprintf("most output: %.0f tokens/s at concurrency %v", best, at))
	}
	return out
}
