package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestRealServers runs the scenarios of scripts/servers against the real
// programs that they are named after. LOADGATE_SERVERS names those to use, by
// their scripts ("llama-cpp ollama"), or all; one that is not installed is left
// out, as installing takes minutes and gigabytes.
func TestRealServers(t *testing.T) {
	wanted := strings.Fields(os.Getenv("LOADGATE_SERVERS"))
	if len(wanted) == 0 {
		t.Skip("SKIPPED: no real server was tested; LOADGATE_SERVERS=all tests those that scripts/servers has installed")
	}
	folder, err := filepath.Abs("../../scripts/servers")
	if err != nil {
		t.Fatal(err)
	}
	scripts, err := filepath.Glob(filepath.Join(folder, "*.sh"))
	if err != nil {
		t.Fatal(err)
	}
	for _, script := range scripts {
		name := strings.TrimSuffix(filepath.Base(script), ".sh")
		if name == "lib" || (wanted[0] != "all" && !slices.Contains(wanted, name)) {
			continue
		}
		t.Run(name, func(t *testing.T) { testServer(t, script, name) })
	}
}

func testServer(t *testing.T, script, name string) {
	if err := exec.Command(script, "installed").Run(); err != nil {
		t.Skipf("SKIPPED: %s is not installed; `scripts/servers/%s.sh start` does that", name, name)
	}
	env := append(os.Environ(), fmt.Sprintf("PORT=%d", freePort(t)))
	if name == "litellm" {
		env = append(env, "UPSTREAM="+startReal(t, filepath.Join(filepath.Dir(script), "llama-cpp.sh"), append(os.Environ(), fmt.Sprintf("PORT=%d", freePort(t))))[0]+"/v1")
	}
	said := startReal(t, script, env)
	env = append(env, "BASE_URL="+said[0])
	if len(said) > 1 {
		env = append(env, "MODEL="+said[1])
	}
	scenarios, err := filepath.Glob(strings.TrimSuffix(script, ".sh") + "*.yaml")
	if err != nil || len(scenarios) == 0 {
		t.Fatalf("%s has no scenario: %v", name, err)
	}
	for _, scenario := range scenarios {
		runScenario(t, scenario, env)
	}
}

// startReal starts a server and gives the lines that its script printed: the
// URL, then what else a scenario has to know.
func startReal(t *testing.T, script string, env []string) []string {
	t.Helper()
	var out, trouble bytes.Buffer
	cmd := exec.Command(script, "start")
	cmd.Env, cmd.Stdout, cmd.Stderr = env, &out, &trouble
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", script, err, trouble.String())
	}
	t.Cleanup(func() {
		stop := exec.Command(script, "stop")
		stop.Env = env
		if err := stop.Run(); err != nil {
			t.Error(err)
		}
	})
	return strings.Fields(out.String())
}

func runScenario(t *testing.T, scenario string, env []string) {
	t.Helper()
	cmd := exec.Command("loadgate", "run", scenario, "--progress", "none", "--out", t.TempDir()+"/out")
	cmd.Env = env
	out, err := cmd.CombinedOutput()
	t.Logf("%s\n%s", filepath.Base(scenario), out)
	if err != nil {
		t.Errorf("%s: %v", filepath.Base(scenario), err)
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
