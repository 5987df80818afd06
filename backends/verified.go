package backends

// Interface is one API of a kind, and how the codec for it was verified.
type Interface struct {
	Kind string `json:"kind"`
	API  string `json:"api"` // "" for kinds that have no choice
	// Recorded names the real programs whose bytes a fixture in testdata holds,
	// with their releases. Empty: the fixtures follow the published format.
	Recorded []string `json:"recorded"`
}

// Verified says whether a real program's bytes were read.
func (i Interface) Verified() bool { return len(i.Recorded) > 0 }

// Interfaces lists what the kinds speak, by kind; the first of a kind is its
// default. A test holds it to the schemas and to the comments of the fixtures.
func Interfaces() []Interface {
	return []Interface{
		{"anthropic", messagesAPI, []string{"ollama 0.17.4"}},
		{"bedrock", chatAPI, nil},
		{"bedrock", responsesAPI, nil},
		{"gemini", geminiAPI, nil},
		{"http", "", nil},
		{"llamacpp", completionAPI, []string{"llama.cpp 11434"}},
		{"llamacpp", chatAPI, []string{"llama.cpp 11434"}},
		{"llamacpp", completionsAPI, nil},
		{"llamacpp", responsesAPI, []string{"llama.cpp 11434"}},
		{"llamacpp", messagesAPI, []string{"llama.cpp 11434"}},
		{"llamacpp", embeddingsAPI, nil},
		{"maas", chatAPI, []string{"LiteLLM 1.106.2"}},
		{"maas", completionsAPI, nil},
		{"ollama", chatAPI, []string{"ollama 0.17.4"}},
		{"ollama", generateAPI, []string{"ollama 0.17.4"}},
		{"openai", chatAPI, []string{"LiteLLM 1.106.2", "guidellm-mock-server 0.8.1", "llama.cpp 11434", "ollama 0.17.4", "transformers-serve 5.19.0"}},
		{"openai", completionsAPI, []string{"llama.cpp 11434", "ollama 0.17.4"}},
		{"openai", responsesAPI, []string{"ollama 0.17.4"}},
		{"openai", embeddingsAPI, []string{"ollama 0.17.4"}},
		{"sglang", chatAPI, nil},
		{"sglang", completionsAPI, nil},
		{"sglang", generateAPI, nil},
		{"sglang", responsesAPI, nil},
		{"sglang", embeddingsAPI, nil},
		{"simulator", chatAPI, nil},
		{"simulator", completionsAPI, nil},
		{"tgi", generateAPI, nil},
		{"tgi", chatAPI, nil},
		{"tgi", completionsAPI, nil},
		{"triton", generateAPI, nil},
		{"vllm", chatAPI, []string{"vLLM 0.32.0"}},
		{"vllm", completionsAPI, []string{"vLLM 0.32.0"}},
		{"vllm", responsesAPI, []string{"vLLM 0.32.0"}},
		{"vllm", messagesAPI, []string{"vLLM 0.32.0"}},
		{"vllm", embeddingsAPI, nil},
	}
}
