package backends

import (
	"net/url"
	"strings"

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
	lengthKey
	Organization string `yaml:"organization"` // sent as OpenAI-Organization
	Project      string `yaml:"project"`      // sent as OpenAI-Project
}

var (
	openAIKey = usualKey{"OPENAI_API_KEY", "OPENAI_BASE_URL", []string{"api.openai.com"}}
	azureKey  = usualKey{"AZURE_OPENAI_API_KEY", "AZURE_OPENAI_ENDPOINT", azureHosts}
)

// azureHosts are the names of OpenAI's models at Azure, which take the key in a
// header of their own.
var azureHosts = []string{".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com"}

func openOpenAI(n *yamlpos.Node, ctx kind.Context) (llm.Backend, diag.List) {
	cfg := openAISection{common: defaults()}
	s := decode(n, ctx.Name, &cfg)
	apis := []api{
		{chatAPI, &chatProtocol},
		{completionsAPI, &completionsProtocol},
		{responsesAPI, &responsesProtocol},
		{embeddingsAPI, &embeddingsProtocol},
	}
	if isAzure(cfg.URL) {
		apis = below(apis, "/openai/v1")
		if cfg.KeyHeader == "" {
			cfg.KeyHeader = "api-key"
		}
	}
	f := s.service(ctx, &cfg.common, &cfg.remote, apis, openAIKey, azureKey)
	f.outputLimit = cfg.OutputLimit
	if d, ok := strings.CutPrefix(f.endpoint().base, "/openai/deployments/"); ok && f.Model() == "" {
		f.model.Store(&d) // a deployment is asked for by its place
	}
	for name, value := range map[string]string{"OpenAI-Organization": cfg.Organization, "OpenAI-Project": cfg.Project} {
		if value != "" && f.header.Get(name) == "" {
			f.header.Set(name, value)
		}
	}
	return f, s.list
}

// isAzure says whether a URL leads to Azure, by its host or by its path.
func isAzure(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && (usualKey{hosts: azureHosts}.owns(u) || strings.HasPrefix(u.Path, "/openai/deployments/"))
}

// below gives protocols another root.
func below(apis []api, root string) []api {
	var out []api
	for _, a := range apis {
		p := *a.protocol
		p.root = root
		out = append(out, api{a.name, &p})
	}
	return out
}
