package importer

import (
	"path/filepath"
	"slices"
	"strings"

	"loadgate/internal/diag"
	"loadgate/internal/yamlpos"
)

// llmEvalDatasets are the names of datasets and the kinds that read them.
var llmEvalDatasets = map[string]string{
	"random": "random", "sharegpt": "sharegpt", "local": "local", "custom": "custom",
	"math-500": "math_500", "math_500": "math_500", "aime_2024": "aime_2024", "aime-2024": "aime_2024",
	"mmbench_cn": "mmbench_cn", "mmbench-cn": "mmbench_cn", "longbench": "longbench", "mmlu": "mmlu",
	"resume_screening": "resume_screening", "lp-resume": "resume_screening", "lp_resume": "resume_screening",
	"lenovo_mmlu": "lenovo_mmlu", "lenovo-mmlu": "lenovo_mmlu", "tencent_yuanbao": "tencent_yuanbao", "tencent-yuanbao": "tencent_yuanbao",
}

// inHouse are datasets that came with the tool or from its company.
var inHouse = []string{"resume_screening", "lenovo_mmlu", "tencent_yuanbao"}

// dataset is the dataset's section, and its name.
func (c *llmEval) dataset() {
	n, path := c.node("dataset_name"), c.node("dataset_path")
	if n == nil {
		c.prompt(path)
		return
	}
	c.unused("prompt", "it is for cases without dataset_name and dataset_path")
	name := strings.ToLower(strings.TrimSpace(n.Text))
	kind, known := llmEvalDatasets[name]
	if !known {
		names := []string{"random", "sharegpt", "local", "custom", "math-500", "aime_2024", "mmbench_cn", "longbench", "mmlu"}
		c.list.Errorf(n.Pos, n.Width, diag.DidYouMean(name, names), "dataset_name: there is no dataset %s", shown(n))
		return
	}
	c.kind, c.d.datasetName = kind, sectionName(name)
	if kind == "random" {
		c.random(n)
		return
	}
	for _, key := range []string{"random_input_len", "random_output_len", "random_range_ratio", "random_prefix_len"} {
		c.unused(key, "it is for dataset_name: random")
	}
	c.file(n, path)
}

// prompt is one prompt for all requests.
func (c *llmEval) prompt(path *yamlpos.Node) {
	if path != nil {
		c.list.Errorf(path.Pos, path.Width, "local reads {prompt, prompt_len, output_len}, custom reads {idx, prompt_body}", "dataset_path needs a dataset_name")
	}
	for _, key := range []string{"random_input_len", "random_output_len", "random_range_ratio", "random_prefix_len"} {
		c.unused(key, "it is for dataset_name: random")
	}
	c.kind, c.d.datasetName = "prompt", "prompt"
	text := any("Hello!")
	if n := c.node("prompt"); n != nil {
		text = textValue(n)
	}
	c.d.dataset = append(yamlpos.Fields{{Key: "kind", Value: "prompt"}, {Key: "prompt", Value: text}}, c.outputTokens()...)
}

// random is prompts of random words.
func (c *llmEval) random(n *yamlpos.Node) {
	c.unused("dataset_path", "random prompts come from no file")
	tokenizer := c.text("tokenizer")
	if tokenizer == "" || strings.EqualFold(tokenizer, "none") {
		c.list.Errorf(n.Pos, n.Width, "an encoding (cl100k_base), a model's name, or a folder with its tokenizer", "random prompts need a tokenizer")
		return
	}
	input, output := c.count("random_input_len", 1024, 1), c.count("random_output_len", 128, 1)
	ratio, prefix := c.ratio("random_range_ratio"), c.count("random_prefix_len", 0, 0)
	if e, ok := c.body["max_completion_tokens"]; ok && c.lengthInDataset() {
		output = c.countOf(e.Value, "max_completion_tokens", 1)
	}
	f := yamlpos.Fields{
		{Key: "kind", Value: "random"},
		{Key: "tokenizer", Value: c.pathOrName(tokenizer)},
		{Key: "input_tokens", Value: input},
		{Key: "output_tokens", Value: output},
	}
	if ratio > 0 {
		f = append(f, yamlpos.Field{Key: "range_ratio", Value: ratio})
	}
	if prefix > 0 {
		f = append(f, yamlpos.Field{Key: "prefix_tokens", Value: prefix})
	}
	c.d.dataset = f
}

