package reporters_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"loadgate/internal/result"
	"loadgate/reporters"
)

func TestMarkdownGolden(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"empty", "one-cell", "matrix", "failures", "invalid", "interrupted", "all-failed"} {
		golden(t, "markdown-"+name+".md", string(write(t, reporters.Markdown, reports()[name])))
	}
}

// markup are texts that mean something in Markdown or on GitHub.
var markup = []string{
	"a | b || c", "`code` ``", "**bold** __bold__ _x_ ~~gone~~", "[click](http://evil.test) ![i](http://evil.test/p.png)", "<img src=x onerror=alert(1)>",
	"<!-- hidden", "https://evil.test and www.evil.test and ftp://evil.test", "someone@evil.test mailto:a@evil.test", "@everyone, see #1 and org/repo#12",
	"&lt;script&gt; &#60;", "# heading", "- item", "$x$ $$y$$", "a\n\n# b\r\n| c |", "\\| \\", "{% raw %}", "[^1]", "<details>", "x\u2028y",
}

func marked() *result.Document {
	d := failing()
	for i, text := range markup {
		s := missed(rule(text, 100+i, d.Cells[1]), 612.4, text)
		s.Name, s.Reason, s.File = text+" name", text, text
		d.SLO = append(d.SLO, s)
		d.Cells[0].Counts.Errors[text] = 1
		d.Cells[0].Counts.Examples = map[string]string{text: text}
		d.Cells[0].Findings = append(d.Cells[0].Findings, result.Finding{Check: text, Level: "warn", Message: text})
	}
	d.Name, d.Cells[0].Backend, d.Cells[0].Model, d.Cells[0].Dataset = markup[3], markup[0], markup[4], markup[6]
	d.Cells[1].Axes[1].Value = markup[4] + markup[0]
	d.Environment.Clock = markup[4]
	return d
}

// As GitHub renders it: texts of strangers are text.
func TestMarkdownOfHostileTexts(t *testing.T) {
	t.Parallel()
	python := pythonWith(t, "cmarkgfm")
	for name, r := range map[string]*reporters.Report{"marked": {Doc: marked()}, "hostile": reports()["hostile"], "failures": reports()["failures"]} {
		var got struct {
			Tags             map[string]int
			Rows             [][]string
			Mentions, Issues []string
		}
		readWith(t, python, "read_markdown.py", "report.md", write(t, reporters.Markdown, r), &got)
		allowed := []string{"h2", "h3", "p", "table", "thead", "tbody", "tr", "th", "td", "strong"}
		for tag := range got.Tags {
			if !slices.Contains(allowed, tag) {
				t.Errorf("%s: the page holds %d <%s>", name, got.Tags[tag], tag)
			}
		}
		if len(got.Mentions)+len(got.Issues) > 0 {
			t.Errorf("%s: mentions %q, issues %q", name, got.Mentions, got.Issues)
		}
		columns := 0
		for _, row := range got.Rows {
			columns = max(columns, len(row))
		}
		if len(got.Rows) < 5 || columns > 14 {
			t.Errorf("%s: %d rows, %d columns", name, len(got.Rows), columns)
		}
		if name == "marked" && !slices.ContainsFunc(got.Rows, func(row []string) bool { return len(row) == 5 && row[3] == markup[0]+"; passes at "+markup[0] }) {
			t.Errorf("a pipe is lost in %q", got.Rows)
		}
	}
}

// Cut to any size: never more than asked for, whole rows only, and what is
// missing is counted.
func TestMarkdownIsCutByWholeRows(t *testing.T) {
	t.Parallel()
	d := failing()
	d.SLO = d.SLO[:3]
	for i := range 3000 {
		c := cell(i+100, "many")
		d.Cells = append(d.Cells, c)
		d.SLO = append(d.SLO, missed(rule("ttft.p99 < 500ms", 41, c), 612.4, strings.Repeat("x", 300)))
	}
	r := &reporters.Report{Doc: d}
	if n := len(write(t, reporters.MarkdownWithin(1<<30), r)); n < reporters.MaxSummary {
		t.Fatalf("%d bytes test no cutting", n)
	}
	for _, most := range []int{0, 1000, 4000, 100_000, reporters.MaxSummary - 1} {
		got := string(write(t, reporters.MarkdownWithin(most), r))
		if len(got) > most {
			t.Errorf("%d bytes where %d were allowed", len(got), most)
		}
		if most == 1000 && !strings.HasPrefix(got, "## ❌ chat-gate: gate failed") {
			t.Errorf("the verdict is gone: %q", got)
		}
		if most < 4000 {
			continue
		}
		shown := 0
		for line := range strings.Lines(got) {
			if strings.HasPrefix(line, "|") && !strings.HasSuffix(line, "|\n") {
				t.Errorf("a torn row: %q", line)
			}
			if strings.HasPrefix(line, "| **FAIL**") {
				shown++
			}
		}
		if !strings.Contains(got, "left out for want of room") || !strings.Contains(got, "client CPU") {
			t.Errorf("%d bytes: no note, or no line of trust", most)
		}
		if want := fmt.Sprintf("%s more rows left out for want of room: the results hold all 3,002", thousands(3002-shown)); !strings.Contains(got, want) {
			t.Errorf("%d bytes: lacks %q", most, want)
		}
		if most == reporters.MaxSummary-1 && len(got) < most-5000 {
			t.Errorf("only %d bytes used", len(got))
		}
	}
}

func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}
