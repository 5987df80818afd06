package validity

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"loadgate/internal/llm"
	"loadgate/internal/rule"
)

var serverErrors = Definition{
	Name: "errors", Cause: Server, Unit: "ratio", Warn: 0.01, Invalid: never(),
	Statistic: "failed / sent",
	Text: "Classes that the scenario expects (`validity: {errors: {expected: [http_429]}}`) and the client's own want of sockets " +
		"are left out. A failure is a fact, so that one of 50 counts.",
	judge: func(f *facts, t thresholds) *reading {
		total, example, list := 0, "", []string{}
		for _, class := range llm.ErrorClasses() {
			n := f.Repeat.Counts.Errors[string(class)]
			if n == 0 || class == llm.ErrClient || slices.Contains(f.Limits.ExpectedErrors, class) {
				continue
			}
			total += n
			list = append(list, fmt.Sprintf("%s %d", class, n))
			if example == "" {
				example = f.Repeat.Counts.Examples[string(class)]
			}
		}
		if f.Repeat.Counts.Sent == 0 {
			return nil
		}
		v := float64(total) / float64(f.Repeat.Counts.Sent)
		message := fmt.Sprintf("%d of %d requests failed (%s)", total, f.Repeat.Counts.Sent, strings.Join(list, ", "))
		if example != "" {
			message += ": " + example
		}
		return t.judge(v).says(message)
	},
}

var tokenCounts = Definition{
	Name: "tokens", Cause: Server, Unit: "requests", Warn: 0, Invalid: never(),
	Statistic: "completed requests without usage, or with a usage that cannot be",
	Text: "Impossible are more reasoning than output tokens, more cached than input tokens, and negative counts. " +
		"Where usage is missing, the tokenizer's count stands in, and rates of tokens are absent if there is none.",
	judge: func(f *facts, t thresholds) *reading {
		k := &f.tokens
		if r := t.judge(float64(k.absurd)); r != nil {
			return r.says(fmt.Sprintf("%d of %d answers carry a usage that cannot be (%s): token metrics are as wrong as it is",
				k.absurd, k.completed, k.absurdAt))
		}
		message := fmt.Sprintf("%d of %d answers came without usage, and a tokenizer counted their tokens", k.noUsage, k.completed)
		if k.uncounted > 0 {
			message = fmt.Sprintf("%d of %d answers came without usage, and no tokenizer could count their tokens: "+
				"rates of tokens and tpot are missing; name a tokenizer in the dataset", k.uncounted, k.completed)
		}
		return t.judge(float64(k.noUsage)).says(message)
	},
}

var outputLength = Definition{
	Name: "output_length", Cause: Server, Unit: "ratio", Warn: 0.10, Invalid: never(),
	Statistic: "distance of the mean of output_tokens from the mean length asked for, as a share of that",
	Text: "Too long is always judged; too short only where the server was told to go on to the end (ignore_eos), since an answer " +
		"may otherwise end where it likes.",
	judge: func(f *facts, t thresholds) *reading {
		k := &f.tokens
		if k.sized == 0 || k.asked == 0 {
			return nil
		}
		v := float64(k.answered)/float64(k.asked) - 1
		if v < 0 && !f.IgnoreEOS {
			return nil
		}
		n := float64(k.sized)
		return t.judge(math.Abs(v)).says(fmt.Sprintf("answers have %s tokens on average where %s were asked for: loads of different length do not compare; "+
			"see whether params set another limit, and whether the server honours ignore_eos",
			rule.Format(float64(k.answered)/n, rule.Number), rule.Format(float64(k.asked)/n, rule.Number)))
	},
}

var prefixCache = Definition{
	Name: "cache", Cause: Server, Unit: "ratio", Warn: 0.05, Invalid: never(),
	Statistic: "share of prompts sent before; cached share of the input beyond what prompts share by declaration",
	Text: "A prefix cache makes ttft look better than fresh prompts would. Repeated prompts are not judged where the dataset is a list of " +
		"fixed prompts or a pool, and cached input neither there nor under `load.prompts: same`. Declared are a random dataset's prefix and the blocks of a trace " +
		"where earlier requests had them, and what was said before in a conversation.",
	judge: func(f *facts, t thresholds) *reading {
		if f.RepeatsPrompts {
			return nil
		}
		again := f.hashed - len(f.prompts)
		repeated := t.judge(float64(again) / float64(max(f.hashed, 1)))
		if repeated != nil || f.Load.SamePrompts || f.tokens.cachedOf == 0 {
			return repeated.says(fmt.Sprintf("%d of %d prompts had been sent before, and a prefix cache answers them faster: "+
				"use a dataset with more rows", again, f.hashed))
		}
		share := float64(f.tokens.cached) / float64(f.tokens.cachedOf)
		declared := float64(f.tokens.shared) / float64(f.tokens.cachedOf)
		return t.judge(share - declared).says(fmt.Sprintf("the server took %s of the input from its cache, and the dataset accounts for %s: "+
			"ttft is better than for fresh prompts; set load.reset_cache, or check the dataset",
			rule.Format(share, rule.Ratio), rule.Format(declared, rule.Ratio)))
	},
}
