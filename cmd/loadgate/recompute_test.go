package main

import (
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestOthersComputeTheSame makes runs with everything that can become of a
// request, and has scripts/recompute.py, which shares no line with us, compute
// every figure of their results again.
func TestOthersComputeTheSame(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("measures for some seconds")
	}
	python := os.Getenv("LOADGATE_TEST_PYTHON")
	if python == "" {
		python = "python3"
	}
	for _, need := range [][]string{{"bash", "-c", "true"}, {python, "-c", "import numpy"}, {"sh", "-c", python + " -c 'import zstandard' || zstd --version"}} {
		if out, err := exec.Command(need[0], need[1:]...).CombinedOutput(); err != nil {
			t.Skipf("SKIPPED: nobody else has computed the figures: %s: %v\n%s", strings.Join(need, " "), err, out)
		}
	}
	cmd := exec.Command("bash", "../../scripts/recompute-runs/run")
	cmd.Env = append(os.Environ(), "LOADGATE=loadgate", "PYTHON="+python)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	figures := 0
	for _, m := range regexp.MustCompile(`(\d+) figures compared, 0 differences`).FindAllStringSubmatch(string(out), -1) {
		n, err := strconv.Atoi(m[1])
		if err != nil {
			t.Fatal(err)
		}
		figures += n
	}
	if figures < 20_000 {
		t.Errorf("only %d figures were compared:\n%s", figures, out)
	}
	t.Logf("%s", out)
}
