package hf

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// whole puts parts into a tokenizer.json; empty ones are null.
func whole(model, normalizer, preTokenizer, added string) string {
	or := func(part, otherwise string) string {
		if part == "" {
			return otherwise
		}
		return part
	}
	return `{"version":"1.0","truncation":{"max_length":2},"padding":null,"added_tokens":` + or(added, "[]") +
		`,"normalizer":` + or(normalizer, "null") + `,"pre_tokenizer":` + or(preTokenizer, "null") +
		`,"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>"}}]},"decoder":null,"model":` + model + `}`
}

const (
	letters   = `{"type":"BPE","vocab":{"a":0,"b":1,"ab":2,"Ġ":3,"▁":4,"?":5},"merges":["a b"],"unk_token":"?"}`
	pieces    = `{"type":"WordPiece","vocab":{"[UNK]":0,"un":1,"##able":2,"##a":3,"able":4,"mask":5},"unk_token":"[UNK]","max_input_chars_per_word":10}`
	scores    = `{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0.0],["a",-1.5],["b",-1.5],["ab",-2.5],["▁",-1]]}`
	metaFirst = `{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":false}`
)

func TestParse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		json, text string
		want       []int32
	}{
		"merges as words":          {whole(letters, "", "", ""), "abba", []int32{2, 1, 0}},
		"merges as pairs":          {whole(strings.Replace(letters, `"a b"`, `["a","b"]`, 1), "", "", ""), "abba", []int32{2, 1, 0}},
		"no type":                  {whole(strings.Replace(letters, `"type":"BPE",`, "", 1), "", "", ""), "ab", []int32{2}},
		"escapes":                  {whole(strings.Replace(letters, `"?":5`, `"\u003f":5`, 1), "", "", ""), "a?", []int32{0, 5}},
		"nothing is put around":    {whole(letters, "", "", ""), "", nil},
		"the template is left out": {whole(letters, "", "", `[{"id":9,"content":"<s>"}]`), "a", []int32{0}},
		"nothing is cut off":       {whole(letters, "", "", ""), "aaaa", []int32{0, 0, 0, 0}},
		"bytes that are no UTF-8":  {whole(letters, "", "", ""), "a\xff\xffb", []int32{0, 5, 5, 1}},
		"an added token":           {whole(letters, "", "", `[{"id":9,"content":"<s>"},{"id":8,"content":"<s>a"}]`), "a<s>ab<s>", []int32{0, 8, 1, 9}},
		"its spaces":               {whole(letters, "", "", `[{"id":9,"content":"x","lstrip":true,"rstrip":true}]`), "a  x x b", []int32{0, 9, 9, 1}},
		"a single word":            {whole(letters, "", "", `[{"id":9,"content":"a","single_word":true}]`), "a?a ba", []int32{9, 5, 9, 5, 1, 0}},
		"normalised":               {whole(letters, `{"type":"Lowercase"}`, "", `[{"id":9,"content":"AB","normalized":true},{"id":8,"content":"B","normalized":false}]`), "aBAbb", []int32{0, 8, 9, 1}},
		"words by pieces":          {whole(pieces, "", `{"type":"BertPreTokenizer"}`, ""), "unable able unun  una", []int32{1, 2, 4, 0, 1, 3}},
		"a long word":              {whole(pieces, "", `{"type":"WhitespaceSplit"}`, ""), "unaaaaaaaaaaa un", []int32{0, 1}},
		"scores":                   {whole(scores, "", "", ""), "abab", []int32{3, 3}},
		"unknown parts are one":    {whole(scores, "", "", ""), "axyzb", []int32{1, 0, 2}},
		"a sign before the text":   {whole(letters, "", metaFirst, `[{"id":9,"content":"<s>"}]`), "a a<s>b", []int32{4, 0, 4, 0, 9, 1}},
		"and before every part":    {whole(letters, "", strings.Replace(metaFirst, "first", "always", 1), `[{"id":9,"content":"<s>"}]`), "a<s>b", []int32{4, 0, 9, 4, 1}},
		"bytes as characters":      {whole(letters, "", `{"type":"ByteLevel","add_prefix_space":true,"use_regex":true}`, ""), "ab ab", []int32{3, 2, 3, 2}},
	} {
		tok, err := Parse([]byte(c.json))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := tok.Append(nil, c.text); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q gives %v, want %v", name, c.text, got, c.want)
		}
		if n := tok.Count(c.text); n != len(c.want) {
			t.Errorf("%s: %q counts %d, want %d", name, c.text, n, len(c.want))
		}
	}
}

