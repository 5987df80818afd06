package scenario

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// print shows all of a plan that a golden file can hold.
func print(p *Plan) string {
	var b strings.Builder
	fmt.Fprintf(&b, "name %q, labels %s, profile %q, preflight %v\nhash %s\n", p.Name, canonical(p.Labels), p.Profile, p.Preflight, p.Hash)
	for _, c := range p.Cells {
		fmt.Fprintf(&b, "\n%s\n  title %q\n  key %s\n  backend %s, dataset %s %s\n", c.ID, c.Title, c.Key, c.BackendName, c.DatasetName, canonical(c.Dataset.Any()))
		fmt.Fprintf(&b, "  load %s\n", shown(c.Load))
		fmt.Fprintf(&b, "  labels %s, goodput %v, save %q\n  facts %s\n", canonical(c.Labels), c.Goodput, c.Save, canonical(c.Facts))
		fmt.Fprintf(&b, "  seeds %016x %016x\n", c.PromptSeed(0), c.ScheduleSeed(0))
		for _, name := range slices.Sorted(mapKeys(c.Validity.Limits)) {
			l := c.Validity.Limits[name]
			fmt.Fprintf(&b, "  validity %s warn %s invalid %s\n", name, number(l.Warn), number(l.Invalid))
		}
		if len(c.Validity.ExpectedErrors) > 0 {
			fmt.Fprintf(&b, "  expected errors %v\n", c.Validity.ExpectedErrors)
		}
	}
	for _, r := range p.Rules {
		fmt.Fprintf(&b, "\nrule %q at %s\n  %q scope %s, severity %s, over %s, confidence %g\n", r.Name, r.Assert.Pos, r.Assert.Text, r.Scope, r.Severity, r.Over, r.Confidence)
		if r.When != nil {
			fmt.Fprintf(&b, "  when %q\n", r.When.Text)
		}
	}
	for _, r := range p.Reports {
		fmt.Fprintf(&b, "\nreport %s %q\n", r.Kind, r.Path)
	}
	return b.String()
}

func mapKeys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func number(v *float64) string {
	if v == nil {
		return "default"
	}
	return fmt.Sprint(*v)
}

func shown(l Load) string {
	hook := ""
	if l.BeforeCell != nil {
		hook = fmt.Sprintf(" hook %+v", *l.BeforeCell)
		l.BeforeCell = nil
	}
	return fmt.Sprintf("%+v%s", l, hook)
}

func readGood(t *testing.T, file string) *Plan {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	plan, list := readWith(testChecker(), options(filepath.Base(file), src))
	if len(list) > 0 {
		t.Fatal(list)
	}
	return plan
}

var idShape = regexp.MustCompile(`^[a-z0-9.=-]+$`)

func TestGoodScenarios(t *testing.T) {
	t.Parallel()
	for _, file := range fixtures(t, "testdata/good/*.yaml", 10) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			t.Parallel()
			plan := readGood(t, file)
			ids, keys := map[string]bool{}, map[string]bool{}
			for _, c := range plan.Cells {
				if !idShape.MatchString(c.ID) {
					t.Errorf("the ID %q has other characters than it may", c.ID)
				}
				if ids[c.ID] || keys[c.Key] {
					t.Errorf("%s: ID or key is there twice", c.ID)
				}
				ids[c.ID], keys[c.Key] = true, true
			}
			stored, err := json.Marshal(plan.Resolved)
			if err != nil {
				t.Fatal(err)
			}
			out := print(plan)
			if strings.Contains(string(stored)+out, "s3cret-value") {
				t.Error("a secret is stored or shown")
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".plan", []byte(out))
			if again := print(readGood(t, file)); again != out {
				t.Error(cmp.Diff(out, again))
			}
		})
	}
}

const smallMatrix = `apiVersion: loadgate/v1
name: small
labels: {run: one}
backends: {main: {kind: openai, url: "http://127.0.0.1:8000", api_key: "${env:API_KEY}"}}
datasets: {chat: {kind: random, input_tokens: 8, output_tokens: 8}}
load: {concurrency: 2, requests: 10x, repeats: 2}
matrix: {load.concurrency: [1, 2]}
`

func readText(t *testing.T, src string) *Plan {
	t.Helper()
	plan, list := readWith(testChecker(), Options{File: "a.yaml", Source: []byte(src), Env: testEnv, Match: matchTiny})
	if len(list) > 0 {
		t.Fatal(list)
	}
	return plan
}

