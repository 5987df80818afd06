package sim

import (
	"bufio"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

var (
	promHeader = regexp.MustCompile(`^# (HELP|TYPE) [a-zA-Z_:][a-zA-Z0-9_:]* .+$`)
	promSample = regexp.MustCompile(`^([a-zA-Z_:][a-zA-Z0-9_:]*)\{((?:[a-z_]+="(?:[^"\\]|\\.)*",?)+)\} (\S+)$`)
)

// scrape parses /metrics line by line: values by name and labels.
func scrape(t *testing.T, r *rig) map[string]float64 {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, r.url+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	got := r.do(req)
	if ct := got.header.Get("Content-Type"); ct != "text/plain; version=0.0.4; charset=utf-8" {
		t.Errorf("content type %q", ct)
	}
	values := map[string]float64{}
	lines := bufio.NewScanner(strings.NewReader(got.body))
	for lines.Scan() {
		if promHeader.MatchString(lines.Text()) {
			continue
		}
		m := promSample.FindStringSubmatch(lines.Text())
		if m == nil {
			t.Fatalf("not a sample: %q", lines.Text())
		}
		v, err := strconv.ParseFloat(m[3], 64)
		if err != nil {
			t.Fatalf("%q: %v", lines.Text(), err)
		}
		labels := strings.ReplaceAll(m[2], `model_name="si\"m"`, "")
		values[m[1]+strings.ReplaceAll(labels, ",", "")] = v
	}
	return values
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	cfg := quick()
	cfg.Model = Names{`si"m`}
	r := serve(t, cfg)
	if got := scrape(t, r)["vllm:request_success_total"+`finished_reason="length"`]; got != 0 {
		t.Errorf("%v requests before the first", got)
	}
	body := strings.Replace(chatBody(5), `"model":"sim",`, "", 1)
	for range 4 {
		r.post("", chatPath, body)
	}
	got := scrape(t, r)
	for name, want := range map[string]float64{
		"vllm:num_requests_running":                          0,
		"vllm:num_requests_waiting":                          0,
		"vllm:prompt_tokens_total":                           12,
		"vllm:generation_tokens_total":                       20,
		`vllm:request_success_totalfinished_reason="length"`: 4,
		`vllm:request_success_totalfinished_reason="stop"`:   0,
		`vllm:request_success_totalfinished_reason="abort"`:  0,
		"vllm:time_to_first_token_seconds_count":             4,
		`vllm:time_to_first_token_seconds_bucketle="+Inf"`:   4,
		"vllm:inter_token_latency_seconds_count":             16,
		`vllm:inter_token_latency_seconds_bucketle="0.01"`:   16,
		"vllm:e2e_request_latency_seconds_count":             4,
		`vllm:e2e_request_latency_seconds_bucketle="7680"`:   4,
	} {
		if v, ok := got[name]; !ok || v != want {
			t.Errorf("%s = %v (there: %v), want %v", name, v, ok, want)
		}
	}
	ttft, e2e := got["vllm:time_to_first_token_seconds_sum"], got["vllm:e2e_request_latency_seconds_sum"]
	if ttft <= 0 || e2e <= ttft {
		t.Errorf("sums: ttft %v, e2e %v", ttft, e2e)
	}
}

func TestHistogramBoundsAreInclusive(t *testing.T) {
	t.Parallel()
	h := newHistogram(0.001, 0.01)
	for _, d := range []time.Duration{0, time.Millisecond, 2 * time.Millisecond, time.Second} {
		h.observe(d)
	}
	var b strings.Builder
	h.write(&b, "x", "X.", `a="b"`)
	want := "# HELP x X.\n# TYPE x histogram\n" +
		"x_bucket{a=\"b\",le=\"0.001\"} 2\nx_bucket{a=\"b\",le=\"0.01\"} 3\nx_bucket{a=\"b\",le=\"+Inf\"} 4\nx_sum{a=\"b\"} 1.003\nx_count{a=\"b\"} 4\n"
	if b.String() != want {
		t.Errorf("got\n%s", b.String())
	}
}
