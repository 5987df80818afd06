package wire

import (
	"slices"
	"testing"
)

func TestJSONArray(t *testing.T) {
	t.Parallel()
	for body, want := range map[string][]string{
		``:                               nil,
		`[]`:                             nil,
		" [\n] ":                         nil,
		`[{"a":1}]`:                      {`|{"a":1}`},
		"[{\"a\":1}\n,\r\n{\"b\":[2]} ]": {`|{"a":1}`, `|{"b":[2]}`},
		`[{"a":"]}\"\\"},{"b":"{["}]`:    {`|{"a":"]}\"\\"}`, `|{"b":"{["}`},
		`[1,"a]",null]`:                  {"|1", `|"a]"`, "|null"},
		`[{"a":1},{"b`:                   {`|{"a":1}`, `|{"b`},
		`[{"a":1}`:                       {`|{"a":1}`},
		`{"error":{"code":1}}`:           {`|{"error":{"code":1}}`},
		`[{"a":1}]x`:                     {`|{"a":1}`, "|x"},
		`[}`:                             {"|}"},
	} {
		for cut := range len(body) + 1 {
			if got, err := split(newJSONArray(), body, cut); err != nil || !slices.Equal(got, want) {
				t.Errorf("%s cut at %d: %q, want %q (%v)", body, cut, got, want, err)
			}
		}
		if got, _ := split(newJSONArray(), body, upTo(len(body))...); !slices.Equal(got, want) {
			t.Errorf("%s byte by byte: %q, want %q", body, got, want)
		}
	}
}

func FuzzJSONArray(f *testing.F) {
	f.Add(`[{"a":"]}\"\\"},{"b":[1]}]`, uint(3))
	f.Add(`[1,2`, uint(1))
	f.Fuzz(func(t *testing.T, body string, cut uint) {
		whole, err := split(newJSONArray(), body)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := split(newJSONArray(), body, int(cut%uint(len(body)+1))); !slices.Equal(got, whole) {
			t.Errorf("cut at %d: %q, whole %q", cut%uint(len(body)+1), got, whole)
		}
	})
}
