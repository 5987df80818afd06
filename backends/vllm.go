package backends

import (
	"net/http"

	"loadgate/internal/diag"
	"loadgate/internal/kind"
	"loadgate/internal/llm"
	"loadgate/internal/yamlpos"
)

// vllmSection is a vLLM server.
type vllmSection struct {
	remote
	common
	IgnoreEOS     *bool `yaml:"ignore_eos"`      // go on to the wanted length
	MinTokens     int   `yaml:"min_tokens"`      // at least so many; 0 = not sent
	StopTokenIDs  []int `yaml:"stop_token_ids"`  // end the answer
	UsagePerChunk bool  `yaml:"usage_per_chunk"` // tokens of each chunk, so that itl is per token
}

// vllm adds what vLLM can besides.
type vllm struct{ tokenizer }

func openVLLM(n *yamlpos.Node, ctx kind.Context) (llm.Backend, diag.List) {
	cfg := vllmSection{common: defaults()}
	s := decode(n, ctx.Name, &cfg)
	s.fromZero("min_tokens", cfg.MinTokens)
	for _, id := range cfg.StopTokenIDs {
		s.fromZero("stop_token_ids", id)
	}
	f := s.service(ctx, &cfg.common, &cfg.remote, openAIForms)
	f.perUse = cfg.UsagePerChunk
	f.ignoreEOS(cfg.IgnoreEOS)
	if cfg.MinTokens > 0 {
		f.extra["min_tokens"] = cfg.MinTokens
	}
	if len(cfg.StopTokenIDs) > 0 {
		f.extra["stop_token_ids"] = cfg.StopTokenIDs
	}
	return vllm{tokenizer{f, "prompt", "add_special_tokens", "prompt"}}, s.list
}

// ResetCacheCall implements llm.CacheResetter. The server must run in its
// development mode for it, and answers 404 otherwise.
func (v vllm) ResetCacheCall() *llm.Call {
	return &llm.Call{Method: http.MethodPost, URL: v.endpoint().beside("/reset_prefix_cache"), Header: v.header}
}

func (f *family) ignoreEOS(set *bool) {
	if set != nil {
		f.extra["ignore_eos"] = *set
	}
}
