package datasets

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"loadgate/internal/llm"
	"loadgate/internal/yamlpos"
)

// outlined is a session in short: the messages of each turn, the length asked for,
// the think time.
func outlined(s llm.Session) []string {
	out := []string{fmt.Sprintf("%s %t", s.ID, s.Grows)}
	for _, r := range s.Turns {
		line := ""
		for _, m := range r.Messages {
			line += m.Role[:1] + ":" + m.Text + " "
		}
		line += fmt.Sprintf("> %d", r.MaxTokens)
		if r.Think > 0 {
			line += " after " + r.Think.String()
		}
		for k, v := range r.Extra {
			line += " " + k + "=" + string(v)
		}
		if r.SharedTokens > 0 {
			line += fmt.Sprint(" shares ", r.SharedTokens)
		}
		out = append(out, line)
	}
	return out
}

func TestConversations(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		section string
		rows    int
		want    []string // of the first session
	}{
		{`path: talks/vllm.json`, 2, []string{"a true", "s:Be brief. u:What is a token? > 5", "u:How long? > 4"}},
		{`path: talks/vllm.json, history: recorded`, 2, []string{
			"a false", "s:Be brief. u:What is a token? > 5",
			"s:Be brief. u:What is a token? a:A piece of text. u:How long? > 4 shares 13",
		}},
		{`path: talks/vllm.json, turns: 1, output_tokens: 3`, 2, []string{"a false", "s:Be brief. u:What is a token? > 3"}},
		{`path: talks/sharegpt.jsonl, think_time: 2s`, 1, []string{"s_0 true", "u:One? > 2", "u:Two? > 5 after 2s", "u:Three? > 0 after 2s"}},
		{`path: talks/sharegpt.jsonl, tokenizer: none`, 1, []string{"s_0 true", "u:One? > 0", "u:Two? > 0", "u:Three? > 0"}},
		{`path: talks/evalscope.jsonl`, 2, []string{" true", "u:First? > 2", "u:Second? > 0"}},
		{`path: talks/evalscope.jsonl, history: recorded, limit: 1`, 1, []string{" false", "u:First? > 2", "u:First? a:Yes. u:Second? > 0 shares 4"}},
		{`path: talks/aiperf.jsonl`, 1, []string{"s1 true", "u:Hi > 0", "u:More > 9 after 1.5s top_p=0.5"}},
		{`path: talks/aiperf.jsonl, think_time: 10ms`, 1, []string{"s1 true", "u:Hi > 0", "u:More > 9 after 10ms top_p=0.5"}},
	} {
		t.Run(c.section, func(t *testing.T) {
			t.Parallel()
			d := open(t, "{kind: conversations, order: file, "+c.section+"}")
			if diff := cmp.Diff(c.want, outlined(session(t, d, 1, 0))); diff != "" || d.Rows() != c.rows {
				t.Errorf("%d rows (-want +got):\n%s", d.Rows(), diff)
			}
		})
	}
}

