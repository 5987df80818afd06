package datasets

import (
	"encoding/json"
	"strings"
	"testing"
)

// FuzzBlockIDs: lists of block numbers are read as encoding/json reads numbers.
func FuzzBlockIDs(f *testing.F) {
	for _, list := range []string{`[]`, `null`, `[ 1 , 23,456 ]`, `[-1]`, `[9223372036854775807, 123456789012345, 1234567890123456]`, `[1.5]`, `[1e3]`, `["1"]`, `[[1]]`, `{}`, `"1"`, `[9223372036854775808]`, `[-0]`, `[null]`} {
		f.Add(list)
	}
	f.Fuzz(func(t *testing.T, list string) {
		var want []int64
		var got blockIDs
		bad, err := json.Unmarshal([]byte(list), &want), json.Unmarshal([]byte(list), &got)
		if want != nil && strings.Contains(list, "null") {
			return // encoding/json takes null for 0 in a list of numbers
		}
		if (bad == nil) != (err == nil) {
			t.Fatalf("%s: %v, want %v", list, err, bad)
		}
		if err != nil {
			return
		}
		if len(got) != len(want) || (got == nil) != (want == nil) {
			t.Fatalf("%s: %v, want %v", list, got, want)
		}
		for i := range want {
			if got[i] != uint64(want[i]) {
				t.Fatalf("%s: %v, want %v", list, got, want)
			}
		}
	})
}

// What stands in a table is the JSON that encoding/json makes of it, with or without
// its help.
func FuzzAppendJSON(f *testing.F) {
	for _, text := range []string{"", "plain", `a "b"`, `a\b`, "a<b>&c", "tab\t", "ü", "\x7f", "\u2028", "~ "} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		want, err := json.Marshal(text)
		if got := string(appendJSON([]byte("x"), text)); err != nil || got != "x"+string(want) {
			t.Errorf("%q: %s, want x%s", text, got, want)
		}
	})
}