// What identifies a cell must change with what is measured and with nothing else.
func TestKeysAndSeeds(t *testing.T) {
	t.Parallel()
	base := readText(t, smallMatrix).Cells[0]
	for name, c := range map[string]struct {
		old, new           string
		key, prompts, same bool // whether they stay the same; same: the ID
	}{
		"url":      {"127.0.0.1:8000", "127.0.0.1:9999", true, true, false},
		"secret":   {"${env:API_KEY}", "${env:OTHER:-x}", true, true, false},
		"label":    {"run: one", "run: two", true, true, false},
		"repeats":  {"repeats: 2", "repeats: 5", true, true, false},
		"name":     {"name: small", "name: other", true, true, true},
		"backend":  {"kind: openai", "kind: vllm", false, true, false},
		"dataset":  {"input_tokens: 8", "input_tokens: 9", false, false, false},
		"requests": {"10x", "20x", false, false, false},
		"spelling": {"repeats: 2", "repeats: 2, seed: 42", true, true, true},
		"sections": {"{chat:", "{other:", true, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			src := strings.Replace(smallMatrix, c.old, c.new, 1)
			if src == smallMatrix {
				t.Fatal("the scenario did not change")
			}
			got := readText(t, src).Cells[0]
			if (got.Key == base.Key) != c.key {
				t.Errorf("key %s, was %s", got.Key, base.Key)
			}
			if (got.PromptSeed(0) == base.PromptSeed(0)) != c.prompts {
				t.Errorf("prompt seed %x, was %x", got.PromptSeed(0), base.PromptSeed(0))
			}
			if (got.ID == base.ID) != c.same {
				t.Errorf("ID %s, was %s", got.ID, base.ID)
			}
		})
	}
	if base.PromptSeed(0) == base.PromptSeed(1) || base.ScheduleSeed(0) == base.ScheduleSeed(1) || base.PromptSeed(0) == base.ScheduleSeed(0) {
		t.Error("repeats share a seed")
	}
	cells := readText(t, strings.Replace(smallMatrix, "repeats: 2", "prompts: same", 1)).Cells
	if cells[0].PromptSeed(0) != cells[1].PromptSeed(3) || cells[0].ScheduleSeed(0) == cells[1].ScheduleSeed(0) {
		t.Error("prompts: same means the same prompts everywhere, and arrivals of each cell's own")
	}
}

// The plan has the product of the axes, without the excluded cells, with the
// included ones, in file order.
func TestCellsAreProductMinusExcludePlusInclude(t *testing.T) {
	t.Parallel()
	for a := 1; a <= 4; a++ {
		for b := 1; b <= 4; b++ {
			values := func(n int) string {
				out := make([]string, n)
				for i := range out {
					out[i] = fmt.Sprint(i + 1)
				}
				return strings.Join(out, ", ")
			}
			src := strings.Replace(smallMatrix, "matrix: {load.concurrency: [1, 2]}", fmt.Sprintf(
				"matrix:\n  load.concurrency: [%s]\n  datasets.chat.input_tokens: [%s]\n  exclude: [{load.concurrency: 1, datasets.chat.input_tokens: %d}]\n  include: [{load.concurrency: 99}]\n",
				values(a), values(b), b), 1)
			var got, want []string
			for i := 1; i <= a; i++ {
				for j := 1; j <= b; j++ {
					if i != 1 || j != b {
						want = append(want, fmt.Sprintf("concurrency %d, input_tokens %d", i, j))
					}
				}
			}
			want = append(want, "concurrency 99, input_tokens 8")
			for _, c := range readText(t, src).Cells {
				got = append(got, c.Title)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%d × %d: %s", a, b, d)
			}
		}
	}
}

func TestFacts(t *testing.T) {
	t.Parallel()
	src := strings.NewReplacer(
		"load: {concurrency: 2, requests: 10x, repeats: 2}", "load: {rate: inf, max_concurrency: 4, requests: 5, warmup: {duration: 2s}}",
		"matrix: {load.concurrency: [1, 2]}", "matrix:\n  load.duration: [5s]\n  datasets.chat.input_tokens: [16]\n  backends.main.params.input_tokens: [3]\n  shape: [{name: short}]",
	).Replace(smallMatrix)
	facts := readText(t, src).Cells[0].Facts
	want := map[string]any{
		"load": map[string]any{
			"rate": math.Inf(1), "max_concurrency": 4.0, "arrivals": "poisson", "burstiness": 1.0, "requests": 5.0, "duration": 5000.0, "repeats": 1.0, "seed": 42.0,
			"prompts": "different", "connections": "reuse", "reset_cache": false,
			"warmup": map[string]any{"requests": 0.0, "duration": 2000.0},
		},
		"backend": map[string]any{"name": "main", "kind": "openai", "url": "http://127.0.0.1:8000"},
		"dataset": map[string]any{"name": "chat", "kind": "random", "input_tokens": 16.0, "output_tokens": 8.0},
		"labels":  map[string]any{"run": "one"},
		"axis":    map[string]any{"duration": 5000.0, "chat_input_tokens": 16.0, "params_input_tokens": 3.0, "shape": "short"},
	}
	if d := cmp.Diff(want, facts); d != "" {
		t.Error(d)
	}
}

func TestOverridesSeeWhatEarlierOnesSet(t *testing.T) {
	t.Parallel()
	plan := readText(t, strings.Replace(smallMatrix, "matrix: {load.concurrency: [1, 2]}", `matrix:
  load.concurrency: [1, 2]
  override:
    - {when: load.concurrency >= 2, set: {load.repeats: 7, load.requests: 3x}}
    - {when: load.repeats == 7, set: {datasets.chat.input_tokens: 99}}
`, 1))
	var got []string
	for _, c := range plan.Cells {
		got = append(got, fmt.Sprintf("%d repeats, %d requests, %v tokens", c.Load.Repeats, c.Load.Requests, c.Dataset.Get("input_tokens").Value))
	}
	if d := cmp.Diff([]string{"2 repeats, 10 requests, 8 tokens", "7 repeats, 6 requests, 99 tokens"}, got); d != "" {
		t.Error(d)
	}
}

