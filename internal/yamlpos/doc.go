// Package yamlpos reads YAML into a tree in which every key and value knows
// its place, and decodes parts of that tree into structs, strictly.
//
// In: bytes, and a function that looks environment variables up. Out: a *Node
// tree or diagnostics. Everything that YAML leaves to chance is decided here:
// duplicate keys, a second document, alias bombs, merge keys, octal-looking
// numbers, dates, ${env:…}. It knows nothing of scenarios.
//
// It is the one home of the YAML libraries: gopkg.in/yaml.v3 parses, and
// github.com/goccy/go-yaml is asked only where a syntax error has no column.
package yamlpos
