package importer

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"loadgate/internal/diag"
	"loadgate/internal/yamlpos"
)

// LLMEvalOptions say where a case of llm-eval's serving_perf_eval comes from and
// where its scenario goes.
type LLMEvalOptions struct {
	Source string // named at the top of the scenario
	Name   string // of the scenario; "" = after dataset and model
	Dir    string // the folder in which the scenario will lie; the case's paths start in the working folder
	// Exists tells a folder with a tokenizer from the name of one; nil: a name
	// that begins with . or ~ is a folder.
	Exists func(path string) bool
}

// llmEvalKeys are the keys of a case, which are the flags with underscores.
var llmEvalKeys = []string{
	"benchmark_name", "backend", "url", "api_key", "model", "tokenizer", "extra_headers",
	"dataset_name", "dataset_path", "num_prompts", "prompt",
	"random_input_len", "random_output_len", "random_range_ratio", "random_prefix_len",
	"perf_test_type", "concurrency", "concurrency_list", "request_rate", "request_rate_list", "limit_max_concurrency",
	"save_data", "result_data_path", "extra_args", "test_meta", "meta_data", "env",
}

// generationKeys are settings of the request's body, which older cases have at
// the top.
var generationKeys = []string{
	"temperature", "top_p", "top_k", "min_p", "max_tokens", "max_completion_tokens", "min_tokens", "stop", "stop_token_ids", "ignore_eos", "stream",
	"include_usage", "presence_penalty", "frequency_penalty", "repetition_penalty", "length_penalty", "n", "best_of", "seed", "logprobs",
	"top_logprobs", "logit_bias", "user", "response_format", "reasoning_effort", "chat_template_kwargs", "enable_thinking", "skip_special_tokens", "priority",
}

// labelKeys are facts about the system under test, which stand at the top of
// some cases.
var labelKeys = []string{
	"hardware", "hardware_num", "quantization_method", "framework", "framework_version", "cluster", "tester", "model_source", "test_source", "task_name", "task_id",
}

// LLMEval makes a scenario of a case of llm-eval's serving_perf_eval: a case
// file's mapping, or one made of flags. meta is the mapping of a file that holds
// the keys of test_meta alone; nil without one. The scenario may be used when
// the list has no errors.
func LLMEval(root, meta *yamlpos.Node, opt LLMEvalOptions) (*Scenario, diag.List) {
	c := &llmEval{settings: newSettings(root), opt: opt, keys: keys{}}
	c.checkBenchmark()
	c.backend = c.choice("backend", "openai", "vllm", "maas")
	c.generation()
	c.d.labels = c.labels(meta)
	c.dataset()
	c.server()
	c.load()
	c.results()
	c.leftOver()
	c.d.slo = []any{"failed == 0"}
	c.d.name = opt.Name
	if c.d.name == "" {
		c.d.name = c.d.datasetName + " " + lastPart(c.text("model"))
	}
	c.d.name = scenarioName(c.d.name)
	c.d.head = c.head()
	if c.list.HasErrors() {
		return nil, c.list
	}
	text, err := c.d.print()
	if err != nil {
		c.list.Errorf(root.Pos, root.Width, "", "cannot be written as a scenario: %v", err)
		return nil, c.list
	}
	return &Scenario{Text: text, Keys: c.keys, Notes: c.notes}, c.list
}

// llmEval is a case on its way to a scenario.
type llmEval struct {
	*settings
	opt     LLMEvalOptions
	keys    keys
	d       draft
	notes   []string
	backend string
	kind    string                   // of the dataset
	params  []yamlpos.Entry          // for the body, in order
	body    map[string]yamlpos.Entry // those that have a place of their own
}

func (c *llmEval) note(format string, args ...any) {
	c.notes = append(c.notes, fmt.Sprintf(format, args...))
}

// unused warns of a setting that has no effect, if it is set.
func (c *llmEval) unused(key, why string) {
	if e := c.root.Entry(key); e != nil && c.node(key) != nil {
		c.list.Warnf(e.KeyPos, max(1, len(key)), "", "%s has no effect: %s", key, why)
	}
}

func (c *llmEval) checkBenchmark() {
	n := c.node("benchmark_name")
	if n != nil && !strings.EqualFold(strings.TrimSpace(n.Text), "serving_perf_eval") {
		c.list.Errorf(n.Pos, n.Width, "only cases of serving_perf_eval can be imported", "this is a case of %s", shown(n))
	}
	c.node("env") // where the tool reported results to: nothing that a scenario says
}

// head is the comment at the top of the scenario.
func (c *llmEval) head() string {
	lines := []string{"Made from " + c.opt.Source + "."}
	if len(c.keys) > 0 {
		lines = append(lines, "Set in the environment: "+strings.Join(sortedNames(c.keys), ", ")+".")
	}
	return strings.Join(lines, "\n")
}

func sortedNames(k keys) []string {
	names := make([]string, 0, len(k))
	for name := range k {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// leftOver warns of keys that nothing has read.
func (c *llmEval) leftOver() {
	for _, e := range c.root.Entries {
		if c.read[e.Key] || e.Value.Kind == yamlpos.Null {
			continue
		}
		hint := ""
		if near := diag.Nearest(e.Key, llmEvalKeys); near != "" {
			hint = diag.DidYouMean(e.Key, llmEvalKeys)
		}
		c.list.Warnf(e.KeyPos, max(1, len([]rune(e.Key))), hint,
			"%s is left out: serving_perf_eval has no such setting, and a scenario has no place for it", e.Key)
	}
}

// relative is a path of the case as it is written in the scenario: the tool's
// paths start in the working folder, a scenario's in its own.
func (c *llmEval) relative(path string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		return "${env:HOME}/" + rest
	}
	if c.opt.Dir == "" || c.opt.Dir == "." || filepath.IsAbs(path) {
		return path
	}
	dir, err1 := filepath.Abs(c.opt.Dir)
	file, err2 := filepath.Abs(path)
	if rel, err := filepath.Rel(dir, file); err == nil && err1 == nil && err2 == nil {
		return filepath.ToSlash(rel)
	}
	return path
}

// pathValue is a path for printing.
func (c *llmEval) pathValue(n *yamlpos.Node) any {
	if n.Ref != "" {
		return yamlpos.Reference(n.Ref)
	}
	path := c.relative(strings.TrimSpace(n.Text))
	if strings.HasPrefix(path, "${env:HOME}/") {
		return yamlpos.Reference(path)
	}
	return path
}

// lastPart is a model's name without its organisation, or a file's without its
// folder.
func lastPart(s string) string { return s[strings.LastIndexAny(s, `/\`)+1:] }
