package datasets

import (
	"loadgate/internal/kind"
	"loadgate/internal/llm"
)

// Kinds are the kinds of datasets by the name that `kind:` takes.
var Kinds = kind.Set[llm.Dataset]{
	"custom":   openCustom,
	"local":    openLocal,
	"prompt":   openPrompt,
	"random":   openRandom,
	"sharegpt": openShareGPT,
}
