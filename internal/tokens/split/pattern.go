package split

// Match is where a pattern matched: text[Start:End], never empty.
type Match struct{ Start, End int }

// Pattern finds what a regular expression matches. It serves any number of
// goroutines.
type Pattern interface {
	// Append adds the matches in text, from left to right, to matches.
	Append(matches []Match, text string) []Match
}

// Compile returns the Pattern of a regular expression. The error says what in
// it is not supported.
func Compile(expression string) (Pattern, error) {
	if p, ok := known[expression]; ok {
		return p, nil
	}
	return compile(expression)
}

// The patterns of OpenAI's encodings, as tiktoken 0.14 has them.
var (
	GPT2   Pattern = &family{contractions: plainContractions, words: spacedWords} // r50k_base, p50k_base, and ByteLevel in a tokenizer.json
	CL100K Pattern = &family{contractions: foldedContractions, words: startedWords, digits: 3, newlines: true, tail: true}
	O200K  Pattern = &family{contractions: endingContractions, words: casedWords, digits: 3, newlines: true, slashes: true}
)

const (
	whiteSpace   = `|\s*[\r\n]+|\s+(?!\S)|\s+`
	contracted   = `(?i:'s|'t|'re|'ve|'m|'ll|'d)`
	upperThenLow = `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+`
	upperFirst   = `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*`
)

// known are the patterns that are written by hand.
var known = map[string]Pattern{
	`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`:                                            GPT2,
	`'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s`:                                       GPT2,
	`'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s`: CL100K,
	upperThenLow + contracted + `?|` + upperFirst + contracted + `?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*` + whiteSpace:     O200K, // gpt-oss

	// Llama 3, GLM-4, and cl100k_base of old
	contracted + `|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*` + whiteSpace: &family{contractions: foldedContractions, words: startedWords, digits: 3, newlines: true},
	// Qwen 2, 2.5 and 3
	contracted + `|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*` + whiteSpace: &family{contractions: foldedContractions, words: startedWords, digits: 1, newlines: true},
	// Qwen 3.5
	contracted + `|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*` + whiteSpace: &family{contractions: foldedContractions, words: startedWords, digits: 1, newlines: true, marks: true},
	// Mistral's Tekken
	upperThenLow + `|` + upperFirst + `|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*` + whiteSpace: &family{words: casedWords, digits: 1, newlines: true, slashes: true},

	// DeepSeek V3 and R1, one after the other
	`\p{N}{1,3}`:        threeDigits,
	"[一-龥\u3040-ゟ゠-ヿ]+": eastAsian,
	deepSeekWords:       deepSeek,
}
