package datasets

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"loadgate/internal/llm"
	"loadgate/internal/tokens"
)

// outline is a trace in short: when each session arrives, and of each turn the
// lengths, the think time, how long after the arrival it came, and what it asks
// for where the trace says so.
func outline(t *testing.T, d llm.Dataset) []string {
	t.Helper()
	var out []string
	for i := range d.Rows() {
		s := session(t, d, 1, i)
		line := ""
		if timed, ok := d.(llm.Timed); ok {
			line = timed.Arrival(i).String() + " "
		}
		line += s.ID
		if s.Grows {
			line += "+"
		}
		for _, r := range s.Turns {
			line += fmt.Sprintf(" [%d>%d", r.InputTokens, r.MaxTokens)
			if r.Think > 0 {
				line += fmt.Sprint(" think ", r.Think)
			}
			if r.After > 0 {
				line += fmt.Sprint(" after ", r.After)
			}
			switch {
			case r.Body != nil:
				line += " body " + string(r.Body)
			case r.Messages != nil:
				line += fmt.Sprint(" messages ", len(r.Messages), string(r.Tools))
			case r.InputTokens == 0:
				line += " " + r.Prompt
			}
			for k, v := range r.Extra {
				line += " " + k + "=" + string(v)
			}
			line += "]"
		}
		out = append(out, line)
	}
	return out
}

func TestTraceFormats(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		section string
		want    []string
	}{
		{`path: traces/mooncake.jsonl, format: mooncake`, []string{"0s  [1200>50]", "2.5s  [1024>500]", "3s  [1500>26]", "3s  [100>5]"}},
		{`path: traces/mooncake.jsonl, format: mooncake, max_input_tokens: 1024, max_output_tokens: 9`, []string{"0s  [1024>9]", "500ms  [100>5]"}},
		{`path: traces/azure2023.csv, format: azure`, []string{"0s  [374>44]", "4.314579s  [396>109]", "4.541877s  [879>55]"}},
		{`path: traces/azure2023.csv.gz, format: azure, limit: 1`, []string{"0s  [374>44]"}},
		{`path: traces/azure2024.csv, format: azure`, []string{"0s  [2162>5]", "7.405ms  [2399>6]", "7.405ms  [76>15]"}},
		{`path: traces/burstgpt.csv, format: burstgpt`, []string{"0s  [472>18]", "40s  [1087>230]", "1m53s  [417>276]"}},
		{`path: traces/burstgpt.csv, format: burstgpt, only: {Model: GPT-4}`, []string{"0s  [417>276]"}},
		{`path: traces/burstgpt2.csv, format: burstgpt`, []string{"0s  [20>18] [60>9 after 8s]", "1s  [10>5]"}},
		{`path: traces/bailian.jsonl, format: bailian`, []string{"0s  [40>8] [64>80 after 1.5s] [64>8 after 19s]", "1.6s  [16>8]", "9s  [48>8]"}},
		{
			`path: traces/vllm_timed.jsonl, format: vllm_timed, fields: {timestamp: ts, input_length: prompt_tokens}`,
			[]string{"0s  [33>4]", "500ms  [20>4]"},
		},
		{
			`path: traces/vllm_timed.jsonl, format: vllm_timed, time_unit: ms, fields: {timestamp: ts, input_length: prompt_tokens}`,
			[]string{"0s  [33>4]", "500µs  [20>4]"},
		},
		{`path: traces/aiperf_single.jsonl, format: aiperf`, []string{"0s s+ [0>50 Hi top_p=0.9] [0>0 think 1.5s More]", "50ms  [0>20 Other]"}},
		{`path: traces/aiperf_multi.jsonl, format: aiperf`, []string{"0s s2 [0>0 Alone]", "20ms s1+ [0>0 Hi] [0>7 think 1.5s More] [0>0 And\nso on]"}},
		{`path: traces/aiperf_mooncake.jsonl, format: aiperf`, []string{
			"0s a [600>9] [700>9 think 20ms]", "5ms  [0>8 What is it?]",
			`6ms  [0>8 messages 2[{"type": "function"}]]`, `7ms  [0>0 body {"model": "x", "prompt": "raw", "max_tokens": 3}]`,
		}},
		{`path: traces/aiperf_raw.jsonl, format: aiperf`, []string{
			` [0>0 body {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 5}]`, ` [0>0 body {"model": "m", "prompt": "Hello"}]`,
		}},
		{`path: traces/aiperf_inputs.json, format: aiperf_inputs`, []string{
			`s1 [0>0 body {"model": "m", "prompt": "a"}] [0>0 body {"model": "m", "prompt": "b"}]`, `s2 [0>0 body {"prompt": "c"}]`,
		}},
		{`path: traces/bodies.jsonl, format: bodies`, []string{
			`0s r1 [0>256 body {"model": "m", "messages": [{"role": "user", "content": "hi"}]}]`,
			`250ms r2 [0>0 body {"model": "m", "messages": [{"role": "user", "content": "ho"}]}]`,
		}},
	} {
		t.Run(c.section, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, outline(t, open(t, "{kind: trace, "+c.section+"}"))); diff != "" {
				t.Errorf("sessions (-want +got):\n%s", diff)
			}
		})
	}
}

