package datasets

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkOpenTrace opens a trace of 10,000 rows of each format and says what a
// row costs. `validate`, `plan` and `run` all pay it.
func BenchmarkOpenTrace(b *testing.B) {
	const rows = 10_000
	var ids strings.Builder
	for i := range 24 {
		fmt.Fprintf(&ids, ", %d", 46_000+i)
	}
	text := strings.Repeat("the quick brown fox ", 20)
	for _, c := range []struct {
		name, section, head string
		row                 func(i int) string
	}{
		{"mooncake", "format: mooncake", "", func(i int) string {
			return fmt.Sprintf(`{"timestamp": %d, "input_length": 12800, "output_length": 52, "hash_ids": [%d%s]}`, i*30, i, ids.String())
		}},
		{"bailian", "format: bailian", "", func(i int) string {
			return fmt.Sprintf(`{"chat_id": %d, "parent_chat_id": -1, "timestamp": %d.5, "input_length": 400, "output_length": 80, "type": "text", "turn": 1, "hash_ids": [%d%s]}`, i, i, i, ids.String())
		}},
		{"vllm_timed", "format: vllm_timed", "", func(i int) string {
			return fmt.Sprintf(`{"timestamp": %d.25, "input_length": 400, "output_length": 52, "hash_ids": [%d%s]}`, i, i, ids.String())
		}},
		{"aiperf_single", "format: aiperf", "", func(i int) string {
			return fmt.Sprintf(`{"text": "%d %s", "output_length": 50, "timestamp": %d}`, i, text, i)
		}},
		{"aiperf_multi", "format: aiperf", "", func(i int) string {
			return fmt.Sprintf(`{"session_id": "s%d", "turns": [{"text": "%s", "timestamp": %d}, {"text": "%[2]s", "delay": 1500, "output_length": 7}]}`, i, text, i)
		}},
		{"aiperf_mooncake", "format: aiperf", "", func(i int) string {
			return fmt.Sprintf(`{"timestamp": %d, "input_length": 12800, "output_length": 52, "hash_ids": [%d%s]}`, i*30, i, ids.String())
		}},
		{"bodies", "format: bodies", "", func(i int) string {
			return fmt.Sprintf(`{"body": {"model": "m", "messages": [{"role": "user", "content": "%s"}]}, "timestamp": 17000%05d.25, "request_id": "r%[2]d", "completion_tokens": 256}`, text, i)
		}},
		{"burstgpt", "format: burstgpt", "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type", func(i int) string {
			return fmt.Sprintf("%d.0,ChatGPT,472,18,490,Conversation log", i)
		}},
		{"azure", "format: azure", "TIMESTAMP,ContextTokens,GeneratedTokens", func(i int) string {
			return fmt.Sprintf("2023-11-16 18:%02d:%02d.6805900,374,44", i/60%60, i%60)
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			var file strings.Builder
			if c.head != "" {
				file.WriteString(c.head + "\n")
			}
			for i := range rows {
				file.WriteString(c.row(i) + "\n")
			}
			dir := b.TempDir()
			writeFile(b, dir+"/trace.dat", file.String())
			b.SetBytes(int64(file.Len()))
			b.ReportAllocs()
			for b.Loop() {
				if _, list := try(b, dir, "{kind: trace, path: trace.dat, "+c.section+"}"); len(list) > 0 {
					b.Fatal(list)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
		})
	}
}
