package reporters_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"loadgate/internal/result"
	"loadgate/reporters"
)

// payloads are texts that run where a page shows them carelessly. Each sets
// data-ran on the page's root, which nothing else does.
func payloads() []string {
	const run = `document.documentElement.setAttribute('data-ran','1')`
	texts := []string{
		`<script>RUN</script>`, `</script><script>RUN</script>`, `</ScRiPt ><sCrIpT>RUN</sCrIpT>`, `<!--<script>-->RUN`, `--><script>RUN</script><!--`,
		`"><script>RUN</script>`, `'><script>RUN</script>`, `</title><script>RUN</script>`, `</style><script>RUN</script>`, `</textarea><script>RUN</script>`,
		`</noscript><script>RUN</script>`, `</td></tr></table><script>RUN</script>`, `]]><script>RUN</script>`, `<<script>RUN//<</script>`,
		`<img src=x onerror="RUN">`, `<img src=x onerror=RUN//`, `"><img src=x onerror="RUN">`, `' onfocus='RUN' autofocus='`, `" onmouseover="RUN" x="`, `" autofocus onfocus="RUN" tabindex=1 x="`,
		`<svg onload="RUN">`, `<svg/onload=RUN>`, `<svg><script>RUN</script></svg>`, `<svg><animate onbegin="RUN" attributeName=x dur=1s></svg>`, `<math><mtext><table><mglyph><style><img src=x onerror="RUN">`,
		`<body onload="RUN">`, `<details open ontoggle="RUN">`, `<input autofocus onfocus="RUN">`, `<video><source onerror="RUN"></video>`, `<audio src=x onerror="RUN">`,
		`<iframe srcdoc="<script>parent.RUN</script>">`, `<iframe src="javascript:parent.RUN">`, `<object data="javascript:RUN">`, `<embed src="javascript:RUN">`,
		`<a href="javascript:RUN" id=x>x</a>`, `<form action="javascript:RUN"><button>x</button></form>`, `<meta http-equiv=refresh content="0;url=javascript:RUN">`, `<base href="javascript:/RUN//">`, `<link rel=stylesheet href="data:text/css,*{color:red}">`,
		`';RUN;//`, `";RUN;//`, "`;${RUN}", `\u003cscript\u003eRUN\u003c/script\u003e`, `\";RUN;//`, "\u2028RUN\u2029", `{{RUN}}`, `${RUN}`, `"}};RUN;//`, `constructor.constructor("RUN")()`, `__proto__`,
		`<template><script>RUN</script></template>`, `<style>*{background:url(javascript:RUN)}</style>`, `<x style="animation-name:a" onanimationstart="RUN">`, `<marquee onstart="RUN">`,
	}
	for i, text := range texts {
		texts[i] = strings.ReplaceAll(text, "RUN", run)
	}
	return texts
}

// poisoned is a report that holds every payload wherever a server or a stranger
// can put a text.
func poisoned() *reporters.Report {
	texts := payloads()
	next := 0
	text := func() string { next++; return texts[next%len(texts)] }
	d := document(cell(4, "long"), cell(8, "long"), cell(8, "short"))
	d.Verdict, d.ExitCode, d.Name, d.Scenario, d.RunID, d.Error = result.Fail, 1, text(), text(), text(), text()
	d.Environment = result.Environment{OS: text(), Kernel: text(), CPU: text(), Host: text(), Clock: text(), CI: text(), Commit: text(), Go: text()}
	d.Labels, d.Loadgate, d.ScenarioHash = map[string]any{}, text(), text()
	titles := map[string]string{}
	for _, p := range texts {
		d.Labels[p] = p
	}
	for i, c := range d.Cells {
		c.ID, c.Backend, c.Kind, c.Model, c.Dataset = fmt.Sprint(i, text()), text(), text(), text(), text()
		c.Axes = result.Axes{{Name: text(), Value: text()}, {Name: text(), Value: text()}}
		titles[c.ID] = text()
		c.Counts.Errors, c.Counts.Examples = map[string]int{}, map[string]string{}
		for _, p := range texts {
			c.Counts.Errors[p], c.Counts.Examples[p] = 1, p
			c.Findings = append(c.Findings, result.Finding{Check: p, Cause: p, Level: "warn", Unit: p, Message: p})
			s := missed(rule(p, 40, c), 600, p)
			s.Name, s.Reason, s.File = p, p, p
			s.Clauses = []result.Clause{{Text: "ttft.p95 < 500ms " + p, Want: 500, Unit: "ms"}}
			d.SLO = append(d.SLO, s)
		}
	}
	return withRequests(&reporters.Report{Doc: d, Titles: titles}, 300, 6)
}

// browser is what Chromium made of a page.
type browser struct {
	dom string // after its scripts ran
	log string // the console
}

var htmlTag = regexp.MustCompile(`<html[^>]*>`)

