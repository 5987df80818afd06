package tokens

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/tiktoken-go/tokenizer"
)

// References: Python tiktoken 0.14.0 with the ranks and patterns that the npm
// package js-tiktoken 1.0.21 holds, encode(text, disallowed_special=()).
//
// The first text is what releases of tiktoken-go/tokenizer from v0.8 to at
// least v0.10 get wrong in o200k_base and cl100k_base: they end a piece after
// the first line break.
func TestIDsAreTiktokens(t *testing.T) {
	t.Parallel()
	for name, cases := range map[string]map[string][]int32{
		o200k: {
			"x\n    \n    y": {87, 15698, 271, 342},
			"The quick brown fox.\n\n\tJumped   over": {976, 4853, 19705, 68347, 364, 27262, 115549, 256, 1072},
			"naïve café – 日本語 🙂":                      {1503, 9954, 737, 30469, 1127, 17428, 40909, 26192},
			"I'll DON'T 12345 67\r\n\r\n  end  ":      {67504, 153384, 220, 7633, 2548, 220, 5462, 1414, 220, 1268, 256},
			"func f() {\n\treturn  x\n\n}\n":          {5652, 285, 416, 405, 1393, 220, 1215, 279, 739},
			" <|endoftext|>":                          {464, 91, 419, 1440, 919, 91, 29},
		},
		cl100k: {
			"x\n    \n    y": {87, 7361, 262, 379},
			"The quick brown fox.\n\n\tJumped   over": {791, 4062, 14198, 39935, 382, 17538, 61292, 256, 927},
			"naïve café – 日本語 🙂":                      {3458, 38672, 588, 53050, 1389, 76502, 22656, 45918, 252, 28584},
			"I'll DON'T 12345 67\r\n\r\n  end  ":      {40, 3358, 45373, 17773, 220, 4513, 1774, 220, 3080, 881, 220, 842, 256},
			"func f() {\n\treturn  x\n\n}\n":          {2900, 282, 368, 341, 862, 220, 865, 271, 534},
			" <|endoftext|>":                          {83739, 8862, 728, 428, 91, 29},
		},
		p50k: {
			"x\n    \n    y": {87, 198, 50259, 198, 50258, 331},
			"The quick brown fox.\n\n\tJumped   over": {464, 2068, 7586, 21831, 13, 628, 197, 41, 27073, 50257, 625},
			"naïve café – 日本語 🙂":                      {2616, 38776, 40304, 784, 10545, 245, 98, 17312, 105, 45739, 252, 32485},
			"I'll DON'T 12345 67\r\n\r\n  end  ":      {40, 1183, 23917, 6, 51, 17031, 2231, 8275, 201, 198, 201, 198, 220, 886, 50257},
			"func f() {\n\treturn  x\n\n}\n":          {20786, 277, 3419, 1391, 198, 197, 7783, 220, 2124, 198, 198, 92, 198},
			" <|endoftext|>":                          {1279, 91, 437, 1659, 5239, 91, 29},
		},
		p50kEdit: {
			"x\n    \n    y": {87, 198, 50259, 198, 50258, 331},
			"The quick brown fox.\n\n\tJumped   over": {464, 2068, 7586, 21831, 13, 628, 197, 41, 27073, 50257, 625},
			"naïve café – 日本語 🙂":                      {2616, 38776, 40304, 784, 10545, 245, 98, 17312, 105, 45739, 252, 32485},
			"I'll DON'T 12345 67\r\n\r\n  end  ":      {40, 1183, 23917, 6, 51, 17031, 2231, 8275, 201, 198, 201, 198, 220, 886, 50257},
			"func f() {\n\treturn  x\n\n}\n":          {20786, 277, 3419, 1391, 198, 197, 7783, 220, 2124, 198, 198, 92, 198},
			" <|endoftext|>":                          {1279, 91, 437, 1659, 5239, 91, 29},
		},
		r50k: {
			"x\n    \n    y": {87, 198, 220, 220, 220, 220, 198, 220, 220, 220, 331},
			"The quick brown fox.\n\n\tJumped   over": {464, 2068, 7586, 21831, 13, 628, 197, 41, 27073, 220, 220, 625},
			"naïve café – 日本語 🙂":                      {2616, 38776, 40304, 784, 10545, 245, 98, 17312, 105, 45739, 252, 32485},
			"I'll DON'T 12345 67\r\n\r\n  end  ":      {40, 1183, 23917, 6, 51, 17031, 2231, 8275, 201, 198, 201, 198, 220, 886, 220, 220},
			"func f() {\n\treturn  x\n\n}\n":          {20786, 277, 3419, 1391, 198, 197, 7783, 220, 2124, 198, 198, 92, 198},
			" <|endoftext|>":                          {1279, 91, 437, 1659, 5239, 91, 29},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := Open(name)
			if err != nil {
				t.Fatal(err)
			}
			for text, want := range cases {
				if got := ids(m, text); !slices.Equal(got, want) {
					t.Errorf("%q: ids %v, tiktoken gives %v", text, got, want)
				}
				if n := m.Count(text); n != len(want) {
					t.Errorf("%q: counts %d, want %d", text, n, len(want))
				}
			}
		})
	}
}

