package compare

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"loadgate/internal/result"
	"loadgate/internal/rule"
	"loadgate/metrics"
)

// Forms that a side may have.
const (
	FormRun      = "run"      // a run directory, computed from its store
	FormResult   = "result"   // a result.json
	FormBaseline = "baseline" // an accepted baseline
)

// Side is one run as a comparison sees it.
type Side struct {
	Path, Form   string
	Name         string
	RunID        string
	ScenarioHash string
	StartedAt    time.Time
	Loadgate     string
	Reason       string // why a baseline was accepted
	Environment  result.Environment
	Labels       map[string]any
	Cells        []*Cell
}

// Cell is one cell of a side. What is not known is empty.
type Cell struct {
	ID, Key, Title string
	Axes           result.Axes
	Load           map[string]any
	Backend        string
	Kind           string
	Model          string
	Dataset        string
	DatasetDigest  string
	Validity       result.Validity
	Repeats        []Repeat
	Series         map[string]*Series // by statistic: "ttft.p95"
}

// Repeat is what is compared of one execution beside its statistics. Means are
// per completed request, None where unknown.
type Repeat struct {
	Sent, Completed int
	Input, Output   result.Number
}

// Series is one statistic over the repeats of a cell. Values and Variances have
// one entry a repeat, None where there is none. Values are in Unit; Variances
// are of ln(value) within the repeat, or of the value itself for ratios.
type Series struct {
	Unit      string
	Note      string // how the values came about, as in result.Metric
	Samples   int    // requests behind all values; 0 where unknown
	Values    []result.Number
	Variances []result.Number
	History   *History // of earlier runs; nil without
}

// tracked are the statistics that every side has, where it has values.
var tracked = trackedStatistics()

func trackedStatistics() []string {
	var out []string
	for _, metric := range []string{"ttft", "ttfo", "tpot", "itl", "e2el"} {
		for _, s := range []string{"avg", "p50", "p90", "p95", "p99"} {
			out = append(out, metric+"."+s)
		}
	}
	return append(out, "request_throughput", "output_throughput", "total_throughput", "goodput", "slo_attainment", "success_rate")
}

// fromSending are the statistics of latencies that count from sending, which are
// looked at where there are no others, as in results of other tools.
var fromSending = latenciesFromSending()

func latenciesFromSending() []string {
	var out []string
	for _, name := range tracked {
		if strings.HasPrefix(name, "ttft.") || strings.HasPrefix(name, "e2el.") {
			out = append(out, "sent_"+name)
		}
	}
	return out
}