func TestReadFileIsAskedOnce(t *testing.T) {
	t.Parallel()
	asked := 0
	opts := Options{File: "dir/a.yaml", Env: testEnv, ReadFile: func(name string) ([]byte, error) {
		asked++
		if name != "dir/a.yaml" {
			return nil, fmt.Errorf("%s: no such file", name)
		}
		return []byte(smallMatrix), nil
	}}
	if plan, list := readWith(testChecker(), opts); len(list) > 0 || asked != 1 || plan.Dir != "dir" || len(plan.Cells) != 2 {
		t.Errorf("asked %d times, %d cells, folder %q, %v", asked, len(plan.Cells), plan.Dir, list)
	}
	opts.File = "b.yaml"
	if _, list := readWith(testChecker(), opts); !strings.Contains(list.Err().Error(), "b.yaml: error: cannot read the scenario: b.yaml: no such file") {
		t.Errorf("got %v", list)
	}
}

// A mistake has one message: no value is complained about twice.
func TestOneMistakeOneMessage(t *testing.T) {
	t.Parallel()
	for _, file := range fixtures(t, "testdata/bad/*.stderr", 60) {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for line := range strings.Lines(string(b)) {
			place, message, ok := strings.Cut(line, ": error: ")
			if ok && seen[place] && !strings.Contains(message, " has no ") {
				t.Errorf("%s: two messages at %s", filepath.Base(file), place)
			}
			seen[place] = ok
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, pattern := range []string{"testdata/good/*.yaml", "testdata/bad/*.yaml"} {
		files, _ := filepath.Glob(pattern)
		for _, file := range files {
			src, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(src, "load.concurrency=4")
		}
	}
	f.Add([]byte(smallMatrix), "matrix.x={a: 1}")
	f.Fuzz(func(t *testing.T, src []byte, set string) {
		opts := options("f", src)
		opts.Set = append(opts.Set, set)
		one, first := readWith(testChecker(), opts)
		two, second := readWith(testChecker(), opts)
		if first.HasErrors() != second.HasErrors() || len(first) != len(second) || one.Hash != two.Hash {
			t.Fatal("read twice, it is not the same")
		}
		if first.HasErrors() {
			return
		}
		if a, b := print(one), print(two); a != b {
			t.Fatal(cmp.Diff(a, b))
		}
	})
}

// A profile and --set stand above the scenario, whatever it says cell by cell.
func TestPrecedence(t *testing.T) {
	t.Parallel()
	src := strings.Replace(smallMatrix, "matrix: {load.concurrency: [1, 2]}", `matrix:
  load.concurrency: [1, 2]
  include: [{load.concurrency: 3, load.requests: 99}]
  override: [{when: load.concurrency >= 2, set: {load.repeats: 5}}]
profiles:
  quick: {load.repeats: 1, load.requests: 4}
`, 1)
	for name, c := range map[string]struct {
		opts Options
		want []string
	}{
		"scenario": {Options{}, []string{"1: 10 × 2", "2: 20 × 5", "3: 99 × 5"}},
		"profile":  {Options{Profile: "quick"}, []string{"1: 4 × 1", "2: 4 × 1", "3: 4 × 1"}},
		"set":      {Options{Profile: "quick", Set: []string{"load.requests=2x"}}, []string{"1: 2 × 1", "2: 4 × 1", "3: 6 × 1"}},
		"narrowed": {Options{Set: []string{"load.concurrency=[1, 7]"}}, []string{"1: 10 × 2", "7: 70 × 5"}},
		"unset":    {Options{Set: []string{"matrix.include=null", "matrix.override="}}, []string{"1: 10 × 2", "2: 20 × 2"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			opts := c.opts
			opts.File, opts.Source, opts.Env, opts.Match = "a.yaml", []byte(src), testEnv, matchTiny
			plan, list := readWith(testChecker(), opts)
			if len(list) > 0 {
				t.Fatal(list)
			}
			var got []string
			for _, cell := range plan.Cells {
				got = append(got, fmt.Sprintf("%d: %d × %d", cell.Load.Concurrency, cell.Load.Requests, cell.Load.Repeats))
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// The schema that is in the binary compiles, whatever kinds it has.
func TestReadWithTheRealSchema(t *testing.T) {
	t.Parallel()
	plan, list := Read(Options{File: "a.yaml", Source: []byte(`apiVersion: loadgate/v1
name: real
backends: {sim: {kind: simulator, model: sim}}
datasets: {hello: {kind: prompt, prompt: Hello!, output_tokens: 16}}
load: {concurrency: 2, requests: 5x}
`)})
	if len(list) > 0 || len(plan.Cells) != 1 || plan.Cells[0].Load.Requests != 10 {
		t.Errorf("%d cells, %v", len(plan.Cells), list)
	}
}
