package scenario

import (
	"fmt"
	"slices"
	"strings"

	"loadgate/internal/diag"
	"loadgate/internal/yamlpos"
)

// axisRoots are the sections that differ between cells.
var axisRoots = []string{"backends", "datasets", "load", "labels", "goodput"}

// splitPath cuts a dotted path. What follows `matrix.` is one key, dots and all.
func splitPath(path string) []string {
	if axis, ok := strings.CutPrefix(path, "matrix."); ok {
		return []string{"matrix", axis}
	}
	return strings.Split(path, ".")
}

// checkPath says why a path names no field of the scenario, or "" when it does.
// freeKinds: paths into sections whose kind an axis decides are not followed
// further than the section.
func (f *fields) checkPath(root *yamlpos.Node, path []string, kindSet func(section string) bool) (message, hint string) {
	schemas, n := f.apply(f.root, root), root
	for i, key := range path {
		next := n.Get(key)
		sub, found := f.child(schemas, key, next)
		section := i == 1 && (path[0] == "backends" || path[0] == "datasets")
		switch {
		case key == "":
			return fmt.Sprintf("%q is not a path", strings.Join(path, ".")), "write the names of fields with one dot between them, such as load.concurrency"
		case section && next == nil:
			return fmt.Sprintf("there is no %s %q", strings.TrimSuffix(path[0], "s"), key), diag.DidYouMean(key, sectionNames(n))
		case !found && len(schemas) > 0 && !open(schemas):
			return unknownPath(path, i, key), hintKey(key, schemas, f.keys(schemas), path[:i], path[i+1:])
		case !found && i > 0 && len(schemas) > 0 && !takesMapping(schemas):
			return fmt.Sprintf("%s has no fields", strings.Join(path[:i], ".")), ""
		case flagged(sub, "x-later"):
			return key + " is not available yet", ""
		case section && kindSet(path[0]+"."+key):
			return "", ""
		}
		schemas, n = sub, next
	}
	return "", ""
}

func unknownPath(path []string, i int, key string) string {
	if i == 0 {
		return fmt.Sprintf("%q is no field of a scenario", key)
	}
	return fmt.Sprintf("%s has no field %q", strings.Join(path[:i], "."), key)
}

// hintKey names the field that was meant, as a whole path.
func hintKey(key string, schemas []object, known, before, after []string) string {
	if meant := aliasOf(key, schemas); meant != "" {
		known = []string{meant}
		key = meant
	}
	if n := diag.Nearest(key, known); n != "" {
		return fmt.Sprintf("did you mean %s?", strings.Join(slices.Concat(before, []string{n}, after), "."))
	}
	return diag.DidYouMean(key, known)
}

// aliasOf finds the name that a field has here when it is known by another
// elsewhere (num_prompts: requests), or "".
func aliasOf(key string, schemas []object) string {
	for _, s := range schemas {
		aliases, _ := s["x-aliases"].(object)
		if meant, ok := aliases[key].(string); ok {
			return meant
		}
	}
	return ""
}

// takesMapping reports whether any of the schemas lets a mapping stand.
func takesMapping(schemas []object) bool {
	for _, s := range schemas {
		if s["properties"] != nil || s["additionalProperties"] != nil || s["type"] == "object" || s["if"] != nil {
			return true
		}
	}
	return false
}

// sectionNames lists the names under backends: or datasets:.
func sectionNames(n *yamlpos.Node) []string {
	if n == nil {
		return nil
	}
	var out []string
	for _, e := range n.Entries {
		if !free(e.Key) {
			out = append(out, e.Key)
		}
	}
	return out
}

// free reports whether a key is the user's own, for anchors and notes.
func free(key string) bool { return strings.HasPrefix(key, "x-") }
