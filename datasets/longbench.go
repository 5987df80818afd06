package datasets

import (
	"strings"

	"loadgate/internal/diag"
	"loadgate/internal/kind"
	"loadgate/internal/llm"
	"loadgate/internal/yamlpos"
)

// openLongBench opens LongBench or LongBench-E: rows of input, context, answers,
// length, dataset, language, all_classes and _id.
func openLongBench(n *yamlpos.Node, ctx kind.Context) (llm.Dataset, diag.List) {
	b := benchmark{kind: "longbench", prompt: longBenchPrompt, id: "_id"}
	return b.open(n, ctx)
}

// longTask is one of LongBench's tasks: how its question is put, and how long
// its answers may be.
type longTask struct {
	prompt string
	output int
}

// How questions are put. The long part stands in the middle, as it does in
// LongBench; the words round it are ours, so that scores are not comparable to
// published ones, while lengths are.
const (
	askedOf     = "Read the text and answer the question briefly.\n\n{context}\n\nQuestion: {input}\nAnswer:"
	askedOfZh   = "阅读以下文字，简短地回答问题。\n\n{context}\n\n问题：{input}\n回答："
	summarised  = "Summarise the following text on one page.\n\n{context}\n\nSummary:"
	continued   = "Continue in the manner of the examples.\n\n{context}\n{input}"
	completedBy = "Write the next line of the code below.\n\n{context}{input?}\nNext line of code:\n"
)

// longTasks are the tasks by name. Source of the output lengths:
// THUDM/LongBench, config/dataset2maxlen.json.
var longTasks = map[string]longTask{
	"narrativeqa":          {"Read the story and answer the question briefly.\n\n{context}\n\nQuestion: {input}\nAnswer:", 128},
	"qasper":               {"Read the article and answer the question. Say \"unanswerable\" where it does not tell.\n\n{context}\n\nQuestion: {input}\nAnswer:", 128},
	"multifieldqa_en":      {askedOf, 64},
	"multifieldqa_zh":      {askedOfZh, 64},
	"hotpotqa":             {askedOf, 32},
	"2wikimqa":             {askedOf, 32},
	"musique":              {askedOf, 32},
	"dureader":             {askedOfZh, 128},
	"gov_report":           {summarised, 512},
	"qmsum":                {"Read the meeting's transcript and answer the query in a few sentences.\n\n{context}\n\nQuery: {input}\nAnswer:", 512},
	"multi_news":           {summarised, 512},
	"vcsum":                {"请总结以下会议记录。\n\n{context}\n\n总结：", 512},
	"trec":                 {continued, 64},
	"triviaqa":             {continued, 32},
	"samsum":               {continued, 128},
	"lsht":                 {continued, 64},
	"passage_count":        {"Some of these paragraphs are repeated. Say how many different ones there are.\n\n{context}\n\nNumber:", 32},
	"passage_retrieval_en": {"Say which of these paragraphs the summary is of.\n\n{context}\n\nSummary: {input}\nParagraph:", 32},
	"passage_retrieval_zh": {"指出下面的摘要对应哪一段。\n\n{context}\n\n摘要：{input}\n段落：", 32},
	"lcc":                  {completedBy, 64},
	"repobench-p":          {completedBy, 64},
}

// longPrompts are the tasks' prompts, read once.
var longPrompts = func() map[string]func(rawRow, columns) (string, int, error) {
	out := map[string]func(rawRow, columns) (string, int, error){}
	for name, task := range longTasks {
		out[name] = filled(task.prompt)
	}
	return out
}()

func longBenchPrompt(raw rawRow, row columns) (string, int, error) {
	name := ""
	if value := row["dataset"]; !isNull(value) {
		name = strings.TrimSuffix(textOf(value), "_e")
	}
	prompt, ok := longPrompts[name]
	if !ok {
		return "", 0, raw.fault("dataset: %q is no task of LongBench", name)
	}
	text, _, err := prompt(raw, row)
	return text, longTasks[name].output, err
}
