package importer

import (
	"regexp"
	"strings"

	"loadgate/internal/yamlpos"
	"loadgate/scenario"
)

// keys turns secrets into references and remembers their values for a run that
// follows at once.
type keys map[string]string

// secretName is how a setting is called whose value is a secret, whatever it
// looks like.
var secretName = regexp.MustCompile(`(?i)(api[_-]?key|access[_-]?token|auth[_-]?token|secret|password|authorization)$`)

var unfitVariable = regexp.MustCompile(`[^A-Z0-9]+`)

// refer makes a reference to a variable of that name for a value, or to one
// with a number where the name is taken by another value.
func (k keys) refer(name, secret string) yamlpos.Reference {
	name = strings.Trim(unfitVariable.ReplaceAllString(strings.ToUpper(name), "_"), "_")
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		name = "KEY_" + name
	}
	free := name
	for i := '2'; ; i++ {
		if v, taken := k[free]; !taken || v == secret {
			break
		}
		free = name + "_" + string(i)
	}
	k[free] = secret
	return yamlpos.Reference("${env:" + free + "}")
}

// apiKey is the value of api_key: a reference stays, a literal becomes one.
func (k keys) apiKey(n *yamlpos.Node) yamlpos.Reference {
	if wholeReference.MatchString(n.Ref) {
		return yamlpos.Reference(n.Ref)
	}
	return k.refer("API_KEY", n.Text)
}

var wholeReference = regexp.MustCompile(`^\$\{env:[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\}$`)

// header is the value of a header, with its secret replaced. Bearer and the
// like stay, so that the file says what is sent.
func (k keys) header(name string, n *yamlpos.Node) any {
	if n.Ref != "" || !scenario.SecretHeader(name, n.Text) {
		return textValue(n)
	}
	if scheme, secret, ok := strings.Cut(n.Text, " "); ok && len(scheme) <= 10 && !strings.Contains(secret, " ") {
		return yamlpos.Reference(scheme + " " + string(k.refer(name, secret)))
	}
	return k.refer(name, n.Text)
}

// setting is the value of any other setting, with secrets replaced.
func (k keys) setting(name string, n *yamlpos.Node) any {
	if n.Ref == "" && n.Text != "" && (secretName.MatchString(name) || scenario.LooksSecret(n.Text)) {
		return k.refer(name, n.Text)
	}
	if n.Kind == yamlpos.Map {
		f := yamlpos.Inline{}
		for _, e := range n.Entries {
			if e.Value.Kind != yamlpos.Null {
				f = append(f, yamlpos.Field{Key: e.Key, Value: k.setting(e.Key, e.Value)})
			}
		}
		return f
	}
	if n.Kind == yamlpos.List {
		items := []any{}
		for _, it := range n.Items {
			if it.Kind != yamlpos.Null {
				items = append(items, k.setting(name, it))
			}
		}
		return items
	}
	return value(n)
}

// Secrets are the nodes of a case that hold secrets, so that a diagnostic does
// not show them.
func Secrets(root *yamlpos.Node) []*yamlpos.Node {
	var out []*yamlpos.Node
	var down func(name string, header bool, n *yamlpos.Node)
	down = func(name string, header bool, n *yamlpos.Node) {
		if n == nil {
			return
		}
		for _, e := range n.Entries {
			down(e.Key, header || strings.HasSuffix(e.Key, "headers"), e.Value)
		}
		for _, it := range n.Items {
			down(name, header, it)
		}
		if n.Ref == "" && n.Text != "" && (secretName.MatchString(name) || scenario.LooksSecret(n.Text) || header) {
			out = append(out, n)
		}
	}
	down("", false, root)
	return out
}
