package rule

import (
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser/lexer"
)

// text is the source of a node as it was written, on one line.
func (s *source) text(n ast.Node) string {
	from, to := s.span(n)
	return strings.Join(strings.Fields(string(s.runes[from:to])), " ")
}

// span is a node's extent in runes. Nodes of expr carry the place of one token
// only, so it runs from the first to the last token of the whole subtree,
// widened until its brackets balance.
func (s *source) span(n ast.Node) (from, to int) {
	from, to = extent(n)
	lo := slices.IndexFunc(s.tokens, func(t lexer.Token) bool { return t.From >= from })
	if lo < 0 {
		return 0, len(s.runes)
	}
	hi := lo
	for hi+1 < len(s.tokens) && s.tokens[hi+1].To <= to && s.tokens[hi+1].Kind != lexer.EOF {
		hi++
	}
	if isCall(n) && hi == lo && hi+1 < len(s.tokens) { // a call without arguments
		hi++
	}
	depth, lowest := 0, 0
	for _, t := range s.tokens[lo : hi+1] {
		depth += bracket(t)
		lowest = min(lowest, depth)
	}
	for missing := -lowest; missing > 0 && lo > 0; {
		lo--
		missing -= bracket(s.tokens[lo])
		depth += bracket(s.tokens[lo])
	}
	for depth > 0 && hi+1 < len(s.tokens) {
		hi++
		depth += bracket(s.tokens[hi])
	}
	return s.tokens[lo].From, min(s.tokens[hi].To, len(s.runes))
}

func isCall(n ast.Node) bool {
	switch n.(type) {
	case *ast.CallNode, *ast.BuiltinNode:
		return true
	default:
		return false
	}
}

// extent is the smallest range that holds the places of all nodes below n.
func extent(n ast.Node) (from, to int) {
	e := extents{from: 1 << 30}
	ast.Walk(&n, &e)
	return e.from, e.to
}

type extents struct{ from, to int }

// Visit widens the range. A ternary's own place is the token after it.
func (e *extents) Visit(n *ast.Node) {
	if _, ternary := (*n).(*ast.ConditionalNode); ternary {
		return
	}
	at := (*n).Location()
	e.from, e.to = min(e.from, at.From), max(e.to, at.To)
}