// FromDocument takes from a document what a comparison needs: the statistics
// that are always compared and those named besides. titles names cells for
// people by id; a cell without one is named by its axes.
func FromDocument(doc *result.Document, path, form string, titles map[string]string, also ...string) *Side {
	s := &Side{
		Path: path, Form: form, Name: doc.Name, RunID: doc.RunID, ScenarioHash: doc.ScenarioHash, StartedAt: doc.StartedAt,
		Loadgate: doc.Loadgate, Environment: doc.Environment, Labels: doc.Labels,
	}
	names := slices.Clone(tracked)
	for _, name := range also {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, c := range doc.Cells {
		s.Cells = append(s.Cells, cellOf(c, titles, names))
	}
	return s
}

func cellOf(c *result.Cell, titles map[string]string, names []string) *Cell {
	out := &Cell{
		ID: c.ID, Key: c.Key, Title: titles[c.ID], Axes: c.Axes, Load: c.Load, Backend: c.Backend, Kind: c.Kind, Model: c.Model,
		Dataset: c.Dataset, DatasetDigest: c.DatasetDigest, Validity: c.Validity, Series: map[string]*Series{},
	}
	if out.Title == "" {
		out.Title = axesTitle(c.Axes)
	}
	repeats := c.Repeats
	if len(repeats) == 0 { // a result of another tool, which knows of no repeats
		repeats = []*result.Repeat{{Counts: c.Counts, Tokens: c.Tokens, Metrics: c.Metrics}}
	}
	for _, r := range repeats {
		out.Repeats = append(out.Repeats, Repeat{
			Sent: r.Counts.Sent, Completed: r.Counts.Completed,
			Input: mean(r.Tokens.Input, r.Counts.Completed), Output: mean(r.Tokens.Output, r.Counts.Completed),
		})
	}
	for _, name := range names {
		if s := seriesOf(name, repeats); s != nil && !out.repeats(name, s) {
			out.Series[name] = s
		}
		sent := "sent_" + name
		if !slices.Contains(fromSending, sent) || out.Series[name] != nil {
			continue
		}
		if s := seriesOf(sent, repeats); s != nil {
			out.Series[sent] = s
		}
	}
	return out
}

// repeats reports whether a statistic says nothing new: without reasoning the
// first token is the first of the answer.
func (c *Cell) repeats(name string, s *Series) bool {
	field, ok := strings.CutPrefix(name, "ttfo.")
	first := c.Series["ttft."+field]
	return ok && first != nil && slices.Equal(s.Values, first.Values)
}

func mean(sum, n int) result.Number {
	if sum == 0 || n == 0 {
		return result.None()
	}
	return result.Number(float64(sum) / float64(n))
}

// axesTitle names a cell by its axes, by the last part of each one's name.
func axesTitle(axes result.Axes) string {
	var parts []string
	for _, a := range axes {
		name := a.Name[strings.LastIndexByte(a.Name, '.')+1:]
		parts = append(parts, name+" "+text(a.Value))
	}
	return strings.Join(parts, ", ")
}

// seriesOf reads a statistic off every repeat; nil if none has it.
func seriesOf(name string, repeats []*result.Repeat) *Series {
	metric, field, _ := strings.Cut(name, ".")
	s, found := &Series{}, false
	for _, r := range repeats {
		reading, ok := metrics.Read(r.Metrics, &r.Counts, metric, field)
		value := reading.Value
		if !ok || math.IsInf(float64(value), 0) {
			value = result.None()
		}
		found = found || value.Ok()
		if s.Unit == "" {
			s.Unit, s.Note = reading.Def.Unit, reading.Note
		}
		s.Samples += samplesOf(reading, r)
		s.Values = append(s.Values, value)
		s.Variances = append(s.Variances, varianceOf(name, field, reading, r))
	}
	switch {
	case !found:
		return nil
	case isRatio(metric):
		s.Variances = binomialVariances(s.Values, repeats)
	}
	return s
}

// isRatio reports whether a metric's values are compared as they are, in
// percentage points, and not by their logarithms.
func isRatio(metric string) bool {
	d, _ := metrics.Find(metric)
	return d.Dim == rule.Ratio
}

func samplesOf(r metrics.Reading, of *result.Repeat) int {
	if r.Def.IsDist() {
		return r.N
	}
	return of.Counts.Sent
}

// varianceOf is the sampling variance of a statistic within a repeat: of its
// logarithm, or of the value for ratios. It comes from the bootstrap over order
// statistics where the repeat has it, else from the interval of the percentile,
// else, for a mean, from the standard deviation.
func varianceOf(name, field string, r metrics.Reading, of *result.Repeat) result.Number {
	if v, ok := of.LogVariance[name]; ok && v.Ok() {
		return v
	}
	switch {
	case r.CI95 != nil && r.CI95[0] > 0:
		const width = 2 * 1.959964 // of a 95 % interval, in standard deviations
		sd := (math.Log(float64(r.CI95[1])) - math.Log(float64(r.CI95[0]))) / width
		return finite(sd * sd)
	case field == "avg" && r.Def.IsDist() && r.N > 0 && r.Value > 0:
		d := of.Metrics[r.Def.Name].Dist
		rel := float64(d.Stddev) / float64(r.Value)
		return finite(rel * rel / float64(r.N))
	}
	return result.None()
}

// binomialVariances are those of shares of the requests sent, each at the share
// over all repeats. Half a hit and half a miss are added, so that a share of
// 100 % is not taken for certain.
func binomialVariances(shares []result.Number, repeats []*result.Repeat) []result.Number {
	hits, sent := 0.5, 1.0
	for i, r := range repeats {
		if shares[i].Ok() {
			hits += float64(shares[i]) * float64(r.Counts.Sent)
			sent += float64(r.Counts.Sent)
		}
	}
	p := hits / sent
	out := make([]result.Number, len(repeats))
	for i, r := range repeats {
		out[i] = finite(p * (1 - p) / float64(r.Counts.Sent))
	}
	return out
}

func finite(v float64) result.Number {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return result.None()
	}
	return result.Number(v)
}

// text is a value of an axis or a load as a person reads it.
func text(v any) string {
	switch x := v.(type) {
	case nil:
		return "none"
	case float64:
		return strconv.FormatFloat(x, 'g', -1, 64)
	case string:
		return x
	case bool:
		return strconv.FormatBool(x)
	case int:
		return strconv.Itoa(x)
	default:
		return "…"
	}
}
