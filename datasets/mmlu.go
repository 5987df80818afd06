package datasets

import (
	"encoding/json"
	"fmt"
	"strings"

	"loadgate/internal/diag"
	"loadgate/internal/kind"
	"loadgate/internal/llm"
	"loadgate/internal/yamlpos"
)

// mmluOutput is the length of answers to ask for: room for a reason and a letter.
const mmluOutput = 256

// openMMLU opens MMLU: rows of question, choices and subject as they are
// published today, or of question, A, B, C, D and answer, with or without a
// header line, as the first release had them.
func openMMLU(n *yamlpos.Node, ctx kind.Context) (llm.Dataset, diag.List) {
	b := benchmark{
		kind: "mmlu", prompt: mmluPrompt, id: "id", output: mmluOutput,
		layout: layout{columns: []string{"question", "A", "B", "C", "D", "answer"}, unless: "question"},
	}
	return b.open(n, ctx)
}

func mmluPrompt(raw rawRow, row columns) (string, int, error) {
	question := row["question"]
	if isNull(question) {
		return "", 0, field{"question", []step{{name: "question"}}}.missing(raw, row)
	}
	choices, err := mmluChoices(raw, row)
	if err != nil {
		return "", 0, err
	}
	var text strings.Builder
	if subject := row["subject"]; !isNull(subject) {
		fmt.Fprintf(&text, "A question about %s.\n\n", strings.ReplaceAll(textOf(subject), "_", " "))
	}
	text.WriteString(textOf(question))
	for i, choice := range choices {
		fmt.Fprintf(&text, "\n%c. %s", 'A'+i, textOf(choice))
	}
	text.WriteString("\nSay which of them is right, and end with its letter.")
	return text.String(), 0, nil
}

// mmluChoices are the answers to choose from.
func mmluChoices(raw rawRow, row columns) (choices []json.RawMessage, err error) {
	if list := row["choices"]; !isNull(list) {
		if list, err = within(list, '['); err == nil {
			err = json.Unmarshal(list, &choices)
		}
		if err != nil || len(choices) == 0 {
			return nil, raw.fault("choices: expected a list of answers")
		}
	} else {
		for _, letter := range []string{"A", "B", "C", "D"} {
			if choice := row[letter]; !isNull(choice) {
				choices = append(choices, choice)
			}
		}
	}
	if len(choices) < 2 || len(choices) > 26 {
		return nil, raw.fault("the row has no choices: expected a list of them, or columns A, B, C and D")
	}
	for i, choice := range choices {
		if isNull(choice) {
			return nil, raw.fault("choices: the answer %c is missing", 'A'+i)
		}
	}
	return choices, nil
}
