package yamlpos

import (
	"math"
	"reflect"
	"regexp"
	"strings"

	"loadgate/internal/diag"
)

// Unmarshaler is a type that reads its own node.
type Unmarshaler interface{ UnmarshalNode(*Node) diag.List }

// Decode fills the struct (or map, slice, scalar) that into points to. Fields
// are named by `yaml:"key"` tags; embedded structs without a tag are flattened;
// fields keep the values they have where the node has no key, so defaults are
// set beforehand. Unknown keys are errors, save those that begin with x-.
//
// Types: string, bool, ints, floats, Duration, Secret, *Node, any, pointers,
// slices, map[string]T, structs, and Unmarshaler.
func Decode(n *Node, into any) diag.List {
	d := decoder{}
	d.value(n, reflect.ValueOf(into).Elem())
	return d.list
}

type decoder struct{ list diag.List }

func (d *decoder) wrong(n *Node, want, hint string) {
	d.list.Errorf(n.Pos, n.Width, hint, "expected %s, got %s", want, describe(n))
}

// describe names a node for a message: its value where that helps.
func describe(n *Node) string {
	switch n.Kind {
	case Null:
		return "nothing"
	case String:
		return "the text " + quoteShort(n)
	case Int, Float, Bool:
		return n.Text
	default:
		return string(n.Kind)
	}
}

func quoteShort(n *Node) string {
	if n.Ref != "" {
		return n.Ref // a value from the environment may be a secret
	}
	text := n.Text
	if r := []rune(text); len(r) > 40 {
		text = string(r[:40]) + "…"
	}
	return `"` + text + `"`
}

func (d *decoder) value(n *Node, v reflect.Value) {
	if n == nil {
		return
	}
	if v.CanAddr() {
		switch t := v.Addr().Interface().(type) {
		case Unmarshaler:
			d.list = append(d.list, t.UnmarshalNode(n)...)
			return
		case **Node:
			*t = n
			return
		case *Secret:
			d.secret(n, t)
			return
		case *Duration:
			d.duration(n, t)
			return
		}
	}
	switch v.Kind() {
	case reflect.Pointer:
		if n.Kind != Null {
			p := reflect.New(v.Type().Elem())
			d.value(n, p.Elem())
			v.Set(p)
		}
	case reflect.Interface:
		if a := n.Any(); a != nil {
			v.Set(reflect.ValueOf(a))
		}
	case reflect.Struct:
		d.structure(n, v)
	case reflect.Map:
		d.mapping(n, v)
	case reflect.Slice:
		d.slice(n, v)
	default:
		d.scalar(n, v)
	}
}

func (d *decoder) scalar(n *Node, v reflect.Value) {
	if n.Ref != "" && v.Kind() != reflect.String {
		n = n.Retype()
	}
	switch v.Kind() {
	case reflect.String:
		if n.Kind != String {
			d.wrong(n, "text", `put quotes round it: "`+n.Text+`"`)
			return
		}
		v.SetString(n.Text)
	case reflect.Bool:
		if n.Kind != Bool {
			d.wrong(n, string(Bool), "")
			return
		}
		v.SetBool(n.Value.(bool))
	case reflect.Int, reflect.Int64, reflect.Int32:
		if i, ok := whole(n); !ok || v.OverflowInt(i) {
			d.wrong(n, string(Int), "")
		} else {
			v.SetInt(i)
		}
	case reflect.Uint64, reflect.Uint:
		if i, ok := whole(n); !ok || i < 0 {
			d.wrong(n, "a whole number from 0", "")
		} else {
			v.SetUint(uint64(i))
		}
	case reflect.Float64:
		if f, ok := number(n); !ok {
			d.wrong(n, string(Float), "")
		} else {
			v.SetFloat(f)
		}
	default:
		panic("yamlpos: cannot decode into " + v.Type().String()) // a programming error, found by the first test of the kind
	}
}

func whole(n *Node) (int64, bool) {
	switch x := n.Value.(type) {
	case int64:
		return x, true
	case float64:
		return int64(x), x == math.Trunc(x) && math.Abs(x) < 1<<53
	default:
		return 0, false
	}
}

func number(n *Node) (float64, bool) {
	switch x := n.Value.(type) {
	case int64:
		return float64(x), true
	case float64:
		return x, true
	default:
		return 0, false
	}
}

func (d *decoder) duration(n *Node, t *Duration) {
	if n.Kind == String && t.setText(n.Text) == nil {
		return
	}
	hint := "write 500ms, 30s or 1m30s"
	if n.Kind == Int || n.Kind == Float {
		hint = "a duration has a unit: " + n.Text + "s, or " + n.Text + "ms?"
	}
	d.wrong(n, "a duration", hint)
}

var wholeReference = regexp.MustCompile(`^\$\{env:[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\}$`)

func (d *decoder) secret(n *Node, t *Secret) {
	if !wholeReference.MatchString(n.Ref) {
		d.list.Errorf(n.Pos, n.Width, "write ${env:NAME} and set NAME in the environment", "a secret must not stand in the file")
		return
	}
	*t = Secret{value: n.Text, ref: n.Ref}
}

func (d *decoder) structure(n *Node, v reflect.Value) {
	if n.Kind != Map {
		d.wrong(n, "a mapping", "")
		return
	}
	fields := fieldsOf(v)
	for _, e := range n.Entries {
		f, ok := fields[e.Key]
		switch {
		case ok:
			d.value(e.Value, f)
		case !strings.HasPrefix(e.Key, "x-"):
			d.list.Errorf(e.KeyPos, len([]rune(e.Key)), diag.DidYouMean(e.Key, names(v.Type())), "unknown key %q", e.Key)
		}
	}
}

// fieldsOf maps keys to the settable fields of a struct.
func fieldsOf(v reflect.Value) map[string]reflect.Value {
	out := map[string]reflect.Value{}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		tag, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case tag == "-":
		case tag != "":
			out[tag] = v.Field(i)
		case f.Anonymous:
			for k, x := range fieldsOf(v.Field(i)) {
				out[k] = x
			}
		}
	}
	return out
}

// names lists a struct's keys in the order of its fields.
func names(t reflect.Type) []string {
	var out []string
	for i := range t.NumField() {
		f := t.Field(i)
		tag, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case tag == "-":
		case tag != "":
			out = append(out, tag)
		case f.Anonymous:
			out = append(out, names(f.Type)...)
		}
	}
	return out
}

func (d *decoder) mapping(n *Node, v reflect.Value) {
	if n.Kind != Map {
		d.wrong(n, "a mapping", "")
		return
	}
	m := reflect.MakeMapWithSize(v.Type(), len(n.Entries))
	for _, e := range n.Entries {
		x := reflect.New(v.Type().Elem()).Elem()
		d.value(e.Value, x)
		m.SetMapIndex(reflect.ValueOf(e.Key), x)
	}
	v.Set(m)
}

func (d *decoder) slice(n *Node, v reflect.Value) {
	if n.Kind != List {
		d.wrong(n, "a list", "write […], or one entry a line with `- `")
		return
	}
	s := reflect.MakeSlice(v.Type(), len(n.Items), len(n.Items))
	for i, it := range n.Items {
		d.value(it, s.Index(i))
	}
	v.Set(s)
}
