package schemas

import "slices"

// liftRequired moves what the sections of backends and datasets require to the
// root, under the condition that the file has neither a matrix nor profiles: a
// required key may come from an axis, which a JSON Schema cannot follow, and an
// editor must not underline a scenario that is right.
func liftRequired(root object) {
	defs := root["$defs"].(object)
	properties := object{}
	for _, f := range families[:2] {
		var branches []any
		for _, kind := range kindsOf(defs, f.def) {
			section := defs[f.def+"_"+kind].(object)
			required, ok := section["required"].([]any)
			if !ok {
				continue
			}
			delete(section, "required")
			names, ok := section["properties"].(object)["kind"].(object)["enum"].([]any)
			if !ok {
				names = []any{kind}
			}
			branches = append(branches, object{
				"if":   object{"properties": object{"kind": oneOf(names)}, "required": []any{"kind"}},
				"then": object{"required": required},
			})
		}
		if len(branches) > 0 {
			properties[f.folder] = object{"additionalProperties": object{"allOf": branches}}
		}
	}
	if len(properties) > 0 {
		root["if"] = object{"not": object{"anyOf": []any{
			object{"required": []any{"matrix"}}, object{"required": []any{"profiles"}},
		}}}
		root["then"] = object{"properties": properties}
	}
}

// dropQuadratic takes out what loadgate checks by itself in linear time: the
// validator compares the items of a list pair by pair.
func dropQuadratic(root object) {
	patterns := root["$defs"].(object)["matrix"].(object)["patternProperties"].(object)
	for _, p := range patterns {
		if s, ok := p.(object); ok {
			delete(s, "uniqueItems")
		}
	}
}

// loosenSecrets lets a secret's resolved value pass: that it came from the
// environment is checked on the file, where the reference can still be seen.
func loosenSecrets(root object) {
	delete(root["$defs"].(object)["secret"].(object), "pattern")
}

// admitReferences lets every scalar that is not plain text be "${env:NAME}" too.
func admitReferences(root object) {
	for name, def := range root["$defs"].(object) {
		if !slices.Contains([]string{"env_reference", "secret", "later", "identifier", "section_name"}, name) {
			admitWithin(def)
		}
	}
	admitChildren(root["properties"])
}

// admitWithin rewrites the places below a schema where values stand. The
// schema itself is left to whoever refers to it.
func admitWithin(schema any) {
	s, ok := schema.(object)
	if !ok {
		return
	}
	admitChildren(s["properties"])
	admitChildren(s["patternProperties"])
	for _, key := range []string{"additionalProperties", "items", "then", "else"} {
		if child, ok := s[key].(object); ok {
			s[key] = admit(child)
		}
	}
	for _, key := range []string{"allOf", "anyOf", "oneOf"} {
		branches, _ := s[key].([]any)
		for _, b := range branches {
			admitWithin(b)
		}
	}
}

func admitChildren(v any) {
	children, _ := v.(object)
	for name, child := range children {
		if c, ok := child.(object); ok && name != "kind" && name != "apiVersion" {
			children[name] = admit(c)
		}
	}
}

// admit gives the schema of a place where a value stands: the value as it was,
// or a reference. What describes the value for an editor stays outside.
func admit(s object) any {
	admitWithin(s)
	if !scalar(s) {
		return s
	}
	value := object{}
	out := object{"anyOf": []any{value, object{"$ref": "#/$defs/env_reference"}}}
	for key, v := range s {
		switch key {
		case "description", "default", "examples", "title":
			out[key] = v
		default:
			value[key] = v
		}
	}
	return out
}

// scalar reports whether a schema stands for a scalar that a reference in its
// place would not match by itself.
func scalar(s object) bool {
	switch ref, _ := s["$ref"].(string); ref {
	case "":
	case "#/$defs/duration", "#/$defs/ratio", "#/$defs/positive_int", "#/$defs/count", "#/$defs/report_kind":
		return true
	default:
		return false
	}
	if _, ok := s["enum"]; ok {
		return true
	}
	if _, ok := s["anyOf"]; ok {
		return s["type"] == nil && s["if"] == nil
	}
	switch s["type"] {
	case "integer", "number", "boolean":
		return true
	case "string":
		return s["pattern"] != nil
	default:
		return false
	}
}
