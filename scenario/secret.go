package scenario

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"

	"loadgate/internal/diag"
	"loadgate/internal/yamlpos"
)

// keyShapes are texts that can only be somebody's key.
var keyShapes = regexp.MustCompile(`\b(sk-[A-Za-z0-9_-]{16,}|hf_[A-Za-z0-9]{16,}|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,}|xox[abpr]-[A-Za-z0-9-]{10,}|nvapi-[A-Za-z0-9_-]{16,}|gsk_[A-Za-z0-9]{16,}|AIza[A-Za-z0-9_-]{30,})`)

// credential is an Authorization value that does not come from the environment.
var credential = regexp.MustCompile(`(?i)^(bearer|basic|token)\s+[^\s$]`)

// keyInURL is an address that carries a password or a key.
var keyInURL = regexp.MustCompile(`(?i)^[a-z]+://([^/?#\s$]*:[^/?#\s$]+@|\S*[?&](api[_-]?key|key|token|access[_-]?token|sig|signature)=[^$])`)

// keyLine is a line of a file that gives a key its value, whether or not the
// file can be read as YAML.
var keyLine = regexp.MustCompile(`(?i)((?:api[_-]?key|access[_-]?token|authorization|password|secret)["']?\s*[:=]\s*)([^\s#].*)`)

// secretHeaders are headers whose value is a secret whatever it looks like.
var secretHeaders = map[string]bool{
	"authorization": true, "proxy-authorization": true, "x-api-key": true, "api-key": true, "cookie": true, "x-auth-token": true,
}

func secretLike(text string) bool {
	return keyShapes.MatchString(text) || credential.MatchString(text)
}

// LooksSecret reports whether a text can only be a key, or is an address that
// holds one.
func LooksSecret(text string) bool { return secretLike(text) || keyInURL.MatchString(text) }

// SecretHeader reports whether a header must not stand in a file with this
// value.
func SecretHeader(name, value string) bool {
	return value != "" && (secretHeaders[strings.ToLower(name)] || secretLike(value))
}

// Cover stars out nodes, and what looks like a key in any line, so that a
// diagnostic may show the line it is about.
func Cover(src diag.Sources, secrets []*yamlpos.Node) diag.Sources { return masked(src, secrets) }

// literals finds the secrets that stand in a tree as they are.
type literals struct {
	list  diag.List
	nodes []*yamlpos.Node
	at    map[diag.Pos]bool
}

func (l *literals) add(n *yamlpos.Node, hint, message string) {
	if l.at[n.Pos] {
		return
	}
	if l.at == nil {
		l.at = map[diag.Pos]bool{}
	}
	l.at[n.Pos] = true
	l.nodes = append(l.nodes, n)
	l.list.Errorf(n.Pos, n.Width, hint, "%s", message)
}

var wholeReference = regexp.MustCompile(`^\$\{env:[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\}$`)

const useEnv = "write ${env:NAME} and set NAME in the environment"

// search looks through a tree: values of fields of the type secret, headers
// that carry credentials, and any text in the shape of a known key.
func (l *literals) search(f *fields, root *yamlpos.Node) {
	f.visit(root, func(n *yamlpos.Node, path []string, schemas []object) {
		if len(n.Entries) > 0 || len(n.Items) > 0 || n.Kind == yamlpos.Null {
			return
		}
		written := n.Text
		if n.Ref != "" {
			written = n.Ref
		}
		header := len(path) > 1 && path[len(path)-2] == "headers"
		switch {
		case flagged(schemas, "x-secret"):
			if !wholeReference.MatchString(n.Ref) {
				hint := useEnv
				if n.Ref != "" {
					hint = "a secret is one reference and nothing else: ${env:NAME}"
				}
				l.add(n, hint, "a secret must not stand in the file")
			}
		case header && (credential.MatchString(written) || (n.Ref == "" && secretHeaders[strings.ToLower(path[len(path)-1])])):
			l.add(n, `write "Bearer ${env:NAME}", or another text with a reference in it`, "the header "+path[len(path)-1]+" carries a secret, which must not stand in the file")
		case keyInURL.MatchString(written):
			l.add(n, "write api_key: ${env:NAME} and set NAME in the environment", "this address holds a password or a key, which must not stand in the file")
		case keyShapes.MatchString(written):
			l.add(n, useEnv, "this looks like a key: a secret must not stand in the file")
		}
	})
}

// masked copies the sources with every secret covered, so that a diagnostic may
// show the line it is about.
func masked(src diag.Sources, nodes []*yamlpos.Node) diag.Sources {
	out := make(diag.Sources, len(src))
	for file, text := range src {
		lines := strings.Split(string(text), "\n")
		for _, n := range nodes {
			if n.Pos.File == file {
				cover(lines, n)
			}
		}
		for i, line := range lines {
			lines[i] = coverKnown(line)
		}
		out[file] = bytes.Join(byteLines(lines), []byte("\n"))
	}
	return out
}

// cover stars out the value of a node: its part of the first line, and whole
// lines below where it goes on.
func cover(lines []string, n *yamlpos.Node) {
	first := n.Pos.Line - 1
	if first < 0 || first >= len(lines) {
		return
	}
	more := 0
	if n.Style == yamlpos.Block {
		for first+1+more < len(lines) && below(lines[first+1+more], lines[first]) {
			more++
		}
	} else {
		// A flow scalar's line breaks become blanks: what is not on the first
		// line is somewhere below, until as many runes have gone by.
		for left := utf8.RuneCountInString(n.Text) - n.Width; left > 0 && first+1+more < len(lines); more++ {
			left -= 1 + utf8.RuneCountInString(strings.TrimSpace(lines[first+1+more]))
		}
	}
	lines[first] = stars(lines[first], n.Pos.Col-1, n.Width)
	for i := first + 1; i <= first+more && i < len(lines); i++ {
		lines[i] = stars(lines[i], 0, utf8.RuneCountInString(lines[i]))
	}
}

// below reports whether a line belongs to a block that the line above opened.
func below(line, opener string) bool {
	indent := func(s string) int { return len(s) - len(strings.TrimLeft(s, " ")) }
	return strings.TrimSpace(line) == "" || indent(line) > indent(opener)
}

// stars covers width runes from col (from 0), leaving blanks.
func stars(line string, col, width int) string {
	runes := []rune(line)
	for i := max(0, col); i < min(len(runes), col+width); i++ {
		if runes[i] != ' ' {
			runes[i] = '*'
		}
	}
	return string(runes)
}

// coverKnown covers what looks like a key in a line that may not be YAML.
func coverKnown(line string) string {
	line = keyShapes.ReplaceAllStringFunc(line, func(s string) string { return strings.Repeat("*", len(s)) })
	m := keyLine.FindStringSubmatchIndex(line)
	if m == nil || strings.Contains(line[m[4]:m[5]], "${") || strings.HasPrefix(line[m[4]:], "*") {
		return line
	}
	return line[:m[4]] + strings.Repeat("*", utf8.RuneCountInString(line[m[4]:]))
}

func byteLines(lines []string) [][]byte {
	out := make([][]byte, len(lines))
	for i, l := range lines {
		out[i] = []byte(l)
	}
	return out
}
