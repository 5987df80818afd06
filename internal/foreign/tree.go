package foreign

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"loadgate/internal/result"
)

// node is a value of a file with its path from the top, for errors. Values are
// those of encoding/json.
type node struct {
	path string
	v    any
	errs *[]error // of the file, shared by all its nodes
}

func (n node) wrong(format string, args ...any) {
	where := n.path
	if where == "" {
		where = "the top"
	}
	*n.errs = append(*n.errs, fmt.Errorf("at %s: %s", where, fmt.Sprintf(format, args...)))
}

// get is a field; the absent node where there is none. A null is as good as
// not there.
func (n node) get(keys ...string) node {
	for _, key := range keys {
		path := key
		if n.path != "" {
			path = n.path + "." + key
		}
		m, ok := n.v.(map[string]any)
		if !ok && n.v != nil {
			n.wrong("expected a mapping, got %s", describe(n.v))
		}
		n = node{path, m[key], n.errs}
	}
	return n
}

// peek is a field's value without complaint where there is no mapping.
func (n node) peek(key string) any {
	m, _ := n.v.(map[string]any)
	return m[key]
}

func (n node) there() bool { return n.v != nil }

// has reports whether a node is a mapping that has all these keys.
func (n node) has(keys ...string) bool {
	m, ok := n.v.(map[string]any)
	for _, key := range keys {
		if _, there := m[key]; !there {
			return false
		}
	}
	return ok
}

// items are the values of a list; none where there is no list.
func (n node) items() []node {
	list, ok := n.v.([]any)
	if !ok && n.v != nil {
		n.wrong("expected a list, got %s", describe(n.v))
	}
	out := make([]node, len(list))
	for i, v := range list {
		out[i] = node{n.path + "[" + strconv.Itoa(i) + "]", v, n.errs}
	}
	return out
}

// num is a number, None where there is none. Texts are read as numbers, since
// "inf" can only be written as one.
func (n node) num() result.Number {
	switch v := n.v.(type) {
	case nil:
		return result.None()
	case float64:
		return result.Number(v)
	case int64:
		return result.Number(v)
	case int:
		return result.Number(v)
	case string:
		if f, err := strconv.ParseFloat(strings.TrimSpace(v), 64); err == nil {
			return result.Number(f)
		}
	}
	n.wrong("expected a number, got %s", describe(n.v))
	return result.None()
}

// count is a whole number that is not negative; 0 where there is none.
func (n node) count() int {
	f := float64(n.num())
	switch {
	case math.IsNaN(f):
		return 0
	case f < 0 || f > 1<<53 || f != math.Trunc(f):
		n.wrong("expected a count, got %v", f)
		return 0
	}
	return int(f)
}

// str is a text; "" where there is none.
func (n node) str() string {
	s, ok := n.v.(string)
	if !ok && n.v != nil {
		n.wrong("expected a text, got %s", describe(n.v))
	}
	return s
}

// instant reads a time in RFC 3339, in seconds since the epoch, or in a layout
// of the tool's; the zero time where there is none that can be read.
func (n node) instant(layouts ...string) time.Time {
	switch v := n.v.(type) {
	case float64:
		if math.Abs(v) < 1<<33 {
			return time.Unix(0, int64(v*1e9)).UTC()
		}
	case string:
		for _, layout := range append(layouts, time.RFC3339Nano, "2006-01-02T15:04:05.999999999") {
			if t, err := time.Parse(layout, v); err == nil {
				return t.UTC()
			}
		}
	}
	return time.Time{}
}

// describe is a value's kind for people; texts are shortened.
func describe(v any) string {
	switch v := v.(type) {
	case nil:
		return "nothing"
	case map[string]any:
		return "a mapping"
	case []any:
		return "a list"
	case string:
		if r := []rune(v); len(r) > 40 {
			v = string(r[:40]) + "…"
		}
		return strconv.Quote(v)
	default:
		return fmt.Sprint(v)
	}
}
