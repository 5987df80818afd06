package yamlpos

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	goccy "github.com/goccy/go-yaml"
	"gopkg.in/yaml.v3"

	"loadgate/internal/diag"
)

// Limits on what one file may make the reader do.
const (
	maxBytes = 1 << 20 // of source
	maxDepth = 64      // of nesting
	maxNodes = 100_000 // after aliases are followed
)

// Lookup finds an environment variable, as os.LookupEnv does.
type Lookup func(name string) (string, bool)

// Parse reads one document. file names it in positions; env answers ${env:…}
// (nil: no variable is set). The node is nil when the file cannot be read as
// YAML at all; otherwise it is the best tree there is beside the diagnostics.
func Parse(file string, src []byte, env Lookup) (*Node, diag.List) {
	p := &parser{file: file, lines: strings.Split(string(src), "\n"), env: env, active: map[*yaml.Node]bool{}}
	if len(src) > maxBytes {
		p.list.Errorf(diag.Pos{File: file}, 0, "a scenario is small: put data into files of their own", "the file has %d bytes, more than %d", len(src), maxBytes)
		return nil, p.list
	}
	if !p.readable(src) {
		return nil, p.list
	}
	dec := yaml.NewDecoder(bytes.NewReader(src))
	var doc yaml.Node
	if err := dec.Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			p.list.Errorf(diag.Pos{File: file}, 0, "`loadgate init` writes one to start from", "the file is empty")
		} else {
			p.syntax(src, err)
		}
		return nil, p.list
	}
	var second yaml.Node
	if err := dec.Decode(&second); err == nil {
		p.list.Errorf(p.pos(&second), 3, "one file holds one document: remove the `---` and what follows, or split the file", "a second document starts here")
	} else if !errors.Is(err, io.EOF) {
		p.syntax(src, err)
		return nil, p.list
	}
	n := p.node(doc.Content[0], 0)
	if p.gaveUp {
		return nil, p.list
	}
	return n, p.list
}

// readable refuses bytes that are no text, and tabs in the indentation, for
// which YAML libraries have only puzzling words.
func (p *parser) readable(src []byte) bool {
	if !utf8.Valid(src) {
		p.list.Errorf(diag.Pos{File: p.file}, 0, "save the file as UTF-8", "the file is not UTF-8 text")
		return false
	}
	for i, line := range p.lines {
		lead := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
		if at := strings.IndexByte(lead, '\t'); at >= 0 && strings.TrimSpace(line) != "" && !p.insideBlock(i) {
			p.list.Errorf(diag.Pos{File: p.file, Line: i + 1, Col: at + 1}, 1, "indent with spaces", "a tab cannot indent YAML")
			return false
		}
	}
	return true
}

// insideBlock says whether line i may belong to a block scalar, where tabs
// after the indentation are text: some line above, less indented, opens one.
func (p *parser) insideBlock(i int) bool {
	indent := len(p.lines[i]) - len(strings.TrimLeft(p.lines[i], " "))
	for j := i - 1; j >= 0; j-- {
		line := strings.TrimRight(p.lines[j], " \r")
		if strings.TrimSpace(line) == "" {
			continue
		}
		if in := len(line) - len(strings.TrimLeft(line, " ")); in < indent {
			return blockOpener.MatchString(line)
		}
	}
	return false
}

var (
	blockOpener = regexp.MustCompile(`[|>][+-]?\d?$`)
	lineInError = regexp.MustCompile(`line (\d+): `)
)

// syntax words a parse error. yaml.v3 knows a line at best; goccy/go-yaml finds
// the column, and is believed only where it too sees an error.
func (p *parser) syntax(src []byte, err error) {
	msg := strings.TrimPrefix(err.Error(), "yaml: ")
	pos := diag.Pos{File: p.file, Line: 1, Col: 1}
	if m := lineInError.FindStringSubmatch(msg); m != nil {
		pos.Line, _ = strconv.Atoi(m[1])
		msg = strings.Replace(msg, m[0], "", 1)
	}
	var any any
	var at goccy.Error
	if e := goccy.Unmarshal(src, &any); errors.As(e, &at) && at.GetToken() != nil {
		pos.Line, pos.Col = at.GetToken().Position.Line, at.GetToken().Position.Column
		msg = at.GetMessage()
	}
	hint := ""
	if pos.Line <= len(p.lines) {
		hint = syntaxHint(p.lines[pos.Line-1])
	}
	p.list.Errorf(pos, 1, hint, "this is not YAML: %s", msg)
}

