package rule

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/parser/lexer"
)

// Limits of an expression. They bound the parser's recursion and the work of
// an evaluation; nobody's rule comes near them.
const (
	maxBytes   = 4 << 10
	maxNodes   = 500
	maxNesting = 50 // of brackets
	maxLoops   = 2  // predicates over cells inside one another
)

// source is an expression's text with its tokens and literals, for messages.
type source struct {
	runes    []rune
	tokens   []lexer.Token
	literals map[int]literal

	openQuote int // where text begins that does not end
}

// parse turns text into expr's tree. What expr's grammar has and rules do not
// need is refused here where tokens show it, in the checker where nodes do.
func parse(text string) (tree ast.Node, src *source, problems []Problem) {
	src = &source{runes: []rune(text)}
	switch {
	case len(text) > maxBytes:
		return nil, src, src.whole(fmt.Sprintf("the expression has %d bytes, and the limit is %d", len(text), maxBytes), "split it into several rules")
	case !utf8.ValidString(text):
		return nil, src, src.whole("the expression is not valid UTF-8", "")
	case strings.TrimSpace(text) == "":
		return nil, src, src.whole("the expression is empty", "write a comparison, such as ttft.p99 < 500ms")
	}
	defer func() {
		// The parser is somebody else's; its crash must not become ours.
		if r := recover(); r != nil {
			tree, problems = nil, src.whole("the expression cannot be read", "")
		}
	}()
	rewritten, problems := src.rewrite()
	tokens, err := lexer.Lex(file.NewSource(rewritten))
	if err != nil {
		return nil, src, append(problems, src.explain(err))
	}
	src.tokens = tokens
	if refused := src.refuseTokens(); len(refused) > 0 {
		return nil, src, append(problems, refused...)
	}
	parsed, err := parser.ParseWithConfig(rewritten, &conf.Config{MaxNodes: maxNodes, DisableIfOperator: true})
	if err != nil {
		return nil, src, append(problems, src.explain(err))
	}
	return parsed.Node, src, problems
}

func (s *source) whole(message, hint string) []Problem {
	return []Problem{{0, max(1, len(s.runes)), message, hint}}
}

// refused are operators of expr that rules leave out, with what to write.
func refused() map[string]string {
	return map[string]string{
		"|":   `write || or "or" between conditions`,
		"&":   `write && or "and" between conditions`,
		"??":  "a missing value makes the rule inconclusive; there is no default for it",
		"?.":  "write a plain dot; a missing value makes the rule inconclusive",
		"::":  "call a function by its name alone",
		";":   "one rule is one expression: write another rule",
		"let": "write the value where it is used",
		"..":  "write a range as 1 <= x && x <= 4",
		"=":   "write == to compare",
	}
}

// refuseTokens finds the first operator outside the language, comment or
// bracket that is nested too deep. A name after a dot is a name, whatever it spells.
func (s *source) refuseTokens() []Problem {
	depth, end, hints := 0, 0, refused()
	for i, t := range s.tokens {
		if at := slices.Index(s.runes[end:max(end, t.From)], '/'); at >= 0 {
			return []Problem{comment(end + at)}
		}
		end = t.To
		member := i > 0 && s.tokens[i-1].Value == "." && t.Value == "let"
		if hint, bad := hints[t.Value]; bad && t.Kind == lexer.Operator && !member {
			return []Problem{{t.From, t.To - t.From, strconv.Quote(t.Value) + " is not part of rules", hint}}
		}
		depth += bracket(t)
		if depth > maxNesting {
			return []Problem{{t.From, 1, fmt.Sprintf("brackets are nested more than %d deep", maxNesting), "split it into several rules"}}
		}
	}
	return nil
}

func comment(at int) Problem {
	return Problem{at, 2, "an expression has no comments", "write the comment in the YAML, after a #"}
}

