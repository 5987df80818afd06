package sim

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseConfig(t *testing.T) {
	t.Parallel()
	got, err := ParseConfig([]byte(`{
		"model": ["a", "b"], "ttft": "1.5s", "itl_per_sequence": "20us", "max_batch": 8, "token_budget": 512,
		"reasoning_share": 0.25, "reasoning_field": "reasoning", "usage": "every", "done": false, "audit_rate": 1, "stall": null}`))
	if err != nil {
		t.Fatal(err)
	}
	want := DefaultConfig()
	want.Model = Names{"a", "b"}
	want.TTFT = Duration(1500 * time.Millisecond)
	want.ITLPerSequence = Duration(20 * time.Microsecond)
	want.MaxBatch, want.TokenBudget = 8, 512
	want.ReasoningShare, want.ReasoningField = 0.25, "reasoning"
	want.Usage, want.Done, want.AuditRate = "every", false, 1
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestParseConfigDefaults(t *testing.T) {
	t.Parallel()
	printed, err := json.Marshal(DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range []string{"", " \n", "{}", "null", `{"model": "sim"}`, string(printed)} {
		got, err := ParseConfig([]byte(in))
		if err != nil {
			t.Errorf("%s: %v", in, err)
		}
		if d := cmp.Diff(DefaultConfig(), got); d != "" {
			t.Errorf("%s: %s", in, d)
		}
	}
}

// A new key of Config must be in the table that reads it, and in order.
func TestEveryKeyIsRead(t *testing.T) {
	t.Parallel()
	printed, err := json.Marshal(DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(strings.NewReader(string(printed)))
	var keys, want []string
	var skip json.RawMessage
	for tok, err := dec.Token(); err == nil; tok, err = dec.Token() {
		if key, ok := tok.(string); ok {
			keys = append(keys, key)
			if err := dec.Decode(&skip); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, f := range new(Config).fields() {
		want = append(want, f.key)
	}
	if d := cmp.Diff(want, keys); d != "" {
		t.Error(d)
	}
}

func TestParseConfigMistakes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ in, want string }{
		{`{"itl": 10}`, `simulator: itl: want a duration such as "30ms", from 10µs to 1h0m0s, got 10`},
		{`{"itl": "0s"}`, `got "0s"`},
		{`{"ttft": "-1ms"}`, `simulator: ttft: want a duration such as "30ms", from 0s to 1h0m0s, got "-1ms"`},
		{`{"ttft": "30"}`, `got "30"`},
		{`{"max_batch": 0}`, `simulator: max_batch: want a whole number from 1 to 65536, got 0`},
		{`{"max_batch": 1.5}`, `got 1.5`},
		{`{"audit_rate": 1.5}`, `simulator: audit_rate: want a number from 0 to 1, got 1.5`},
		{`{"error_rate": "1%"}`, `got "1%"`},
		{`{"usage": "first"}`, `simulator: usage: want last or every or none, got "first"`},
		{`{"role_chunk": "yes"}`, `simulator: role_chunk: want true or false, got "yes"`},
		{`{"model": []}`, `simulator: model: want a name or a list of different names, got []`},
		{`{"model": ["a", "a"]}`, `got ["a", "a"]`},
		{`{"model": 3}`, `got 3`},
		{`{"seed": -1}`, `simulator: seed: want a whole number from 0 to 18446744073709551615, got -1`},
		{`{"token_budget": 8}`, `token_budget: want at least max_batch (64)`},
		{`{"reasoning_share": 0.5, "reasoning_tokens": 5}`, `exclude each other`},
		{`{"reset_rate": 0.6, "empty_rate": 0.6}`, `add up to 1 at most (a request has one fault), got a sum of 1.2`},
		{`{"ttf": "1ms"}`, `simulator: unknown key "ttf"; known are seed, model, `},
		{`{"api_key": 5}`, `simulator: api_key: want a string, got another value`},
		{`[]`, `simulator: want a JSON object, got `},
		{`{} {}`, `simulator: want one JSON object, got more after it`},
		{`{"itl": 1, "nope": 2, "ttft": 3}`, "ttft: want a duration"},
	} {
		_, err := ParseConfig([]byte(tc.in))
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v, want %s", tc.in, err, tc.want)
		}
		var keys KeyErrors
		if err != nil && !errors.As(err, &keys) {
			t.Errorf("%s: the error is a %T", tc.in, err)
		}
	}
}

func TestParseConfigReportsAllMistakes(t *testing.T) {
	t.Parallel()
	_, err := ParseConfig([]byte(`{"zz": 1, "stall_rate": 2, "ttft": 3, "aa": 1}`))
	var keys KeyErrors
	if !errors.As(err, &keys) {
		t.Fatal(err)
	}
	var got []string
	for _, k := range keys {
		got = append(got, k.Key)
	}
	if d := cmp.Diff([]string{"ttft", "stall_rate", "aa", "zz"}, got); d != "" {
		t.Error(d)
	}
}

func TestNewRefusesAnInvalidConfig(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("New took a config without a batch")
		}
	}()
	_ = New(Config{}, nil, nil).Close()
}

func FuzzParseConfig(f *testing.F) {
	for _, s := range []string{
		``, `{}`, `{"ttft": "30ms"}`, `{"model": ["a"]}`, `{"jitter": 1e999}`, `{"nope": 1}`, `[1]`, `{"itl": null}`,
		`{"audit_rate": 0.5, "reset_rate": 0.6}`, `{"seed": 18446744073709551615}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		c, err := ParseConfig(in)
		if err != nil {
			if err.Error() == "" {
				t.Error("an error without words")
			}
			return
		}
		if err := c.Validate(); err != nil {
			t.Fatalf("parsed but not valid: %v", err)
		}
		printed, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseConfig(printed)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(c, again); d != "" {
			t.Error(d)
		}
	})
}