func syntaxHint(line string) string {
	text := strings.TrimSpace(line)
	switch {
	case strings.ContainsAny(text, "<>=!&|") && strings.ContainsAny(text, `"'`):
		return "put the whole expression into quotes, or below a `|`"
	case strings.Contains(text, "${") && strings.ContainsAny(text, "{}[]"):
		return "inside {…} and […], ${env:NAME} needs quotes"
	case strings.Contains(text, "@") || strings.Contains(text, "`"):
		return "a value that begins with @ or ` needs quotes"
	case strings.Count(text, ": ") > 1:
		return "a value with a colon and a space needs quotes"
	default:
		return ""
	}
}

type parser struct {
	file   string
	lines  []string
	env    Lookup
	list   diag.List
	nodes  int
	active map[*yaml.Node]bool // aliases being followed
	gaveUp bool
}

func (p *parser) pos(y *yaml.Node) diag.Pos {
	return diag.Pos{File: p.file, Line: y.Line, Col: y.Column}
}

// node converts one YAML node and all below it.
func (p *parser) node(y *yaml.Node, depth int) *Node {
	n := &Node{Kind: Null, Pos: p.pos(y), Width: p.width(y), lines: p.lines}
	p.nodes++
	switch {
	case p.gaveUp:
		return n
	case p.nodes > maxNodes:
		p.giveUp(n, "write the values out, or fewer of them", fmt.Sprintf("aliases blow this document up beyond %d values", maxNodes))
		return n
	case depth > maxDepth:
		p.giveUp(n, "", fmt.Sprintf("values are nested more than %d deep", maxDepth))
		return n
	}
	switch y.Kind {
	case yaml.AliasNode:
		return p.alias(y, n, depth)
	case yaml.SequenceNode:
		n.Kind = List
		for _, c := range y.Content {
			n.Items = append(n.Items, p.node(c, depth+1))
		}
	case yaml.MappingNode:
		n.Kind = Map
		p.mapping(y, n, depth)
	default:
		p.scalar(y, n)
	}
	return n
}

func (p *parser) giveUp(n *Node, hint, message string) {
	p.gaveUp = true
	p.list.Errorf(n.Pos, n.Width, hint, "%s", message)
}

func (p *parser) alias(y *yaml.Node, at *Node, depth int) *Node {
	if p.active[y.Alias] {
		p.list.Errorf(at.Pos, at.Width, "", "the alias *%s contains itself", y.Value)
		return at
	}
	p.active[y.Alias] = true
	defer delete(p.active, y.Alias)
	return p.node(y.Alias, depth+1)
}

func (p *parser) mapping(y *yaml.Node, n *Node, depth int) {
	var merged []*Node
	for i := 0; i+1 < len(y.Content); i += 2 {
		key, value := y.Content[i], y.Content[i+1]
		if key.Kind == yaml.ScalarNode && key.Tag == "!!merge" {
			merged = append(merged, p.mergeSources(value, depth)...)
			continue
		}
		if key.Kind != yaml.ScalarNode {
			p.list.Errorf(p.pos(key), 1, "inside {…} and […], ${env:NAME} needs quotes", "a key must be plain text")
			continue
		}
		if first := n.Entry(key.Value); first != nil {
			p.list.Errorf(p.pos(key), p.width(key), fmt.Sprintf("remove one of them: the first is on line %d", first.KeyPos.Line), "duplicate key %q", key.Value)
			continue
		}
		n.Entries = append(n.Entries, Entry{key.Value, p.pos(key), p.node(value, depth+1)})
	}
	for _, m := range merged {
		for _, e := range m.Entries {
			if n.Entry(e.Key) == nil {
				n.Entries = append(n.Entries, e)
			}
		}
	}
}

// mergeSources reads what follows `<<:`: a mapping, or a list of them. Own keys
// win over merged ones, earlier sources over later.
func (p *parser) mergeSources(y *yaml.Node, depth int) []*Node {
	n := p.node(y, depth+1)
	switch n.Kind {
	case Map:
		return []*Node{n}
	case List:
		return n.Items
	default:
		p.list.Errorf(n.Pos, n.Width, "write <<: *anchor", "<< merges a mapping, not %s", n.Kind)
		return nil
	}
}

// width is the number of runes that a scalar takes on its first line.
func (p *parser) width(y *yaml.Node) int {
	w := utf8.RuneCountInString(y.Value)
	switch {
	case y.Kind == yaml.AliasNode:
		w++
	case y.Kind != yaml.ScalarNode || y.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		w = 1
	case y.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0:
		w += 2
	}
	if y.Line >= 1 && y.Line <= len(p.lines) {
		rest := utf8.RuneCountInString(strings.TrimRight(p.lines[y.Line-1], "\r ")) - y.Column + 1
		w = min(w, rest)
	}
	return max(1, w)
}
