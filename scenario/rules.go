package scenario

import (
	"strconv"

	"loadgate/internal/diag"
	"loadgate/internal/yamlpos"
)

// percent reads the number before a % sign as a ratio.
func percent(number string) (float64, bool) {
	v, err := strconv.ParseFloat(number, 64)
	return v / 100, err == nil
}

// rules reads `slo:`. Entries that the schema refuses are left out.
func rules(n *yamlpos.Node, list *diag.List) []*Rule {
	if n == nil {
		return nil
	}
	var out []*Rule
	first := map[string]diag.Pos{}
	for _, it := range n.Items {
		rule := readRule(it, list)
		if rule == nil {
			continue
		}
		label := it.Get("name")
		if label == nil {
			label = rule.Assert
		}
		if before, taken := first[rule.Name]; taken {
			list.Errorf(label.Pos, label.Width, "give one of them another name: the first is on line "+strconv.Itoa(before.Line), "two rules are named %q", rule.Name)
			continue
		}
		first[rule.Name] = label.Pos
		out = append(out, rule)
	}
	return out
}

func readRule(n *yamlpos.Node, list *diag.List) *Rule {
	r := &Rule{Scope: "cell", Severity: "fail", Over: "median"}
	if n.Kind == yamlpos.String {
		r.Name, r.Assert = n.Text, n
		return r
	}
	assert := n.Get("assert")
	if assert == nil || assert.Kind != yamlpos.String {
		return nil
	}
	r.Name, r.Assert, r.When = assert.Text, assert, n.Get("when")
	for key, field := range map[string]*string{"name": &r.Name, "scope": &r.Scope, "severity": &r.Severity, "over": &r.Over} {
		if v := n.Get(key); v != nil {
			*field = v.Text
		}
	}
	if v := n.Get("confidence"); v != nil {
		share, ok := ratio(v)
		if ok && (share == 0 || share == 1 || (share > 1 && v.Kind == yamlpos.String)) {
			list.Errorf(v.Pos, v.Width, "write 95%, for example", "%s", "a confidence lies between 0% and 100%")
		}
		r.Confidence = share
	}
	return r
}

// expectations reads `expect:`. Entries that the schema refuses are left out.
func expectations(n *yamlpos.Node) []*Expectation {
	if n == nil {
		return nil
	}
	var out []*Expectation
	for _, it := range n.Items {
		if it.Kind == yamlpos.String {
			out = append(out, &Expectation{Name: it.Text, Assert: it})
			continue
		}
		assert := it.Get("assert")
		if assert == nil || assert.Kind != yamlpos.String {
			continue
		}
		x := &Expectation{Name: assert.Text, Assert: assert, When: it.Get("when")}
		if name := it.Get("name"); name != nil {
			x.Name = name.Text
		}
		out = append(out, x)
	}
	return out
}

// reports reads `reports:`.
func reports(n *yamlpos.Node, list *diag.List) []Report {
	if n == nil {
		return nil
	}
	var out []Report
	seen := map[string]bool{}
	for _, it := range n.Items {
		r := Report{Kind: it.Text, Node: it}
		if it.Kind == yamlpos.Map {
			kind := it.Get("kind")
			if kind == nil {
				continue
			}
			r.Kind = kind.Text
			if p := it.Get("path"); p != nil {
				r.Path = p.Text
			}
		}
		target := r.Path
		if target == "" {
			target = "kind " + r.Kind // its default name in the run directory
		}
		if seen[target] {
			list.Errorf(it.Pos, it.Width, "give each a path of its own", "two reports write the same file")
		}
		seen[target] = true
		out = append(out, r)
	}
	return out
}
