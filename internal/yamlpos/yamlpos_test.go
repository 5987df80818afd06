package yamlpos

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func env(pairs map[string]string) Lookup {
	return func(name string) (string, bool) { v, ok := pairs[name]; return v, ok }
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	bomb := "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
	for i, c := 0, 'a'; i < 8; i, c = i+1, c+1 {
		bomb += fmt.Sprintf("%c: &%c [%s]\n", c+1, c+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*%c,", c), 10), ","))
	}
	for name, c := range map[string]struct{ src, want string }{
		"duplicate key":     {"a: 1\nb: 2\na: 3\n", `f:3:1: error: duplicate key "a"`},
		"tab":               {"a:\n\tb: 1\n", "f:2:1: error: a tab cannot indent YAML"},
		"second document":   {"a: 1\n---\nb: 2\n", "a second document starts here"},
		"empty":             {"", "f: error: the file is empty"},
		"not text":          {"a: \xff\n", "not UTF-8"},
		"alias bomb":        {bomb, "aliases blow this document up"},
		"alias of itself":   {"a: &a [*a]\n", "contains itself"},
		"tag":               {"a: !secret x\n", "YAML tags such as !secret"},
		"octal":             {"a: 017\n", "f:1:4: error: 017 is read as a number by some"},
		"underscore":        {"a: 1_000\n", "1_000 is read as a number"},
		"unset variable":    {"a: ${env:NOPE}\n", "f:1:4: error: the environment variable NOPE is not set"},
		"unknown reference": {"a: ${file:x}\n", "unknown reference ${file:x}"},
		"unclosed":          {"a: ${env:X\n", "no closing brace"},
		"quotes in front":   {"e: \"a\" == b\n", "f:1:"},
		"reserved":          {"a: @x\n", "f:1:4: error: this is not YAML"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, list := Parse("f", []byte(c.src), env(nil))
			if got := list.Sorted(); len(got) == 0 || !strings.Contains(got[0].String(), c.want) {
				t.Errorf("got %v, want %q", got, c.want)
			}
		})
	}
}

