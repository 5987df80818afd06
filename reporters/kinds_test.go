package reporters_test

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"loadgate/internal/yamlpos"
	"loadgate/reporters"
)

// Every format, by being registered, is held to these.
func TestEveryKind(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	for _, name := range reporters.Kinds.Names() {
		kind, err := reporters.Kinds.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		reporter, list := kind.New(nil)
		if list.HasErrors() {
			t.Fatalf("%s without settings: %v", name, list)
		}
		_, folder := reporter.(reporters.Folder)
		if other, taken := files[kind.DefaultFile]; taken || folder != (filepath.Ext(kind.DefaultFile) == "") {
			t.Errorf("%s: the default file %q is %s's or is no name for it", name, kind.DefaultFile, other)
		}
		files[kind.DefaultFile] = name
		if kind.DefaultFile == "result.json" {
			t.Errorf("%s would overwrite the result", name)
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			everyReport(t, reporter)
		})
	}
}

func everyReport(t *testing.T, reporter reporters.Reporter) {
	twins := reports() // the same values at other addresses, maps in other orders
	for name, r := range reports() {
		var first, again bytes.Buffer
		if err := reporter.Write(t.Context(), r, &first); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := reporter.Write(t.Context(), twins[name], &again); err != nil {
			t.Errorf("%s again: %v", name, err)
		}
		if first.Len() == 0 || !bytes.Equal(first.Bytes(), again.Bytes()) {
			t.Errorf("%s: %d bytes, then %d other ones", name, first.Len(), again.Len())
		}
	}
	r := reports()["matrix"]
	if err := reporter.Write(t.Context(), r, brokenWriter{}); !errors.Is(err, errDiskFull) {
		t.Errorf("a full disk gave %v", err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := reporter.Write(cancelled, r, &bytes.Buffer{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled context gave %v", err)
	}
}

var errDiskFull = errors.New("disk full")

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errDiskFull }

func TestUnknownKind(t *testing.T) {
	t.Parallel()
	_, err := reporters.Kinds.Find("exel")
	if err == nil || !strings.Contains(err.Error(), `did you mean "excel"?`) {
		t.Errorf("got %v", err)
	}
}

func TestSectionOfAKind(t *testing.T) {
	t.Parallel()
	for src, wrong := range map[string]bool{
		"kind: excel\n":                      false,
		"{kind: excel, path: out/r.xlsx}\n":  false,
		"excel\n":                            false,
		"{kind: excel, sheets: [Summary]}\n": true,
	} {
		node, list := yamlpos.Parse("gate.yaml", []byte(src), func(string) (string, bool) { return "", false })
		if list.HasErrors() {
			t.Fatal(list)
		}
		kind, err := reporters.Kinds.Find("excel")
		if err != nil {
			t.Fatal(err)
		}
		if _, list := kind.New(node); list.HasErrors() != wrong {
			t.Errorf("%q: %v", src, list)
		}
	}
}

// The fragments that editors see and the kinds that there are must agree.
func TestKindsHaveTheirFragments(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("../schemas/reports/*.json")
	if err != nil {
		t.Fatal(err)
	}
	var stems []string
	for _, p := range paths {
		stems = append(stems, strings.TrimSuffix(filepath.Base(p), ".json"))
	}
	if got, want := strings.Join(stems, " "), strings.Join(reporters.Kinds.Names(), " "); got != want {
		t.Errorf("fragments for %q, kinds are %q", got, want)
	}
}

func TestJSONIsTheDocument(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := reporters.JSON(t.Context(), reports()["failures"], &b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"schema_version": "loadgate.result/v1"`, `"assert": "ttft.p99 < 500ms"`, "\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("lacks %s", want)
		}
	}
}
