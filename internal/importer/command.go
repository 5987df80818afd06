package importer

import (
	"path"
	"slices"
	"strings"

	"loadgate/internal/diag"
	"loadgate/internal/yamlpos"
)

// tool is a load generator whose command lines can be read.
type tool struct {
	name  string     // as its users write it
	begin [][]string // words with which its command lines begin, after a Python and -m
	flags map[string]option
	done  func(*order) // makes the order complete, with the tool's own defaults
}

// option is a flag of a tool. A switch takes no value; a list takes all values
// up to the next flag.
type option struct {
	is  valueCount
	set func(o *order, n *yamlpos.Node)
}

type valueCount int

const (
	oneValue valueCount = iota
	noValue
	manyValues
)

var tools = []tool{vllmBench, sglangBench, guideLLM, aiPerf}

// Commands are the beginnings of the command lines that can be read.
func Commands() []string {
	var out []string
	for _, t := range tools {
		out = append(out, t.name)
	}
	return out
}

// Command makes a scenario of another tool's command line, in one line. The
// scenario may be used when the list has no errors; its places are columns of
// the line.
func Command(line string) (*Scenario, diag.List) {
	all, list := words(line)
	if list.HasErrors() {
		return nil, list
	}
	for len(all) > 0 && assignment.MatchString(all[0].Text) {
		name, _, _ := strings.Cut(all[0].Text, "=")
		list.Warnf(all[0].Pos, len(name), "set it where loadgate runs, if it needs it", "%s is left out: a scenario sets no variables", name)
		all = all[1:]
	}
	t, rest := toolOf(all)
	if t == nil {
		at := diag.Pos{File: FromFlag, Line: 1, Col: 1}
		list.Errorf(at, 1, "known: "+strings.Join(Commands(), ", "), "this is no command line of a tool that loadgate knows")
		return nil, list
	}
	o := newOrder(t.name)
	o.list = list
	o.read(t, rest)
	t.done(o)
	return o.scenario()
}

// toolOf finds the tool that a command line begins with, and what follows.
func toolOf(all []*yamlpos.Node) (*tool, []*yamlpos.Node) {
	texts := make([]string, len(all))
	for i, n := range all {
		texts[i] = n.Text
	}
	skip := 0
	for skip < len(texts) && (strings.HasPrefix(path.Base(texts[skip]), "python") || texts[skip] == "-m" || texts[skip] == "uv" || texts[skip] == "run") {
		skip++
	}
	for i := range tools {
		for _, begin := range tools[i].begin {
			if n := skip + len(begin); n <= len(texts) && slices.EqualFunc(texts[skip:n], begin, func(got, want string) bool { return got == want || path.Base(got) == want }) {
				return &tools[i], all[n:]
			}
		}
	}
	return nil, nil
}

// read goes through the flags of a command line.
func (o *order) read(t *tool, rest []*yamlpos.Node) {
	for len(rest) > 0 {
		n := rest[0]
		rest = rest[1:]
		name, value, joined := strings.Cut(n.Text, "=")
		if !strings.HasPrefix(name, "-") || isNumber(name) {
			o.list.Warnf(n.Pos, n.Width, "", "%s is left out: it belongs to no flag", shown(n))
			continue
		}
		flag, known := t.flags[name]
		var values []*yamlpos.Node
		switch {
		case joined:
			values = []*yamlpos.Node{after(n, len(name)+1, value)}
		case known && flag.is == noValue:
		default:
			most := len(rest)
			if known && flag.is == oneValue || !known {
				most = min(1, most)
			}
			for len(values) < most && isValue(rest[len(values)].Text, known) {
				values = append(values, rest[len(values)])
			}
			rest = rest[len(values):]
		}
		o.apply(n, name, flag, known, values)
	}
}

func (o *order) apply(n *yamlpos.Node, name string, flag option, known bool, values []*yamlpos.Node) {
	switch {
	case !known:
		o.list.Warnf(n.Pos, len(name), "", "%s is left out: a scenario has no place for it, or loadgate does not know it", name)
	case flag.set == nil: // concerns the tool itself: its screen, its files
	case flag.is == noValue:
		flag.set(o, n)
	case len(values) == 0:
		o.list.Errorf(n.Pos, n.Width, "", "%s has no value", name)
	default:
		for _, v := range values {
			flag.set(o, v)
		}
	}
}

// after is the part of a word behind its flag's =.
func after(n *yamlpos.Node, skip int, text string) *yamlpos.Node {
	v := *n
	v.Pos, v.Width, v.Text, v.Value = n.Pos.Shift(skip), max(1, n.Width-skip), text, text
	if n.Ref != "" {
		_, v.Ref, _ = strings.Cut(n.Ref, "=")
	}
	return &v
}

// isValue tells a value from the next flag. Where the flag is unknown, what
// begins with a dash is no value.
func isValue(text string, known bool) bool {
	return !strings.HasPrefix(text, "-") || (known && isNumber(text))
}

func isNumber(text string) bool {
	rest := strings.TrimPrefix(text, "-")
	return rest != "" && strings.Trim(rest, "0123456789.") == ""
}
