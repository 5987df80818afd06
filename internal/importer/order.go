package importer

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"loadgate/internal/diag"
	"loadgate/internal/yamlpos"
	"loadgate/scenario"
)

// order is what a tool's command line asks for, in the words of all of them.
// Zero values are what was not said.
type order struct {
	*settings // its list, and the reading of single values
	tool      string
	keys      keys
	notes     []string

	kind, base, host, port, endpoint string // of the server
	model, tokenizer                 *yamlpos.Node
	apiKey                           *yamlpos.Node
	headers, params                  yamlpos.Inline
	served                           *yamlpos.Node // the model's name at the server, where --model is another
	ignoreEOS, stops, whole          bool          // stops: answers may end early; whole: no streaming
	streams                          bool          // what streams by default elsewhere must be asked for
	profile                          *yamlpos.Node
	backend                          string // where kind is ours
	save                             bool
	saveDir, saveFile                string

	dataset         string
	path            *yamlpos.Node
	input, output   int
	ratio           float64 // lengths are drawn from [L(1-r), L(1+r)]
	prefix          int
	requests        int
	seconds         float64
	rate            float64 // 0: none
	cap             int     // requests in flight, 0: no limit
	rates           []float64
	closed          []int // several concurrencies
	burst           float64
	constant        bool
	warmup          int
	seed            *int
	goodput, labels yamlpos.Fields
	reports         []any
}

func newOrder(name string) *order {
	return &order{settings: newSettings(yamlpos.NewMap(diag.Pos{File: FromFlag, Line: 1, Col: 1})), tool: name, keys: keys{}, burst: 1}
}

func (o *order) note(format string, args ...any) {
	o.notes = append(o.notes, fmt.Sprintf(format, args...))
}

// Setters of options.

func setNode(to func(*order) **yamlpos.Node) option {
	return option{set: func(o *order, n *yamlpos.Node) { *to(o) = n }}
}

func setText(to func(*order) *string) option {
	return option{set: func(o *order, n *yamlpos.Node) {
		if *to(o) = n.Text; n.Ref != "" {
			*to(o) = n.Ref
		}
	}}
}

func setCount(name string, least int, to func(*order) *int) option {
	return option{set: func(o *order, n *yamlpos.Node) { *to(o) = o.countOf(n, name, least) }}
}

func setFloat(name string, to func(*order) *float64) option {
	return option{set: func(o *order, n *yamlpos.Node) { *to(o) = o.floatOf(n, name) }}
}

func (o *order) floatOf(n *yamlpos.Node, name string) float64 {
	x, err := strconv.ParseFloat(strings.TrimSpace(n.Text), 64)
	if err != nil || math.IsNaN(x) || x < 0 {
		o.wrong(n, name, "a number from 0")
		return 1
	}
	return x
}

// setParam makes a flag a setting of the body.
func setParam(key string) option {
	return option{set: func(o *order, n *yamlpos.Node) {
		o.params = append(o.params, yamlpos.Field{Key: key, Value: o.keys.setting(key, typed(n))})
	}}
}

// setParams reads a JSON object of settings of the body.
var setParams = option{set: func(o *order, n *yamlpos.Node) {
	m := o.object(n, "the body's settings", n.Text)
	if m == nil {
		return
	}
	for _, e := range m.Entries {
		o.params = append(o.params, yamlpos.Field{Key: e.Key, Value: o.keys.setting(e.Key, e.Value)})
	}
}}

// setHeader reads NAME=value or "Name: value".
var setHeader = option{is: manyValues, set: func(o *order, n *yamlpos.Node) {
	at := strings.IndexAny(n.Text, "=:")
	if at <= 0 {
		o.wrong(n, "a header", "name=value or name: value")
		return
	}
	v := *n
	v.Text = strings.TrimSpace(n.Text[at+1:])
	if n.Ref != "" {
		v.Ref = strings.TrimSpace(n.Ref[strings.IndexAny(n.Ref, "=:")+1:])
	}
	name := strings.TrimSpace(n.Text[:at])
	o.headers = append(o.headers, yamlpos.Field{Key: name, Value: o.keys.header(name, &v)})
}}

