package store

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"loadgate/engine"
	"loadgate/internal/llm"

	"github.com/google/go-cmp/cmp"
)

func keep(s string) string { return s }

// encodeLine renders a sample with a fresh encoder.
func encodeLine(repeat int, s *engine.Sample) ([]byte, error) {
	var e lineEncoder
	return e.sample(repeat, s, keep, true)
}

// setAll gives every field of a struct a value of its own, so that a field
// which is not stored shows.
func setAll(v reflect.Value, n *int64) {
	*n++
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			setAll(v.Field(i), n)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		setAll(v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			setAll(v.Index(i), n)
		}
	case reflect.String:
		v.SetString(strings.Repeat("<é>", int(*n%3)+1))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(*n)
	case reflect.Uint8:
		v.SetUint(uint64('a' + *n%26))
	default:
		panic("a sample has a field of kind " + v.Kind().String())
	}
}

func TestSampleLineKeepsEveryField(t *testing.T) {
	t.Parallel()
	var full engine.Sample
	var n int64
	setAll(reflect.ValueOf(&full).Elem(), &n)
	edge := func(events ...engine.Event) engine.Sample { return engine.Sample{ID: "x", Events: events} }
	for name, s := range map[string]engine.Sample{
		"every field":       full,
		"zero":              {},
		"no kernel stamps":  edge(engine.Event{At: 5, Bytes: 1, Kind: 'c'}, engine.Event{At: 9, Bytes: 2, Kind: 'r'}),
		"some kernel":       edge(engine.Event{At: 5, Kernel: 5}, engine.Event{At: 9}, engine.Event{At: 9, Kernel: 12}),
		"kernel first zero": edge(engine.Event{At: 5}, engine.Event{At: 9, Kernel: 8}, engine.Event{At: 10}),
		"tokens":            edge(engine.Event{At: 5, Tokens: 3}, engine.Event{At: 4, Tokens: 0, Kind: 't'}),
		"extremes": edge(
			engine.Event{At: math.MinInt64, Kernel: math.MaxInt64, Bytes: math.MaxInt32, Tokens: math.MinInt32},
			engine.Event{At: math.MaxInt64, Kernel: math.MinInt64, Bytes: math.MinInt32, Tokens: math.MaxInt32},
		),
	} {
		line, err := encodeLine(7, &s)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		rec, err := decodeSample(bytes.TrimSuffix(line, []byte("\n")))
		if err != nil {
			t.Fatalf("%s: %v in %s", name, err, line)
		}
		if d := cmp.Diff(Record{Repeat: 7, Sample: s}, rec); d != "" {
			t.Errorf("%s (-want +got):\n%s\n%s", name, d, line)
		}
	}
}

func TestSampleLineHasItsPublishedShape(t *testing.T) {
	t.Parallel()
	s := testSample(1)
	line, err := encodeLine(2, s)
	must(t, err)
	want := `{"repeat":2,"id":"lg-1","index":1,"session":"s","sched_ns":1000001000,"ready_ns":1000001000,"start_ns":1000001010,` +
		`"conn_ns":1000001020,"wrote_ns":1000001030,"hdr_ns":1000001040,"ev1_ns":1000001050,"tok1_ns":1000001060,"ans1_ns":1000001060,` +
		`"tokn_ns":1000001090,"done_ns":1000001099,"streamed":true,"reused":true,"outcome":"completed","status":200,"finish":"stop",` +
		`"usage":{"input":12,"output":3,"reasoning":-1,"cached":-1},"prompt_tokens":12,"max_tokens":3,"prompt_sha256_64":"00ff00ff00ff00ff",` +
		`"events":{"at_ns":[1000001060,10,10],"lag_ns":[null,5,null],"bytes":[4,4,4],"kinds":"rct","tokens":[0,1,2]}}` + "\n"
	if d := cmp.Diff(want, string(line)); d != "" {
		t.Errorf("line (-want +got):\n%s", d)
	}
}

func TestSampleLineRefusesOddKinds(t *testing.T) {
	t.Parallel()
	for _, k := range []llm.Kind{'"', '-', 0x80, 'A'} {
		if _, err := encodeLine(0, &engine.Sample{Events: []engine.Event{{Kind: k}}}); err == nil {
			t.Errorf("kind %q was stored", k)
		}
	}
}

func TestUsageThatIsNotSetIsNotStored(t *testing.T) {
	t.Parallel()
	line, err := encodeLine(0, &engine.Sample{Usage: &llm.Usage{}})
	must(t, err)
	if strings.Contains(string(line), "usage") {
		t.Errorf("%s", line)
	}
}

