package yamlpos

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// Field is one key of a mapping to be printed. Value is a string, bool, int,
// int64, float64, Reference, Fields, Inline, or a []any of these.
type Field struct {
	Key    string
	Value  any
	Above  string // comment lines above the key, without #
	Beside string // a comment at the end of the line
}

// Fields is a mapping with one key a line.
type Fields []Field

// Inline is a mapping on one line: {a: 1, b: 2}.
type Inline []Field

// Reference is a text whose ${env:…} Parse is to follow. In a string, ${ stands
// for itself.
type Reference string

// Print writes a document, each section set off by an empty line. What Parse
// reads of it are the same values: a text stays a text, whatever it looks like.
// Lists of scalars stand on one line, others have an entry a line.
func Print(sections ...Fields) ([]byte, error) {
	var out bytes.Buffer
	for i, s := range sections {
		if len(s) == 0 {
			continue
		}
		n, err := mapping(s, 0)
		if err != nil {
			return nil, err
		}
		if i > 0 && out.Len() > 0 {
			out.WriteByte('\n')
		}
		enc := yaml.NewEncoder(&out)
		enc.SetIndent(2)
		if err := errors.Join(enc.Encode(n), enc.Close()); err != nil {
			return nil, err
		}
	}
	return out.Bytes(), nil
}

func mapping(fields []Field, style yaml.Style) (*yaml.Node, error) {
	n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Style: style}
	for _, f := range fields {
		key, err := textNode(f.Key)
		if err != nil {
			return nil, err
		}
		value, err := printed(f.Value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Key, err)
		}
		key.HeadComment = comment(f.Above)
		if value.Kind == yaml.ScalarNode || value.Style == yaml.FlowStyle {
			value.LineComment = comment(f.Beside)
		} else {
			key.LineComment = comment(f.Beside)
		}
		n.Content = append(n.Content, key, value)
	}
	return n, nil
}

// comment puts # before each line.
func comment(text string) string {
	if text == "" {
		return ""
	}
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight("# "+l, " ")
	}
	return strings.Join(lines, "\n")
}

func printed(v any) (*yaml.Node, error) {
	switch v := v.(type) {
	case Fields:
		return mapping(v, 0)
	case Inline:
		return mapping(v, yaml.FlowStyle)
	case []any:
		return sequence(v)
	case Reference:
		return rawNode(string(v))
	case string:
		return textNode(v)
	case bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: strconv.FormatBool(v)}, nil
	case int:
		return integerNode(int64(v)), nil
	case int64:
		return integerNode(v), nil
	case float64:
		return floatNode(v)
	default:
		return nil, fmt.Errorf("cannot print a %T", v)
	}
}

func sequence(items []any) (*yaml.Node, error) {
	n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Style: yaml.FlowStyle}
	for _, it := range items {
		c, err := printed(it)
		if err != nil {
			return nil, err
		}
		if c.Kind != yaml.ScalarNode {
			n.Style = 0
		}
		n.Content = append(n.Content, c)
	}
	return n, nil
}

// textNode is a string: the library quotes what would be read as something
// else, and what ${ stands in is escaped.
func textNode(s string) (*yaml.Node, error) {
	return rawNode(strings.ReplaceAll(s, "${", "$${"))
}

func rawNode(s string) (*yaml.Node, error) {
	if !utf8.ValidString(s) {
		return nil, errors.New("the text is not UTF-8")
	}
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
	if kind, _ := resolve(s); kind != String || misread.MatchString(s) || oddNumber.MatchString(s) {
		n.Style = yaml.DoubleQuotedStyle
	}
	return n, nil
}

// misread are texts that some YAML reader takes for something else, and
// characters that the library writes in a way that does not come back.
var misread = regexp.MustCompile(`(?i)^(y|n|yes|no|on|off|<<)$|[\n\r\x{85}\x{2028}\x{2029}\x{feff}]`)

func integerNode(i int64) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.FormatInt(i, 10)}
}

// floatNode writes as few digits as say the number. Infinity is the word inf,
// which the scenario's fields know as such.
func floatNode(x float64) (*yaml.Node, error) {
	switch {
	case math.IsNaN(x) || math.IsInf(x, -1):
		return nil, fmt.Errorf("cannot print the number %v", x)
	case math.IsInf(x, 1):
		return textNode("inf")
	case x == math.Trunc(x) && math.Abs(x) < 1<<53:
		return integerNode(int64(x)), nil
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!float", Value: strconv.FormatFloat(x, 'g', -1, 64)}, nil
}
