package yamlpos

import (
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestPrint(t *testing.T) {
	t.Parallel()
	got, err := Print(
		Fields{{Key: "name", Value: "gate", Above: "two lines\nof comment"}},
		nil,
		Fields{{Key: "backends", Value: Fields{{Key: "main", Value: Fields{
			{Key: "url", Value: Reference("${env:BASE}/v1"), Beside: "where"},
			{Key: "key", Value: Reference("${env:KEY}")},
			{Key: "params", Value: Inline{{Key: "temperature", Value: 0.5}, {Key: "stop", Value: []any{"a: b", "yes", "017"}}}},
		}}}}},
		Fields{{Key: "matrix", Value: Fields{{Key: "rate", Above: "of each", Value: []any{
			Inline{{Key: "name", Value: "inf"}, {Key: "load.rate", Value: math.Inf(1)}},
			Inline{{Key: "name", Value: 2.0}, {Key: "price", Value: "${x}"}},
		}}}}},
	)
	if err != nil {
		t.Fatal(err)
	}
	want := `# two lines
# of comment
name: gate

backends:
  main:
    url: ${env:BASE}/v1 # where
    key: ${env:KEY}
    params: {temperature: 0.5, stop: ['a: b', "yes", "017"]}

matrix:
  # of each
  rate:
    - {name: inf, load.rate: inf}
    - {name: 2, price: '$${x}'}
`
	if d := cmp.Diff(want, string(got)); d != "" {
		t.Error(d)
	}
}

func TestPrintRefuses(t *testing.T) {
	t.Parallel()
	for _, v := range []any{"\xff", math.NaN(), math.Inf(-1), struct{}{}, []any{nil}} {
		if b, err := Print(Fields{{Key: "x", Value: v}}); err == nil || !strings.HasPrefix(err.Error(), "x: ") {
			t.Errorf("%v: printed %q, %v", v, b, err)
		}
	}
}

// FuzzPrint holds printing to its promise: what is read is what was printed.
func FuzzPrint(f *testing.F) {
	for _, s := range []string{
		"", "a", "yes", "null", "~", "017", "1_000", "1e3", ".inf", "inf", "2001-01-01", "12:30", "<<", "- a", "a: b", "a #b", "#", "${env:X}", "$${", "$$${x}",
		" a ", "a\nb", "a\r\n", "\t", "'", `"`, "\\", "@x", "!x", "&x", "*x", "%x", "`", "[a", "{a", "a,b", "?", ":", "实例", "\u2028", "\u0085", "\ufeff", "\x00", "\x7f", "=", "0x1f", "0o7", "1.", "-",
	} {
		f.Add(s, 1.5)
	}
	f.Fuzz(func(t *testing.T, s string, x float64) {
		if !utf8.ValidString(s) || math.IsNaN(x) || math.IsInf(x, 0) || s == "n" {
			return
		}
		b, err := Print(Fields{{Key: "block", Value: Fields{{Key: s, Value: s}, {Key: "n", Value: x}}}}, Fields{{Key: "flow", Value: Inline{{Key: s, Value: []any{s, x}}}}})
		if err != nil {
			t.Fatal(err)
		}
		n, list := Parse("f", b, nil)
		if len(list) > 0 {
			t.Fatalf("%q printed as\n%s%v", s, b, list)
		}
		in := n.Get("block")
		got := []any{in.Entries[0].Key, in.Entries[0].Value.Any(), n.At("flow").Entries[0].Value.Items[0].Any()}
		want := []any{in.Entries[0].Key, s, s}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%q printed as\n%s%s", s, b, d)
		}
		if y, _ := number(in.Get("n")); y != x {
			t.Errorf("%v printed as\n%s", x, b)
		}
	})
}
