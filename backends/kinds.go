package backends

import (
	"crypto/tls"
	"encoding/json"

	"loadgate/internal/kind"
	"loadgate/internal/llm"
	"loadgate/internal/wire"
)

// Kinds are the kinds of backends by the name that `kind:` takes.
var Kinds = kind.Set[llm.Backend]{
	"anthropic": openAnthropic,
	"bedrock":   openBedrock,
	"gemini":    openGemini,
	"http":      openHTTP,
	"llamacpp":  openLlamaCpp,
	"maas":      openMaaS,
	"ollama":    openOllama,
	"openai":    openOpenAI,
	"sglang":    openSGLang,
	"simulator": openSimulator,
	"tgi":       openTGI,
	"triton":    openTriton,
	"vllm":      openVLLM,
}

// Limited is a Backend whose section sets time limits.
type Limited interface{ Timeouts() wire.Timeouts }

// Secured is a Backend whose section may say whom to trust and how to prove who
// we are; nil = it says nothing.
type Secured interface{ TLS() *tls.Config }

// Speaker is a Backend whose section says which HTTP is spoken, and how many
// requests a connection of HTTP/2 carries at a time.
type Speaker interface {
	Speaks() (p wire.Protocol, streams int)
}

// TokenizerNamer is a Backend whose section names the tokenizer with which
// texts are counted where the server sends no usage; "" = none.
type TokenizerNamer interface{ TokenizerName() string }

// Spawner is a Backend whose server loadgate starts itself. The caller starts
// one with ServerConfig and tells Connect where it listens, before Encode.
type Spawner interface {
	// ServerConfig is the configuration that `loadgate simulate --config` takes.
	// It may hold a secret.
	ServerConfig() json.RawMessage
	// Connect takes the server's base URL, such as http://127.0.0.1:40123.
	Connect(baseURL string)
}
