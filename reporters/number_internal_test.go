package reporters

import (
	"math"
	"strings"
	"testing"

	"loadgate/internal/result"
)

func TestDigits(t *testing.T) {
	t.Parallel()
	for x, want := range map[float64]string{
		0: "0", 1: "1.00", 9.994: "9.99", 9.999: "10.0", 61.24: "61.2", 99.96: "100", 612.4: "612", 999.4: "999", 999.6: "1,000",
		1234567.8: "1,234,568", 0.5: "0.500", 0.9996: "1.00", 0.00123: "0.00123", 0.00001234: "1.23e-05", -61.24: "-61.2",
		math.Inf(1): "inf", 1e16: "1e+16",
	} {
		if got := digits(result.Number(x)); got != want {
			t.Errorf("digits(%v) = %q, want %q", x, got, want)
		}
	}
	if got := digits(result.None()); got != "-" {
		t.Errorf("an absent value is %q", got)
	}
}

func TestPercent(t *testing.T) {
	t.Parallel()
	for x, want := range map[float64]string{1: "100", 0.99999: "99.9", 0.999: "99.9", 0.5: "50.0", 0.0001: "<0.1", 0: "0"} {
		if got := percent(result.Number(x)); got != want {
			t.Errorf("percent(%v) = %q, want %q", x, got, want)
		}
	}
}

func TestWrapKeepsTheWords(t *testing.T) {
	t.Parallel()
	in := "short words and one " + strings.Repeat("long", 12) + " word, 日本語の単語 too"
	lines := wrap(in, 20)
	for _, l := range lines {
		if displayWidth(l) > 20 {
			t.Errorf("%q is wider than 20", l)
		}
	}
	if got := strings.ReplaceAll(strings.Join(lines, ""), " ", ""); got != strings.ReplaceAll(in, " ", "") {
		t.Errorf("wrapping lost text: %q", lines)
	}
}

func TestCellTextFits(t *testing.T) {
	t.Parallel()
	for _, in := range []string{strings.Repeat("a", 40_000), strings.Repeat("😀", 20_000), strings.Repeat("x\n", 30_000)} {
		units := 0
		for _, r := range cellText(in) {
			units++
			if r > 0xffff {
				units++
			}
		}
		if units > 32_767 || units < 32_000 {
			t.Errorf("%d units of %q…", units, in[:8])
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add("=cmd\x1b[0m\u202e\x00", 5)
	f.Add("日本語", 2)
	f.Fuzz(func(t *testing.T, s string, most int) {
		most = 1 + (most&0xff+0x100)%0x100
		got := clean(s, most)
		if n := len([]rune(got)); n > most {
			t.Errorf("%d runes, at most %d were allowed", n, most)
		}
		if strings.ContainsFunc(got, func(r rune) bool { return r < ' ' || r == 0x202e || r == 0x7f }) {
			t.Errorf("control character left in %q", got)
		}
	})
}
