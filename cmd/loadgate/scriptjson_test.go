package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdJSON looks into a JSON document, or with a file name that ends in l into
// JSON lines, as a list.
//
//	json file /pointer op value     op: == != < <= > >= ~ (regexp)
//	json file /pointer              something is there
//	! json file /pointer            nothing is there
//
// In a pointer, * means every element of a list or mapping (at least one), and
// count the number of them. "file" may be stdout, stderr, or a pattern that matches
// one file.
func cmdJSON(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 && (len(args) != 4 || neg) {
		ts.Fatalf("usage: json file /pointer [op value]")
	}
	doc := decodeFile(ts, args[0])
	got, err := lookup(doc, strings.Split(args[1], "/")[1:])
	switch {
	case neg && err == nil && len(got) > 0:
		ts.Fatalf("%s%s is there: %v", args[0], args[1], got)
	case neg:
		return
	case err != nil:
		ts.Fatalf("%s%s: %v", args[0], args[1], err)
	case len(got) == 0:
		ts.Fatalf("%s%s: nothing is there", args[0], args[1])
	case len(args) == 2:
		return
	}
	for _, v := range got {
		if !holds(ts, v, args[2], args[3]) {
			ts.Fatalf("%s%s is %s, not %s %s", args[0], args[1], encode(v), args[2], args[3])
		}
	}
}

func decodeFile(ts *testscript.TestScript, name string) any {
	text := ""
	if name == "stdout" || name == "stderr" {
		text = ts.ReadFile(name)
	} else {
		b, err := os.ReadFile(found(ts.MkAbs(name)))
		ts.Check(err)
		text = string(b)
	}
	dec := json.NewDecoder(strings.NewReader(text))
	var all []any
	for {
		var v any
		switch err := dec.Decode(&v); {
		case errors.Is(err, io.EOF) && strings.HasSuffix(name, "l"):
			return all
		case errors.Is(err, io.EOF) && len(all) == 1:
			return all[0]
		case errors.Is(err, io.EOF):
			ts.Fatalf("%s holds %d documents", name, len(all))
		case err != nil:
			ts.Fatalf("%s is no JSON: %v: %s", name, err, text)
		}
		all = append(all, v)
	}
}

// lookup follows a path and returns what it leads to.
func lookup(v any, path []string) ([]any, error) {
	if len(path) == 0 {
		return []any{v}, nil
	}
	name, rest := path[0], path[1:]
	switch v := v.(type) {
	case map[string]any:
		if name == "count" {
			return []any{float64(len(v))}, nil
		}
		if name == "*" {
			return each(slices.Collect(maps.Values(v)), rest)
		}
		child, ok := v[name]
		if !ok {
			return nil, fmt.Errorf("there is no %s", name)
		}
		return lookup(child, rest)
	case []any:
		if name == "count" {
			return []any{float64(len(v))}, nil
		}
		if name == "*" {
			return each(v, rest)
		}
		i, err := strconv.Atoi(name)
		if err != nil || i >= len(v) {
			return nil, fmt.Errorf("there is no element %s of %d", name, len(v))
		}
		return lookup(v[i], rest)
	default:
		return nil, fmt.Errorf("%s is looked for in %s", name, encode(v))
	}
}

func each(list []any, path []string) ([]any, error) {
	var out []any
	for _, v := range list {
		got, err := lookup(v, path)
		if err != nil {
			return nil, err
		}
		out = append(out, got...)
	}
	return out, nil
}

func encode(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// holds compares; a value that is no JSON is a string.
func holds(ts *testscript.TestScript, got any, op, value string) bool {
	if op == "~" {
		s, ok := got.(string)
		if !ok {
			s = encode(got)
		}
		return regexp.MustCompile(value).MatchString(s)
	}
	var want any
	if json.Unmarshal([]byte(value), &want) != nil {
		want = value
	}
	if op == "==" || op == "!=" {
		return reflect.DeepEqual(got, want) == (op == "==")
	}
	a, okA := got.(float64)
	b, okB := want.(float64)
	compare := map[string]bool{"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}
	result, known := compare[op]
	if !known || !okA || !okB {
		ts.Fatalf("cannot compare %s %s %s", encode(got), op, value)
	}
	return result
}