func ids(m Maker, text string) []int32 { return m.(maker).tokenizer.Append(nil, text) }

// pinned is the release that gives the vocabularies. See ADR 4.
const pinned = "v0.7.0"

// oracle encodes with tiktoken-go itself.
func oracle(t testing.TB, name string) func(text string) []int32 {
	t.Helper()
	codec, err := tokenizer.Get(tokenizer.Encoding(name))
	if err != nil {
		t.Fatal(err)
	}
	return func(text string) []int32 {
		ids, _, err := codec.Encode(text)
		if err != nil {
			t.Fatal(err)
		}
		var out []int32
		for _, id := range ids {
			out = append(out, int32(id))
		}
		return out
	}
}

// If this fails after an upgrade, the upgrade either still has the fault, or has
// repaired it: then the pin can go, and ADR 4 with it.
func TestThePinIsStillNeeded(t *testing.T) {
	t.Parallel()
	const text = "x\n    \n    y"
	right := true
	for name, want := range map[string][]int32{o200k: {87, 15698, 271, 342}, cl100k: {87, 7361, 262, 379}} {
		right = right && slices.Equal(oracle(t, name)(text), want)
	}
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Version}}", "github.com/tiktoken-go/tokenizer").Output()
	if err != nil {
		t.Fatal(err)
	}
	switch version := strings.TrimSpace(string(out)); {
	case !right:
		t.Errorf("tiktoken-go %s splits %q wrongly: stay at %s", version, text, pinned)
	case version != pinned:
		t.Errorf("tiktoken-go %s splits %q rightly, as %s does: the pin can go, see docs/adr/0004-tokenizer-pin.md", version, text, pinned)
	}
}

// odd are characters that tiktoken-go splits otherwise than tiktoken does: those
// of late versions of Unicode, a long s in a contraction, and, in cl100k_base,
// white space at the end of a text.
func odd(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool {
		return r == 'ſ' || unicode.In(r, unicode.Cs) || r > 0x7F && !unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z, unicode.Cc, unicode.Cf)
	}) || strings.TrimRightFunc(text, unicode.IsSpace) != text
}

func TestEncodingsAgreeWithTiktokenGo(t *testing.T) {
	t.Parallel()
	texts := recordedTexts(t)
	for _, name := range []string{o200k, cl100k, p50k, p50kEdit, r50k} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := Open(name)
			if err != nil {
				t.Fatal(err)
			}
			want := oracle(t, name)
			for _, text := range texts {
				if len(text) > 500 || odd(text) {
					continue // long runs take it quadratic time
				}
				if got := ids(m, text); !slices.Equal(got, want(text)) {
					t.Errorf("%q: %v, tiktoken-go gives %v", text, got, want(text))
				}
			}
		})
	}
}

// A run of one character is counted whole, in hardly more than linear time: a
// model told to go on past its end can send 100 kB of it.
func TestLongRunsAreCounted(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]int{cl100k: 15_625, r50k: 15_625} {
		m, err := Open(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Count(strings.Repeat("=", 1_000_000)); got != want {
			t.Errorf("%s: a million of = count %d, want %d", name, got, want)
		}
	}
}

// FuzzLossless: the tokens of a text, put together again, are that text.
func FuzzLossless(f *testing.F) {
	for _, text := range recordedTexts(f)[:300] {
		f.Add(text)
	}
	type lossless struct {
		maker
		token map[int32]string
	}
	var all []lossless
	for _, name := range []string{cl100k, o200k, r50k} {
		m := openRecorded(f, name)
		l := lossless{m, map[int32]string{}}
		codec, _ := tokenizer.Get(tokenizer.Encoding(name))
		for id := range int32(200_000) {
			if text, err := codec.Decode([]uint{uint(id)}); err == nil {
				l.token[id] = text
			}
		}
		all = append(all, l)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, l := range all {
			var b strings.Builder
			for _, id := range ids(l.maker, text) {
				b.WriteString(l.token[id])
			}
			if want := string([]rune(text)); b.String() != want {
				t.Fatalf("%s: %q comes back as %q", l.Name(), want, b.String())
			}
		}
	})
}

// Make does not count what it made with an encoding. That is sound if each word
// it draws is a token by itself, stays one after any other, and, where it comes
// first, is one without its space.
func TestEveryWordIsOneToken(t *testing.T) {
	t.Parallel()
	for name, load := range encodings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := load()
			if err != nil {
				t.Fatal(err)
			}
			list := v.list()
			if len(list.all) < 10_000 || len(list.firsts) < 3_000 || !list.spaced {
				t.Errorf("%d words, %d to start with: prompts would repeat themselves", len(list.all), len(list.firsts))
			}
			if got := v.tokenizer.Count(strings.Join(list.all, "")); got != len(list.all) {
				t.Errorf("%d words in a row count %d", len(list.all), got)
			}
			for _, w := range list.firsts {
				if n := v.tokenizer.Count(w[1:]); n != 1 {
					t.Fatalf("%q without its space counts %d", w, n)
				}
			}
		})
	}
}