// ran reports whether a payload ran.
func (b browser) ran() bool { return strings.Contains(htmlTag.FindString(b.dom), "data-ran") }

func chromium(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes seconds")
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("SKIPPED: no chromium on the PATH, so NOTHING was tried in a browser (apt-get install chromium)")
	return ""
}

// browse loads a page in a browser of its own, without a network.
func browse(t *testing.T, page string, flags ...string) browser {
	t.Helper()
	program, dir := chromium(t), t.TempDir()
	file := filepath.Join(dir, "page.html")
	if err := os.WriteFile(file, []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	args := append([]string{
		"--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--no-first-run", "--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr", "--hide-scrollbars",
		"--user-data-dir=" + filepath.Join(dir, "profile"), "--virtual-time-budget=3000", "--dump-dom",
	}, flags...)
	cmd := exec.CommandContext(ctx, program, append(args, "file://"+file)...)
	var out, log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &log
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", program, err, log.String())
	}
	return browser{dom: out.String(), log: log.String()}
}

// console is what the page's scripts, or the browser about them, had to say.
func (b browser) console() []string {
	var lines []string
	for l := range strings.SplitSeq(b.log, "\n") {
		if strings.Contains(l, "CONSOLE") {
			lines = append(lines, l)
		}
	}
	return lines
}

// The charts are there, and the page breaks no rule of its own policy.
func TestHTMLInABrowser(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		flags          []string
		canvases, svgs int // timelines and requests; load curve, percentiles, prompts, answers
	}{
		"failures": {[]string{"--window-size=1280,900"}, 5, 4},
		"one-cell": {[]string{"--window-size=400,800", "--force-device-scale-factor=2"}, 5, 4},
		"empty":    {nil, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const fits = "document.body.dataset.saw = document.documentElement.scrollWidth <= innerWidth"
			b := browse(t, acting(htmlPage(t, withRequests(reports()[name], 400, 8)), fits), c.flags...)
			if got := saw.FindStringSubmatch(b.dom); got == nil || got[1] != "true" {
				t.Errorf("the page is wider than the window: %q", got)
			}
			if said := b.console(); len(said) > 0 {
				t.Errorf("the console says %q", said)
			}
			if !strings.Contains(htmlTag.FindString(b.dom), "data-drawn") {
				t.Fatal("the scripts did not come to their end")
			}
			if canvases, svgs := strings.Count(b.dom, "<canvas"), strings.Count(b.dom, "<svg"); canvases != c.canvases || svgs != c.svgs {
				t.Errorf("%d canvases and %d SVGs, want %d and %d", canvases, svgs, c.canvases, c.svgs)
			}
			if regexp.MustCompile(`(points|d|x|y|x1|y1|width|height)="[^"]*(NaN|Infinity|undefined)`).MatchString(b.dom) {
				t.Error("a chart holds a coordinate that is no number")
			}
		})
	}
}

func TestHTMLWithoutSamplesInABrowser(t *testing.T) {
	t.Parallel()
	b := browse(t, htmlPage(t, reports()["matrix"]))
	if said := b.console(); len(said) > 0 {
		t.Errorf("the console says %q", said)
	}
	if canvases, svgs := strings.Count(b.dom, "<canvas"), strings.Count(b.dom, "<svg"); canvases != 0 || svgs != 2 {
		t.Errorf("%d canvases and %d SVGs, want the load curve and the percentiles", canvases, svgs)
	}
}

// No text of a report runs, becomes an element, or is lost.
func TestHTMLRunsNoHostileText(t *testing.T) {
	t.Parallel()
	if n := len(payloads()); n < 30 {
		t.Fatalf("only %d texts", n)
	}
	page := htmlPage(t, poisoned())
	b := browse(t, page)
	if b.ran() {
		t.Error("a hostile text ran")
	}
	if said := b.console(); len(said) > 0 {
		t.Errorf("the console says %q", said)
	}
	if !strings.Contains(htmlTag.FindString(b.dom), "data-drawn") {
		t.Error("the page's own scripts did not come to their end")
	}
	if n := strings.Count(b.dom, "<script"); n != 3 {
		t.Errorf("%d scripts, want the data, the library and ours", n)
	}
	for _, tag := range []string{"<img", "<iframe", "<object", "<embed", "<video", "<audio", "<math", "<form", "<base", "<marquee", "<template", "<animate", "<link"} {
		if strings.Contains(b.dom, tag) {
			t.Errorf("a text became %s", tag)
		}
	}
	for _, text := range []string{payloads()[0], payloads()[14]} {
		if !strings.Contains(html.UnescapeString(b.dom), text) {
			t.Errorf("%q is not shown", text)
		}
	}
}

