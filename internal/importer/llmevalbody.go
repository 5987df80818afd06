package importer

import (
	"regexp"
	"slices"
	"strings"

	"loadgate/internal/diag"
	"loadgate/internal/yamlpos"
	"loadgate/scenario"
)

// placed are settings of the body that a scenario says elsewhere than in
// params.
var placed = []string{"stream", "include_usage", "max_completion_tokens", "ignore_eos", "stop_token_ids", "model", "messages", "prompt"}

// generation gathers the settings of the body: those of extra_args, and those
// at the top, which extra_args win over.
func (c *llmEval) generation() {
	c.body = map[string]yamlpos.Entry{}
	extra := merged(c.pairs(MoreExtraArgs), c.pairs("extra_args"))
	add := func(e yamlpos.Entry) {
		if e.Value.Kind == yamlpos.Null {
			if e.Key == "temperature" {
				c.body[e.Key] = e // null switches the tool's own 0 off
			}
			return
		}
		if slices.Contains(placed, e.Key) || e.Key == "temperature" {
			c.body[e.Key] = e
			return
		}
		c.params = append(c.params, e)
	}
	for _, key := range generationKeys {
		if e := c.root.Entry(key); e != nil && !slices.Contains(llmEvalKeys, key) {
			c.read[key] = true
			if extra.Entry(key) == nil && (e.Value.Kind != yamlpos.String || e.Value.Text != "") {
				add(*e)
			}
		}
	}
	if extra != nil {
		for _, e := range extra.Entries {
			add(e)
		}
	}
	for _, key := range []string{"model", "messages", "prompt"} {
		if e, ok := c.body[key]; ok {
			c.list.Warnf(e.KeyPos, max(1, e.Value.Width), "", "extra_args: %s has no effect: the body's %s is set apart", key, key)
		}
	}
}

// MoreExtraArgs is the key of a second extra_args, which wins over the first:
// that of a flag beside a case file.
const MoreExtraArgs = "extra_args (of the flag)"

// merged lays one mapping over another; either may be nil.
func merged(over, under *yamlpos.Node) *yamlpos.Node {
	switch {
	case over == nil:
		return under
	case under == nil:
		return over
	}
	out := *over
	out.Entries = slices.Clone(over.Entries)
	for _, e := range under.Entries {
		if over.Entry(e.Key) == nil {
			out.Entries = append(out.Entries, e)
		}
	}
	return &out
}

// bodyFlag reads a truth value among the settings of the body.
func (c *llmEval) bodyFlag(key string, otherwise bool) bool {
	e, ok := c.body[key]
	if !ok {
		return otherwise
	}
	s := newSettings(&yamlpos.Node{Kind: yamlpos.Map, Entries: []yamlpos.Entry{e}})
	v := s.flag(key)
	c.list = append(c.list, s.list...)
	return v
}

// server is the backend's section.
func (c *llmEval) server() {
	f := yamlpos.Fields{{Key: "kind", Value: c.backend}}
	if n := c.node("url"); n == nil {
		f = append(f, yamlpos.Field{Key: "url", Value: "http://127.0.0.1:8000/v1/chat/completions"})
	} else {
		if scenario.LooksSecret(n.Text) {
			c.list.Errorf(n.Pos, n.Width, "give the key as api_key", "url holds a password or a key")
		}
		f = append(f, yamlpos.Field{Key: "url", Value: textValue(n)})
	}
	if n := c.node("model"); n != nil {
		f = append(f, yamlpos.Field{Key: "model", Value: textValue(n)})
	}
	if n := c.node("api_key"); n != nil {
		f = append(f, yamlpos.Field{Key: "api_key", Value: c.keys.apiKey(n)})
	}
	if headers := c.pairs("extra_headers"); headers != nil {
		h := yamlpos.Inline{}
		for _, e := range headers.Entries {
			h = append(h, yamlpos.Field{Key: e.Key, Value: c.keys.header(e.Key, e.Value)})
		}
		if len(h) > 0 {
			f = append(f, yamlpos.Field{Key: "headers", Value: h})
		}
	}
	if t := c.text("tokenizer"); t != "" && c.kind != "random" && !strings.EqualFold(t, "none") {
		f = append(f, yamlpos.Field{Key: "tokenizer", Value: c.pathOrName(t), Beside: "counts where the server sends no usage"})
	}
	c.d.backend = append(f, c.bodyFields()...)
}

// pathOrName is a tokenizer for printing: a folder moves with the scenario, a
// name stays.
func (c *llmEval) pathOrName(t string) any {
	if strings.HasPrefix(t, ".") || strings.HasPrefix(t, "~/") || (c.opt.Exists != nil && c.opt.Exists(t)) {
		n := &yamlpos.Node{Kind: yamlpos.String, Text: t}
		return c.pathValue(n)
	}
	return t
}

