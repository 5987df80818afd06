package scenario

import (
	"bytes"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"loadgate/internal/diag"
	"loadgate/internal/yamlpos"
	"loadgate/schemas"
)

var update = flag.Bool("update", false, "rewrite golden files")

// overlay is the schemas folder with the kinds of testdata in place of the real
// ones, so that the goldens here do not change when a kind gets a field.
type overlay struct{ base, kinds fs.FS }

func (o overlay) Open(name string) (fs.File, error) {
	if strings.HasPrefix(name, "backends") || strings.HasPrefix(name, "datasets") {
		return o.kinds.Open(name)
	}
	return o.base.Open(name)
}

var composed = sync.OnceValue(func() schemas.Composed {
	c, err := schemas.Compose(overlay{os.DirFS("../schemas"), os.DirFS("testdata/kinds")})
	if err != nil {
		panic(err)
	}
	return c
})

var testChecker = sync.OnceValue(func() *checker { return newChecker(composed().Strict) })

func testEnv(name string) (string, bool) {
	v, ok := map[string]string{
		"BASE_URL": "http://127.0.0.1:9", "API_KEY": "s3cret-value", "N": "7", "WORD": "eight", "EMPTY": "", "ON": "true", "WAIT": "5s",
	}[name]
	return v, ok
}

// options reads the first comment lines `# profile: x` and `# set: a=b` of a
// fixture, so that one file says all that it is read with.
func options(file string, src []byte) Options {
	opts := Options{File: file, Source: src, Env: testEnv, Match: matchTiny}
	for line := range strings.Lines(string(src)) {
		line = strings.TrimSpace(line)
		if v, ok := strings.CutPrefix(line, "# profile: "); ok {
			opts.Profile = v
		}
		if v, ok := strings.CutPrefix(line, "# set: "); ok {
			opts.Set = append(opts.Set, v)
		}
	}
	return opts
}

// matchTiny stands in for the expression language: `path op number|"text"`.
func matchTiny(expr string, cells []map[string]any) ([]bool, []Problem) {
	f := strings.Fields(expr)
	if len(f) != 3 {
		return nil, []Problem{{0, len([]rune(expr)), "not an expression", ""}}
	}
	want, _ := yamlpos.Parse("", []byte(f[2]), nil)
	out := make([]bool, len(cells))
	for i, c := range cells {
		var v any = c
		for part := range strings.SplitSeq(f[0], ".") {
			m, _ := v.(map[string]any)
			v = m[part]
		}
		switch x := v.(type) {
		case float64:
			n, _ := plainFact(want.Value).(float64)
			out[i] = f[1] == ">=" && x >= n || f[1] == "==" && x == n
		case string:
			out[i] = f[1] == "==" && x == want.Text
		}
	}
	return out, nil
}

func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s (-want +got; -update rewrites):\n%s", file, d)
	}
}

func fixtures(t *testing.T, pattern string, atLeast int) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) < atLeast {
		t.Fatalf("%d files match %s, want %d: %v", len(files), pattern, atLeast, err)
	}
	return files
}

func TestBadScenarios(t *testing.T) {
	t.Parallel()
	for _, file := range fixtures(t, "testdata/bad/*.yaml", 60) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			t.Parallel()
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			plan, list := readWith(testChecker(), options(filepath.Base(file), src))
			if !list.HasErrors() {
				t.Error("no mistake was found")
			}
			var b bytes.Buffer
			if err := diag.WriteText(&b, list, plan.Sources, false); err != nil {
				t.Fatal(err)
			}
			for _, secret := range []string{"sk-", "hunter2", "s3cret-value", "hf_abc", "AKIAABC"} {
				if strings.Contains(b.String(), secret) {
					t.Errorf("the output shows the secret %s…:\n%s", secret, b.String())
				}
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".stderr", b.Bytes())
		})
	}
}

// Mistakes in expressions and data files are found by those who know metrics
// and kinds. Here their files must read well.
func TestLaterMistakesAreNotThisPackages(t *testing.T) {
	t.Parallel()
	for _, file := range fixtures(t, "testdata/bad-later/*.yaml", 15) {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(file, "kinds-own-rule") || strings.Contains(file, "override-when") {
			continue // the kinds of testdata and the tiny matcher differ from the real ones here
		}
		if _, list := readWith(testChecker(), options(filepath.Base(file), src)); len(list) > 0 {
			t.Errorf("%s: %v", file, list)
		}
	}
}
