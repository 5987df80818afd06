package backends

import (
	"loadgate/internal/diag"
	"loadgate/internal/kind"
	"loadgate/internal/llm"
	"loadgate/internal/yamlpos"
)

// maasSection is a model-as-a-service gateway: it audits answers, and says
// `"blocked": true` in a chunk of one that it cuts off.
type maasSection struct {
	remote
	common
	lengthKey
	IgnoreEOS  *bool    `yaml:"ignore_eos"`  // go on to the wanted length
	QuotaCodes []string `yaml:"quota_codes"` // the gateway's own codes for a quota that is used up
}

func openMaaS(n *yamlpos.Node, ctx kind.Context) (llm.Backend, diag.List) {
	cfg := maasSection{common: defaults()}
	s := decode(n, ctx.Name, &cfg)
	f := s.service(ctx, &cfg.common, &cfg.remote, openAIForms)
	f.audit, f.outputLimit = true, cfg.OutputLimit
	f.quota = quota{cfg.QuotaCodes}
	f.ignoreEOS(cfg.IgnoreEOS)
	return f, s.list
}
