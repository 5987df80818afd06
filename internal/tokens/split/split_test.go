package split

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/dlclark/regexp2"
)

// engine compiles a pattern that is written by hand for the engine, which has no
// possessive quantifiers, and whose $ is not the very end.
func engine(t testing.TB, expression string) Pattern {
	t.Helper()
	plain := expression
	if strings.Contains(expression, "++") {
		plain = strings.NewReplacer("++", "+", "*+", "*", "?+", "?", "3}+", "3}", "$", `\z`).Replace(expression)
	}
	re, err := regexp2.Compile(plain, regexp2.None)
	if err != nil {
		t.Fatal(err)
	}
	return regex{re}
}

// inEngine reports whether the engine knows all runes of text as we do: it lacks
// those that Unicode added lately, and a long s is no s to it.
func inEngine(text string) bool {
	for _, r := range text {
		for _, list := range added {
			for i := 0; i < len(list); i += 2 {
				if r >= list[i] && r <= list[i+1] {
					return false
				}
			}
		}
		if r == 'ſ' {
			return false
		}
	}
	return utf8.ValidString(text)
}

func same(t *testing.T, expression, text string, want Pattern) {
	t.Helper()
	got := known[expression].Append(nil, text)
	if wanted := want.Append(nil, text); !slices.Equal(got, wanted) {
		t.Fatalf("%s\n%q\ngot  %v\nwant %v", expression, text, pieces(text, got), pieces(text, wanted))
	}
}

func pieces(text string, matches []Match) []string {
	var list []string
	for _, m := range matches {
		list = append(list, text[m.Start:m.End])
	}
	return list
}

// runes are what the patterns tell apart, and neighbours of it.
var runes = []rune("aZbÉéǅʰªßИц日本龥龦ゟヿ゠한ก\u0301\u0903\u20dd0９٣½Ⅷ  \t\n\r\u00a0\u3000\u2028\u0085.,!/'’\"_-=$€+|`^\\(\u200d\u200b\x00\x1b\u00ad🙂\ufe0f\U000e0101\ue000\U000323af\U0010ffffsStTrReEvVmMlLdD")

func TestWrittenByHandMatchesLikeTheEngine(t *testing.T) {
	t.Parallel()
	for expression := range known {
		want := engine(t, expression)
		rng := rand.New(rand.NewPCG(1, 0))
		for range 4000 {
			var b strings.Builder
			for range rng.IntN(14) {
				r := runes[rng.IntN(len(runes))]
				for range 1 + rng.IntN(2)*rng.IntN(4) {
					b.WriteRune(r)
				}
			}
			same(t, expression, b.String(), want)
		}
	}
}

func FuzzKnownPatterns(f *testing.F) {
	for _, text := range []string{"", "x\n    \n    y", "I'll DON'T 12345 67\r\n\r\n  end  ", "naïve café – 日本語 🙂", string(runes), "ΑΒγ 'LL's"} {
		f.Add(text)
	}
	engines := map[string]Pattern{}
	for expression := range known {
		engines[expression] = engine(f, expression)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 300 || !inEngine(text) {
			return
		}
		for expression, want := range engines {
			same(t, expression, text, want)
		}
	})
}