func TestScalars(t *testing.T) {
	t.Parallel()
	src := "[1, 1.5, 1.10, yes, 2001-01-01, 12:30, 1e3, .inf, null, ~, true, \"1\", x, -3, '${env:N}', 'a${env:N}b', '$${env:N}', '${env:M:-d}']"
	n, list := Parse("f", []byte(src), env(map[string]string{"N": "7"}))
	if len(list) > 0 {
		t.Fatal(list)
	}
	var got []string
	for _, it := range n.Items {
		got = append(got, fmt.Sprintf("%T %v", it.Value, it.Value))
	}
	want := []string{
		"int64 1", "float64 1.5", "float64 1.1", "string yes", "string 2001-01-01", "string 12:30", "float64 1000",
		"float64 +Inf", "<nil> <nil>", "<nil> <nil>", "bool true", "string 1", "string x", "int64 -3",
		"string 7", "string a7b", "string ${env:N}", "string d",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if stored := n.Stored().([]any)[14]; stored != "${env:N}" {
		t.Errorf("stored as %v", stored)
	}
}

func TestMergeKeys(t *testing.T) {
	t.Parallel()
	n, list := Parse("f", []byte("x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\nz:\n  <<: [*x, *y]\n  a: 9\n"), nil)
	if len(list) > 0 {
		t.Fatal(list)
	}
	if d := cmp.Diff(map[string]any{"a": int64(9), "b": int64(2), "c": int64(4)}, n.Get("z").Any()); d != "" {
		t.Error(d)
	}
}

type inner struct {
	Wait Duration `yaml:"wait"`
}

type target struct {
	inner
	Name   string            `yaml:"name"`
	N      int               `yaml:"n"`
	On     *bool             `yaml:"on"`
	Key    Secret            `yaml:"key"`
	List   []string          `yaml:"list"`
	Header map[string]string `yaml:"header"`
	Raw    *Node             `yaml:"raw"`
}

func TestDecode(t *testing.T) {
	t.Parallel()
	src := "name: x\nn: ${env:N}\non: false\nkey: ${env:KEY}\nlist: [a, b]\nheader: {h: v}\nraw: {q: 1}\nwait: 1m30s\nx-free: 1\n"
	n, list := Parse("f", []byte(src), env(map[string]string{"N": "12", "KEY": "s3cret"}))
	if len(list) > 0 {
		t.Fatal(list)
	}
	var got target
	if list := Decode(n, &got); len(list) > 0 {
		t.Fatal(list)
	}
	if got.N != 12 || got.On == nil || *got.On || got.Wait.D().Seconds() != 90 || got.Key.Reveal() != "s3cret" || got.Raw.Get("q") == nil {
		t.Errorf("got %+v", got)
	}
	j, _ := json.Marshal(got.Key)
	if shown := fmt.Sprintf("%v %+v %#v %s %q %s", got.Key, got, got, got.Key, got.Key, j); strings.Contains(shown, "s3cret") {
		t.Errorf("the secret shows: %s", shown)
	}
}

func TestDecodeMistakes(t *testing.T) {
	t.Parallel()
	src := "nmae: x\nn: 1.5\non: yes\nkey: literal\nlist: a\nheader: [1]\nwait: 5\nname: 12\n"
	n, _ := Parse("f", []byte(src), nil)
	var got target
	list := Decode(n, &got).Sorted()
	want := []string{
		`f:1:1: error: unknown key "nmae"`, "f:2:4: error: expected a whole number, got 1.5", `f:3:5: error: expected true or false, got the text "yes"`,
		"f:4:6: error: a secret must not stand in the file", `f:5:7: error: expected a list, got the text "a"`,
		"f:6:9: error: expected a mapping, got a list", "f:7:7: error: expected a duration, got 5", "f:8:7: error: expected text, got 12",
	}
	var lines []string
	for _, d := range list {
		lines = append(lines, d.String())
	}
	if d := cmp.Diff(want, lines); d != "" {
		t.Error(d)
	}
}

func TestPosAt(t *testing.T) {
	t.Parallel()
	n, _ := Parse("f", []byte("p: a < b\nq: \"a < b\"\nb: |\n    a <\n      c\n"), nil)
	for key, want := range map[string]string{"p": "f:1:8", "q": "f:2:9", "b": "f:5:5"} {
		if got := n.Get(key).PosAt(4).String(); got != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
}

func TestSetAndClone(t *testing.T) {
	t.Parallel()
	n, _ := Parse("f", []byte("a: {b: 1}\n"), nil)
	v, _ := Parse("g", []byte("7"), nil)
	c := n.Clone()
	if !c.Set([]string{"a", "c", "d"}, v) || c.Set([]string{"a", "b", "x"}, v) || !c.Set([]string{"a", "b"}, nil) {
		t.Fatal("Set answers wrongly")
	}
	if d := cmp.Diff(map[string]any{"a": map[string]any{"c": map[string]any{"d": int64(7)}}}, c.Any()); d != "" {
		t.Error(d)
	}
	if n.At("a", "b") == nil || n.At("a", "c") != nil {
		t.Error("the original changed")
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"a: 1\n", "a: &a [*a]\n", "<<: {a: 1}\n", "a: |\n  x\n\ty\n", "a: ${env:X:-${env:Y}}\n", "? [a]\n: b\n", "- - - a\n", "a: \"\\u0041\"\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		n, list := Parse("f", src, env(map[string]string{"X": "${env:Y}"}))
		if n == nil && !list.HasErrors() {
			t.Fatal("no tree and no error")
		}
		if n != nil {
			_ = n.Any()
			var v map[string]any
			_ = Decode(n.Clone(), &v)
			_ = n.PosAt(3)
		}
	})
}
