package docstest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// scratch is this process' own folder: TestMain makes and removes it.
var scratch string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "loadgate-docs-*")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	scratch = dir
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// binary builds loadgate once and returns its path.
var binary = sync.OnceValues(func() (string, error) {
	path := filepath.Join(scratch, "loadgate")
	out, err := exec.Command("go", "build", "-o", path, "loadgate/cmd/loadgate").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build loadgate: %w: %s", err, out)
	}
	return path, nil
})

func program(t *testing.T) string {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// workspace is a new folder with the examples in it.
func workspace(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"examples", "scripts/servers"} {
		if err := os.CopyFS(filepath.Join(dir, name), os.DirFS(filepath.Join(root, name))); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// environment is what a reader's shell would have, with loadgate on the path.
func environment(t *testing.T) []string {
	t.Helper()
	env := slices.DeleteFunc(os.Environ(), func(e string) bool {
		name, _, _ := strings.Cut(e, "=")
		return slices.Contains([]string{"PATH", "CI", "OPENAI_API_KEY", "OPENAI_BASE_URL", "BASE_URL"}, name)
	})
	return append(env, "PATH="+filepath.Dir(program(t))+string(os.PathListSeparator)+os.Getenv("PATH"),
		"CI=1", "API_KEY=any", "MAAS_KEY=any", "TOKEN=any")
}

func TestBlocksRun(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("runs what the pages show")
	}
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("the pages show commands of a Unix shell")
	}
	for _, p := range pages(t) {
		if !slices.ContainsFunc(p.blocks, func(b block) bool { return b.lang == "sh" && b.has("run") }) {
			continue
		}
		t.Run(p.path, func(t *testing.T) {
			t.Parallel()
			dir := workspace(t)
			for _, b := range p.blocks {
				if b.lang == "sh" && b.has("run") && !runBlock(t, p, b, dir) {
					return // what follows builds on it
				}
			}
		})
	}
}

// gateless is a loadgate whose gate may fail or be inconclusive. Beside other tests
// a machine is too busy for latencies: what a page shows has to run, and the gates
// are judged where each example runs alone, in .ci/run.
const gateless = `loadgate() {
  command loadgate "$@" || { local code=$?; case $1:$code in run:[14] | judge:[14]) ;; *) return $code ;; esac; }
}
`

func runBlock(t *testing.T, p page, b block, dir string) bool {
	t.Helper()
	want := 0
	if b.has("exit") {
		if _, err := fmt.Sscan(b.info[len(b.info)-1], &want); err != nil {
			t.Fatalf("%s:%d: write exit and a number", p.path, b.line)
		}
	}
	script := strings.ReplaceAll(b.text, "go run ./cmd/loadgate", "loadgate")
	if want == 0 {
		script = gateless + script
	}
	cmd := exec.Command("bash", "-euo", "pipefail", "-c", script)
	cmd.Dir, cmd.Env = dir, environment(t)
	out, err := cmd.CombinedOutput()
	code := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	if code != want {
		t.Errorf("%s:%d: exit %d, the page says %d\n%s\n%s", p.path, b.line, code, want, b.text, out)
	}
	return code == want
}

var (
	subcommand = regexp.MustCompile(`(?m)^  ([a-z][a-z_-]*) +\S`)
	longFlag   = regexp.MustCompile(`(?m)^ +(?:-[a-z], |    )--([a-z-]+)`)
	usedFlag   = regexp.MustCompile(`(?:^|\s)--([a-z][a-z-]*)`)
	call       = regexp.MustCompile(`^(?:[A-Z_]+=\S+ +)*(?:loadgate|go run \./cmd/loadgate) +(.*)$`)
	quoted     = regexp.MustCompile(`'[^']*'|"[^"]*"`)
)

// commandLine is the flags of each command, as its help lists them.
func commandLine(t *testing.T) map[string][]string {
	t.Helper()
	help := func(args ...string) string {
		cmd := exec.Command(program(t), append(args, "--help")...)
		var out bytes.Buffer
		cmd.Stdout = &out
		if err := cmd.Run(); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	_, list, _ := strings.Cut(help(), "Available Commands:")
	list, _, _ = strings.Cut(list, "\nFlags:")
	out := map[string][]string{}
	for _, m := range subcommand.FindAllStringSubmatch(list, -1) {
		texts := []string{help(m[1])}
		if _, inner, ok := strings.Cut(texts[0], "Available Commands:"); ok { // a command of commands has the flags of all
			inner, _, _ = strings.Cut(inner, "\nFlags:")
			for _, s := range subcommand.FindAllStringSubmatch(inner, -1) {
				texts = append(texts, help(m[1], s[1]))
			}
		}
		for _, text := range texts {
			for _, f := range longFlag.FindAllStringSubmatch(text, -1) {
				out[m[1]] = append(out[m[1]], f[1])
			}
		}
	}
	if len(out) < 5 || len(out["run"]) < 5 {
		t.Fatalf("the help cannot be read: %v", out)
	}
	return out
}

// TestCommandsExist checks the commands of all shell blocks without running
// them.
func TestCommandsExist(t *testing.T) {
	t.Parallel()
	commands := commandLine(t)
	for _, p := range pages(t) {
		for _, b := range p.blocks {
			if b.lang != "sh" {
				continue
			}
			joined := strings.ReplaceAll(b.text, "\\\n", " ")
			for line := range strings.Lines(joined) {
				m := call.FindStringSubmatch(strings.TrimSpace(line))
				if m == nil {
					continue
				}
				words := strings.Fields(m[1])
				if strings.HasPrefix(words[0], "--") {
					continue
				}
				flags, ok := commands[words[0]]
				if !ok {
					t.Errorf("%s:%d: there is no command %q", p.path, b.line, words[0])
					continue
				}
				for _, f := range usedFlag.FindAllStringSubmatch(quoted.ReplaceAllString(m[1], "''"), -1) {
					if !slices.Contains(flags, f[1]) {
						t.Errorf("%s:%d: %s has no flag --%s", p.path, b.line, words[0], f[1])
					}
				}
			}
		}
	}
}

// TestCommandLineIsComplete holds command-line.md to the program's help: a
// section for each command, which names all its flags.
func TestCommandLineIsComplete(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "docs/command-line.md"))
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]string{}
	for _, s := range strings.Split(string(text), "\n## ")[1:] {
		name, body, _ := strings.Cut(s, "\n")
		sections[strings.Trim(name, "`")] = body
	}
	everywhere := []string{"help", "json"}
	for name, flags := range commandLine(t) {
		if name == "help" {
			continue
		}
		body, ok := sections["loadgate "+name]
		if !ok {
			t.Errorf("command-line.md has no section `loadgate %s`", name)
			continue
		}
		for _, f := range flags {
			if !slices.Contains(everywhere, f) && !strings.Contains(body, "`--"+f) {
				t.Errorf("command-line.md: the section on %s does not name --%s", name, f)
			}
		}
	}
}
