package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"loadgate/internal/result"
	"loadgate/reporters"
)

// onGitHub makes an app in a step of GitHub Actions whose workspace is dir.
func onGitHub(dir string, more map[string]string) (*app, *bytes.Buffer, *bytes.Buffer) {
	env := map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": dir}
	for k, v := range more {
		env[k] = v
	}
	var out, errOut bytes.Buffer
	return &app{out: &out, err: &errOut, env: func(name string) (string, bool) { v, ok := env[name]; return v, ok }}, &out, &errOut
}

// missed is a report with a missed rule in a file.
func missed(file string) *reporters.Report {
	return &reporters.Report{Doc: &result.Document{
		Name: "chat-gate", Verdict: result.Fail, ExitCode: 1,
		SLO: []result.SLO{{Name: "ttft", Assert: "ttft.p99 < 500ms", Severity: "fail", Outcome: result.RuleFail, Reason: "it was 612 ms", File: file, Line: 41, Col: 5}},
	}}
}

func TestGitHubIsTold(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	scenario := filepath.Join(dir, "perf", "gate.yaml")
	if err := os.MkdirAll(filepath.Dir(scenario), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(scenario, []byte("name: x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	summary := filepath.Join(dir, "summary.md")
	if err := os.WriteFile(summary, []byte("written before"), 0o600); err != nil {
		t.Fatal(err)
	}
	a, out, errOut := onGitHub(dir, map[string]string{"GITHUB_STEP_SUMMARY": summary})
	a.json = true
	if err := a.present(missed(scenario), dir, nil); err != nil {
		t.Fatal(err)
	}
	if want := "::error file=perf/gate.yaml,line=41,col=5,title=ttft::ttft.p99 < 500ms%0Ait was 612 ms\n"; errOut.String() != want {
		t.Errorf("stderr %q, want %q", errOut, want)
	}
	if strings.Contains(out.String(), "::error") {
		t.Error("the document on stdout holds annotations")
	}
	text, err := os.ReadFile(summary)
	if err != nil || !strings.HasPrefix(string(text), "written before\n## ❌ chat-gate") {
		t.Errorf("summary %q, %v", text, err)
	}
}

func TestGitHubsSummaryNeverLosesTheRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	full := filepath.Join(dir, "full.md")
	if err := os.WriteFile(full, bytes.Repeat([]byte("x"), reporters.MaxSummary-10), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "no", "such", "folder.md"): "no such file",
		full: "is full",
	} {
		a, _, errOut := onGitHub(dir, map[string]string{"GITHUB_STEP_SUMMARY": path})
		if err := a.present(missed("--slo"), dir, nil); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if s := errOut.String(); !strings.Contains(s, "loadgate: warning: could not tell GitHub: ") || !strings.Contains(s, want) {
			t.Errorf("%s: stderr %q lacks %q", path, s, want)
		}
		if s := errOut.String(); strings.Contains(s, "file=") {
			t.Errorf("an annotation at a flag: %q", s)
		}
	}
	if info, err := os.Stat(full); err != nil || info.Size() > reporters.MaxSummary {
		t.Errorf("the full summary has grown: %v, %v", info, err)
	}
}

func TestOutsideGitHubNothingIsTold(t *testing.T) {
	t.Parallel()
	a, _, errOut := onGitHub(t.TempDir(), map[string]string{"GITHUB_ACTIONS": "", "GITHUB_STEP_SUMMARY": "/nowhere/summary.md"})
	if err := a.present(missed("gate.yaml"), "runs/x", nil); err != nil || errOut.Len() > 0 {
		t.Errorf("stderr %q, %v", errOut, err)
	}
}
