package kind

import (
	"strings"
	"testing"

	"loadgate/internal/diag"
	"loadgate/internal/yamlpos"
)

func TestOpen(t *testing.T) {
	t.Parallel()
	set := Set[string]{
		"openai": func(_ *yamlpos.Node, ctx Context) (string, diag.List) { return "opened " + ctx.Name, nil },
		"vllm":   nil,
	}
	for src, want := range map[string]string{
		"{kind: openai}": "opened main",
		"{kind: opnai}":  `f:1:8: error: unknown kind "opnai" did you mean "openai"?`,
		"{kind: banana}": `f:1:8: error: unknown kind "banana" known: openai, vllm`,
		"{url: x}":       "f:1:1: error: main has no kind known: openai, vllm",
	} {
		section, list := yamlpos.Parse("f", []byte(src), nil)
		if len(list) > 0 {
			t.Fatal(list)
		}
		got, list := set.Open(section, Context{Name: "main"})
		for _, d := range list {
			got += strings.TrimSpace(d.String() + " " + d.Hint)
		}
		if got != want {
			t.Errorf("%s: %s, want %s", src, got, want)
		}
	}
}
