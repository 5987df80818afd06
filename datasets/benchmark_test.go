package datasets

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"loadgate/internal/llm"
)

func TestBenchmarks(t *testing.T) {
	t.Parallel()
	const ending = `Please reason step by step, and put your final answer within \boxed{}.`
	for section, want := range map[string]struct {
		id      string
		request llm.Request
	}{
		`{kind: math_500, path: math500.jsonl}`:                   {"test/prealgebra/1.json", llm.Request{Prompt: "What is $2+3$?" + ending, MaxTokens: 4096}},
		`{kind: math-500, path: math500.jsonl, output_tokens: 9}`: {"test/prealgebra/1.json", llm.Request{Prompt: "What is $2+3$?" + ending, MaxTokens: 9}},
		`{kind: aime-2024, path: aime2024.jsonl}`:                 {"2024-I-0", llm.Request{Prompt: "Let $n$ be the number of sides of a square. Find $n$." + ending, MaxTokens: 32768}},
		`{kind: mmlu, path: mmlu.csv}`: {"", llm.Request{
			Prompt: "Which planet is the largest?\nA. Mars\nB. Jupiter\nC. Venus\nD. Earth\nSay which of them is right, and end with its letter.", MaxTokens: 256,
		}},
		`{kind: mmlu, path: mmlu.jsonl}`: {"", llm.Request{
			Prompt:    "A question about high school biology.\n\nWhich gas do plants take in?\nA. Oxygen\nB. Carbon dioxide\nC. Helium\nD. Neon\nSay which of them is right, and end with its letter.",
			MaxTokens: 256,
		}},
		`{kind: longbench, path: longbench.jsonl}`: {"a1", llm.Request{
			Prompt: "Read the text and answer the question briefly.\n\nA letter came in spring. It was Ada who wrote it.\n\nQuestion: Who wrote the letter?\nAnswer:", MaxTokens: 32,
		}},
		`{kind: tencent_yuanbao, path: local.jsonl}`:   {"", llm.Request{Prompt: "What is the boiling point of water at sea level?", InputTokens: 10, MaxTokens: 20}},
		`{kind: resume_screening, path: custom.jsonl}`: {"1", llm.Request{Body: []byte(`{"messages": [{"role": "user", "content": "Hello, who are you?"}], "temperature": 0.2, "max_tokens": 32}`)}},
		`{kind: mmbench_cn, path: custom.jsonl}`:       {"1", llm.Request{Body: []byte(`{"messages": [{"role": "user", "content": "Hello, who are you?"}], "temperature": 0.2, "max_tokens": 32}`)}},
	} {
		s := session(t, open(t, section), 1, 0)
		if diff := cmp.Diff(want.request, s.Turns[0]); diff != "" || s.ID != want.id {
			t.Errorf("%s: %s %s", section, s.ID, diff)
		}
	}
	if d := open(t, `{kind: mmlu, path: mmlu.csv}`); d.Rows() != 2 {
		t.Errorf("%d rows: the first line is no header", d.Rows())
	}
}

// The header line of some copies of MMLU is none of its questions.
func TestMMLUWithHeader(t *testing.T) {
	t.Parallel()
	dir := put(t, "a.csv", []byte("A,B,C,D,question,answer\n1,2,3,4,Which?,B\n"))
	d, list := try(t, dir, `{kind: mmlu, path: a.csv}`)
	if len(list) > 0 || d.Rows() != 1 {
		t.Fatal(list, d)
	}
	if got := request(t, d, 1, 0).Prompt; !strings.HasPrefix(got, "Which?\nA. 1\nB. 2\n") {
		t.Error(got)
	}
}

func TestEveryLongBenchTaskHasAPrompt(t *testing.T) {
	t.Parallel()
	if len(longTasks) != 21 {
		t.Errorf("LongBench has 21 tasks, not %d", len(longTasks))
	}
	for name := range longTasks {
		row := columns{"dataset": []byte(`"` + name + `"`), "context": []byte(`"CONTEXT"`), "input": []byte(`"INPUT"`)}
		text, output, err := longBenchPrompt(rawRow{}, row)
		if err != nil || output == 0 || !strings.Contains(text, "CONTEXT") {
			t.Errorf("%s: %q, %d, %v", name, text, output, err)
		}
	}
}

func TestBadBenchmarkRows(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ kind, row, want string }{
		{"math_500", `{"question": "x"}`, "the row has no problem"},
		{"aime_2024", `{"problem": "x"}`, "the row has no Problem"},
		{"mmlu", `{"choices": ["a"]}`, "the row has no question"},
		{"mmlu", `{"question": "x", "choices": {}}`, "choices: expected a list of answers"},
		{"mmlu", `{"question": "x", "A": "y"}`, "the row has no choices: expected a list of them, or columns A, B, C and D"},
		{"mmlu", `{"question": "x", "choices": ["y", null]}`, "choices: the answer B is missing"},
		{"longbench", `{"context": "x"}`, `dataset: "" is no task of LongBench`},
		{"longbench", `{"context": "x", "dataset": "qa"}`, `dataset: "qa" is no task of LongBench`},
		{"longbench", `{"dataset": "qasper", "input": "x"}`, "the row has no context"},
		{"resume_screening", `{"prompt_body": 7}`, "prompt_body: expected an object, or text that holds one"},
		{"resume_screening", `{"text": 7}`, "the row has no prompt"},
	} {
		_, list := try(t, put(t, "a.jsonl", []byte(c.row)), `{kind: `+c.kind+`, path: a.jsonl}`)
		if len(list) != 1 || list[0].Message != c.want {
			t.Errorf("%s %s: %v", c.kind, c.row, list)
		}
	}
	_, list := try(t, ".", `{kind: lenovo_mmlu}`)
	if len(list) != 1 || list[0].Message != "the dataset lenovo_mmlu came with llm-eval or from its makers, and is not published" {
		t.Error(list)
	}
}

func FuzzBenchmarks(f *testing.F) {
	fuzzParser(f, func(raw rawRow) (candidate, bool, error) {
		b := benchmark{prompt: mmluPrompt, id: "id"}
		if len(raw.text)%2 == 0 {
			b.prompt = longBenchPrompt
		}
		return b.parse(raw, 0)
	}, func(c candidate) bool { return c.request.Prompt != "" })
}