// bodyFields are the backend's settings of the body.
func (c *llmEval) bodyFields() yamlpos.Fields {
	var f yamlpos.Fields
	if !c.bodyFlag("stream", true) {
		f = append(f, yamlpos.Field{Key: "stream", Value: false})
		c.note("without streaming there is no ttft, tpot and itl: these cells stay empty, where serving_perf_eval wrote 0")
	}
	if c.bodies() {
		c.warnOfBodies()
		return f
	}
	f = append(f, yamlpos.Field{Key: "output_limit", Value: "both", Beside: "max_tokens and max_completion_tokens"})
	params := yamlpos.Inline{}
	if e, set := c.body["temperature"]; !set {
		params = append(params, yamlpos.Field{Key: "temperature", Value: 0})
	} else if e.Value.Kind != yamlpos.Null {
		params = append(params, yamlpos.Field{Key: "temperature", Value: value(e.Value)})
	}
	if !c.bodyFlag("include_usage", true) {
		params = append(params, yamlpos.Field{Key: "stream_options", Value: yamlpos.Inline{{Key: "include_usage", Value: false}}})
	}
	params = append(params, c.forcedLength()...)
	own, others := c.stopFields()
	params = append(params, others...)
	for _, e := range c.params {
		params = append(params, yamlpos.Field{Key: e.Key, Value: c.keys.setting(e.Key, e.Value)})
	}
	f = append(f, own...)
	if len(params) > 0 {
		f = append(f, yamlpos.Field{Key: "params", Value: params})
	}
	return f
}

// warnOfBodies names the settings that whole bodies leave no room for.
func (c *llmEval) warnOfBodies() {
	set := slices.Clone(c.params)
	for _, key := range []string{"temperature", "include_usage", "max_completion_tokens", "ignore_eos", "stop_token_ids"} {
		if e, ok := c.body[key]; ok && e.Value.Kind != yamlpos.Null {
			set = append(set, e)
		}
	}
	for _, e := range set {
		c.list.Warnf(e.KeyPos, max(1, len(e.Key)), "", "extra_args: %s has no effect: the dataset gives whole bodies", e.Key)
	}
}

// stopFields are ignore_eos and stop_token_ids: keys of the backend's own where
// its kind has them, else params.
func (c *llmEval) stopFields() (own, params []yamlpos.Field) {
	if _, ok := c.body["ignore_eos"]; ok {
		on := c.bodyFlag("ignore_eos", false)
		switch {
		case c.backend == "openai":
			params = append(params, yamlpos.Field{Key: "ignore_eos", Value: on})
			c.note("ignore_eos is sent: serving_perf_eval left it out with the backend openai, and OpenAI's own service refuses it")
		case on:
			own = append(own, yamlpos.Field{Key: "ignore_eos", Value: true})
		}
	}
	if e, ok := c.body["stop_token_ids"]; ok && (e.Value.Kind != yamlpos.List || len(e.Value.Items) > 0) {
		field := yamlpos.Field{Key: "stop_token_ids", Value: c.keys.setting(e.Key, e.Value)}
		if c.backend == "vllm" && e.Value.Kind == yamlpos.List {
			own = append(own, field)
		} else {
			params = append(params, field)
		}
	}
	return own, params
}

// forcedLength is max_completion_tokens where the dataset cannot say it.
func (c *llmEval) forcedLength() []yamlpos.Field {
	e, ok := c.body["max_completion_tokens"]
	if !ok || c.lengthInDataset() {
		return nil
	}
	n := c.countOf(e.Value, "max_completion_tokens", 1)
	return []yamlpos.Field{{Key: "max_tokens", Value: n}, {Key: "max_completion_tokens", Value: n}}
}

var labelName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// labels are the facts of test_meta, of the meta file, and those at the top.
func (c *llmEval) labels(meta *yamlpos.Node) yamlpos.Fields {
	var f yamlpos.Fields
	have := map[string]*yamlpos.Node{}
	add := func(e yamlpos.Entry) {
		n := e.Value
		text := n.Kind == yamlpos.String && n.Text == "" && n.Ref == ""
		switch {
		case n.Kind == yamlpos.Null || text:
		case n.Kind == yamlpos.List || n.Kind == yamlpos.Map:
			c.list.Warnf(e.KeyPos, max(1, len(e.Key)), "a label is text, a number, or true or false", "test_meta: %s is left out: it is %s", e.Key, n.Kind)
		case !labelName.MatchString(e.Key):
			c.list.Warnf(e.KeyPos, max(1, len(e.Key)), "a label's name has letters, digits and _", "test_meta: %s is left out: it can be no label", e.Key)
		case have[e.Key] != nil:
			if have[e.Key].Text != n.Text {
				c.list.Warnf(e.KeyPos, max(1, len(e.Key)), "the first that is read counts: the case's own test_meta, meta_data, the meta file", "test_meta: %s stands in two places with two values", e.Key)
			}
		default:
			have[e.Key] = n
			f = append(f, yamlpos.Field{Key: e.Key, Value: c.keys.setting(e.Key, n)})
		}
	}
	for _, m := range []*yamlpos.Node{c.pairs("test_meta"), c.pairs("meta_data"), inner(meta)} {
		if m != nil {
			for _, e := range m.Entries {
				add(e)
			}
		}
	}
	for _, key := range labelKeys {
		if e := c.root.Entry(key); e != nil {
			c.read[key] = true
			add(*e)
		}
	}
	return f
}

// inner is what a meta file holds, below test_meta or at its top.
func inner(meta *yamlpos.Node) *yamlpos.Node {
	if m := meta.Get("test_meta"); m != nil && m.Kind == yamlpos.Map {
		return m
	}
	if meta == nil || meta.Kind != yamlpos.Map {
		return nil
	}
	return meta
}

// setLabel adds a label of the importer's own.
func (c *llmEval) setLabel(f yamlpos.Field) {
	for i := range c.d.labels {
		if c.d.labels[i].Key == f.Key {
			c.list = append(c.list, diag.Diagnostic{
				Severity: diag.Warning, Pos: c.root.Pos, Message: "test_meta: " + f.Key + " is left out: the scenario needs this label for the load",
			})
			c.d.labels[i] = f
			return
		}
	}
	c.d.labels = append(c.d.labels, f)
}