// Equal blocks are equal bytes, a part of a block is its beginning, other blocks
// and other seeds are other texts, and every prompt has its exact length.
func TestBlocksAreShared(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"cl100k_base", "o200k_base", "r50k_base"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			counter, err := tokens.Open(name)
			if err != nil {
				t.Fatal(err)
			}
			d := open(t, "{kind: trace, path: traces/mooncake.jsonl, format: mooncake, tokenizer: "+name+"}")
			prompts := make([]string, d.Rows())
			for i := range prompts {
				r := request(t, d, 5, i)
				prompts[i] = r.Prompt
				if got := counter.Count(r.Prompt); got != r.InputTokens {
					t.Errorf("request %d has %d tokens, want %d", i, got, r.InputTokens)
				}
			}
			two := counter.Make(source(5, "block", "0"), 512) + counter.Make(source(5, "block", "1"), 512)
			if !strings.HasPrefix(prompts[0], two) || !strings.HasPrefix(prompts[2], two) {
				t.Error("prompts that share two blocks do not begin alike")
			}
			if strings.HasPrefix(prompts[0][len(two):], prompts[2][len(two):len(two)+20]) {
				t.Error("blocks 2 and 3 are alike")
			}
			if request(t, d, 6, 0).Prompt == prompts[0] {
				t.Error("another seed gives the same text")
			}
			part := counter.Make(source(5, "block", "2"), 100)
			if !strings.HasPrefix(counter.Make(source(5, "block", "2"), 512), part) {
				t.Error("a part of a block is not its beginning")
			}
		})
	}
}

// The text of a block must not change from one release to the next, since a
// server's cache may still hold it, and other machines make it too.
func TestBlockTextIsFixed(t *testing.T) {
	t.Parallel()
	words, err := tokens.Open("cl100k_base")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := words.Make(source(42, "block", "427"), 6), " output carr cigars saturation add culturally"; got != want {
		t.Errorf("block 427 begins %q, want %q", got, want)
	}
}

