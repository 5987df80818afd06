package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"loadgate/internal/llm"
	"loadgate/internal/result"
	"loadgate/internal/store"
)

// truth is what the simulator says about one request.
type truth struct {
	ID      string  `json:"request_id"`
	Arrived int64   `json:"arrived_ns"`
	Tokens  []int64 `json:"tokens_ns"`
	Chunks  int     `json:"chunks"`
	Outcome string  `json:"outcome"`
	Status  int     `json:"status"`
}

// clientSays is how the client calls what the simulator did.
var clientSays = map[string]struct {
	outcome llm.Outcome
	class   llm.ErrorClass
}{
	"completed":     {llm.Completed, ""},
	"stalled":       {llm.Completed, ""},
	"audit":         {llm.Audited, ""},
	"http_500":      {llm.Failed, llm.ErrHTTP5xx},
	"http_429":      {llm.Failed, llm.ErrHTTP429},
	"in_band_error": {llm.Failed, llm.ErrInBand},
	"reset":         {llm.Failed, llm.ErrReset},
	"truncated":     {llm.Failed, llm.ErrTruncated},
	"empty":         {llm.Failed, llm.ErrEmpty},
}

// TestClientAndServerAgree runs a real client against a real server, each a
// process, and compares what both say about every single request: that it was
// made, what became of it, how many tokens it had, and in which order things
// happened on the machine's clock.
func TestClientAndServerAgree(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	truthFile := filepath.Join(dir, "truth.jsonl")
	server := startServer(t, truthFile, `{ttft: 2ms, itl: 1ms, audit_rate: 0.05, error_rate: 0.05, rate_429: 0.05, `+
		`in_band_error_rate: 0.05, reset_rate: 0.05, truncate_rate: 0.05, empty_rate: 0.05, stall_rate: 0.05, stall: 20ms}`)
	scenario := filepath.Join(dir, "truth.yaml")
	write(t, scenario, `
apiVersion: loadgate/v1
name: truth
backends: {main: {kind: maas, url: '`+server.url+`', model: sim}}
datasets: {chat: {kind: random, tokenizer: cl100k_base, input_tokens: 50, output_tokens: 12, range_ratio: 0.9}}
load: {concurrency: 16, requests: 200, warmup: {requests: 16}}
preflight: false
`)
	out := filepath.Join(dir, "run")
	if b, err := exec.Command("loadgate", "run", scenario, "--out", out).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, b)
	}
	server.stop()

	truths := readTruths(t, truthFile)
	samples := 0
	for _, s := range readSamples(t, out) {
		samples++
		tr, ok := truths[s.ID]
		if !ok {
			t.Errorf("%s never arrived", s.ID)
			continue
		}
		delete(truths, s.ID)
		compareTruth(t, s, tr)
	}
	if samples != 216 {
		t.Errorf("%d requests are stored, want 216", samples)
	}
	for id := range truths {
		t.Errorf("%s arrived and is not stored", id)
	}
	checkCounts(t, filepath.Join(out, "result.json"))
}

// slack is how far two readings of the machine's clock may lie apart: the
// client's runs on from one reading, the server's follows adjustments.
const slack = 50 * time.Millisecond

// stored is a sample whose stamps are on the wall clock.
type stored struct {
	store.Record
	ID    string
	epoch int64
}

func compareTruth(t *testing.T, s stored, tr truth) {
	t.Helper()
	want, known := clientSays[tr.Outcome]
	if !known || s.Sample.Outcome != want.outcome || s.Sample.Class != want.class || s.Sample.Status != tr.Status {
		t.Errorf("%s: the server says %s (%d), the client %s %s (%d): %s",
			s.ID, tr.Outcome, tr.Status, s.Sample.Outcome, s.Sample.Class, s.Sample.Status, s.Sample.Error)
	}
	came := len(s.Sample.Events)
	lost := tr.Outcome == "reset" && came < tr.Chunks // a reset overtakes what was not read yet
	if came != tr.Chunks && !lost {
		t.Errorf("%s (%s): %d chunks were written, %d came", s.ID, tr.Outcome, tr.Chunks, came)
		return
	}
	if u := s.Sample.Usage; want.outcome == llm.Completed && (u == nil || u.Output != len(tr.Tokens)) {
		t.Errorf("%s: %d tokens were written, usage is %+v", s.ID, len(tr.Tokens), u)
	}
	if begin := s.epoch + s.Sample.Start; tr.Arrived < begin-int64(slack) {
		t.Errorf("%s arrived %s before it was sent", s.ID, time.Duration(begin-tr.Arrived))
	}
	for i, e := range s.Sample.Events { // one token a chunk
		if came := s.epoch + e.At; came < tr.Tokens[i]-int64(slack) {
			t.Errorf("%s: token %d came %s before it was written", s.ID, i, time.Duration(tr.Tokens[i]-came))
		}
	}
}

func checkCounts(t *testing.T, file string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var doc result.Document
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	c := doc.Cells[0].Counts
	if c.Planned != 200 || c.Sent+c.Unsent != c.Planned || c.Completed+c.Failed+c.AuditHits+c.Cancelled != c.Sent {
		t.Errorf("the counts do not add up: %+v", c)
	}
}

// served is a simulator that runs.
type served struct {
	url  string
	stop func()
}

func startServer(t *testing.T, truthFile, config string) served {
	t.Helper()
	file := filepath.Join(t.TempDir(), "server.yaml")
	write(t, file, config)
	cmd := exec.Command("loadgate", "simulate", "--listen", "127.0.0.1:0", "--config", file, "--truth", truthFile, "--until-eof", "--json")
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	var said strings.Builder
	cmd.Stderr = &said
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	stop := func() {
		_ = in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("simulate: %v: %s", err, said.String())
		}
	}
	var doc map[string]any
	err := json.NewDecoder(out).Decode(&doc)
	url, ok := doc["url"].(string)
	if err != nil || !ok {
		stop()
		t.Fatalf("simulate said %v (%v)", doc, err)
	}
	return served{url, stop}
}

func readTruths(t *testing.T, file string) map[string]truth {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all := map[string]truth{}
	for dec := json.NewDecoder(bufio.NewReader(f)); ; {
		var tr truth
		if err := dec.Decode(&tr); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		if _, twice := all[tr.ID]; twice {
			t.Errorf("%s arrived twice", tr.ID)
		}
		all[tr.ID] = tr
	}
}

func readSamples(t *testing.T, dir string) []stored {
	t.Helper()
	run, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	var all []stored
	for id, info := range run.Committed() {
		for rec, err := range run.Samples(id) {
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, stored{rec, rec.Sample.ID, info.ClockEpochNS})
		}
	}
	return all
}

func write(t *testing.T, file, content string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
}
