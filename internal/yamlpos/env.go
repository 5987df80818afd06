package yamlpos

import (
	"regexp"
	"strings"
)

var envName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// substitute replaces ${env:NAME} and ${env:NAME:-default} in a scalar, in one
// pass: what is put in is not scanned again. $${ stands for a literal ${.
func (p *parser) substitute(n *Node) {
	n.Kind, n.Ref = String, n.Text
	var out strings.Builder
	rest, referred := n.Text, false
	for {
		i := strings.Index(rest, "${")
		if i < 0 {
			out.WriteString(rest)
			break
		}
		if i > 0 && rest[i-1] == '$' {
			out.WriteString(rest[:i-1] + "${")
			rest = rest[i+2:]
			continue
		}
		out.WriteString(rest[:i])
		end := strings.IndexByte(rest[i:], '}')
		if end < 0 {
			p.list.Errorf(n.Pos, n.Width, "close it with }, or write $${ for a literal ${", "%q has no closing brace", rest[i:])
			break
		}
		referred = true
		out.WriteString(p.reference(n, rest[i+2:i+end]))
		rest = rest[i+end+1:]
	}
	if !referred {
		n.Ref = ""
	}
	n.Text = out.String()
	n.Value = n.Text
}

// reference resolves what stands between ${ and }.
func (p *parser) reference(n *Node, inside string) string {
	body, ok := strings.CutPrefix(inside, "env:")
	if !ok {
		p.list.Errorf(n.Pos, n.Width, "write ${env:NAME} or ${env:NAME:-default}; $${ is a literal ${", "unknown reference ${%s}", inside)
		return ""
	}
	name, fallback, hasFallback := strings.Cut(body, ":-")
	if !envName.MatchString(name) {
		p.list.Errorf(n.Pos, n.Width, "a name has letters, digits and _", "%q is no name of an environment variable", name)
		return ""
	}
	if p.env != nil {
		if v, ok := p.env(name); ok && (v != "" || !hasFallback) {
			return v
		}
	}
	if !hasFallback {
		p.list.Errorf(n.Pos, n.Width, "set it, or give a default: ${env:"+name+":-…}", "the environment variable %s is not set", name)
	}
	return fallback
}