func TestDecodeSampleRefuses(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		``, `{`, `[]`, `7`,
		`{"events":{"at_ns":[1,2],"bytes":[1],"kinds":"cc"}}`,
		`{"events":{"at_ns":[1],"bytes":[1],"kinds":"cc"}}`,
		`{"events":{"at_ns":[1],"bytes":[1],"kinds":"c","tokens":[]}}`,
		`{"events":{"at_ns":[1],"bytes":[1],"kinds":"c","lag_ns":[1,2]}}`,
		`{"events":{"at_ns":[null],"bytes":[1],"kinds":"c"}}`,
		`{"events":{"at_ns":[1],"bytes":[null],"kinds":"c"}}`,
		`{"events":{"at_ns":[1.5],"bytes":[1],"kinds":"c"}}`,
		`{"events":{"at_ns":[1e3],"bytes":[1],"kinds":"c"}}`,
		`{"events":{"at_ns":[[1]],"bytes":[1],"kinds":"c"}}`,
		`{"events":{"at_ns":["1"],"bytes":[1],"kinds":"c"}}`,
		`{"events":{"at_ns":7,"bytes":[1],"kinds":"c"}}`,
		`{"events":{"at_ns":[9223372036854775808],"bytes":[1],"kinds":"c"}}`,
		`{"events":{"at_ns":[1],"bytes":[2147483648],"kinds":"c"}}`,
		`{"events":{"at_ns":[1],"bytes":[1],"kinds":"c","tokens":[-2147483649]}}`,
		`{"events":[]}`,
	} {
		if rec, err := decodeSample([]byte(line)); err == nil {
			t.Errorf("%s was read as %+v", line, rec)
		}
	}
}

