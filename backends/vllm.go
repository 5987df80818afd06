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
	lengthKey
	IgnoreEOS      *bool `yaml:"ignore_eos"`       // go on to the wanted length
	MinTokens      int   `yaml:"min_tokens"`       // at least so many; 0 = not sent
	StopTokenIDs   []int `yaml:"stop_token_ids"`   // end the answer
	Priority       *int  `yaml:"priority"`         // of the requests; lower is sooner
	UsagePerChunk  bool  `yaml:"usage_per_chunk"`  // tokens of each chunk, so that itl is per token
	ReturnTokenIDs bool  `yaml:"return_token_ids"` // the same by the ids themselves
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
	f := s.service(ctx, &cfg.common, &cfg.remote, []api{
		{chatAPI, &chatProtocol},
		{completionsAPI, &completionsProtocol},
		{responsesAPI, &responsesProtocol},
		{messagesAPI, &messagesProtocol},
		{embeddingsAPI, &embeddingsProtocol},
	})
	f.outputLimit, f.perUse = cfg.OutputLimit, cfg.UsagePerChunk
	f.ignoreEOS(cfg.IgnoreEOS)
	if cfg.MinTokens > 0 {
		f.extra["min_tokens"] = cfg.MinTokens
	}
	if len(cfg.StopTokenIDs) > 0 {
		f.extra["stop_token_ids"] = cfg.StopTokenIDs
	}
	if cfg.Priority != nil {
		f.extra["priority"] = *cfg.Priority
	}
	if cfg.ReturnTokenIDs {
		f.extra["return_token_ids"] = true
	}
	s.onlyFor(f, []string{chatAPI, completionsAPI}, "ignore_eos", "min_tokens", "stop_token_ids", "priority", "usage_per_chunk", "return_token_ids")
	return vllm{tokenizer{f, "prompt", "add_special_tokens", "prompt"}}, s.list
}

// onlyFor reports keys that stand in a section whose API has no place for them.
func (s *section) onlyFor(f *family, apis []string, keys ...string) {
	name := f.endpoint().name
	for _, a := range apis {
		if a == name || name == "" {
			return
		}
	}
	for _, key := range keys {
		if s.Get(key) != nil {
			s.errorAt(key, "remove it, or send it under params", "the api %s has no place for %s", name, key)
		}
	}
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