// What plan says of conversations is what is sent, without the work of making it.
func TestShapesAreThoseOfSessions(t *testing.T) {
	t.Parallel()
	for _, section := range []string{
		"kind: random, tokenizer: cl100k_base, input_tokens: {lognormal: {median: 20, sigma: 1, max: 200}}, output_tokens: 10, range_ratio: 0, prefix_tokens: 5, prefix_groups: 3, prefix_share: 0.7, turns: {uniform: {min: 1, max: 5}}",
		"kind: random, tokenizer: cl100k_base, shapes: [{weight: 1, input_tokens: 20, output_tokens: 3}, {weight: 2, input_tokens: 7, output_tokens: {uniform: {min: 1, max: 9}}}], turns: 3",
		"kind: conversations, path: talks/vllm.json, tokenizer: cl100k_base",
	} {
		d := open(t, "{"+section+", history: recorded, think_time: {exponential: {mean: 1s}}}")
		for i := range 12 {
			shapes, err := d.(llm.Shaped).Shapes(3, i)
			if err != nil {
				t.Fatal(err)
			}
			s := session(t, d, 3, i)
			if len(shapes) != len(s.Turns) || len(shapes) != d.(llm.Conversational).Turns(3, i) {
				t.Fatalf("%s: session %d has %d turns, and shapes of %d", section, i, len(s.Turns), len(shapes))
			}
			for k, r := range s.Turns {
				want := llm.Shape{Input: shapes[k].Input, Output: r.MaxTokens, Shared: r.SharedTokens, Think: r.Think, Blocks: r.Blocks, BlockTokens: shapes[k].BlockTokens}
				if r.InputTokens > 0 {
					want.Input, want.BlockTokens = r.InputTokens, r.BlockTokens
				}
				if diff := cmp.Diff(want, shapes[k]); diff != "" {
					t.Errorf("%s: session %d, turn %d (-sent +said):\n%s", section, i, k+1, diff)
				}
			}
		}
	}
}

// Made-up conversations: the prefix begins the first turn alone, and recorded
// answers have the length that was asked for.
func TestRounds(t *testing.T) {
	t.Parallel()
	d := open(t, `{kind: random, tokenizer: cl100k_base, input_tokens: 20, output_tokens: 10, prefix_tokens: 5, turns: 3, history: recorded, think_time: 1s}`)
	counter := d.(llm.Tokenized).Counter()
	s := session(t, d, 3, 1)
	if len(s.Turns) != 3 || s.Grows {
		t.Fatalf("%+v", s)
	}
	for k, r := range s.Turns {
		tokens := 0
		for _, m := range r.Messages {
			tokens += counter.Count(m.Text)
		}
		want := 25 + 30*k
		if len(r.Messages) != 2*k+1 || tokens != want || r.InputTokens != want || r.SharedTokens != []int{0, 35, 65}[k] || len(r.Blocks) != max(0, 1-k) || (r.Think == time.Second) != (k > 0) {
			t.Errorf("turn %d: %d messages of %d tokens, %+v", k, len(r.Messages), tokens, r)
		}
	}
	if other := session(t, d, 3, 2); other.Turns[0].Messages[0].Text[:20] != s.Turns[0].Messages[0].Text[:20] {
		t.Error("conversations do not share their prefix")
	}
	server := session(t, open(t, `{kind: random, tokenizer: cl100k_base, input_tokens: 20, output_tokens: 10, turns: {uniform: {min: 2, max: 4}}}`), 3, 1)
	if n := len(server.Turns); n < 2 || n > 4 || !server.Grows || counter.Count(server.Turns[1].Prompt) != 20 || server.Turns[0].Prompt == server.Turns[1].Prompt {
		t.Errorf("%+v", server)
	}
	for section, want := range map[string]string{
		`turns: 0`:                            "turns is a whole number from 1 to 1000, or such a range",
		`turns: {uniform: {min: 3, max: 2}}`:  "turns is a whole number from 1 to 1000, or such a range",
		`think_time: 1s`:                      "think_time says nothing of requests that stand alone",
		`turns: 2, history: none`:             `history is "none": expected server or recorded`,
		`turns: 2, think_time: {uniform: 1s}`: "expected a mapping",
	} {
		_, list := try(t, "testdata", "{kind: random, tokenizer: cl100k_base, input_tokens: 20, output_tokens: 10, "+section+"}")
		if len(list) == 0 || !strings.Contains(list[0].Message, want) {
			t.Errorf("%s: %v, want %s", section, list, want)
		}
	}
}

