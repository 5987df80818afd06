package tokens

import (
	"slices"
	"strings"
	"testing"
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
