package wire_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"loadgate/internal/llm"
	"loadgate/internal/sim"
	"loadgate/internal/wire"
)

const truthFile = "LOADGATE_TEST_TRUTH"

// TestSimulatorProcess is no test: it is the other process of those below. It
// prints its address, and serves until its input ends.
func TestSimulatorProcess(t *testing.T) {
	path := os.Getenv(truthFile)
	if path == "" {
		t.Skip("run by other tests only")
	}
	truth, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	cfg := sim.DefaultConfig()
	cfg.TTFT, cfg.ITL, cfg.ITLPerSequence, cfg.PrefillPerToken = sim.Duration(5*time.Millisecond), sim.Duration(truthGap), 0, 0
	s := sim.New(cfg, nil, truth)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	web := &http.Server{Handler: s}
	go web.Serve(l) // ends with the process
	fmt.Println(l.Addr())
	io.Copy(io.Discard, os.Stdin)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	truth.Close()
}

// simulator starts the other process. stop ends it and gives, by request id, when
// it wrote each token, in ns since 1970.
func simulator(t *testing.T) (url string, stop func() map[string][]int64) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "truth.jsonl")
	cmd := exec.Command(os.Args[0], "-test.run=^TestSimulatorProcess$")
	cmd.Env = append(os.Environ(), truthFile+"="+path)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	end := sync.OnceValue(func() error { in.Close(); return cmd.Wait() })
	t.Cleanup(func() { _ = end() })
	addr, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return "http://" + strings.TrimSpace(addr) + "/v1/chat/completions", func() map[string][]int64 {
		if err := end(); err != nil {
			t.Fatal(err)
		}
		return readTruth(t, path)
	}
}

func readTruth(t *testing.T, path string) map[string][]int64 {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]int64{}
	for line := range bytes.Lines(text) {
		var l struct {
			ID     string  `json:"request_id"`
			Tokens []int64 `json:"tokens_ns"`
		}
		if err := json.Unmarshal(line, &l); err != nil {
			t.Fatal(err)
		}
		all[l.ID] = l.Tokens
	}
	return all
}

// tokens keeps both stamps of each event with text.
type tokens struct{ at, kernel []int64 }

func (s *tokens) Receive(f *wire.Frame) wire.Progress {
	switch {
	case string(f.Data) == "[DONE]":
		return wire.Done
	case bytes.Contains(f.Data, []byte(`"content":" `)):
		s.at, s.kernel = append(s.at, f.At), append(s.kernel, f.Kernel)
		return wire.Token
	}
	return wire.Nothing
}

// The gap is longer than a starved client needs to come round to a stream: two
// tokens that wait together share the later one's stamp, and no clock helps.
const (
	truthGap     = 150 * time.Millisecond
	truthStreams = 60
	truthTokens  = 9
)

// streamsOf reads answers side by side and gives their stamps by request id.
func streamsOf(t *testing.T, client *wire.Client, url string) map[string]*tokens {
	t.Helper()
	body := fmt.Appendf(nil, `{"messages":[{"role":"user","content":"hi"}],"stream":true,"ignore_eos":true,"max_tokens":%d}`, truthTokens)
	got := map[string]*tokens{}
	var wg sync.WaitGroup
	for i := range truthStreams {
		id, s := fmt.Sprintf("r%d", i), &tokens{}
		got[id] = s
		wg.Go(func() {
			res := client.Do(t.Context(), &llm.Call{Method: "POST", URL: url, Body: body, Stream: true}, id, s)
			if res.Err != nil || len(s.at) != truthTokens {
				t.Errorf("%s: %d tokens: %+v", id, len(s.at), res)
			}
		})
	}
	wg.Wait()
	return got
}

// The kernel's stamps against what another process says of when it wrote,
// while goroutines of this one spin on every core: the client's own stamps are
// late by milliseconds, the kernel's stay where they were.
func TestStampsAgainstTheTruth(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds of both cores")
	}
	needStamps(t)
	for _, busy := range []bool{false, true} {
		t.Run(fmt.Sprintf("busy %v", busy), func(t *testing.T) {
			url, stop := simulator(t)
			clock := llm.NewClock()
			client := wire.New(wire.Options{Clock: clock, Timeouts: wire.Timeouts{Total: 30 * time.Second}})
			t.Cleanup(client.Close)
			if err := client.Warm(t.Context(), url, truthStreams); err != nil {
				t.Fatal(err)
			}
			if busy {
				defer hogs()()
			}
			got := streamsOf(t, client, url)
			truth := stop()
			user, kernel := errorsOf(t, clock, got, truth)
			t.Logf("error of the gaps between tokens: user space p50 %s, p90 %s; kernel p50 %s, p90 %s",
				rank(user, 0.5), rank(user, 0.9), rank(kernel, 0.5), rank(kernel, 0.9))
			if busy && rank(user, 0.5) < 5*rank(kernel, 0.5) {
				t.Error("under load, the kernel's stamps should be far better than the client's own")
			}
		})
	}
}

// hogs spin on every core until the function that is returned is called.
func hogs() (stop func()) {
	var done atomic.Bool
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for !done.Load() {
			}
		})
	}
	return func() { done.Store(true); wg.Wait() }
}

// errorsOf compares gaps between tokens with the true ones, and wants no kernel
// stamp before its token was written.
func errorsOf(t *testing.T, clock llm.Clock, got map[string]*tokens, truth map[string][]int64) (user, kernel []time.Duration) {
	t.Helper()
	const tolerance = int64(100 * time.Microsecond) // of two processes' readings of one wall clock
	missing, early := 0, 0
	for id, s := range got {
		wrote := truth[id]
		if len(wrote) != len(s.kernel) {
			t.Fatalf("%s: %d tokens were written, %d read", id, len(wrote), len(s.kernel))
		}
		for i := range wrote {
			switch {
			case s.kernel[i] == 0:
				missing++
				continue
			case s.kernel[i]+clock.EpochNS() < wrote[i]-tolerance:
				early++
			}
			if i > 0 && s.kernel[i-1] != 0 {
				gap := wrote[i] - wrote[i-1]
				user = append(user, time.Duration(max(s.at[i]-s.at[i-1]-gap, gap-s.at[i]+s.at[i-1])))
				kernel = append(kernel, time.Duration(max(s.kernel[i]-s.kernel[i-1]-gap, gap-s.kernel[i]+s.kernel[i-1])))
			}
		}
	}
	if early > 0 || missing > 0 {
		t.Errorf("of %d tokens, %d are stamped before they were written, %d are not stamped by the kernel", truthStreams*truthTokens, early, missing)
	}
	return user, kernel
}

func rank(d []time.Duration, q float64) time.Duration {
	slices.Sort(d)
	return d[int(q*float64(len(d)-1))]
}