// setLabel reads name=value.
var setLabel = option{is: manyValues, set: func(o *order, n *yamlpos.Node) {
	name, text, ok := strings.Cut(n.Text, "=")
	if !ok || !labelName.MatchString(name) {
		o.list.Warnf(n.Pos, n.Width, "a label is name=value, its name of letters, digits and _", "%s is left out: it can be no label", shown(n))
		return
	}
	v := after(n, len(name)+1, text)
	o.labels = append(o.labels, yamlpos.Field{Key: name, Value: o.keys.setting(name, typed(v))})
}}

// setGoodput reads metric:ms.
var setGoodput = option{is: manyValues, set: func(o *order, n *yamlpos.Node) {
	if parts := strings.Fields(n.Text); len(parts) > 1 { // a list in quotes
		for _, part := range parts {
			v := *n
			v.Text = part
			addGoodput(o, &v)
		}
		return
	}
	addGoodput(o, n)
}}

func addGoodput(o *order, n *yamlpos.Node) {
	name, text, _ := strings.Cut(n.Text, ":")
	ms, err := strconv.ParseFloat(text, 64)
	metric := map[string]string{
		"ttft": "ttft", "tpot": "tpot", "e2el": "e2el", "time_to_first_token": "ttft", "inter_token_latency": "tpot", "request_latency": "e2el",
	}[name]
	if err != nil || metric == "" || ms <= 0 {
		o.list.Errorf(n.Pos, n.Width, "write ttft:500 tpot:50", "expected a metric and its limit in ms, got %s", shown(n))
		return
	}
	o.goodput = append(o.goodput, yamlpos.Field{Key: metric, Value: strconv.FormatFloat(ms, 'f', -1, 64) + "ms"})
}

func setRate(name string) option {
	return option{set: func(o *order, n *yamlpos.Node) { o.rate = o.rateOf(n, name) }}
}

// rateOf reads a rate, or inf.
func (o *order) rateOf(n *yamlpos.Node, name string) float64 {
	if text := strings.ToLower(n.Text); strings.TrimPrefix(text, "+") == "inf" {
		return math.Inf(1)
	}
	x := o.floatOf(n, name)
	if x == 0 {
		o.wrong(n, name, "a rate above 0, or inf")
		return 1
	}
	return x
}

// url is the full endpoint.
func (o *order) url(host, port, endpoint string) any {
	base := o.base
	if base == "" {
		h, p := o.host, o.port
		if h == "" || h == "0.0.0.0" {
			h = host
		}
		if p == "" {
			p = port
		}
		base = "http://" + h + ":" + p
	}
	if !strings.Contains(base, "://") && !strings.HasPrefix(base, "${env:") {
		base = "http://" + base
	}
	if o.endpoint == "" {
		o.endpoint = endpoint
	}
	if o.endpoint != "" && !strings.HasSuffix(base, o.endpoint) {
		base = strings.TrimRight(base, "/") + "/" + strings.TrimLeft(o.endpoint, "/")
	}
	if scenario.LooksSecret(base) {
		o.list.Errorf(o.root.Pos, 1, "give the key in the environment", "the address holds a password or a key")
	}
	if strings.Contains(base, "${env:") {
		return yamlpos.Reference(base)
	}
	return base
}

// scenario makes the text.
func (o *order) scenario() (*Scenario, diag.List) {
	d := draft{
		datasetName: sectionName(o.dataset), dataset: o.section(), load: o.load(), labels: o.labels, goodput: o.goodput, reports: o.reports,
	}
	d.backend = o.server()
	d.matrix = o.axes()
	model := ""
	if o.model != nil {
		model = lastPart(o.model.Text)
	}
	d.name = scenarioName(o.dataset, model)
	d.head = "Made from a command line of " + o.tool + "."
	if len(o.keys) > 0 {
		d.head += "\nSet in the environment: " + strings.Join(sortedNames(o.keys), ", ") + "."
	}
	if o.list.HasErrors() {
		return nil, o.list
	}
	text, err := d.print()
	if err != nil {
		o.list.Errorf(o.root.Pos, 1, "", "cannot be written as a scenario: %v", err)
		return nil, o.list
	}
	return &Scenario{Text: text, Keys: o.keys, Notes: o.notes}, o.list
}
