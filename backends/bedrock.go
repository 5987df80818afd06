package backends

import (
	"loadgate/internal/diag"
	"loadgate/internal/kind"
	"loadgate/internal/llm"
	"loadgate/internal/yamlpos"
)

// bedrockChatProtocol is the endpoint of Amazon Bedrock that speaks as OpenAI's
// does, below a root of its own.
var bedrockChatProtocol = func() protocol {
	p := chatProtocol
	p.root = "/openai/v1"
	return p
}()

// bedrockSection is Amazon Bedrock, by its endpoint for OpenAI's clients. The
// endpoints that want requests signed are not spoken.
type bedrockSection struct {
	remote
	common
	lengthKey
}

// bedrockKey is a Bedrock API key: a bearer token.
var bedrockKey = usualKey{"AWS_BEARER_TOKEN_BEDROCK", "", []string{".amazonaws.com", ".api.aws"}}

func openBedrock(n *yamlpos.Node, ctx kind.Context) (llm.Backend, diag.List) {
	cfg := bedrockSection{common: defaults()}
	s := decode(n, ctx.Name, &cfg)
	f := s.service(ctx, &cfg.common, &cfg.remote, []api{{chatAPI, &bedrockChatProtocol}, {responsesAPI, &responsesProtocol}}, bedrockKey)
	f.outputLimit = cfg.OutputLimit
	return f, s.list
}
