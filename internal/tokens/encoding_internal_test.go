package tokens

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// References: Python tiktoken 0.14.0 with the ranks and patterns that the npm
// package js-tiktoken 1.0.21 holds, encode(text, disallowed_special=()).
//
// The first text is what releases of tiktoken-go/tokenizer from v0.8 to at
// least v0.10 get wrong in o200k_base and cl100k_base: they end a piece after
// the first line break. If this test fails after an upgrade, the upgrade has
// the fault.
func TestIDsAreTiktokens(t *testing.T) {
	t.Parallel()
	for name, cases := range map[string]map[string][]uint{
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
				got, _, err := m.(*encoding).codec.Encode(text)
				if err != nil || !slices.Equal(got, want) {
					t.Errorf("%q: ids %v (%v), tiktoken gives %v", text, got, err, want)
				}
				if n := m.Count(text); n != len(want) {
					t.Errorf("%q: counts %d, want %d", text, n, len(want))
				}
			}
		})
	}
}

// Make does not encode what it made. That is sound if each word it draws is a
// token by itself, stays one after any other, and, where it comes first, is
// one without its space.
func TestEveryWordIsOneToken(t *testing.T) {
	t.Parallel()
	for name, e := range encodings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := e.load(); err != nil {
				t.Fatal(err)
			}
			list := listWords(name, e.ranks)
			if len(list.all) < 10_000 || len(list.firsts) < 3_000 {
				t.Errorf("%d words, %d to start with: prompts would repeat themselves", len(list.all), len(list.firsts))
			}
			_, encoded, err := e.codec.Encode(strings.Join(list.all, ""))
			if err != nil || !slices.Equal(encoded, list.all) {
				t.Errorf("the words in a row do not encode to themselves (%v)", err)
			}
			for _, w := range list.firsts {
				if n, _ := e.codec.Count(w[1:]); n != 1 {
					t.Fatalf("%q without its space counts %d", w, n)
				}
			}
		})
	}
}

// fragments are what patterns treat differently, to be mixed at random.
var fragments = []string{
	"a", "Word", " the", "don't", "I'LL", "'s", "'", "’", "12345", " 7", "٣٤", "½", "日本語", "。", "é", "e\u0301", "नमस्ते",
	"\u0301", " ", "  ", "\n", "\r\n", "\t", "\u00a0", "\u3000", "=", "!!", "/", "(", "👩‍👩‍👧", "\xff", "\u200d", "_", "-",
}

func TestCountingInChunksIsExact(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 0))
	for name := range encodings {
		m, err := Open(name)
		if err != nil {
			t.Fatal(err)
		}
		for range 10 {
			var b strings.Builder
			for b.Len() < 2*maxChunk {
				b.WriteString(fragments[rng.IntN(len(fragments))])
			}
			want, _ := m.(*encoding).codec.Count(b.String())
			if got := m.Count(b.String()); got != want {
				t.Fatalf("%s: %d in chunks, %d at once: %q", name, got, want, b.String())
			}
		}
	}
}

// A run without a place to split is cut. That may cost a token a cut, no more,
// and takes linear time: a megabyte at once would take minutes.
func TestLongRunsAreCut(t *testing.T) {
	t.Parallel()
	const n = 5 * maxChunk
	for _, name := range []string{o200k, r50k} {
		m, err := Open(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, unit := range []string{"=", " ", "日", "1"} {
			few := m.Count(strings.Repeat(unit, maxChunk/2/len(unit)))
			units := n / len(unit)
			want := float64(few) * float64(units) / float64(maxChunk/2/len(unit))
			got := float64(m.Count(strings.Repeat(unit, units)))
			if got < 0.97*want || got > 1.03*want {
				t.Errorf("%s: %d times %q counts %.0f, want about %.0f", name, units, unit, got, want)
			}
		}
	}
}

// FuzzSplits: cutting a text wherever splits allows must not change its ids.
func FuzzSplits(f *testing.F) {
	for _, text := range []string{
		"x\n    \n    y", "I'll DON'T 12345 67\r\n\r\n  end  ", "naïve café – 日本語 🙂", "a\u0301b 'sx 1½٣ a1b2", "x\xffy\xc3", "",
		strings.Join(fragments, ""), strings.Join(fragments, " "),
	} {
		f.Add(text)
	}
	var codecs []*encoding
	for name, e := range encodings {
		if _, err := Open(name); err != nil {
			f.Fatal(err)
		}
		codecs = append(codecs, e)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 2000 {
			return
		}
		for _, e := range codecs {
			want, _, err := e.codec.Encode(text)
			if err != nil {
				t.Fatal(err)
			}
			var got []uint
			start := 0
			for i, next := range text {
				last, _ := utf8.DecodeLastRuneInString(text[:i])
				if i > start && splits(last, next) {
					ids, _, _ := e.codec.Encode(text[start:i])
					got, start = append(got, ids...), i
				}
			}
			ids, _, _ := e.codec.Encode(text[start:])
			if got = append(got, ids...); !slices.Equal(got, want) {
				t.Fatalf("%s: %q gives %v in parts, %v at once", e.name, text, got, want)
			}
		}
	})
}