// Characters whose category is another one by the library's tables than by those
// of Go: it had another one before, or none, or has one only since. The script
// scripts/tokenizers/compare compares all.
func TestCharactersOfOtherCategories(t *testing.T) {
	t.Parallel()
	split := readSequenceOf(t, `{"type":"Whitespace"}`, `{"type":"Punctuation"}`, `{"type":"Digits"}`)
	for _, c := range []struct{ normalizer, text, want string }{
		{`{"type":"StripAccents"}`, "a\u1CF2\u1CF3b", "ab"},                                                            // marks until Unicode 11
		{`{"type":"StripAccents"}`, "a\u07FDb", "a\u07FDb"},                                                            // a mark since Unicode 11
		{`{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"lowercase":true}`, "a\u1734b", "ab"}, // Mn until Unicode 13
	} {
		n, err := readNormalizer([]byte(c.normalizer))
		if err != nil {
			t.Fatal(err)
		}
		if got := n.normalize(c.text); got != c.want {
			t.Errorf("%s makes %q of %q, want %q", c.normalizer, got, c.text, c.want)
		}
	}
	for text, want := range map[string][]string{
		"a\u166Db":     {"a", "\u166D", "b"},     // punctuation until Unicode 11
		"a\U00016FF4b": {"a", "\U00016FF4", "b"}, // a number since Unicode 17, and not yet in \w
		"a\u0897b":     {"a\u0897b"},             // a mark since Unicode 16
	} {
		if got := split(text); !slices.Equal(got, want) {
			t.Errorf("%q is split into %q, want %q", text, got, want)
		}
	}
}

// readSequenceOf returns a function that splits texts by pre-tokenisers.
func readSequenceOf(t *testing.T, kinds ...string) func(text string) []string {
	t.Helper()
	stages, err := readStages([]byte(`{"type":"Sequence","pretokenizers":[` + strings.Join(kinds, ",") + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	return func(text string) (out []string) {
		pieces := []piece{{text, true}}
		for _, stage := range stages {
			var next []piece
			for _, p := range pieces {
				next = stage.split(next, p, &state{})
			}
			pieces = next
		}
		for _, p := range pieces {
			out = append(out, p.text)
		}
		return out
	}
}

// What is not supported is named.
func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ json, want string }{
		"model":          {whole(`{"type":"WordLevel","vocab":{}}`, "", "", ""), `the model "WordLevel" is not supported`},
		"no model":       {`{"added_tokens":[]}`, "it has no model"},
		"normalizer":     {whole(letters, `{"type":"Fancy"}`, "", ""), "the normalizer Fancy is not supported"},
		"in a sequence":  {whole(letters, `{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Fancy"}]}`, "", ""), "the normalizer Fancy is not supported"},
		"pre_tokenizer":  {whole(letters, "", `{"type":"UnicodeScripts"}`, ""), "the pre_tokenizer UnicodeScripts is not supported"},
		"behavior":       {whole(letters, "", `{"type":"Split","pattern":{"String":" "},"behavior":"Odd","invert":false}`, ""), `the behavior "Odd" is not supported`},
		"pattern":        {whole(letters, "", `{"type":"Split","pattern":{"Regex":"\\w+"},"behavior":"Isolated","invert":false}`, ""), `pattern \w+: \w is not supported`},
		"scheme":         {whole(letters, "", strings.Replace(metaFirst, "first", "last", 1), ""), `the prepend_scheme "last", which is not supported`},
		"first":          {whole(letters, `{"type":"Strip","strip_left":true}`, metaFirst, ""), "Metaspace with prepend_scheme first after the normalizer Strip is not supported"},
		"dropout":        {whole(strings.Replace(letters, `"type":"BPE"`, `"type":"BPE","dropout":0.1`, 1), "", "", ""), "the model's dropout is 0.1: encoding at random is not supported"},
		"merge":          {whole(strings.Replace(letters, "a b", "a c", 1), "", "", ""), `model.merges: "a" and "c", or what they make, are not in the vocabulary`},
		"odd merge":      {whole(strings.Replace(letters, "a b", "a b c", 1), "", "", ""), `"a b c" is no pair`},
		"unk_token":      {whole(strings.Replace(pieces, `"unk_token":"[UNK]"`, `"unk_token":"<unk>"`, 1), "", "", ""), `the unk_token "<unk>" is not in its vocabulary`},
		"unk_id":         {whole(strings.Replace(scores, `"unk_id":0,`, `"type":"Unigram",`, 1), "", "", ""), "the model has no unk_id"},
		"large unk_id":   {whole(strings.Replace(scores, `"unk_id":0`, `"unk_id":7`, 1), "", "", ""), "the unk_id 7 is not in its vocabulary"},
		"alpha":          {whole(strings.Replace(scores, `"unk_id":0`, `"unk_id":0,"alpha":0.5`, 1), "", "", ""), "the model's alpha is 0.5"},
		"charsmap":       {whole(scores, `{"type":"Precompiled","precompiled_charsmap":"AAAA"}`, "", ""), "the precompiled_charsmap is damaged"},
		"twice":          {whole(letters, `{"type":"Lowercase"}`, "", `[{"id":8,"content":"X","normalized":true},{"id":9,"content":"x","normalized":true}]`), `two added tokens are found as "x"`},
		"no JSON":        {`{"model":`, "it is not valid JSON at byte 9"},
		"something else": {`[1, 2]`, "it is not valid JSON at byte 0"},
		"negative id":    {whole(strings.Replace(letters, `"a":0`, `"a":-1`, 1), "", "", ""), "model.vocab: it is not valid JSON"},
		"half a pair":    {whole(strings.Replace(letters, `"b":1`, `"\ud83d":1`, 1), "", "", ""), "model.vocab: it is not valid JSON"},
	} {
		if _, err := Parse([]byte(c.json)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %s", name, err, c.want)
		}
	}
}