func TestConversationMistakes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, section, file, want string }{
		{"no messages", ``, `{"id": 1}`, "1:1: the row has none of conversations, messages and turns"},
		{"an unknown role", ``, `{"messages": [{"role": "wizard", "content": "x"}]}`, `1:1: message 1: unknown role "wizard"`},
		{"a tool", ``, "{\"messages\": [{\"role\": \"user\", \"content\": \"x\"}]}\n[{\"role\": \"tool\", \"content\": \"x\"}]", "2:1: message 1: calls of tools are not taken apart: give the whole request as body"},
		{"no question", ``, `{"messages": [{"role": "assistant", "content": "x"}]}`, "t.jsonl has no conversation with a question"},
		{"no answers", `, history: recorded`, `{"session_id": "a", "turns": [{"text": "a"}, {"text": "b"}]}`, "1:1: turn 1 has no recorded answer"},
		{"not JSON", ``, "{\"id\": 1, \"messages\": []}\n{", "2:1: this is not JSON"},
		{"history", `, history: both`, `{}`, `history is "both": expected server or recorded`},
		{"think time", `, think_time: {uniform: {min: 2s, max: 1s}}`, `{}`, "think_time: min is 2s, above max, which is 1s"},
		{"two distributions", `, think_time: {uniform: {min: 1s, max: 2s}, exponential: {mean: 1s}}`, `{}`, "think_time is a duration or one distribution"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			writeFile(t, dir+"/t.jsonl", c.file)
			_, list := try(t, dir, "{kind: conversations, path: t.jsonl"+c.section+"}")
			if !list.HasErrors() {
				t.Fatal("no mistake")
			}
			if got := fmt.Sprintf("%d:%d: %s", list[0].Pos.Line, list[0].Pos.Col, list[0].Message); !strings.Contains(got, c.want) {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// Think times have the mean or median that was asked for, and are functions of
// the seed.
func TestThinkTimes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text     string
		low, top time.Duration // of every draw
		mean     time.Duration // 0 = not checked
	}{
		{`2s`, 2 * time.Second, 2 * time.Second, 2 * time.Second},
		{`{uniform: {min: 1s, max: 5s}}`, time.Second, 5 * time.Second, 3 * time.Second},
		{`{exponential: {mean: 3s}}`, 0, time.Minute, 3 * time.Second},
		{`{lognormal: {median: 2s, sigma: 0.5}}`, 0, time.Minute, 2266 * time.Millisecond},
	} {
		n, list := yamlpos.Parse("x.yaml", []byte(c.text), nil)
		if list.HasErrors() {
			t.Fatal(list)
		}
		var th think
		if list := th.UnmarshalNode(n); list.HasErrors() {
			t.Fatal(list)
		}
		rng, again := rand.New(rand.NewPCG(1, 0)), rand.New(rand.NewPCG(1, 0))
		sum := time.Duration(0)
		const draws = 4000
		for range draws {
			d := th.draw(rng)
			if d < c.low || d > c.top || d != th.draw(again) {
				t.Fatalf("%s drew %v", c.text, d)
			}
			sum += d
		}
		if mean := sum / draws; (mean - c.mean).Abs() > c.mean/20 {
			t.Errorf("%s: mean %v, want %v", c.text, mean, c.mean)
		}
	}
}

// FuzzConversation: whatever a row holds, reading it gives turns that each ask
// something, or a fault.
func FuzzConversation(f *testing.F) {
	for _, name := range []string{"sharegpt.jsonl", "evalscope.jsonl", "aiperf.jsonl"} {
		for line := range strings.Lines(readFile(f, "testdata/talks/"+name)) {
			f.Add(line)
		}
	}
	f.Add(`{"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}]}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		for _, history := range []string{historyServer, historyRecorded} {
			d := conversations{config: conversationsConfig{talkConfig: talkConfig{History: history}}}
			k, keep, err := d.parse(rawRow{text: []byte(strings.TrimSpace(text)), line: 1, col: 1})
			if err != nil || !keep {
				continue
			}
			for i, turn := range k.turns {
				if len(turn.messages) == 0 || (history == historyRecorded && turn.answer == "" && i+1 < len(k.turns)) {
					t.Errorf("turn %d: %+v", i, turn)
				}
			}
		}
	})
}
