package datasets

import (
	"strings"
	"unicode/utf8"

	"loadgate/internal/diag"
	"loadgate/internal/kind"
	"loadgate/internal/yamlpos"
)

// maxTokens bounds lengths in configurations and files: longer than any
// model's context, short enough that a slip of the keyboard fills no memory.
const maxTokens = 10_000_000

// section is a kind's part of the scenario while it is being checked. It
// collects mistakes, so that all of them are reported at once.
type section struct {
	*yamlpos.Node
	ctx  kind.Context
	list diag.List
}

// decode fills the kind's configuration, which holds the defaults beforehand.
func decode(n *yamlpos.Node, ctx kind.Context, config any) *section {
	return &section{n, ctx, yamlpos.Decode(n, config)}
}

// require reports a key that is not there. example shows how it is written.
func (s *section) require(key, example string) {
	if s.Get(key) == nil {
		s.list.Errorf(s.Pos, 1, "add "+key+": "+example, "the dataset %s has no %s", s.ctx.Name, key)
	}
}

// within reports a number outside [low, high]. What is no number at all is
// decode's to report.
func (s *section) within(key string, low, high float64, want string) {
	n := s.Get(key)
	if n == nil {
		return
	}
	var x float64
	switch v := n.Retype().Value.(type) {
	case int64:
		x = float64(v)
	case float64:
		x = v
	default:
		return
	}
	if !(x >= low && x <= high) {
		s.list.Errorf(n.Pos, n.Width, "", "%s is %s: expected %s", key, n.Text, want)
	}
}

// tokens reports a number of tokens that no request can have.
func (s *section) tokens(key string, low float64) {
	want := "a whole number from 1 to 10000000"
	if low == 0 {
		want = "a whole number from 0 to 10000000"
	}
	s.within(key, low, maxTokens, want)
}

// oneOf reports a text that is none of the words known.
func (s *section) oneOf(key string, known ...string) {
	n := s.Get(key)
	if n == nil || n.Kind != yamlpos.String {
		return
	}
	for _, k := range known {
		if n.Text == k {
			return
		}
	}
	s.list.Errorf(n.Pos, n.Width, diag.DidYouMean(n.Text, known), "%s is %q: expected %s", key, n.Text, strings.Join(known, " or "))
}

// notEmpty reports an empty text at a key or, for a list, among its items.
func (s *section) notEmpty(key string) {
	n := s.Get(key)
	if n == nil {
		return
	}
	if n.Kind == yamlpos.String && n.Text == "" {
		s.list.Errorf(n.Pos, n.Width, "", "%s is empty", key)
	}
	for i, item := range n.Items {
		if item.Kind == yamlpos.String && item.Text == "" {
			s.list.Errorf(item.Pos, item.Width, "", "%s[%d] is empty", key, i)
		}
	}
}

// errorAt reports a mistake at a key's value, or at the section where the key
// is not there.
func (s *section) errorAt(key, hint, format string, args ...any) {
	n := s.Get(key)
	if n == nil {
		n = s.Node
	}
	s.list.Errorf(n.Pos, max(1, n.Width), hint, format, args...)
}

// errorAtKey reports a mistake at a key itself.
func (s *section) errorAtKey(key, hint, format string, args ...any) {
	e := s.Entry(key)
	s.list.Errorf(e.KeyPos, utf8.RuneCountInString(key), hint, format, args...)
}
