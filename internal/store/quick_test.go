package store

import (
	"strings"
	"testing"

	"loadgate/engine"
	"loadgate/internal/llm"

	"github.com/google/go-cmp/cmp"
)

// Where columns are read quickly, they say what encoding/json finds.
func FuzzQuickEvents(f *testing.F) {
	for _, s := range []string{
		`{"at_ns":[1000000000,25000000],"lag_ns":[12345,null],"bytes":[6,7],"kinds":"cr","tokens":[1,2]}}`,
		`{"at_ns":[5],"bytes":[6],"kinds":"-"}}`,
		`{"at_ns":[5,-7],"lag_ns":[-1,0],"bytes":[6,7],"kinds":"ct"}}`,
		`{"at_ns":[5,7],"bytes":[6],"kinds":"ct"}}`,
		`{"at_ns":[5,7],"bytes":[6,07],"kinds":"ct"}}`,
		`{"at_ns":[5,7],"bytes":[6,99999999999],"kinds":"ct"}}`,
		`{"at_ns":[9999999999999999999,7],"bytes":[6,9],"kinds":"ct"}}`,
		`{"at_ns":[],"bytes":[],"kinds":""}}`,
		`{"at_ns":[1],"bytes":[6],"kinds":"c"},"events":null}`,
		`{"at_ns":[1],"bytes":[6],"kinds":"c","tokens":[null]}}`,
		`{ "at_ns":[1],"bytes":[6],"kinds":"c"}}`,
		``,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, columns string) {
		quick, ok := quickEvents([]byte(columns))
		if !ok {
			return
		}
		rec, err := decodeWhole([]byte(`{"repeat":0,"events":` + columns))
		if err != nil || !cmp.Equal(rec.Sample.Events, quick) {
			t.Errorf("%s: quickly %+v, else %+v (%v)", columns, quick, rec.Sample.Events, err)
		}
	})
}

// What this package writes it reads quickly, and text that looks like columns
// does not mislead it.
func TestWrittenLinesAreReadQuickly(t *testing.T) {
	t.Parallel()
	s := engine.Sample{
		ID: "a", Outcome: llm.Completed, Texts: &engine.Texts{Content: `x,"events":{"at_ns":[1]`},
		Events: []engine.Event{{At: 1_000_000_005, Kernel: 1_000_000_000, Bytes: 5, Kind: llm.Content}, {At: 1_020_000_000, Bytes: 3, Kind: llm.Tool, Tokens: 2}},
	}
	line, err := encodeLine(2, &s)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.TrimSuffix(string(line), "\n")
	at := strings.Index(text, string(eventsKey))
	if _, ok := quickEvents([]byte(text[at+len(eventsKey):])); !ok {
		t.Errorf("not read quickly: %s", text)
	}
	if rec, err := decodeSample([]byte(text)); err != nil || rec.Repeat != 2 || !cmp.Equal(rec.Sample, s) {
		t.Errorf("%+v, %v", rec, err)
	}
}

// BenchmarkDecode reads a line of 10,000 events, as after a run.
func BenchmarkDecode(b *testing.B) {
	s := engine.Sample{ID: "a", Outcome: llm.Completed}
	for i := range int64(10_000) {
		s.Events = append(s.Events, engine.Event{At: 1e9 + i*20_012_345, Kernel: 1e9 + i*20_012_345 - 51_234, Bytes: 6, Kind: llm.Content})
	}
	line, err := encodeLine(0, &s)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decodeSample(line[:len(line)-1]); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(s.Events)), "ns/event")
}

// BenchmarkEncode writes the same line.
func BenchmarkEncode(b *testing.B) {
	s := engine.Sample{ID: "a", Outcome: llm.Completed}
	for i := range int64(10_000) {
		s.Events = append(s.Events, engine.Event{At: 1e9 + i*20_012_345, Kernel: 1e9 + i*20_012_345 - 51_234, Bytes: 6, Kind: llm.Content})
	}
	var e lineEncoder
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.sample(0, &s, keep, false); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(s.Events)), "ns/event")
}
