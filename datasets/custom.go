package datasets

import (
	"encoding/json"

	"loadgate/internal/diag"
	"loadgate/internal/kind"
	"loadgate/internal/llm"
	"loadgate/internal/yamlpos"
)

// customConfig is the section of kind custom.
type customConfig struct{ fileConfig }

// customRow is one row: a whole request body, as an object or as text that
// holds one.
type customRow struct {
	Idx        json.RawMessage `json:"idx"`
	PromptBody json.RawMessage `json:"prompt_body"`
}

// openCustom opens a file of request bodies. They are sent byte for byte but
// for what the backend must set: the model, and what streaming needs.
func openCustom(n *yamlpos.Node, ctx kind.Context) (llm.Dataset, diag.List) {
	return openBodies(n, ctx, "custom")
}

// openBodies does it for a kind of that form.
func openBodies(n *yamlpos.Node, ctx kind.Context, name string) (llm.Dataset, diag.List) {
	c := customConfig{fileConfig{Order: orderFile}}
	s := decode(n, ctx, &c)
	c.Kind = name
	t := c.check(s)
	parse := func(raw rawRow) (candidate, bool, error) {
		r, err := parseCustom(raw)
		return candidate{row: r}, true, err
	}
	return c.openRows(s, ctx, layout{}, t, &rowFile{parse: parse})
}

func parseCustom(raw rawRow) (row, error) {
	var r customRow
	if err := raw.unmarshal(&r); err != nil {
		return row{}, err
	}
	if isNull(r.PromptBody) {
		return row{}, raw.fault("the row has no prompt_body")
	}
	body, err := within(r.PromptBody, '{')
	if err != nil {
		return row{}, raw.fault("prompt_body: %v", err)
	}
	return row{identifier(r.Idx), llm.Request{Body: body}}, nil
}
