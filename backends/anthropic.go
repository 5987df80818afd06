package backends

import (
	"loadgate/internal/diag"
	"loadgate/internal/kind"
	"loadgate/internal/llm"
	"loadgate/internal/yamlpos"
)

// anthropicSection is Anthropic's own server, or one that speaks as it does.
type anthropicSection struct {
	remote
	common
	Version string `yaml:"version"` // of the API, sent as anthropic-version
}

// anthropicVersion is the version of the API that the codec was written for.
const anthropicVersion = "2023-06-01"

var anthropicKey = usualKey{"ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", []string{"api.anthropic.com"}}

func openAnthropic(n *yamlpos.Node, ctx kind.Context) (llm.Backend, diag.List) {
	cfg := anthropicSection{remote: remote{KeyHeader: "x-api-key"}, common: defaults(), Version: anthropicVersion}
	s := decode(n, ctx.Name, &cfg)
	f := s.service(ctx, &cfg.common, &cfg.remote, []api{{messagesAPI, &messagesProtocol}}, anthropicKey)
	if f.header.Get("anthropic-version") == "" {
		f.header.Set("anthropic-version", cfg.Version)
	}
	return f, s.list
}
