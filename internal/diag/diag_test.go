package diag

import (
	"strings"
	"testing"
)

func TestWriteText(t *testing.T) {
	t.Parallel()
	src := Sources{"a.yaml": []byte("one: 1\nload:\n  concurency: 8\n")}
	var l List
	l.Errorf(Pos{"a.yaml", 3, 3}, 10, `did you mean "concurrency"?`, "unknown key %q", "concurency")
	l.Warnf(Pos{"a.yaml", 1, 1}, 3, "", "first\x1b[31m")
	var b strings.Builder
	if err := WriteText(&b, l, src, false); err != nil {
		t.Fatal(err)
	}
	want := "a.yaml:1:1: warning: first\ufffd[31m\n" +
		"    1 | one: 1\n" +
		"      | ^^^\n" +
		"a.yaml:3:3: error: unknown key \"concurency\"\n" +
		"    3 |   concurency: 8\n" +
		"      |   ^^^^^^^^^^\n" +
		"      = hint: did you mean \"concurrency\"?\n"
	if b.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", b.String(), want)
	}
}

func TestLongLineKeepsCaretInView(t *testing.T) {
	t.Parallel()
	line := strings.Repeat("x", 300) + "HERE" + strings.Repeat("y", 300)
	text, caret := window(line, 301, 4)
	at := len([]rune(caret)) - 4
	if got := string([]rune(text)[at : at+4]); got != "HERE" {
		t.Errorf("caret stands under %q", got)
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	known := []string{"concurrency", "rate", "requests", "ttft", "tpot"}
	for word, want := range map[string]string{
		"concurency": "concurrency", "request": "requests", "tfft": "ttft", "RATE": "rate", "banana": "",
	} {
		if got := Nearest(word, known); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", word, got, want)
		}
	}
}

func FuzzWriteText(f *testing.F) {
	f.Add("a: b\n", 1, 2, 3)
	f.Add("\x1b]0;x\a: 1", 1, 400, -7)
	f.Fuzz(func(t *testing.T, src string, line, col, width int) {
		var l List
		l.Errorf(Pos{"f", line, col}, width, src, "m %s", src)
		var b strings.Builder
		if err := WriteText(&b, l, Sources{"f": []byte(src)}, false); err != nil {
			t.Fatal(err)
		}
		if strings.ContainsRune(b.String(), 0x1b) {
			t.Error("an escape character reached the output")
		}
	})
}
