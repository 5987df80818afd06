package importer

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"loadgate/internal/diag"
	"loadgate/internal/yamlpos"
)

// FromFlag is how the command line is called in places.
const FromFlag = "--from"

// words splits a command line as a shell would, without running anything.
// $NAME and ${NAME} become references to the environment. Line ends that a
// backslash hides are blanks already (see OneLine).
func words(line string) ([]*yamlpos.Node, diag.List) {
	s := splitter{line: line}
	for s.at < len(line) {
		if strings.IndexByte(" \t", line[s.at]) >= 0 {
			s.at++
			continue
		}
		s.word()
	}
	return s.words, s.list
}

// OneLine joins the lines of a command, so that places are columns of one line.
func OneLine(text string) string {
	text = strings.NewReplacer("\\\r\n", "  ", "\\\n", "  ", "\r\n", " ", "\n", " ").Replace(text)
	return strings.TrimSpace(text)
}

type splitter struct {
	line  string
	at    int // byte
	words []*yamlpos.Node
	list  diag.List
}

// place is the column of a byte.
func (s *splitter) place(at int) diag.Pos {
	return diag.Pos{File: FromFlag, Line: 1, Col: utf8.RuneCountInString(s.line[:at]) + 1}
}

// word reads up to a blank that no quotes hide.
func (s *splitter) word() {
	begin := s.at
	var text, written strings.Builder // written: with references
	quote, referred := byte(0), false
	add := func(c string) { text.WriteString(c); written.WriteString(c) }
loop:
	for ; s.at < len(s.line); s.at++ {
		c := s.line[s.at]
		switch {
		case quote == 0 && (c == ' ' || c == '\t'):
			break loop
		case quote == 0 && (c == '\'' || c == '"'):
			quote = c
		case c == quote:
			quote = 0
		case c == '\\' && quote != '\'' && s.at+1 < len(s.line):
			s.at++
			add(s.line[s.at : s.at+1])
		case c == '$' && quote != '\'':
			if m := variable.FindStringSubmatch(s.line[s.at:]); m != nil {
				written.WriteString("${env:" + m[1] + m[2] + "}")
				referred = true
				s.at += len(m[0]) - 1
				continue
			}
			add("$")
		default:
			add(s.line[s.at : s.at+1])
		}
	}
	at := s.place(begin)
	width := max(1, utf8.RuneCountInString(s.line[begin:s.at]))
	if quote != 0 {
		s.list.Errorf(at, width, "", "a quote is not closed")
	}
	n := &yamlpos.Node{Kind: yamlpos.String, Pos: at, Width: width, Text: text.String(), Value: text.String()}
	if referred {
		n.Ref = written.String()
	}
	s.words = append(s.words, n)
}

// variable is $NAME or ${NAME}.
var variable = regexp.MustCompile(`^\$\{?([A-Za-z_][A-Za-z0-9_]*)()\}?`)

// assignment is NAME=value before a command.
var assignment = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*=`)
