package backends

import (
	"net/url"
	"strings"

	"loadgate/internal/diag"
	"loadgate/internal/kind"
	"loadgate/internal/llm"
	"loadgate/internal/yamlpos"
)

// openAISection is a server that speaks as OpenAI's own does.
type openAISection struct {
	remote
	common
}

func openOpenAI(n *yamlpos.Node, ctx kind.Context) (llm.Backend, diag.List) {
	cfg := openAISection{common: defaults()}
	s := decode(n, ctx.Name, &cfg)
	s.check(&cfg.common)
	e := s.endpoint(&cfg.common, cfg.URL)
	key := cfg.APIKey
	if !key.Set() {
		key = usualKey(&e.call, ctx.Lookup)
	}
	f := newFamily(ctx.Name, cfg.common, &e)
	f.tls = s.secure(cfg.TLS, &e.call, ctx.Dir)
	f.header = cfg.header(key)
	return f, s.list
}

// usualKey is the key in OPENAI_API_KEY, for the server that it belongs to:
// OpenAI's own, or the one in OPENAI_BASE_URL. Another server never sees it
// unless the scenario says so.
func usualKey(target *url.URL, lookup yamlpos.Lookup) yamlpos.Secret {
	if lookup == nil {
		return yamlpos.Secret{}
	}
	key, ok := lookup("OPENAI_API_KEY")
	if !ok || !belongs(target, lookup) {
		return yamlpos.Secret{}
	}
	return yamlpos.NewSecret(key, "${env:OPENAI_API_KEY}")
}

func belongs(target *url.URL, lookup yamlpos.Lookup) bool {
	origins := []string{"https://api.openai.com"}
	if base, ok := lookup("OPENAI_BASE_URL"); ok {
		origins = append(origins, base)
	}
	for _, o := range origins {
		if u, err := url.Parse(o); err == nil && u.Scheme == target.Scheme && strings.EqualFold(u.Host, target.Host) {
			return true
		}
	}
	return false
}
