package backends

import (
	"loadgate/internal/diag"
	"loadgate/internal/kind"
	"loadgate/internal/llm"
	"loadgate/internal/yamlpos"
)

// openAIForms are the two interfaces that all of OpenAI's family speak.
var openAIForms = []api{{chatAPI, &chatProtocol}, {completionsAPI, &completionsProtocol}}

// openAISection is a server that speaks as OpenAI's own does.
type openAISection struct {
	remote
	common
}

// openAIKey is where users of OpenAI's own server keep their key.
var openAIKey = usualKey{"OPENAI_API_KEY", "OPENAI_BASE_URL", []string{"api.openai.com"}}

func openOpenAI(n *yamlpos.Node, ctx kind.Context) (llm.Backend, diag.List) {
	cfg := openAISection{common: defaults()}
	s := decode(n, ctx.Name, &cfg)
	return s.service(ctx, &cfg.common, &cfg.remote, openAIForms, openAIKey), s.list
}