// lengthInDataset reports whether the dataset can say the length of answers
// for max_completion_tokens. Random prompts with a range of lengths cannot: the
// setting is one length for all.
func (c *llmEval) lengthInDataset() bool {
	if c.kind == "random" {
		return c.rangeText() == ""
	}
	return !c.bodies()
}

// rangeText is random_range_ratio, "" for none and for 0.
func (c *llmEval) rangeText() string {
	n := c.root.Get("random_range_ratio")
	if n == nil {
		return ""
	}
	return strings.Trim(n.Text, "0. ")
}

// bodies reports whether the dataset gives whole bodies, which params leave
// alone.
func (c *llmEval) bodies() bool { return c.kind == "custom" || c.kind == "mmbench_cn" }

func (c *llmEval) outputTokens() yamlpos.Fields {
	e, ok := c.body["max_completion_tokens"]
	if !ok || !c.lengthInDataset() {
		return nil
	}
	return yamlpos.Fields{{Key: "output_tokens", Value: c.countOf(e.Value, "max_completion_tokens", 1)}}
}

// file is a dataset that is read from a file.
func (c *llmEval) file(name, path *yamlpos.Node) {
	if path == nil {
		c.noFile(name)
		return
	}
	c.d.dataset = yamlpos.Fields{{Key: "kind", Value: c.kind}, {Key: "path", Value: c.pathValue(path)}}
	if c.kind == "sharegpt" {
		if t := c.text("tokenizer"); t != "" && !strings.EqualFold(t, "none") {
			c.d.dataset = append(c.d.dataset, yamlpos.Field{Key: "tokenizer", Value: c.pathOrName(t)})
		}
		c.d.dataset = append(c.d.dataset, yamlpos.Field{Key: "order", Value: "file"})
	}
	c.d.dataset = append(c.d.dataset, c.outputTokens()...)
	if own := strings.ToLower(strings.TrimSpace(name.Text)); own == "local" || own == "custom" { // the tool's tables call these after their file
		stem := strings.TrimSuffix(filepath.Base(filepath.ToSlash(path.Text)), filepath.Ext(path.Text))
		c.d.datasetName = sectionName(stem)
		if c.d.datasetName != stem && path.Ref == "" {
			c.setLabel(yamlpos.Field{Key: "dataset", Value: stem})
		}
	}
}

// noFile says what file a dataset needs.
func (c *llmEval) noFile(name *yamlpos.Node) {
	rows := "local reads rows of {prompt, prompt_len, output_len}, custom rows of {idx, prompt_body}"
	switch {
	case slices.Contains(inHouse, c.kind):
		c.list.Errorf(name.Pos, name.Width, "name your copy of it as dataset_path: "+rows, "dataset_name: %s came with serving_perf_eval or from its company, and loadgate does not have it", shown(name))
	case c.kind == "local" || c.kind == "custom":
		c.list.Errorf(name.Pos, name.Width, rows, "dataset_name: %s needs dataset_path", shown(name))
	default:
		c.list.Errorf(name.Pos, name.Width, "serving_perf_eval fetched it from a hub; fetch it once and name the file", "dataset_name: %s needs dataset_path", shown(name))
	}
}

// results says where results go.
func (c *llmEval) results() {
	report := yamlpos.Inline{{Key: "kind", Value: "serving_perf_eval"}}
	if n := c.node("result_data_path"); n != nil {
		report = append(report, yamlpos.Field{Key: "path", Value: c.reportPath(n)})
	} else {
		report = append(report, yamlpos.Field{Key: "path", Value: yamlpos.Reference("${env:HOME}/.cache/llm_eval/serving_perf_eval_result")})
	}
	if c.flag("save_data") {
		c.d.texts = true
		report = append(report, yamlpos.Field{Key: "process", Value: true})
	}
	c.d.reports = []any{report}
}

// reportPath is a folder for results: unlike inputs, a scenario's reports start
// in the working folder, as the tool's do.
func (c *llmEval) reportPath(n *yamlpos.Node) any {
	if n.Ref != "" {
		return yamlpos.Reference(n.Ref)
	}
	text := strings.TrimSpace(n.Text)
	if rest, ok := strings.CutPrefix(text, "~/"); ok {
		return yamlpos.Reference("${env:HOME}/" + rest)
	}
	return text
}
