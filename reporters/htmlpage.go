package reporters

import (
	"cmp"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"
	"time"

	"loadgate/internal/result"
)

// page is what the template shows. Every text in it is cleaned.
type page struct {
	Parts *pageParts
	Data  template.JS

	Name     string
	Verdict  headline
	Exit     int
	Tally    string
	Broken   []string // rules that decide the verdict, by name
	Tested   []fact
	Validity headline
	Trust    []fact
	Checks   []string // what the checks found, in short

	Table       htmlTable
	Rules       []htmlRule
	Passed      []htmlRule
	Failures    []htmlFailure
	Findings    []htmlFinding
	Comparison  *htmlComparison
	Groups      htmlGrid
	Fit         htmlGrid
	Misfits     []string
	Environment []fact
	Labels      []fact

	HasSamples bool
	HasFoot    bool
	Version    string
}

// headline is a word on something, with its colour.
type headline struct{ Tone, Mark, Text string }

// fact is a name and a value.
type fact struct{ Name, Value string }

// tones by ink.
var tones = map[ink]string{green: "good", yellow: "warn", red: "bad"}

// marks say in a sign what a tone says in a colour.
var marks = map[string]string{"good": "✓", "warn": "!", "bad": "✗"}

func newPage(r *Report) *page {
	u := unadorned(r)
	p := &page{Name: cmp.Or(clean(r.Doc.Name, maxName), "Load test"), Exit: r.Doc.ExitCode, HasSamples: r.Samples != nil}
	word, ink := u.verdict()
	p.Verdict = head(capital(word), ink)
	if len(r.Doc.SLO) > 0 {
		p.Tally = u.tally()
	}
	p.Tested = tested(r)
	p.Table = newHTMLTable(r)
	p.Failures = failuresByCell(r)
	p.Rules, p.Passed = rulesOf(r)
	p.Comparison = comparisonOf(r)
	p.Broken = brokenOf(p.Rules)
	p.believe(u)
	p.Environment, p.Labels = environment(r.Doc), labels(r.Doc.Labels)
	p.Version = clean(r.Doc.Loadgate, maxName)
	return p
}

// brokenOf names the rules that failed, the first few of many.
func brokenOf(rules []htmlRule) []string {
	const most = 6
	var names []string
	for _, rule := range rules {
		if rule.Tone == "bad" {
			names = append(names, rule.Name)
		}
	}
	if len(names) > most {
		names = append(names[:most-1], fmt.Sprintf("and %d more rules", len(names)-most+1))
	}
	return names
}

func head(text string, ink ink) headline {
	tone := tones[ink]
	return headline{tone, marks[tone], text}
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// believe fills in whether the numbers can be believed.
func (p *page) believe(u *console) {
	doc := u.doc
	if len(doc.Cells) == 0 {
		p.Validity = headline{"warn", "?", "Nothing was measured"}
		return
	}
	word, ink, why := u.validity()
	text := "Yes: " + word + why
	if ink == red {
		text = "No: " + word + why
	}
	p.Validity = head(text, ink)
	cpu, late, lag := result.None(), result.None(), result.None()
	for _, c := range doc.Cells {
		for _, r := range c.Repeats {
			cpu, late, lag = larger(cpu, r.Client.CPURatio), larger(late, r.Client.LateP99MS), larger(lag, r.Client.LagP99MS)
		}
	}
	p.Trust = facts(
		"Client CPU, at most", with(100*cpu, "% of its cores"),
		"Sends late (p99)", with(late, "ms"),
		"Receive lag (p99)", with(lag, "ms"),
		"Receive stamps", clean(doc.Environment.Clock, maxName),
	)
	for _, f := range findingsByCheck(doc.Cells) {
		p.Checks = append(p.Checks, clean(f.worst.Check, maxName)+u.inCells(f.cells))
	}
	p.Findings = findingsByCell(u.r)
	p.Groups = groupGrid(u.r)
	p.Fit, p.Misfits = fitGrid(u.r)
}

// with is a number and its unit, "" for an absent one.
func with(n result.Number, unit string) string {
	if !n.Ok() {
		return ""
	}
	return digits(n) + " " + unit
}

// facts pairs names and values, without those that have no value.
func facts(pairs ...string) []fact {
	var out []fact
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" && pairs[i+1] != none {
			out = append(out, fact{pairs[i], pairs[i+1]})
		}
	}
	return out
}

