package datasets

import (
	"loadgate/internal/kind"
	"loadgate/internal/llm"
)

// Kinds are the kinds of datasets by the names that `kind:` takes. Some have
// more than one: a schema lists the others as its x-kind-aliases.
var Kinds = kind.Set[llm.Dataset]{
	"aime-2024":        openAIME2024,
	"aime_2024":        openAIME2024,
	"conversations":    openConversations,
	"custom":           openCustom,
	"file":             openFile,
	"lenovo_mmlu":      openInHouse,
	"local":            openLocal,
	"longbench":        openLongBench,
	"math-500":         openMath500,
	"math_500":         openMath500,
	"mmbench_cn":       openMMBench,
	"mmlu":             openMMLU,
	"prompt":           openPrompt,
	"random":           conversing(openRandom),
	"random_pool":      openRandomPool,
	"resume_screening": openInHouse,
	"sharegpt":         openShareGPT,
	"tencent_yuanbao":  openInHouse,
	"trace":            openTrace,
}
