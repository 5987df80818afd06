package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"loadgate/engine"
	"loadgate/internal/gate"
	"loadgate/internal/llm"
	"loadgate/internal/result"
	"loadgate/internal/sim"
	"loadgate/internal/store"
	"loadgate/internal/validity"
	"loadgate/scenario"
	"loadgate/schemas"
)

// simulated starts simulators inside the test.
func simulated(t *testing.T) StartSimulator {
	return func(_ context.Context, config json.RawMessage) (string, func(), error) {
		cfg, err := sim.ParseConfig(config)
		if err != nil {
			return "", nil, err
		}
		handler := sim.New(cfg, nil, nil)
		web := httptest.NewServer(handler)
		t.Cleanup(func() { _ = handler.Close() })
		return web.URL, func() { _ = handler.Close(); web.Close() }, nil
	}
}

func noEnv(string) (string, bool) { return "", false }

// open reads and opens a scenario that has no mistakes.
func open(t *testing.T, text string) *Opened {
	t.Helper()
	plan, list := scenario.Read(scenario.Options{File: "test.yaml", Source: []byte(text), Env: noEnv, Match: func(expr string, cells []map[string]any) ([]bool, []scenario.Problem) {
		hits, _ := gate.Choose(expr, cells)
		return hits, nil
	}})
	if list.HasErrors() {
		t.Fatal(list)
	}
	o, list := Open(plan, noEnv)
	if list.HasErrors() {
		t.Fatal(list)
	}
	return o
}

const quick = `
apiVersion: loadgate/v1
name: test
backends:
  s: {kind: simulator, server: {ttft: 1ms, itl: 1ms, jitter: 0}}
datasets:
  d: {kind: random, tokenizer: cl100k_base, input_tokens: 16, output_tokens: 4}
load: {concurrency: 4, requests: 20, warmup: {requests: 2}}
`

// unhurried keeps what other programs take of the machine out of a verdict: no
// cell is INVALID for a slot that stood empty, or for events read late together.
const unhurried = `
validity: {concurrency: {warn: 0%, invalid: 0%}, shared_stamps: {warn: 100%, invalid: 100%}, blurred_times: {warn: 100%, invalid: 100%}, client_lag: {warn: 1h, invalid: 1h}}
`

// execute runs a scenario to its end in a directory.
func execute(t *testing.T, text, dir string, opt Options) (*Session, error) {
	t.Helper()
	opt.Start, opt.Preflight = simulated(t), true
	s, err := NewSession(open(t, text), dir, false, Origin{Text: text, Version: "test"}, noEnv, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Store.Close() })
	return s, s.Run(t.Context(), make(chan struct{}), func() RunEnd { return RunEnd{} })
}

func TestReportIsTheSameLater(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	text := quick + unhurried + `
matrix: {load.concurrency: [1, 4]}
goodput: {ttft: 10s}
slo: [success_rate == 100%, share(ttft < 10s) >= 90%, "quantile(ttft, 97.5%) < 10s", slo_attainment > 0.5]
`
	s, err := execute(t, text, dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	report, paths, err := s.Finish(t.Context(), []Output{{Kind: "excel"}})
	if err != nil || report.Doc.Verdict != result.Pass || len(report.Doc.Cells) != 2 {
		t.Fatalf("%v, verdict %s, %+v", err, report.Doc.Verdict, report.Doc.SLO)
	}
	before := readAll(t, filepath.Join(dir, "result.json"), paths[0])
	if err := s.Store.Close(); err != nil {
		t.Fatal(err)
	}
	stored, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer stored.Close()
	again, err := Build(stored, BuildOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Save(t.Context(), stored, again, []Output{{Kind: "excel"}}); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, readAll(t, filepath.Join(dir, "result.json"), paths[0])) {
		t.Error("a later report differs from the run's own")
	}
}

func readAll(t *testing.T, paths ...string) []byte {
	t.Helper()
	var all []byte
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b...)
	}
	return all
}

func TestSameSeedSameBodies(t *testing.T) {
	t.Parallel()
	text := strings.Replace(quick, "concurrency: 4", "rate: 500", 1)
	var hashes [2][]string
	for i := range hashes {
		s, err := execute(t, text, filepath.Join(t.TempDir(), "run"), Options{})
		if err != nil {
			t.Fatal(err)
		}
		hashes[i] = make([]string, 22)
		for rec, err := range s.Store.Samples(s.Opened.Cells[0].ID) {
			if err != nil {
				t.Fatal(err)
			}
			hashes[i][rec.Sample.Index] = rec.Sample.PromptHash
		}
	}
	if d := cmp.Diff(hashes[0], hashes[1]); d != "" {
		t.Error("bodies differ between two runs with one seed:", d)
	}
}