func TestTraceMistakes(t *testing.T) {
	t.Parallel()
	row := `{"timestamp": 0, "input_length": 10, "output_length": 5, "hash_ids": [0]}` + "\n"
	for _, c := range []struct{ name, section, file, want string }{
		{"negative time", `format: mooncake`, row + `{"timestamp": -5, "input_length": 10, "output_length": 5, "hash_ids": [0]}`, "t.jsonl:2:1: timestamp: -5: a time cannot be negative"},
		{"no time", `format: mooncake`, row + `{"input_length": 10, "output_length": 5}`, "t.jsonl:2:1: the row has no timestamp"},
		{"no length", `format: mooncake`, `{"timestamp": 1, "output_length": 5}`, "t.jsonl:1:1: the row has no input_length"},
		{"blocks of another size", `format: mooncake`, `{"timestamp": 1, "input_length": 40, "output_length": 5, "hash_ids": [1, 2, 3]}`, "t.jsonl:1:1: 3 hash_ids of 512 tokens each do not cover an input_length of 40 (block_tokens says how many tokens a block has)"},
		{"too few blocks", `format: mooncake`, `{"timestamp": 1, "input_length": 1040, "output_length": 5, "hash_ids": [1]}`, "t.jsonl:1:1: 1 hash_ids of 512 tokens each do not cover an input_length of 1040 (block_tokens says how many tokens a block has)"},
		{"wrong unit", `format: vllm_timed`, `{"timestamp": 1700000000000, "input_length": 10, "output_length": 5, "hash_ids": [0]}`, "t.jsonl:1:1: timestamp: 1.7e+12 is too far off (numbers are taken as s: set time_unit where they are something else)"},
		{"half a number of tokens", `format: mooncake`, `{"timestamp": 1, "input_length": 1.5, "output_length": 5}`, "t.jsonl:1:1: input_length: expected a whole number from 0 to 10000000, got 1.5"},
		{"text for a time", `format: mooncake`, `{"timestamp": "soon", "input_length": 1, "output_length": 5}`, "t.jsonl:1:1: timestamp: expected a number, got text"},
		{"text for a block", `format: mooncake`, `{"timestamp": 1, "input_length": 1, "output_length": 5, "hash_ids": [1, "a"]}`, `t.jsonl:1:1: hash_ids: "a" is no whole number`},
		{"half a block", `format: bailian`, `{"timestamp": 1, "input_length": 1, "output_length": 5, "hash_ids": [1.5]}`, "t.jsonl:1:1: hash_ids: 1.5 is no whole number"},
		{"no list of blocks", `format: vllm_timed`, `{"timestamp": 1, "input_length": 1, "output_length": 5, "hash_ids": 7}`, "t.jsonl:1:1: hash_ids: expected a list of whole numbers, got a number"},
		{"text for a chat", `format: bailian`, `{"chat_id": "a", "timestamp": 1, "input_length": 1, "output_length": 5}`, "t.jsonl:1:1: chat_id: expected a whole number, got text"},
		{"no blocks", `format: vllm_timed`, `{"timestamp": 1, "input_length": 1, "output_length": 5}`, "t.jsonl:1:1: the row has no hash_ids"},
		{"renamed and missing", `format: vllm_timed, fields: {timestamp: ts}`, `{"timestamp": 1, "input_length": 1, "output_length": 5, "hash_ids": [1]}`, "t.jsonl:1:1: the row has no ts"},
		{"azure's time", `format: azure`, "TIMESTAMP,ContextTokens,GeneratedTokens\nyesterday,1,2\n", `t.jsonl:2:1: TIMESTAMP: "yesterday" is no time such as 2023-11-16 18:15:46.6805900`},
		{"azure's columns", `format: azure`, "time,in,out\n1,1,2\n", `t.jsonl:2:1: the row has no TIMESTAMP`},
		{"some without a time", `format: aiperf`, `{"text": "a", "timestamp": 1}` + "\n" + `{"text": "b"}`, "t.jsonl:2:1: the row has no timestamp, and others have (give every session a time, or none)"},
		{"media with a body", `format: aiperf`, `{"payload": {}, "image": "https://x.test/a.png"}`, "t.jsonl:1:1: media go with a text, and not with payload, messages or input_length"},
		{"a branch", `format: aiperf`, `{"turns": [{"text": "a", "forks": ["c"]}]}`, "t.jsonl:1:1: forks: sessions that branch (AIPerf's dag_jsonl) are not sent (write each branch as a session of its own, as multi_turn has them)"},
		{"no bodies", `format: aiperf_inputs`, `{"data": [{"session_id": "s"}]}`, "t.jsonl:1:11: payloads: expected 1 to 32768 request bodies"},
		{"nothing to ask", `format: aiperf`, `{"timestamp": 1}`, "t.jsonl:1:1: the row has none of text, text_input, messages, payload and input_length"},
		{"a turn", `format: aiperf`, `{"turns": [{"text": "a"}, {"delay": -1, "text": "b"}]}`, "t.jsonl:1:1: turn 2: delay: -1: a time cannot be negative"},
		{"only failures", `format: mooncake`, `{"timestamp": 1, "input_length": 10, "output_length": 0}`, "gate.yaml:1:21: t.jsonl has no request of use"},
		{"no such column", `format: mooncake, only: {model: a}`, row, "t.jsonl:1:1: only: the row has no model"},
		{"an unknown format", `format: mooncak`, row, `gate.yaml:1:38: format is "mooncak": expected aiperf or aiperf_inputs or azure or bailian or bodies or burstgpt or mooncake or vllm_timed (did you mean "mooncake"?)`},
		{"blocks of none", `format: azure, block_tokens: 16`, row, "gate.yaml:1:45: a trace of format azure has no blocks (remove it)"},
		{"an unknown field", `format: vllm_timed, fields: {timestam: x}`, row, `gate.yaml:1:58: fields: a trace of format vllm_timed has no field "timestam" (did you mean "timestamp"?)`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			writeFile(t, dir+"/t.jsonl", c.file)
			_, list := try(t, dir, "{kind: trace, path: t.jsonl, "+c.section+"}")
			if len(list) != 1 {
				t.Fatalf("%d mistakes: %v", len(list), list)
			}
			got := fmt.Sprintf("%s:%d:%d: %s", strings.TrimPrefix(list[0].Pos.File, dir+"/"), list[0].Pos.Line, list[0].Pos.Col, strings.ReplaceAll(list[0].Message, dir+"/", ""))
			if list[0].Hint != "" {
				got += " (" + list[0].Hint + ")"
			}
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestAIPerfMedia(t *testing.T) {
	t.Parallel()
	d := open(t, `{kind: trace, path: traces/aiperf_media.jsonl, format: aiperf}`)
	var got []string
	for i := range d.Rows() {
		for _, r := range session(t, d, 1, i).Turns {
			line := fmt.Sprint(r.MaxTokens, " ", r.Messages[0].Text)
			for _, m := range r.Messages[0].Media {
				line += fmt.Sprint(" ", m.Kind, " ", m.MIME, m.URL, " ", len(m.Data))
			}
			got = append(got, line)
		}
	}
	want := []string{
		"7 Hi image https://x.test/a.png 0", "0 See image image/gif 6 image https://x.test/b.png 0", "0  audio https://x.test/c.wav 0",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// FuzzTraceRow: whatever a row of any format holds, reading it gives a request
// or a fault, and never a panic.
func FuzzTraceRow(f *testing.F) {
	for _, name := range []string{"mooncake.jsonl", "bailian.jsonl", "vllm_timed.jsonl", "aiperf_single.jsonl", "aiperf_multi.jsonl", "aiperf_mooncake.jsonl", "aiperf_raw.jsonl", "aiperf_media.jsonl", "bodies.jsonl"} {
		for line := range strings.Lines(readFile(f, "testdata/traces/"+name)) {
			f.Add(line)
		}
	}
	f.Add(`{"TIMESTAMP": "2023-11-16 18:15:46.6805900", "ContextTokens": "374", "GeneratedTokens": "44"}`)
	f.Add(`{"Timestamp": "5.0", "Request tokens": "472", "Response tokens": "18", "Session ID": "7"}`)
	f.Fuzz(func(t *testing.T, text string) {
		raw := rawRow{text: []byte(strings.TrimSpace(text)), line: 1, col: 1}
		for name, format := range traceFormats {
			r, keep, err := format.read(traceOptions{unit: format.unit, block: max(1, format.block), maxOutput: 7}, raw)
			if err != nil || !keep {
				continue
			}
			if len(r.turns) == 0 || r.at < 0 {
				t.Errorf("%s: %+v", name, r)
			}
			for _, turn := range r.turns {
				if turn.input < 0 || turn.output < 0 || turn.request.Think < 0 || (turn.request.Body != nil && !json.Valid(turn.request.Body)) {
					t.Errorf("%s: %+v", name, turn)
				}
			}
		}
	})
}

// A trace of a million rows takes 16 bytes a row where rows hold lengths only.
func TestLargeTraceIsSmall(t *testing.T) {
	t.Parallel()
	var x traceIndex
	b := traceBuilder{index: &x}
	row := traceRow{timed: true, turns: []traceTurn{{input: 10, output: 5}}}
	for i := range 100_000 {
		row.at = time.Duration(i) * time.Millisecond
		b.add(&row, span{})
	}
	if why := b.finish(); why != nil || x.starts != nil || x.next != nil || x.count != nil || x.len() != 100_000 || x.arrival(99_999) != 99_999*time.Millisecond {
		t.Errorf("%v, %d starts, %d sessions", why, len(x.starts), x.len())
	}
}

func writeFile(t testing.TB, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func readFile(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
