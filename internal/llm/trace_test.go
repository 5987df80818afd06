package llm_test

import (
	"regexp"
	"strings"
	"testing"

	"loadgate/internal/llm"
)

func TestTraceParentIsW3C(t *testing.T) {
	t.Parallel()
	header := llm.TraceParent("run/cell-0-7")
	if !regexp.MustCompile(`^00-[0-9a-f]{32}-[0-9a-f]{16}-00$`).MatchString(header) {
		t.Fatalf("%q is no traceparent", header)
	}
	if id := llm.TraceID("run/cell-0-7"); !strings.Contains(header, "-"+id+"-") {
		t.Errorf("the trace id %s does not stand in %s", id, header)
	}
	if llm.TraceID("run/cell-0-8") == llm.TraceID("run/cell-0-7") {
		t.Error("two requests share a trace")
	}
}
