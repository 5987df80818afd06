package backends

import (
	"encoding/json"
	"net/url"
	"strings"

	"loadgate/internal/diag"
	"loadgate/internal/kind"
	"loadgate/internal/llm"
	"loadgate/internal/yamlpos"
)

// simulatorSection is a simulated server, which loadgate starts itself.
type simulatorSection struct {
	common
	lengthKey
	Server        *yamlpos.Node `yaml:"server"` // the model of the server, handed on as it is
	IgnoreEOS     *bool         `yaml:"ignore_eos"`
	UsagePerChunk bool          `yaml:"usage_per_chunk"`
}

// defaultModel is what a simulator serves when nobody says.
const defaultModel = "sim"

// simulator is a family member whose address is known once it runs.
type simulator struct {
	*family
	server json.RawMessage
}

func openSimulator(n *yamlpos.Node, ctx kind.Context) (llm.Backend, diag.List) {
	cfg := simulatorSection{common: defaults()}
	s := decode(n, ctx.Name, &cfg)
	s.check(&cfg.common, openAIForms)
	s.checkSpoken(cfg.spoken, simulated)
	server := s.serverConfig(cfg.Server)
	if cfg.Model == "" {
		cfg.Model = served(server["model"])
	}
	if _, ok := server["model"]; !ok {
		server["model"] = cfg.Model
	}
	b, err := render(server)
	if err != nil {
		s.errorAt("server", "JSON has no infinity", "server cannot be written as JSON")
	}
	f := newFamily(ctx.Name, cfg.common, nil)
	key, _ := server["api_key"].(string)
	f.header = cfg.header(yamlpos.NewSecret(key, ""), "")
	f.audit = true
	f.outputLimit = cfg.OutputLimit
	f.perUse = cfg.UsagePerChunk
	f.ignoreEOS(cfg.IgnoreEOS)
	return &simulator{family: f, server: b}, s.list
}

// serverConfig is the mapping under `server:` without the free x- keys. What
// stands in it is the server's to check.
func (s *section) serverConfig(n *yamlpos.Node) map[string]any {
	server := map[string]any{}
	switch {
	case n == nil || n.Kind == yamlpos.Null:
	case n.Kind != yamlpos.Map:
		s.errorAt("server", "write {ttft: 30ms, itl: 10ms}", "server is not a mapping")
	default:
		for _, e := range n.Entries {
			if !strings.HasPrefix(e.Key, "x-") {
				server[e.Key] = e.Value.Any()
			}
		}
	}
	return server
}

// served is the first model that the server's configuration names.
func served(model any) string {
	if list, ok := model.([]any); ok && len(list) > 0 {
		model = list[0]
	}
	if name, ok := model.(string); ok && name != "" {
		return name
	}
	return defaultModel
}

// ServerConfig implements Spawner.
func (b *simulator) ServerConfig() json.RawMessage { return b.server }

// Connect implements Spawner.
func (b *simulator) Connect(baseURL string) {
	u, err := url.Parse(baseURL)
	if err != nil {
		return // Encode goes on saying that there is no server
	}
	if e, ok := resolve(u, b.config.API, openAIForms); ok {
		b.to.Store(&e)
	}
}
