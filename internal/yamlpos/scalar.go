package yamlpos

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// scalar resolves a YAML scalar and substitutes what it refers to.
func (p *parser) scalar(y *yaml.Node, n *Node) {
	n.Text = y.Value
	switch {
	case y.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0:
		n.Style = Quoted
	case y.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		n.Style = Block
	}
	if y.Style&yaml.TaggedStyle != 0 || (n.Style == Plain && strings.HasPrefix(y.Tag, "!") && !strings.HasPrefix(y.Tag, "!!")) {
		p.list.Errorf(n.Pos, n.Width, "a value that begins with ! needs quotes", "YAML tags such as %s are not used here", y.Tag)
	}
	if strings.Contains(n.Text, "${") {
		p.substitute(n)
		return
	}
	if n.Style != Plain {
		n.Kind, n.Value = String, n.Text
		return
	}
	n.Kind, n.Value = resolve(n.Text)
	if n.Kind == String && oddNumber.MatchString(n.Text) {
		p.list.Errorf(n.Pos, n.Width, "write the number without leading zeros and underscores, or put quotes round the text", "%s is read as a number by some YAML readers and as text by others", n.Text)
	}
}

var (
	integer   = regexp.MustCompile(`^[-+]?(0|[1-9][0-9]*)$`)
	decimal   = regexp.MustCompile(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`)
	oddNumber = regexp.MustCompile(`^[-+]?(0[0-9_]+|0[oxb][0-9a-fA-F_]+|[0-9]+(_[0-9]+)+)$`)
)

// resolve types a plain scalar by the core schema of YAML 1.2. What only older
// readers take for something else (yes, 017, 12:30, 2001-01-01) stays text.
func resolve(text string) (Kind, any) {
	switch text {
	case "", "~", "null", "Null", "NULL":
		return Null, nil
	case "true", "True", "TRUE":
		return Bool, true
	case "false", "False", "FALSE":
		return Bool, false
	case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF":
		return Float, math.Inf(1)
	case "-.inf", "-.Inf", "-.INF":
		return Float, math.Inf(-1)
	}
	if integer.MatchString(text) {
		if i, err := strconv.ParseInt(text, 10, 64); err == nil {
			return Int, i
		}
	}
	if decimal.MatchString(text) && !oddNumber.MatchString(text) {
		if f, err := strconv.ParseFloat(text, 64); err == nil {
			return Float, f
		}
	}
	return String, text
}

// Retype reads a scalar that came from the environment as YAML would have read
// it in the file. It serves a field that wants a number or a truth value: the
// substituted text itself says only "text".
func (n *Node) Retype() *Node {
	c := *n
	c.Kind, c.Value = resolve(n.Text)
	return &c
}