func TestNewAndOddCharacters(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		pattern    Pattern
		want       []string
	}{
		{"a long s is an s in another case", "it'ſ", CL100K, []string{"it", "'ſ"}},
		{"not where case matters", "it'ſ", GPT2, []string{"it", "'", "ſ"}},
		{"a letter of Unicode 16", "a\u1c89b", CL100K, []string{"a\u1c89b"}},
		{"in upper case", "a\u1c89b", O200K, []string{"a", "\u1c89b"}},
		{"white space at the end is one", "x \n  ", CL100K, []string{"x", " \n  "}},
		{"and is two in others", "x \n  ", O200K, []string{"x", " \n", "  "}},
	} {
		if got := pieces(c.text, c.pattern.Append(nil, c.text)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestCompileRefuses(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]string{
		`\w+`:             `\w is not supported`,
		`\bx`:             `\b is not supported`,
		`(?i:x)`:          `the group (?i:… is not supported`,
		`\p{L}++x`:        `the quantifier ++ is not supported`,
		`x{2}?`:           `the quantifier {2}? is not supported`,
		`x{,3}`:           `a brace that is no quantifier is not supported`,
		`^x`:              `^ is not supported`,
		`x$`:              `$ is not supported`,
		`[a&&b]`:          `"&&" within brackets is not supported`,
		`[[:alpha:]]`:     `"[:" within brackets is not supported`,
		`[^\P{L}]`:        `\P{L} is not supported here`,
		`\p{Alphabetic}x`: `\p{Alphabetic} is not supported here`,
		`\p{Cn}`:          `\p{Cn} is not supported here`,
		`\pLx`:            `\p without a plain name in braces is not supported`,
		`x*`:              `it matches nothing at all, which is not supported`,
		`[a`:              `a bracket is not closed`,
		`[^\S]`:           `\S within brackets is not supported`,
		`(a`:              `missing closing )`,
		`a\`:              `it ends with \`,
	} {
		if _, err := Compile(expression); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), expression) {
			t.Errorf("%s: error %v, want one with %s", expression, err, want)
		}
	}
}

func TestCompile(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		expression, text string
		want             []string
	}{
		{`[0-9][0-9][0-9]`, "a1234567é890", []string{"123", "456", "890"}},
		{`\s+(?!\S)|\p{Lu}?\p{Ll}+`, "AbcéD  X", []string{"Abcé", " "}},
		{`[^\s\p{L}\p{N}]+`, "日.!\u1c89\U000116d0?", []string{".!", "?"}},
		{`\P{L}+`, "a\u1c89. 1b", []string{". 1"}},
		{`\p{Han}+?`, "a漢\U0002EBF0", []string{"漢", "\U0002EBF0"}},
		{`\p{Mn}+|a\P{Mc}`, "a\u0301\u0897\U0001171Ea\u0897", []string{"a\u0301", "\u0897", "a\u0897"}},
		{`\d+|\S\s`, "a\u2003b12\u0663\U00016130\u1680", []string{"a\u2003", "12\u0663\U00016130"}},
	} {
		p, err := Compile(c.expression)
		if err != nil {
			t.Fatal(err)
		}
		if got := pieces(c.text, p.Append(nil, c.text)); !slices.Equal(got, c.want) {
			t.Errorf("%s in %q: %q, want %q", c.expression, c.text, got, c.want)
		}
	}
}

// simpleOnes are patterns that need no engine: CLIP's, Falcon's, and others.
var simpleOnes = []string{
	`'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+`, `[0-9][0-9][0-9]`, `\s+`, ` {2,}`, `Ġ?[^Ġ]+`,
	`(a|ab)(b?c|x)*x|(x[ab]?){1}\S`, `a{1,2}a?[^a]|\d+\D|b*ab*b`, `(?:x|xa)[ab]+x|\P{Han}\p{Lu}?`,
}

func TestSimplePatternsMatchLikeTheEngine(t *testing.T) {
	t.Parallel()
	for _, expression := range simpleOnes {
		v := vetting{text: expression}
		if err := v.vet(); err != nil {
			t.Fatal(err)
		}
		want := engine(t, v.out.String())
		got, ok := newSimple(v.out.String())
		if complex := strings.Contains(expression, ")*"); ok == complex {
			t.Fatalf("%s: simple is %v", expression, ok)
		} else if complex {
			continue
		}
		rng := rand.New(rand.NewPCG(1, 0))
		letters := append(slices.Repeat([]rune("aabbxxc' Ġ1"), 10), runes...)
		for range 4000 {
			var b strings.Builder
			for range rng.IntN(20) {
				b.WriteRune(letters[rng.IntN(len(letters))])
			}
			text := b.String()
			if got, want := got.Append(nil, text), want.Append(nil, text); !slices.Equal(got, want) {
				t.Fatalf("%s in %q: %q, the engine finds %q", expression, text, pieces(text, got), pieces(text, want))
			}
		}
	}
}

// FuzzCompile: what is let through runs, finds parts of the text in order, and, if
// it is simple, those that package regexp finds. (The engine finds no `\$*\++` in +.)
func FuzzCompile(f *testing.F) {
	for expression := range known {
		f.Add(expression, "a 1\n.é")
	}
	f.Add(`[^\s\p{L}]{2,}?|(?<=a)b|(?>x)`, "ab--x")
	for _, expression := range simpleOnes {
		f.Add(expression, "it's 'llama a1234 5é\u1c89\u00a0\u2003..xaxbxaab12\r\n")
	}
	f.Fuzz(func(t *testing.T, expression, text string) {
		if len(expression) > 200 || len(text) > 50 || !utf8.ValidString(text) || !utf8.ValidString(expression) {
			return
		}
		p, err := compile(expression)
		if err != nil {
			return
		}
		found := p.Append(nil, text)
		v := vetting{text: expression}
		if _, ok := p.(matcher); ok && v.vet() == nil {
			if got, want := pieces(text, found), regexp.MustCompile(v.out.String()).FindAllString(text, -1); !slices.Equal(got, want) {
				t.Fatalf("%q in %q: %q, package regexp finds %q", expression, text, got, want)
			}
		}
		done := 0
		for _, m := range found {
			if m.Start < done || m.End <= m.Start || m.End > len(text) {
				t.Fatalf("%q in %q: %v", expression, text, m)
			}
			done = m.End
		}
	})
}

func TestLiteralAndRunes(t *testing.T) {
	t.Parallel()
	if got := pieces("a--b---", Literal("--").Append(nil, "a--b---")); !slices.Equal(got, []string{"--", "--"}) {
		t.Errorf("%q", got)
	}
	if got := pieces("a1é23", Runes(unicode.IsDigit).Append(nil, "a1é23")); !slices.Equal(got, []string{"1", "2", "3"}) {
		t.Errorf("%q", got)
	}
}

func BenchmarkPatterns(b *testing.B) {
	text := strings.Repeat("func (s *Server) Serve(ctx context.Context) error {\n\treturn nil // it's done\n}\n\nThe quick brown fox, 12345 日本語 café.  ", 50)
	for name, p := range map[string]Pattern{"gpt2": GPT2, "cl100k": CL100K, "o200k": O200K} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			var matches []Match
			for b.Loop() {
				matches = p.Append(matches[:0], text)
			}
		})
	}
}
