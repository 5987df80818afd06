package rule

import (
	"math"
	"strings"
)

// testVocabulary is a small catalogue of every kind of name.
func testVocabulary() *Vocabulary {
	return &Vocabulary{
		Dists:   map[string]Dim{"ttft": Time, "tpot": Time, "itl": Time, "e2el": Time, "output_tokens": Tokens},
		Scalars: map[string]Dim{"output_throughput": PerSecond, "request_throughput": PerSecond, "success_rate": Ratio, "sent": Count, "failed": Count, "audit_hits": Count, "duration": Time},
		Groups:  map[string]map[string]Dim{"errors": {"http_429": Count, "http_5xx": Count, "dns": Count}},
		Cell: map[string]Dim{
			"load.concurrency": Count, "load.rate": PerSecond, "load.requests": Count, "load.warmup.requests": Count,
			"load.stream": Bool, "axis.shape": Text, "axis.load.concurrency": Count, "backend": Text, "backend.kind": Text,
			"labels.tier": Text, "labels.gpus": Any, "dataset.range_ratio": Ratio,
		},
		Request:     map[string]Dim{"ttft": Time, "tpot": Time, "e2el": Time, "output_tokens": Tokens},
		Aliases:     map[string]string{"request_latency": "e2el", "num_prompts": "sent", "inter_token_latency": "tpot (GuideLLM, AIPerf) or icl (vllm bench)"},
		Baseline:    true,
		Unavailable: map[string]string{"goodput": "the scenario has no `goodput:` section"},
	}
}

// testCell is a cell with its values by path. Quantiles and shares are found
// by the path that Uses gives them. NaN stands for an unusable value.
type testCell map[string]any

func (c testCell) Measured(path string) (Measure, bool) {
	switch v := c[path].(type) {
	case Measure:
		return v, true
	case float64:
		return Measure{Value: v, N: 100}, true
	case int:
		return Measure{Value: float64(v), N: 100}, true
	default:
		return Measure{}, false
	}
}

func (c testCell) Quantile(metric string, q float64) (Measure, bool) {
	return c.Measured(Quantile{metric, q}.path())
}

func (c testCell) Share(key string) (Measure, bool) { return c.Measured("share(" + key + ")") }

func (c testCell) Cell(path string) (any, bool) {
	v, ok := c[path]
	return v, ok
}

func sampleCell() testCell {
	return testCell{
		"ttft.p99": Measure{Value: 612.4, N: 199, CI: &[2]float64{590, 640}}, "ttft.p50": 200.0, "ttft.p95": 480.0, "ttft.avg": 220.0,
		"ttft.stddev": 110.0, "ttft.n": 199, "quantile(ttft, 0.975)": 550.0, "itl.p99": 58.0, "e2el.avg": 2000.0,
		"e2el.p99": math.Inf(1), "tpot.p99": math.NaN(), "output_tokens.avg": 128.0,
		"output_throughput": 1200.0, "request_throughput": 4.0, "success_rate": 0.995, "sent": 200, "failed": 1, "audit_hits": 0,
		"duration": 50000.0, "errors.http_429": 0, "errors.dns": 1,
		"share(ttft < 500ms)": Measure{Value: 0.96, N: 200, CI: &[2]float64{0.92, 0.98}}, "share(ttft<500ms)": 0.96,
		"share(ttft < 500ms && tpot <= 50ms)": 0.9,
		"load.concurrency":                    8, "load.requests": 200.0, "load.stream": true, "axis.shape": "short", "axis.load.concurrency": 8,
		"backend": "main", "backend.kind": "vllm", "labels.gpus": 8.0,
	}
}

// caret marks where a problem points, for failures that can be read.
func caret(src string, p Problem) string {
	return src + "\n" + strings.Repeat(" ", max(0, p.Offset)) + strings.Repeat("^", max(0, p.Width)) + " " + p.Message + "\n  hint: " + p.Hint
}
