package datasets

import (
	"bytes"
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
	c := customConfig{fileConfig{Order: orderFile}}
	s := decode(n, ctx, &c)
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
	body := r.PromptBody
	if len(body) == 0 || string(body) == "null" {
		return row{}, raw.fault("the row has no prompt_body")
	}
	if body[0] == '"' {
		var text string
		if err := json.Unmarshal(body, &text); err != nil {
			return row{}, raw.fault("prompt_body: %v", err)
		}
		body = bytes.TrimSpace([]byte(text))
		if !json.Valid(body) {
			return row{}, raw.fault("prompt_body: the text is not JSON")
		}
	}
	if body[0] != '{' {
		return row{}, raw.fault("prompt_body: expected an object, or text that holds one")
	}
	return row{identifier(r.Idx), llm.Request{Body: body}}, nil
}
