package datasets

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"loadgate/internal/tokens"
)

func TestShareGPTKeepsConversationsOfUse(t *testing.T) {
	t.Parallel()
	d := open(t, `{kind: sharegpt, path: sharegpt.json, order: file}`)
	ids, requests := requests(t, d)
	want := []string{
		"plain_0", "plain_1", "four_turns_0", "four_tokens", "four_token_answer", "long_but_fits", "long_answer_fits",
		"japanese", "emoji", "code", "quotes", "17", "", "role_0", "role_1", "messages_0", "messages_1",
		"system_first", "system_from", "gpt_first_later", "later_turn_is_odd",
	}
	if diff := cmp.Diff(want, ids); diff != "" {
		t.Error(diff)
	}
	m, err := tokens.Open("cl100k_base")
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range requests {
		if r.InputTokens != m.Count(r.Prompt) || r.InputTokens < 4 || r.InputTokens > 1024 || r.MaxTokens < 4 || r.InputTokens+r.MaxTokens > 2048 {
			t.Errorf("%s: %d tokens in, %d out: %s", ids[i], r.InputTokens, r.MaxTokens, r.Prompt)
		}
	}
	system := requests[slices.Index(ids, "system_first")]
	if system.Prompt != "Why is the sky blue at noon?" || system.MaxTokens != m.Count("Short waves scatter most.") {
		t.Errorf("behind a system prompt: %+v", system)
	}
}

// The fixture has what each limit cuts off, just at it.
func TestShareGPTFixtureIsAtTheLimits(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("testdata/sharegpt.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []json.RawMessage
	if err := json.Unmarshal(b, &rows); err != nil {
		t.Fatal(err)
	}
	m, err := tokens.Open("cl100k_base")
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string][2]int{}
	for _, raw := range rows {
		if c, keep, err := parseShareGPT(rawRow{text: raw}); err != nil {
			t.Fatal(err)
		} else if keep {
			counts[c.id] = [2]int{m.Count(c.text), m.Count(c.answer)}
		}
	}
	for id, ok := range map[string]func(prompt, answer int) bool{
		"three_tokens":      func(p, _ int) bool { return p == 3 },
		"four_tokens":       func(p, _ int) bool { return p == 4 },
		"short_answer":      func(_, a int) bool { return a < 4 },
		"four_token_answer": func(_, a int) bool { return a == 4 },
		"long_prompt":       func(p, a int) bool { return p > 1024 && p+a < 2048 },
		"long_in_all":       func(p, a int) bool { return p < 1024 && p+a > 2048 },
		"long_answer_fits":  func(p, a int) bool { return a > 1024 && p+a < 2048 },
	} {
		if c := counts[id]; !ok(c[0], c[1]) {
			t.Errorf("%s has %d and %d tokens", id, c[0], c[1])
		}
	}
}

func TestShareGPTLimitAndOutput(t *testing.T) {
	t.Parallel()
	all, _ := requests(t, open(t, `{kind: sharegpt, path: sharegpt.json, order: file}`))
	ids, requested := requests(t, open(t, `{kind: sharegpt, path: sharegpt.json, order: file, limit: 6, output_tokens: 4000}`))
	if diff := cmp.Diff(all[:6], ids); diff != "" {
		t.Error(diff)
	}
	for _, r := range requested {
		if r.MaxTokens != 4000 {
			t.Errorf("MaxTokens %d", r.MaxTokens)
		}
	}
	shuffled, _ := requests(t, open(t, `{kind: sharegpt, path: sharegpt.json, limit: 6}`))
	if diff := cmp.Diff(slices.Sorted(slices.Values(ids)), slices.Sorted(slices.Values(shuffled))); diff != "" {
		t.Errorf("the order changes which rows are used: %s", diff)
	}
}

// Counting on several cores keeps the file's order, and a limit changes neither
// what is of use nor how it is asked for.
func TestShareGPTKeepsTheOrder(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 300 {
		answer := "and an answer to it"
		if i%3 == 0 {
			answer = "no"
		}
		fmt.Fprintf(&b, `{"id": %d, "messages": [{"content": "A prompt of %d words"}, {"content": %q}]}`+"\n", i, i, answer)
	}
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/a.jsonl", []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	all, _ := try(t, dir, `{kind: sharegpt, path: a.jsonl, order: file}`)
	limited, _ := try(t, dir, `{kind: sharegpt, path: a.jsonl, order: file, limit: 150}`)
	if all.Rows() != 200 || limited.Rows() != 150 {
		t.Fatalf("%d and %d rows", all.Rows(), limited.Rows())
	}
	for i := range 150 {
		s := session(t, all, 1, i)
		if want := strconv.Itoa(i/2*3 + i%2 + 1); s.ID != want {
			t.Fatalf("session %d is row %s, want %s", i, s.ID, want)
		}
		if diff := cmp.Diff(s, session(t, limited, 1, i)); diff != "" {
			t.Fatal(diff)
		}
	}
}

func TestShareGPTWithoutAnyOfUse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/a.json", []byte(`[{"conversations": []}, {"messages": [{"content": "Hi"}, {"content": "Hello there, what is up?"}]}]`), 0o600); err != nil {
		t.Fatal(err)
	}
	want := dir + "/a.json has no conversation of use: of at least two turns, with a prompt of 4 to 1024 tokens, an answer of at least 4, and no more than 2048 in all"
	for _, limit := range []string{"", "\nlimit: 10"} {
		_, list := try(t, dir, "kind: sharegpt\npath: a.json"+limit)
		if len(list) != 1 || list[0].Pos.String() != "gate.yaml:2:7" || list[0].Message != want {
			t.Error(list)
		}
	}
}