// What the test above rests on: without any care the texts do run, and where
// the care with markup failed, the page's policy would still stop them.
func TestHTMLPolicyStopsWhatMarkupLetsIn(t *testing.T) {
	t.Parallel()
	raw := strings.Join(payloads(), "\n")
	if !browse(t, "<!DOCTYPE html><html><body><p>"+raw).ran() {
		t.Error("the texts are harmless: they prove nothing")
	}
	page := htmlPage(t, reports()["one-cell"])
	b := browse(t, strings.Replace(page, "<main>", "<main>"+raw, 1))
	if b.ran() {
		t.Error("a text that became markup ran")
	}
	if !strings.Contains(b.log, "Content Security Policy") {
		t.Error("the policy had nothing to say")
	}
}

// acting adds a script of the test to a page, and its hash to the page's
// policy: it works the page and leaves what it saw in the body's data-saw.
func acting(page, script string) string {
	sum := sha256.Sum256([]byte(script))
	hash := "&#39;sha256-" + strings.ReplaceAll(base64.StdEncoding.EncodeToString(sum[:]), "+", "&#43;") + "&#39;"
	page = strings.Replace(page, "script-src ", "script-src "+hash+" ", 1)
	return strings.Replace(page, "</body>", "<script>"+script+"</script></body>", 1)
}

var saw = regexp.MustCompile(`<body[^>]*data-saw="([^"]*)"`)

// What a reader does with a page of three cells, and what comes of it.
var readerActs = []struct{ does, script, want string }{
	{"filters by words and by trouble", `
		const [words, trouble] = document.querySelectorAll("#cell-tools input");
		const shown = () => document.querySelectorAll("#cell-table tbody tr:not([hidden])").length;
		words.value = "LONG 8"; words.dispatchEvent(new Event("input")); const found = shown();
		words.value = ""; words.dispatchEvent(new Event("input"));
		trouble.checked = true; trouble.dispatchEvent(new Event("change"));
		return [found, shown(), document.querySelector("#cell-tools output").textContent].join(", ");
	`, "1, 3, "},
	{"chooses a cell for all charts", `
		document.querySelectorAll("#cell-table tbody button")[2].click();
		return document.querySelector("[aria-current]").dataset.title + " / " +
			[...document.querySelectorAll("#of-cell .bar select")].map((s) => s.selectedOptions[0].textContent).join(" / ");
	`, "concurrency 8, shape short / concurrency 8, shape short / concurrency 8, shape short / concurrency 8, shape short"},
	{"sorts by a column, then the other way round", `
		const first = () => document.querySelector("#cell-table tbody tr").dataset.title;
		const head = [...document.querySelectorAll("#cell-table thead button")].find((b) => b.textContent === "ttft p95");
		head.click(); const up = first();
		head.click(); return [up, first(), head.parentElement.getAttribute("aria-sort")].join(" / ");
	`, "concurrency 8, shape short / concurrency 8, shape long / descending"},
	{"turns the page dark and light", `
		const ground = () => getComputedStyle(document.body).backgroundColor;
		const button = document.querySelector("#tools button"), before = ground();
		button.click(); const after = ground();
		button.click(); return [before !== after, before === ground(), button.textContent].join(", ");
	`, "true, true, Dark theme"},
	{"goes through the requests by keys", `
		const canvas = document.querySelector("canvas.rows");
		for (const key of ["ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", "+", "ArrowRight"]) canvas.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
		return document.querySelector(".readout").textContent.split(" · ").slice(0, 2).join(" · ");
	`, "Request 3 (warm-up): completed, due at 0.06 s · waited 30.8 ms in the client"},
	{"opens the numbers of a chart", `
		const details = document.querySelector("#percentiles details");
		details.open = true;
		await new Promise((done) => setTimeout(done, 50));
		return details.querySelectorAll("tbody tr").length + " by " + details.querySelectorAll("thead th").length;
	`, "3 by 10"},
	{"draws another latency", `
		const latency = document.querySelector("#curve select");
		latency.value = "itl"; latency.dispatchEvent(new Event("change"));
		return document.querySelector("#curve svg").getAttribute("aria-label");
	`, "Inter-token latency p99 against output tokens/s, 3 cells"},
}

func TestHTMLAnswersItsReader(t *testing.T) {
	t.Parallel()
	script := "(async () => { const said = [];\n"
	for _, act := range readerActs {
		script += "said.push(await (async () => {" + act.script + "})().catch(String));\n"
	}
	script += "document.body.dataset.saw = JSON.stringify(said); })()"
	b := browse(t, acting(htmlPage(t, withRequests(reports()["failures"], 400, 8)), script), "--window-size=1280,900")
	if said := b.console(); len(said) > 0 {
		t.Errorf("the console says %q", said)
	}
	var got []string
	if m := saw.FindStringSubmatch(b.dom); m == nil {
		t.Fatal("the test's own script did not come to its end")
	} else if err := json.Unmarshal([]byte(html.UnescapeString(m[1])), &got); err != nil {
		t.Fatal(err)
	}
	for i, act := range readerActs {
		if got[i] != act.want {
			t.Errorf("%s: saw %q, want %q", act.does, got[i], act.want)
		}
	}
}
