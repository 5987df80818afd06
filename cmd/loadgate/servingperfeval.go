package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"loadgate/internal/diag"
	"loadgate/internal/importer"
	"loadgate/internal/live"
	"loadgate/internal/pipeline"
	"loadgate/internal/yamlpos"
	"loadgate/reporters"
)

// servingFlag is a flag of the Python tool. Its value is read as a case file's
// would be; Default is what the help says.
type servingFlag struct{ name, what, otherwise string }

var servingFlags = []servingFlag{
	{"backend", "openai, vllm or maas, in any case", "openai"},
	{"url", "the full endpoint", "http://127.0.0.1:8000/v1/chat/completions"},
	{"api-key", "sent as a bearer token; never written", ""},
	{"model", "the model asked for", "the only one that the server lists"},
	{"tokenizer", "name or local path; none trusts the server's usage", ""},
	{"extra-headers", "`k=v,k2=v2` or a JSON object", ""},
	{"dataset-name", "random, sharegpt, local, custom, math-500, aime_2024, mmbench_cn, longbench, …", "one prompt"},
	{"dataset-path", "the dataset's `file`", ""},
	{"num-prompts", "requests of each test", "10"},
	{"prompt", "one prompt for all requests", "Hello!"},
	{"random-input-len", "tokens of a random prompt", "1024"},
	{"random-output-len", "tokens of its answer", "128"},
	{"random-range-ratio", "r in [0, 1): lengths are drawn from [L(1-r), L(1+r)]", "0.0"},
	{"random-prefix-len", "tokens of a prefix that all prompts share", "0"},
	{"perf-test-type", "single or multiple", "single"},
	{"concurrency", "workers that share the requests", "1"},
	{"concurrency-list", "for multiple: `1,2,4`", "the concurrency"},
	{"request-rate", "of each worker: -1 = one request after another, a rate per second, inf", "inf"},
	{"request-rate-list", "for multiple: `-1,0.5,inf`", "the request rate"},
	{"result-data-path", "`folder` for the files of results", "~/.cache/llm_eval/serving_perf_eval_result/"},
	{"extra-args", "settings of the body: `k=v,k2=v2` or a JSON object", ""},
	{"meta-data", "facts about the system under test: `k=v,k2=v2` or a JSON object", ""},
	{"env", "development, testing or production; without effect", "testing"},
}

// servingSwitches are flags that take no value.
var servingSwitches = []servingFlag{
	{"limit-max-concurrency", "one worker, and at most --concurrency requests in flight", ""},
	{"save-data", "write process data: every request with its answer", ""},
}

// servingScenario is what the scenario of a run from flags is called. There is
// no such file: --emit-scenario writes one.
const servingScenario = "serving_perf_eval.yaml"

func (a *app) servingPerfEvalCommand() *cobra.Command {
	var f runFlags
	var useYAML bool
	var yamlPath, emit string
	c := &cobra.Command{
		Use:     "serving_perf_eval",
		Aliases: []string{"serving-perf-eval"},
		Short:   "Do the job of llm-eval's serving_perf_eval: its flags, its case files, its results",
		Long: `serving_perf_eval takes the flags and the case files of the Python tool
(llm-eval serving_perf_eval), makes a scenario of them, runs it as run does, and
writes the workbook and, with --save-data, the process data of that tool.
--emit-scenario writes the scenario instead, which is yours to go on with.`,
		Example: `  loadgate serving_perf_eval --backend vllm --model my-model --tokenizer cl100k_base --dataset-name random \
      --perf-test-type multiple --concurrency 4 --request-rate-list -1,0.5,1,2,4,inf --num-prompts 100 --save-data
  loadgate serving_perf_eval --use-yaml --yaml-path case.yaml
  loadgate serving_perf_eval --use-yaml --yaml-path case.yaml --emit-scenario scenario.yaml`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			j := servingJob{flags: c, run: f, emit: emit}
			if useYAML {
				j.file = yamlPath
				if yamlPath == "" {
					return usageErrorf("--use-yaml needs --yaml-path FILE")
				}
			} else if yamlPath != "" {
				return usageErrorf("--yaml-path needs --use-yaml")
			}
			return a.servingPerfEval(j)
		},
	}
	for _, s := range servingFlags {
		what := s.what
		if s.otherwise != "" {
			what += " (default " + s.otherwise + ")"
		}
		c.Flags().String(s.name, "", what)
	}
	for _, s := range servingSwitches {
		c.Flags().Bool(s.name, false, s.what)
	}
	c.Flags().BoolVar(&useYAML, "use-yaml", false, "take a case file instead of flags")
	c.Flags().StringVar(&yamlPath, "yaml-path", "", "the case `file`")
	c.Flags().StringVar(&emit, "emit-scenario", "", "write the scenario to this `file` (- is standard output) and send nothing")
	f.runningFlags(c)
	return c
}