func TestPreflightStopsARunThatCannotWork(t *testing.T) {
	t.Parallel()
	text := strings.Replace(quick, "{ttft: 1ms,", "{max_model_len: 8, ttft: 1ms,", 1)
	s, err := execute(t, text, filepath.Join(t.TempDir(), "run"), Options{})
	if err == nil || !strings.Contains(err.Error(), "http_4xx") || !strings.Contains(err.Error(), "context length") {
		t.Errorf("got %v", err)
	}
	report, _, err := s.Finish(t.Context(), nil)
	if err != nil || report.Doc.ExitCode != gate.ExitFailed || report.Doc.Verdict != result.Errored {
		t.Errorf("%v, %+v", err, report.Doc)
	}
}

func TestTokensAreCountedHereWithoutUsage(t *testing.T) {
	t.Parallel()
	text := strings.Replace(quick, "{ttft: 1ms,", "{usage: none, ttft: 1ms,", 1)
	s, err := execute(t, text, filepath.Join(t.TempDir(), "run"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	report, _, err := s.Finish(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	c := report.Doc.Cells[0]
	if c.Tokens.Output != 20*4 || c.Tokens.Input != 20*16 || c.Tokens.OutputSource != "tokenizer" || c.Tokens.InputSource != "dataset" {
		t.Errorf("%+v", c.Tokens)
	}
}

func TestObserverSeesEveryRequest(t *testing.T) {
	t.Parallel()
	var seen []Progress
	text := strings.Replace(quick, "requests: 20", "repeats: 2, requests: 20", 1)
	_, err := execute(t, text, filepath.Join(t.TempDir(), "run"), Options{Observe: func(p Progress) engine.Observer {
		seen = append(seen, p)
		return nil
	}})
	if err != nil || len(seen) != 2 || seen[1].Repeat != 2 || seen[0].Planned != 22 {
		t.Errorf("%v, %+v", err, seen)
	}
}

func TestStoredPlanKeepsWhatRulesNeed(t *testing.T) {
	t.Parallel()
	o := open(t, strings.Replace(quick, "concurrency: 4", "rate: inf", 1)+`
labels: {team: a}
goodput: {ttft: 1s}
validity: {client_cpu: {warn: 70%}}
slo: [{name: n, assert: "ttft.p99 < 1s", when: 'labels.team == "a"', severity: warn, over: worst}]
`)
	data, err := pack(o)
	if err != nil {
		t.Fatal(err)
	}
	plan, cells, err := unpack(data, o.Plan.Name, o.Plan.Hash)
	if err != nil {
		t.Fatal(err)
	}
	c := plan.Cells[0]
	if !math.IsInf(c.Load.Rate, 1) || c.Goodput["ttft"] != 1000 || c.Labels["team"] != "a" || cells[0].DatasetDigest == "" {
		t.Errorf("%+v", c)
	}
	if d := cmp.Diff(o.Cells[0].Facts, c.Facts); d != "" {
		t.Error("facts:", d)
	}
	if d := cmp.Diff(o.Cells[0].Validity, c.Validity); d != "" {
		t.Error("validity:", d)
	}
	r := plan.Rules[0]
	if r.Name != "n" || r.Assert.Pos != o.Plan.Rules[0].Assert.Pos || r.When.Text == "" || r.Severity != "warn" || r.Over != "worst" {
		t.Errorf("%+v", r)
	}
}

func TestForecast(t *testing.T) {
	t.Parallel()
	o := open(t, strings.Replace(quick, "concurrency: 4, requests: 20, warmup: {requests: 2}", "rate: 5, requests: 20, repeats: 2", 1))
	f, err := Plan(o)
	if err != nil {
		t.Fatal(err)
	}
	if f.Requests != 40 || f.InputTokens != 40*16 || f.OutputTokens != 40*4 || f.AtLeastSeconds != 8 || f.Targets[0].Model != "sim" {
		t.Errorf("%+v", f)
	}
}

func TestAFailedReportLosesNoOther(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	s, err := execute(t, quick, dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, paths, err := s.Finish(t.Context(), []Output{{Kind: "excel", Path: filepath.Join(file, "x.xlsx")}, {Kind: "json"}})
	if err == nil || len(paths) != 1 {
		t.Errorf("%v, %v", err, paths)
	}
	if _, err := result.Read(filepath.Join(dir, "result.json")); err != nil {
		t.Error(err)
	}
}

func TestSecretsStayOut(t *testing.T) {
	t.Parallel()
	const canary = "canary-7f3a91"
	env := func(name string) (string, bool) {
		return canary, name == "KEY"
	}
	text := strings.Replace(quick, "{kind: simulator,", "{kind: simulator, headers: {x-key: '${env:KEY}'},", 1)
	plan, list := scenario.Read(scenario.Options{File: "test.yaml", Source: []byte(text), Env: env})
	if list.HasErrors() {
		t.Fatal(list)
	}
	o, list := Open(plan, env)
	if list.HasErrors() {
		t.Fatal(list)
	}
	if got := fmt.Sprint(Secrets(o, env)); !strings.Contains(got, canary) {
		t.Fatalf("not known as a secret: %s", got)
	}
	clock := llm.NewClock()
	m, err := manifest(o, Origin{Text: text}, env, clock, clockUser)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(m)
	if err != nil || bytes.Contains(b, []byte(canary)) {
		t.Errorf("%v: the manifest holds the secret", err)
	}
}

// The schema cannot import the checks, so this holds the two lists together.
func TestSchemaNamesChecks(t *testing.T) {
	t.Parallel()
	var schema struct {
		Defs struct {
			Validity struct {
				Properties map[string]json.RawMessage `json:"properties"`
			} `json:"validity"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(schemas.Scenario(), &schema); err != nil {
		t.Fatal(err)
	}
	names := schema.Defs.Validity.Properties
	for name := range names {
		if _, ok := validity.Find(name); !ok {
			t.Errorf("the schema takes thresholds for %q, which is no check", name)
		}
	}
	for _, c := range validity.Checks() {
		_, there := names[c.Name]
		countable := c.Unit == "ratio" || c.Unit == "ms"
		if countable != there {
			t.Errorf("check %s, in %s: in the schema: %v", c.Name, c.Unit, there)
		}
	}
}

func TestBeforeCell(t *testing.T) {
	t.Parallel()
	posted := 0
	web := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.URL.Path == "/restart" {
			posted++
		}
	}))
	defer web.Close()
	post := strings.Replace(quick, "requests: 20", "before_cell: {post: '"+web.URL+"/restart'}, requests: 20", 1)
	if _, err := execute(t, post, filepath.Join(t.TempDir(), "run"), Options{}); err != nil || posted != 1 {
		t.Errorf("%v, posted %d times", err, posted)
	}
	marker := filepath.Join(t.TempDir(), "marker")
	command := strings.Replace(quick, "requests: 20", "before_cell: {run: [touch, '"+marker+"']}, requests: 20", 1)
	if _, err := execute(t, command, filepath.Join(t.TempDir(), "run"), Options{}); err == nil || !strings.Contains(err.Error(), "--allow-run") {
		t.Errorf("a command ran, or: %v", err)
	}
	if _, err := execute(t, command, filepath.Join(t.TempDir(), "run"), Options{AllowRun: true}); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(marker); err != nil {
		t.Error(err)
	}
}

func TestResetCache(t *testing.T) {
	t.Parallel()
	cfg, err := sim.ParseConfig([]byte(`{"ttft": "1ms", "itl": "1ms"}`))
	if err != nil {
		t.Fatal(err)
	}
	handler := sim.New(cfg, nil, nil)
	defer handler.Close()
	resets := 0
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/reset_prefix_cache" {
			resets++
		}
		handler.ServeHTTP(w, r)
	}))
	defer web.Close()
	text := strings.Replace(quick, "{kind: simulator, server: {ttft: 1ms, itl: 1ms, jitter: 0}}", "{kind: vllm, url: '"+web.URL+"'}", 1)
	text = strings.Replace(text, "requests: 20", "reset_cache: true, repeats: 2, requests: 20", 1)
	s, err := execute(t, text, filepath.Join(t.TempDir(), "run"), Options{})
	if err != nil || resets != 2 {
		t.Fatalf("%v, %d resets", err, resets)
	}
	report, _, err := s.Finish(t.Context(), nil)
	if err != nil || report.Doc.Cells[0].Model != "sim" {
		t.Errorf("%v: the model that the server named is missing", err)
	}
}
