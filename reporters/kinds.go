package reporters

import (
	"fmt"
	"maps"
	"slices"

	"loadgate/internal/diag"
	"loadgate/internal/yamlpos"
)

// Kind is one format.
type Kind struct {
	// DefaultFile is the name in the run directory when no path is given: of a
	// folder, where the Reporter is a Folder.
	DefaultFile string
	// New makes the reporter of one entry of `reports:`. The section is the
	// entry's mapping, or nil or a scalar where only the kind was named.
	New func(section *yamlpos.Node) (Reporter, diag.List)
}

// Set holds kinds by the name that a scenario uses.
type Set map[string]Kind

// Kinds are the formats that there are. It is never changed.
var Kinds = Set{
	"aiperf":            {DefaultFile: "profile_export_aiperf.json", New: plain(AIPerf)},
	"csv":               {DefaultFile: "report.csv", New: plain(CSV)},
	"excel":             {DefaultFile: "report.xlsx", New: plain(Excel)},
	"gitlab":            {DefaultFile: "metrics.txt", New: plain(GitLab)},
	"html":              {DefaultFile: "report.html", New: plain(HTML)},
	"json":              {DefaultFile: "report.json", New: plain(JSON)},
	"junit":             {DefaultFile: "junit.xml", New: plain(JUnit)},
	"llm_d":             {DefaultFile: "benchmark_report.yaml", New: plain(LLMD)},
	"markdown":          {DefaultFile: "report.md", New: plain(Markdown)},
	"parquet":           {DefaultFile: "requests.parquet", New: newParquet},
	"serving_perf_eval": {DefaultFile: "serving_perf_eval", New: newServing},
	"vllm_bench":        {DefaultFile: "vllm-bench.json", New: plain(VLLMBench)},
	"wandb":             {DefaultFile: "wandb", New: newWandb},
}

// Names lists the kinds in alphabetical order.
func (s Set) Names() []string { return slices.Sorted(maps.Keys(s)) }

// Find returns the kind of that name, or an error that says which there are.
func (s Set) Find(name string) (Kind, error) {
	k, ok := s[name]
	if !ok {
		return Kind{}, fmt.Errorf("unknown kind of report %q (%s)", name, diag.DidYouMean(name, s.Names()))
	}
	return k, nil
}

// plain makes the constructor of a format that has no settings of its own.
func plain(r ReporterFunc) func(*yamlpos.Node) (Reporter, diag.List) {
	return func(section *yamlpos.Node) (Reporter, diag.List) {
		var keys struct {
			Kind string `yaml:"kind"`
			Path string `yaml:"path"` // the caller's concern
		}
		if section == nil || section.Kind != yamlpos.Map {
			return r, nil
		}
		return r, yamlpos.Decode(section, &keys)
	}
}