// servingJob is one call of serving_perf_eval.
type servingJob struct {
	flags *cobra.Command
	run   runFlags
	file  string // of the case; "" = the flags are one
	emit  string
}

func (a *app) servingPerfEval(j servingJob) error {
	mode, err := live.ParseMode(j.run.progress)
	if err != nil {
		return usageErrorf("--progress: %w", err)
	}
	outputs, err := parseReports(j.run.reports)
	if err != nil {
		return err
	}
	if a.getenv("WANDB_API_KEY") != "" { // as the Python tool: a key is enough
		outputs = append(outputs, pipeline.Output{Kind: "wandb"})
	}
	root, sources := servingCase(j.flags)
	target := caseTarget{source: "the flags of serving_perf_eval", out: j.emit}
	if j.file != "" {
		given := root
		if root, sources, err = a.readCase(j.file); err != nil {
			return err
		}
		if root, err = a.mergeFlags(root, given); err != nil {
			return err
		}
		target.source, target.name = "the case "+j.file, stem(j.file)
	}
	if j.emit == "-" {
		target.out = ""
	}
	s, err := a.importCase(root, nil, sources, target)
	if err != nil {
		return err
	}
	if j.emit != "" {
		return a.emitScenario(s, target.out, j.run.force)
	}
	a.env = withKeys(a.env, s.Keys)
	l, err := a.loadText(servingScenario, s.Text, selection{})
	if err != nil {
		if !a.json {
			fmt.Fprintf(a.err, "%s is the scenario made from %s: --emit-scenario FILE writes it\n", servingScenario, target.source)
		}
		return err
	}
	return a.execute(l, j.run, mode, outputs, a.servingDifferences)
}

// servingCase makes a case of the flags that were given. Its places are the
// flags.
func servingCase(c *cobra.Command) (*yamlpos.Node, diag.Sources) {
	root := yamlpos.NewMap(diag.Pos{File: "serving_perf_eval"})
	sources := diag.Sources{}
	for _, s := range slices.Concat(servingFlags, servingSwitches) {
		f := c.Flags().Lookup(s.name)
		if !f.Changed {
			continue
		}
		text := f.Value.String()
		at := diag.Pos{File: "--" + s.name, Line: 1, Col: 1}
		sources[at.File] = []byte(text)
		n := &yamlpos.Node{Kind: yamlpos.String, Pos: at, Width: max(1, len([]rune(text))), Text: text, Value: text}
		if reference := referenceIn(text); reference != "" {
			n.Ref = reference
		}
		root.Entries = append(root.Entries, yamlpos.Entry{Key: strings.ReplaceAll(s.name, "-", "_"), KeyPos: at, Value: n})
	}
	return root, sources
}

// referenceIn is a flag's value that is a reference to the environment as a
// whole, so that a script can pass it on unseen.
func referenceIn(text string) string {
	if strings.HasPrefix(text, "${env:") && strings.HasSuffix(text, "}") && strings.Count(text, "}") == 1 {
		return text
	}
	return ""
}

// mergeFlags lays flags over a case file. What extra_args and meta_data say is
// taken from both, as by the Python tool.
func (a *app) mergeFlags(root, given *yamlpos.Node) (*yamlpos.Node, error) {
	out := root.Clone()
	for _, e := range given.Entries {
		switch e.Key {
		case "extra_args":
			e.Key = importer.MoreExtraArgs
			fallthrough
		case "meta_data":
			out.Entries = append(out.Entries, e)
			continue
		case "env":
			continue
		}
		if out.Entry(e.Key) != nil {
			fmt.Fprintf(a.err, "note: %s is taken from the flag and not from the case\n", e.KeyPos.File)
		}
		if !out.Set([]string{e.Key}, e.Value) {
			return nil, usageErrorf("%s: the case cannot be changed", e.KeyPos.File)
		}
	}
	return out, nil
}

// withKeys answers variables with the keys that were given on the command line
// or stand in a case, and so keeps them out of the scenario.
func withKeys(env yamlpos.Lookup, keys map[string]string) yamlpos.Lookup {
	return func(name string) (string, bool) {
		if v, ok := keys[name]; ok {
			return v, true
		}
		return env(name)
	}
}

// servingDifferences says where a number is another than the Python tool would
// have had it, and why.
func (a *app) servingDifferences(r *reporters.Report) {
	lines, err := reporters.ServingDifferences(r)
	if err != nil {
		fmt.Fprintf(a.err, "loadgate: warning: %s\n", message(err))
	}
	for _, l := range lines {
		fmt.Fprintln(a.err, l)
	}
}
