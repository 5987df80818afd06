package reporters_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"loadgate/reporters"
)

// write renders a report.
func write(t *testing.T, reporter reporters.ReporterFunc, r *reporters.Report) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := reporter(t.Context(), r, &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// pythonWith is a Python that has a module, so that a reader which is not ours
// sees a file; without one the test is skipped, and says so.
func pythonWith(t *testing.T, module string) string {
	t.Helper()
	python := os.Getenv("LOADGATE_TEST_PYTHON")
	if python == "" {
		python = "python3"
	}
	if out, err := exec.Command(python, "-c", "import "+module).CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: %s cannot import %s, so no second reader has seen the file: %v\n%s", python, module, err, out)
	}
	return python
}

// readWith runs a script of testdata on a file and decodes what it prints.
func readWith(t *testing.T, python, script, file string, data []byte, into any) {
	t.Helper()
	path := filepath.Join(t.TempDir(), file)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	var complaint bytes.Buffer
	cmd := exec.Command(python, filepath.Join("testdata", script), path)
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, complaint.Bytes())
	}
	if err := json.Unmarshal(out, into); err != nil {
		t.Fatalf("%s: %v in %s", script, err, out)
	}
}
