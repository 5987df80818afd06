package datasets

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"loadgate/internal/diag"
)

// The rows of the published example, as evalscope itself reads them: bodies as
// texts, times of day, headers.
func TestBodiesAsEvalscopeHasThem(t *testing.T) {
	t.Parallel()
	d, list := try(t, "testdata", "{kind: trace, path: traces/bodies_headers.jsonl, format: bodies}")
	want := []string{
		`0s r1 [0>256 body {"prompt": "hi"}]`, `250ms r2 [0>0 body {"prompt": "ho"}]`, `1.25s  [0>0 body {"prompt": "he"}]`,
	}
	if diff := cmp.Diff(want, outline(t, d)); diff != "" {
		t.Error(diff)
	}
	if len(list) != 1 || list[0].Severity != diag.Warning {
		t.Fatal(list)
	}
	got := strings.TrimPrefix(list[0].String()+" ("+list[0].Hint+")", "testdata/")
	if want := "traces/bodies_headers.jsonl:1: warning: from here on, 2 rows have headers that were recorded and are not sent: authorization, x-tenant (the backend's own headers are sent with every request)"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// A message about a row with headers has no column, so that the row, which may hold
// keys, is not quoted.
func TestRowsWithHeadersAreNotQuoted(t *testing.T) {
	t.Parallel()
	for row, want := range map[string]string{
		`{"headers": {"authorization": "secret"}}`:                                    "t.jsonl:1: error: the row has no body",
		`{"headers": {"authorization": "secret"}, "body": [1]}`:                       "t.jsonl:1: error: body: expected an object, or text that holds one",
		`{"headers": {"authorization": "secret"}, "body": {}, "timestamp": "soon"}`:   `t.jsonl:1: error: timestamp: "soon" is neither a number nor a time such as 2024-01-01T00:00:00Z`,
		`{"headers": {"authorization": "secret"}, "body": {}, "completion_tokens": }`: "t.jsonl:1: error: this is not JSON: invalid character '}' looking for beginning of value",
		`{"body": {}, "timestamp": "soon"}`:                                           `t.jsonl:1:1: error: timestamp: "soon" is neither a number nor a time such as 2024-01-01T00:00:00Z`,
	} {
		dir := t.TempDir()
		writeFile(t, dir+"/t.jsonl", row)
		_, list := try(t, dir, "{kind: trace, path: t.jsonl, format: bodies}")
		if len(list) != 1 || strings.TrimPrefix(list[0].String(), dir+"/") != want {
			t.Errorf("%s: %v, want %s", row, list, want)
		}
	}
}