// writePartial makes a run whose cell "a" was being written when it was killed,
// with the given samples file, and opens it.
func writePartial(t testing.TB, data []byte) *Run {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	r, err := Create(dir, testManifest("a"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Begin(CellRef{ID: "a"}); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "cells/a/attempt-1/samples.jsonl"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	if r, err = Open(dir); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func TestTornSamples(t *testing.T) {
	t.Parallel()
	one, err := encodeLine(0, testSample(0))
	must(t, err)
	two, err := encodeLine(0, testSample(1))
	must(t, err)
	both := string(one) + string(two)
	for name, tc := range map[string]struct {
		file    string
		samples int
		line    int // of the damage that is told
	}{
		"empty":             {"", 0, 0},
		"whole":             {both, 2, 0},
		"last line torn":    {both[:len(both)-30], 1, 0},
		"last feed missing": {both[:len(both)-1], 1, 0},
		"zeros at the end":  {both + strings.Repeat("\x00", 100), 2, 0},
		"middle damaged":    {"{\n" + both, 0, 1},
		"second damaged":    {string(one) + "x\n" + string(two), 1, 2},
		"blank line":        {string(one) + "\n" + string(two), 1, 2},
	} {
		r := writePartial(t, []byte(tc.file))
		got, err := readCell(r, "a")
		if len(got) != tc.samples {
			t.Errorf("%s: %d samples, want %d", name, len(got), tc.samples)
		}
		if tc.line == 0 {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		var corrupt *CorruptError
		if !asCorrupt(err, &corrupt) || corrupt.Line != tc.line || !strings.HasSuffix(corrupt.File, "samples.jsonl") {
			t.Errorf("%s: %v, want damage in line %d", name, err, tc.line)
		}
	}
}

func TestDamagedCommittedSamplesAreTold(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(quickDir(t), "run")
	r := create(t, dir, "a")
	must(t, runCell(r, "a", 20))
	must(t, r.Close())
	name := filepath.Join(dir, "cells/a/attempt-1/samples.jsonl.zst")
	whole, err := os.ReadFile(name)
	must(t, err)
	stride := 1
	if testing.Short() {
		stride = 5
	}
	for i := 0; i < len(whole); i += stride {
		for damage, data := range map[string][]byte{"cut": whole[:i], "flipped": flip(whole, i)} {
			must(t, os.WriteFile(name, data, 0o600))
			r, err := Open(dir)
			must(t, err)
			_, err = readCell(r, "a")
			var corrupt *CorruptError
			if !asCorrupt(err, &corrupt) {
				t.Fatalf("%s at byte %d: %v", damage, i, err)
			}
			must(t, r.Close())
		}
	}
}

// flip returns a copy of data with one bit of byte i turned.
func flip(data []byte, i int) []byte {
	out := bytes.Clone(data)
	out[i] ^= 1 << (i % 8)
	return out
}

// fuzzSample builds a sample from bytes: any numbers, any valid texts.
func fuzzSample(data []byte) *engine.Sample {
	next := func() int64 {
		var b [8]byte
		n := copy(b[:], data)
		data = data[n:]
		return int64(binary.LittleEndian.Uint64(b[:]))
	}
	text := func() string {
		n := min(int(uint8(next())), len(data))
		s := strings.ToValidUTF8(string(data[:n]), "?")
		data = data[n:]
		return s
	}
	s := &engine.Sample{ID: text(), Index: int(next()), Sched: next(), Done: next(), Streamed: next()&1 == 1, Error: text(), Outcome: llm.Outcome(text())}
	if next()&1 == 1 {
		s.Usage = &llm.Usage{Set: true, Input: int(next()), Output: int(next())}
	}
	if next()&1 == 1 {
		s.Texts = &engine.Texts{Prompt: text(), Content: text()}
	}
	kinds := []llm.Kind{llm.None, llm.Content, llm.Reasoning, llm.Tool}
	for len(data) > 0 {
		k := kinds[data[0]%4]
		s.Events = append(s.Events, engine.Event{Kind: k, At: next(), Kernel: next(), Bytes: int32(next()), Tokens: int32(next())})
	}
	return s
}

func FuzzSampleRoundTrip(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte(strings.Repeat("\x01<&\"\\\n\x00é", 60)))
	f.Add(bytes.Repeat([]byte{0xff, 0, 0, 0, 0, 0, 0, 0}, 40))
	f.Fuzz(func(t *testing.T, data []byte) {
		s := fuzzSample(data)
		line, err := encodeLine(3, s)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.IndexByte(line, '\n') != len(line)-1 || !json.Valid(line) {
			t.Fatalf("not one line of JSON: %q", line)
		}
		rec, err := decodeSample(line)
		if err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		if d := cmp.Diff(Record{Repeat: 3, Sample: *s}, rec); d != "" {
			t.Fatalf("(-want +got):\n%s", d)
		}
	})
}

func FuzzReadSamples(f *testing.F) {
	one, err := encodeLine(0, testSample(0))
	if err != nil {
		f.Fatal(err)
	}
	end, err := encodeRepeatEnd(RepeatInfo{Index: 1})
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte{})
	f.Add(one)
	f.Add(append(bytes.Clone(one), end...))
	f.Add([]byte(`{"repeat_end":null}` + "\n"))
	f.Add([]byte(`{"events":{"at_ns":[1, null ,3],"bytes":[1],"kinds":"é"}}` + "\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for line := range bytes.Lines(data) {
			if isRepeatEnd(line) {
				_, _ = decodeRepeatEnd(line)
				continue
			}
			rec, err := decodeSample(line)
			if err != nil {
				continue
			}
			again, err := encodeLine(rec.Repeat, &rec.Sample)
			if err != nil {
				continue // a kind that is no letter
			}
			back, err := decodeSample(again)
			if err != nil {
				t.Fatalf("%v in %s, from %q", err, again, line)
			}
			if len(rec.Sample.Events) == 0 {
				rec.Sample.Events = nil // an empty column is written as none
			}
			if d := cmp.Diff(rec, back); d != "" {
				t.Fatalf("%q (-first +second):\n%s", line, d)
			}
		}
	})
}

// benchSample is an answer of n events without kernel stamps.
func benchSample(n int) *engine.Sample {
	s := testSample(1)
	s.Events = nil
	for i := range n {
		s.Events = append(s.Events, engine.Event{At: s.Tok1 + int64(i)*10_000_000 + int64(i*i%977), Bytes: 5, Kind: llm.Content})
	}
	return s
}

func BenchmarkEncodeSample(b *testing.B) {
	for name, n := range map[string]int{"events=0": 0, "events=128": 128, "events=2048": 2048} {
		b.Run(name, func(b *testing.B) {
			s := benchSample(n)
			var e lineEncoder
			b.ReportAllocs()
			for b.Loop() {
				if _, err := e.sample(0, s, keep, false); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDecodeSample(b *testing.B) {
	line, err := encodeLine(0, benchSample(128))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.SetBytes(int64(len(line)))
	for b.Loop() {
		if _, err := decodeSample(line); err != nil {
			b.Fatal(err)
		}
	}
}
