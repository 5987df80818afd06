package kind

import (
	"maps"
	"slices"

	"loadgate/internal/diag"
	"loadgate/internal/yamlpos"
)

// Constructor makes a T from its section of a resolved cell. It decodes the
// section itself; mistakes come back as diagnostics with positions, and then
// the T is not used. ctx carries what a section cannot say.
type Constructor[T any] func(section *yamlpos.Node, ctx Context) (T, diag.List)

// Context is what constructors need from outside the section.
type Context struct {
	Name   string         // the section's name under `backends:` or `datasets:`
	Dir    string         // the scenario's folder: relative input paths start here
	Lookup yamlpos.Lookup // the environment, for well-known variables such as OPENAI_API_KEY; may be nil
}

// Set is a family: kind name to constructor. It is written as a map literal and
// never changed.
type Set[T any] map[string]Constructor[T]

// Open makes the T that the section's `kind:` names.
func (s Set[T]) Open(section *yamlpos.Node, ctx Context) (T, diag.List) {
	var none T
	var list diag.List
	k := section.Get("kind")
	if k == nil {
		list.Errorf(section.Pos, section.Width, diag.DidYouMean("", s.Names()), "%s has no kind", ctx.Name)
		return none, list
	}
	open, ok := s[k.Text]
	if !ok {
		list.Errorf(k.Pos, k.Width, diag.DidYouMean(k.Text, s.Names()), "unknown kind %q", k.Text)
		return none, list
	}
	return open(section, ctx)
}

// Names lists the kinds in alphabetical order.
func (s Set[T]) Names() []string { return slices.Sorted(maps.Keys(s)) }