// tested says what was tested, on what and with how much load.
func tested(r *Report) []fact {
	doc := r.Doc
	sent, completed, tokens := 0, 0, 0
	for _, c := range doc.Cells {
		sent, completed, tokens = sent+c.Counts.Sent, completed+c.Counts.Completed, tokens+c.Tokens.Output
	}
	requests := ""
	if sent > 0 {
		requests = fmt.Sprintf("%s sent, %s completed, %s output tokens", grouped(int64(sent)), grouped(int64(completed)), grouped(int64(tokens)))
	}
	when := ""
	if !doc.StartedAt.IsZero() {
		when = doc.StartedAt.UTC().Format("2006-01-02 15:04:05 UTC")
		if d := doc.EndedAt.Sub(doc.StartedAt); d > 0 && d < 1000*time.Hour {
			when += ", " + took(d)
		}
	}
	load := ""
	if len(doc.Cells) > 0 { // where it differs, an axis says it
		load, _ = common(doc.Cells, func(c *result.Cell) string { return loadOf(c).String() })
	}
	out := facts(
		"Server", strings.Join(targets(doc.Cells), "; "),
		"Datasets", each(doc.Cells, func(c *result.Cell) string { return clean(c.Dataset, maxName) }),
		"Load", load,
	)
	for _, name := range axisNames(doc.Cells) {
		out = append(out, fact{"Axis " + clean(name, maxName), each(doc.Cells, func(c *result.Cell) string { return scalar(axisOf(c, name)) })})
	}
	return append(out, facts("Cells", cellsAndRepeats(doc.Cells), "Requests", requests, "When", when)...)
}

func cellsAndRepeats(cells []*result.Cell) string {
	if len(cells) == 0 {
		return ""
	}
	s := plural(len(cells), "cell")
	if n, same := common(cells, repeatsOf); !same {
		s += ", medians of their repeats"
	} else if n > 1 {
		s += fmt.Sprintf(", medians of %d repeats", n)
	}
	return s
}

// each lists the different values of a property, the first few of many.
func each(cells []*result.Cell, of func(*result.Cell) string) string {
	const most = 8
	var values []string
	for _, c := range cells {
		if v := of(c); v != "" && !slices.Contains(values, v) {
			values = append(values, v)
		}
	}
	if len(values) > most {
		values = append(values[:most-1], fmt.Sprintf("and %d more", len(values)-most+1))
	}
	return strings.Join(values, ", ")
}

func environment(doc *result.Document) []fact {
	e := doc.Environment
	text := func(s string) string { return clean(s, maxName) }
	cores, memory := "", ""
	if e.Cores > 0 {
		cores = number(e.Cores)
	}
	if e.MemoryMiB > 0 {
		memory = grouped(e.MemoryMiB) + " MiB"
	}
	return facts(
		"loadgate", text(doc.Loadgate), "Run", text(doc.RunID), "Scenario", text(doc.Scenario), "Scenario hash", text(doc.ScenarioHash),
		"Host", text(e.Host), "System", text(strings.TrimSpace(e.OS+" "+e.Arch)), "Kernel", text(e.Kernel), "CPU", text(e.CPU),
		"Usable cores", cores, "Memory", memory, "Go", text(e.Go), "Receive stamps", text(e.Clock), "CI", text(e.CI), "Commit", text(e.Commit),
	)
}

func labels(of map[string]any) []fact {
	var out []fact
	for _, name := range slices.Sorted(maps.Keys(of)) {
		out = append(out, fact{clean(name, maxName), scalar(of[name])})
	}
	return out
}
