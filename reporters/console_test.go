package reporters_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jedib0t/go-pretty/v6/text"

	"loadgate/reporters"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func console(t *testing.T, r *reporters.Report, opts reporters.ConsoleOptions) string {
	t.Helper()
	var b bytes.Buffer
	if err := reporters.Console(&b, r, opts); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got); run with -update if that is meant:\n%s", name, diff)
	}
}

func TestConsoleGolden(t *testing.T) {
	t.Parallel()
	for name, r := range reports() {
		for _, width := range []int{80, 100, 140} {
			if width != 100 && name != "matrix" && name != "failures" {
				continue
			}
			got := console(t, r, reporters.ConsoleOptions{Width: width, Path: "runs/chat-gate-20261123T160246Z-1a2b"})
			golden(t, fmt.Sprintf("console-%s-%d.txt", name, width), got)
		}
	}
}

func TestConsoleKeepsToItsWidth(t *testing.T) {
	t.Parallel()
	for name, r := range reports() {
		for _, width := range []int{60, 80, 100, 140, 200} {
			for _, l := range strings.Split(console(t, r, reporters.ConsoleOptions{Width: width}), "\n") {
				if w := text.StringWidthWithoutEscSequences(l); w > width && !strings.Contains(l, "results in") {
					t.Errorf("%s at %d: a line of %d columns: %q", name, width, w, l)
				}
			}
		}
	}
}

// Colour changes nothing but the colour, and is the only escape there is.
func TestConsoleColour(t *testing.T) {
	t.Parallel()
	sgr := regexp.MustCompile("\x1b\\[[0-9;]*m")
	for name, r := range reports() {
		plain := console(t, r, reporters.ConsoleOptions{})
		if i := strings.IndexFunc(plain, func(c rune) bool { return c != '\n' && (c < ' ' || c == 0x7f || c == 0x202e) }); i >= 0 {
			t.Errorf("%s: control character %q in the plain text", name, plain[i])
		}
		coloured := console(t, r, reporters.ConsoleOptions{Color: true})
		if got := sgr.ReplaceAllString(coloured, ""); got != plain {
			t.Errorf("%s: colour changed the text:\n%s", name, cmp.Diff(plain, got))
		}
		if name != "empty" && coloured == plain {
			t.Errorf("%s: no colour", name)
		}
	}
}

func TestConsoleSaysWhatFailed(t *testing.T) {
	t.Parallel()
	got := console(t, reports()["failures"], reporters.ConsoleOptions{Width: 140, Path: "runs/x"})
	for _, want := range []string{
		"rules: 2 passed, 3 failed, 1 missed with a warning, 1 skipped",
		"FAIL  ttft.p99 < 500ms", "gate.yaml:41:5",
		"      cell concurrency 8, shape long\n      ttft.p99 = 612.4 ms (n 200, 95 % interval 580.1 … 655.0), limit 500 ms: missed by 112.4 ms (22 %)\n",
		"      passes at concurrency 4\n",
		"WARN  ttft.p99 < 500ms",
		"http_5xx 2 in 1 of 3 cells, for example: 503 Service Unavailable",
		"gate failed: 2 of 5 rules in 2 of 3 cells · exit 1 · results in runs/x\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the summary lacks %q:\n%s", want, got)
		}
	}
}

func TestConsoleDoesNotRoundFailuresAway(t *testing.T) {
	t.Parallel()
	c := cell(8, "short")
	c.Metrics["success_rate"] = scalar("ratio", 0.99996)
	got := console(t, &reporters.Report{Doc: document(c)}, reporters.ConsoleOptions{})
	if !strings.Contains(got, " 99.9 ") || strings.Contains(got, " 100 ") {
		t.Errorf("a success rate of 99.996 %% is shown as all:\n%s", got)
	}
}