// explain words a lexer's or parser's error for the reader of the source.
func (s *source) explain(err error) Problem {
	var e *file.Error
	if !errors.As(err, &e) {
		return s.whole("the expression cannot be read", "")[0]
	}
	at := max(0, min(e.From, len(s.runes)-1))
	switch {
	case strings.Contains(e.Message, "maximum allowed nodes"):
		return s.whole(fmt.Sprintf("the expression has more than %d parts", maxNodes), "split it into several rules")[0]
	case strings.Contains(e.Message, "not terminated"):
		return Problem{s.openQuote, 1, "a quote is not closed", ""}
	case e.Message == "unclosed comment":
		before, _, _ := strings.Cut(string(s.runes), "/*")
		return comment(utf8.RuneCountInString(before))
	case strings.HasPrefix(e.Message, "unrecognized character"):
		return s.strangeRune(at)
	case strings.HasPrefix(e.Message, "expected at least"):
		return Problem{at, 1, "a list and a condition are needed here", "for example any(cells, .ttft.p95 < 1s)"}
	case strings.HasPrefix(e.Message, "unexpected"), e.Message == "expected name":
		return s.unexpected(at)
	default:
		return Problem{at, 1, e.Message, ""}
	}
}

func (s *source) strangeRune(at int) Problem {
	at = min(at, len(s.runes)-1)
	r := s.runes[at]
	write := map[rune]string{
		'≤': "<=", '≥': ">=", '≠': "!=", '×': "*", '·': "*", '÷': "/", '−': "-", '–': "-", '“': `"`, '”': `"`, '„': `"`,
		'’': "'", '‘': "'", '∧': "&&", '∨': "||", '¬': "not", '~': "matches",
	}
	p := Problem{at, 1, fmt.Sprintf("unexpected character %q", r), ""}
	if w := write[r]; w != "" {
		p.Hint = "write " + w
	}
	return p
}

// unexpected reports the token at the offset, or the end of the source.
func (s *source) unexpected(at int) Problem {
	i := slices.IndexFunc(s.tokens, func(t lexer.Token) bool { return t.From >= at && t.Kind != lexer.EOF })
	if i < 0 || s.tokens[i].From > at {
		hint := "an operand is missing"
		if s.open() > 0 {
			hint = "a bracket is not closed"
		}
		end := len([]rune(strings.TrimRight(string(s.runes), " \t\r\n")))
		return Problem{max(0, end-1), 1, "the expression ends too early", hint}
	}
	t := s.tokens[i]
	p := Problem{t.From, t.To - t.From, "unexpected " + strconv.Quote(string(s.runes[t.From:t.To])), ""}
	var before lexer.Token
	if i > 0 {
		before = s.tokens[i-1]
	}
	switch {
	case t.Value == "," && before.Kind == lexer.Number:
		p.Hint = "numbers are written without commas: 1200 or 1_200"
	case t.Value == ".":
		p.Hint = "a leading dot stands for a cell inside any(cells, …), all(…), map(…) and the like: max(map(cells, .ttft.p95))"
	case t.Kind == lexer.Number || s.isLiteral(t):
		p.Hint = "an operator is missing before it"
		if p.Message[len(p.Message)-2] == '%' || before.To > 0 && s.runes[before.To-1] == '%' {
			p.Hint = "for modulo put spaces on both sides: 10 % 3"
		}
	case t.Value == ")" || t.Value == "]" || t.Value == "}":
		p.Hint = "an operand is missing, or a bracket was never opened"
	case t.Kind == lexer.Operator && before.Kind == lexer.Operator:
		p.Hint = "an operand is missing between the two operators"
	case t.Kind == lexer.Identifier:
		p.Hint = `an operator is missing before it, such as && or "and"`
	}
	return p
}

func (s *source) isLiteral(t lexer.Token) bool {
	_, ok := s.literals[t.From]
	return ok
}

// open counts the brackets that are not closed.
func (s *source) open() (n int) {
	for _, t := range s.tokens {
		n += bracket(t)
	}
	return n
}

func bracket(t lexer.Token) int {
	switch {
	case t.Kind != lexer.Bracket:
		return 0
	case strings.Contains("([{", t.Value):
		return 1
	default:
		return -1
	}
}