// FuzzParse: whatever a file says, reading it and encoding with it ends.
func FuzzParse(f *testing.F) {
	for _, model := range []string{letters, pieces, scores} {
		f.Add(whole(model, "", "", ""), "ab <s> ?")
		f.Add(whole(model, `{"type":"Sequence","normalizers":[{"type":"NFKC"},{"type":"Replace","pattern":{"Regex":" +"},"content":"▁"},{"type":"Prepend","prepend":"▁"}]}`,
			`{"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":true},{"type":"Punctuation","behavior":"Contiguous"},{"type":"Whitespace"}]}`,
			`[{"id":9,"content":"<s>","lstrip":true,"normalized":true}]`), "a1é2  ?b")
		f.Add(whole(model, `{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"lowercase":true}`, metaFirst, ""), "日É ab")
	}
	f.Fuzz(func(t *testing.T, file, text string) {
		if len(file) > 4000 || len(text) > 200 {
			return
		}
		tok, err := Parse([]byte(file))
		if err != nil {
			return
		}
		first := tok.Append(nil, text)
		if again := tok.Append(nil, text); !slices.Equal(first, again) {
			t.Fatalf("%v, then %v", first, again)
		}
	})
}

// FuzzScanner: what the scanner reads as an object of whole numbers is what
// package encoding/json reads.
func FuzzScanner(f *testing.F) {
	f.Add(`{"a":1,"\u00e9\n\"":22}`)
	f.Add(` { "\ud83d\ude42" : 0 , "b":2147483647 } `)
	f.Add(`{"a":1,}`)
	f.Add(`{"a\`)
	f.Fuzz(func(t *testing.T, text string) {
		s := scanner{data: []byte(text)}
		got := map[string]int32{}
		err := s.object(func(key []byte) error {
			name := string(key)
			n, err := s.integer()
			got[name] = n
			return err
		})
		if err != nil || s.next() != 0 {
			return
		}
		var want map[string]int32
		if err := json.Unmarshal([]byte(text), &want); err != nil {
			if strings.Contains(text, `:0`) || strings.Contains(text, `: 0`) || !json.Valid([]byte(text)) {
				return // numbers with zeros before them, and strings that are no UTF-8, may pass here
			}
			t.Fatalf("%q: %v, encoding/json says %v", text, got, err)
		}
		for name, n := range got {
			if want[name] != n && strings.ToValidUTF8(name, "") == name {
				t.Fatalf("%q: %q is %d, encoding/json says %d", text, name, n, want[name])
			}
		}
	})
}

func TestForms(t *testing.T) {
	t.Parallel()
	marks := strings.Repeat("\u0301\u0323", 40)
	for _, c := range []struct{ form, text, want string }{
		{"NFC", "e\u0301", "é"},
		{"NFC", "e\u0323\u0301", "ẹ\u0301"},
		{"NFC", "a" + marks, "ạ" + strings.Repeat("\u0323", 39) + strings.Repeat("\u0301", 40)},
		{"NFD", "é" + marks, "e" + strings.Repeat("\u0323", 40) + strings.Repeat("\u0301", 41)},
		{"NFKC", "ﬁ①", "fi1"},
		{"NFKC", "㋿", "㋿"},                                // of Unicode 12
		{"NFC", "e\U0001e08f\u0301", "e\U0001e08f\u0301"}, // a mark of Unicode 15
		{"NFC", "\u1100\u1161\u11a8", "각"},
	} {
		if got := forms[c.form].String(c.text); got != c.want {
			t.Errorf("%s of %+q is %+q, want %+q", c.form, c.text, got, c.want)
		}
	}
}
