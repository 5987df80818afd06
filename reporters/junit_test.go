package reporters_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"loadgate/internal/result"
	"loadgate/reporters"
)

func TestJUnitGolden(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"empty", "one-cell", "failures", "invalid", "interrupted", "all-failed", "hostile"} {
		golden(t, "junit-"+name+".xml", string(write(t, reporters.JUnit, reports()[name])))
	}
}

// suites is what encoding/xml reads back.
type suites struct {
	Tests    int `xml:"tests,attr"`
	Failures int `xml:"failures,attr"`
	Errors   int `xml:"errors,attr"`
	Suites   []struct {
		Name  string `xml:"name,attr"`
		Cases []struct {
			Name    string  `xml:"name,attr"`
			Failure *string `xml:"failure"`
			Error   *string `xml:"error"`
			Skipped *string `xml:"skipped"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

func parse(t *testing.T, data []byte) suites {
	t.Helper()
	var s suites
	if err := xml.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// Every report: well-formed, no character that XML 1.0 forbids, names unique in
// their suite, and red exactly where the exit code is not 0.
func TestJUnitIsRedWhereTheRunIs(t *testing.T) {
	t.Parallel()
	all := reports()
	strict := invalid()
	strict.SLO = nil
	all["invalid-without-rules"] = &reporters.Report{Doc: strict}
	lonely := interrupted()
	lonely.SLO = []result.SLO{rule("ttft.p99 < 1s", 3, lonely.Cells[0])}
	all["interrupted-with-a-rule"] = &reporters.Report{Doc: lonely}
	for name, r := range all {
		data := write(t, reporters.JUnit, r)
		s := parse(t, data)
		if red := s.Failures+s.Errors > 0; red != (r.Doc.ExitCode != 0) {
			t.Errorf("%s: %d failures and %d errors with exit code %d", name, s.Failures, s.Errors, r.Doc.ExitCode)
		}
		if s.Tests == 0 {
			t.Errorf("%s: no case at all, which readers take for a mistake", name)
		}
		seen := map[string]bool{}
		for _, suite := range s.Suites {
			for _, c := range suite.Cases {
				if key := suite.Name + "\x00" + c.Name; seen[key] {
					t.Errorf("%s: two cases %q in suite %q", name, c.Name, suite.Name)
				} else {
					seen[key] = true
				}
			}
		}
		if strings.ContainsFunc(string(data), func(c rune) bool { return c < 0x20 && c != '\n' }) {
			t.Errorf("%s: control characters", name)
		}
		wellFormed(t, name, data)
	}
}

func wellFormed(t *testing.T, name string, data []byte) {
	t.Helper()
	for d := xml.NewDecoder(bytes.NewReader(data)); ; {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
	}
}

func TestJUnitSeverityWarnStaysGreen(t *testing.T) {
	t.Parallel()
	d := failing()
	for i := range d.SLO {
		d.SLO[i].Severity = "warn"
	}
	d.Verdict, d.ExitCode = result.Pass, 0
	data := write(t, reporters.JUnit, &reporters.Report{Doc: d})
	if s := parse(t, data); s.Failures+s.Errors > 0 {
		t.Errorf("%d failures, %d errors", s.Failures, s.Errors)
	}
	if !bytes.Contains(data, []byte("<system-out><![CDATA[warning: ttft.p99 < 500ms\nttft.p99 = 612.4 ms")) {
		t.Error("the warning is not told")
	}
}

// The reader that others' scripts use understands the file as it is meant.
func TestJUnitOpensInJunitparser(t *testing.T) {
	t.Parallel()
	python := pythonWith(t, "junitparser")
	type suite struct {
		Name                             string
		Tests, Failures, Errors, Skipped int
		Time                             float64
		Properties                       map[string]string
		Cases                            []struct {
			Name, Class, Out string
			Results          []struct{ Kind, Message, Text string }
		}
	}
	for name, r := range reports() {
		var got []suite
		readWith(t, python, "read_junit.py", "junit.xml", write(t, reporters.JUnit, r), &got)
		if name != "failures" {
			continue
		}
		if len(got) != 4 {
			t.Fatalf("%d suites", len(got))
		}
		if s := got[1]; s.Name != "concurrency 8, shape long" || s.Failures != 1 || s.Time != 21.4 || s.Properties["axis.shape"] != "long" {
			t.Errorf("suite %+v", s)
		}
		if c := got[1].Cases[0]; c.Results[0].Kind != "failure" || !strings.HasPrefix(c.Results[0].Message, "ttft.p99 = 612.4 ms") ||
			!strings.Contains(c.Results[0].Text, "at gate.yaml:41:5") {
			t.Errorf("case %+v", c)
		}
		if c := got[0].Cases[1]; c.Results[0].Kind != "skipped" {
			t.Errorf("case %+v", c)
		}
	}
}
