//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// load is one measurement.
type load struct {
	shape
	streams  int
	requests int
	rate     int // of an open loop; 0 = closed
	ramp     time.Duration
	core     int // of the client; -1 = all
}

// scenario is the load as loadgate reads it.
func (l load) scenario(addr string, requests int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "apiVersion: loadgate/v1\nname: bench-client\nbackends: {main: {kind: openai, url: 'http://%s%s', model: bench}}\n", addr, l.Path())
	fmt.Fprintf(&b, "datasets: {chat: {kind: prompt, prompt: hi, output_tokens: %d}}\npreflight: false\n", l.Tokens)
	if l.rate > 0 {
		fmt.Fprintf(&b, "load: {rate: %d, arrivals: constant, requests: %d}\n", l.rate, requests)
	} else {
		fmt.Fprintf(&b, "load: {concurrency: %d, requests: %d, ramp: %s}\n", min(l.streams, requests), requests, l.ramp)
	}
	return b.String()
}

// ours runs loadgate and compares what it stored with the truth.
func (b *bench) ours(l load, requests int) (used, *findings, error) {
	s, err := b.server()
	if err != nil {
		return used{}, nil, err
	}
	file, dir := filepath.Join(b.work, "scenario.yaml"), filepath.Join(b.work, "run")
	if err := os.WriteFile(file, []byte(l.scenario(s.addr, requests)), 0o666); err != nil {
		return used{}, nil, err
	}
	const inconclusive = 4
	u, doc, err := run(pinned(l.core, b.loadgate, "run", file, "--out", dir, "--force", "--json", "--progress", "none"), inconclusive)
	if err != nil {
		_ = s.stop()
		return u, nil, err
	}
	truths, err := s.truths()
	if err != nil {
		return u, nil, err
	}
	f, err := compare(dir, doc, truths)
	return u, f, err
}

// theirs runs the reference client, which naps for so long between its rounds.
func (b *bench) theirs(l load, requests int, nap time.Duration) (used, error) {
	s, err := b.server()
	if err != nil {
		return used{}, err
	}
	u, out, err := run(pinned(l.core, b.self, "reference", s.addr, l.Path(), fmt.Sprint(l.streams), fmt.Sprint(requests), l.ramp.String(), nap.String()))
	if more := s.stop(); err == nil {
		err = more
	}
	if got, want := strings.TrimSpace(string(out)), fmt.Sprint(requests*l.Tokens); err == nil && got != want {
		err = fmt.Errorf("the reference client read %s tokens of %s", got, want)
	}
	return u, err
}

// part is a section of the table.
type part struct {
	name, title string
	run         func(b *bench) error
}

var parts = []part{
	{"bulk", "Bulk: as fast as the server writes, the client on one core", bulk},
	{"paced", "Paced: 1,000 streams of 20 tokens/s, the client on one core", paced},
	{"ladder", "Open streams: 100 to 10,000 of 5 tokens/s, both cores", ladder},
	{"dense", "Dense: 2,048 streams of 50 tokens/s, the client on one core", dense},
	{"stolen", "Stolen: 200 streams of 50 tokens/s, the client's core shared with a busy process", stolen},
	{"starved", "Starved: client and server share their cores with eight busy processes each", starved},
	{"sends", "Sends: an open loop of short answers, both cores", sends},
}

// perEvent is the CPU time of a large run less that of one request, by token.
func perEvent(large, one used, tokens int) float64 {
	return float64(large.cpu-one.cpu) / float64(tokens) / 1e3
}

func bulk(b *bench) error {
	l := load{shape: shape{Tokens: 4000}, streams: 64, requests: 1024, core: b.clientCore}
	if b.quick {
		l.requests = 128
	}
	fmt.Println("| client | tokens | CPU, µs a token | tokens/s | memory | lost or twice |")
	fmt.Println("|---|---|---|---|---|---|")
	one, _, err := b.ours(l, 1)
	if err != nil {
		return err
	}
	u, f, err := b.ours(l, l.requests)
	if err != nil {
		return err
	}
	tokens := (l.requests - 1) * l.Tokens
	ours := perEvent(u, one, tokens)
	fmt.Printf("| loadgate | %d | %.3f | %.0f | %s | %d, %d |\n", f.tokens, ours, float64(tokens)/(u.wall-one.wall).Seconds(), mib(u.rss), f.lost, f.twice)
	if one, err = b.theirs(l, 1, 0); err != nil {
		return err
	}
	if u, err = b.theirs(l, l.requests, 0); err != nil {
		return err
	}
	theirs := perEvent(u, one, tokens)
	fmt.Printf("| reference | %d | %.3f | %.0f | %s | |\n", l.requests*l.Tokens, theirs, float64(tokens)/(u.wall-one.wall).Seconds(), mib(u.rss))
	fmt.Printf("\nloadgate / reference: %.2f\n", ours/theirs)
	return nil
}

func mib(bytes int64) string { return fmt.Sprintf("%.0f MiB", float64(bytes)/(1<<20)) }

const (
	streamHead = "| client | streams | CPU, µs a token | CPU | memory | ttft p50 / p99, ms | truth | itl p50 / p99, ms | truth | a gap is off by p50 / p99, ms | stamp shared | read after p50 / p99, ms | within 1 ms or 2 % | validity | server late p99, ms | lost or twice |"
	streamRule = "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"
)

// row prints one measurement of streams.
func row(l load, u, one used, f *findings) {
	right := "no"
	if f.right() {
		right = "yes"
	}
	said := f.validity
	if len(f.checks) > 0 {
		said += " (" + strings.Join(f.checks, ", ") + ")"
	}
	fmt.Printf("| loadgate | %d | %.2f | %.0f %% | %s | %.2f / %.2f | %.2f / %.2f | %.2f / %.2f | %.2f / %.2f | %.3f / %.3f | %.2f %% | %.2f / %.2f | %s | %s | %.2f | %d, %d |\n",
		l.streams, perEvent(u, one, f.tokens), 100*f.cpu, mib(u.rss), f.ttft[0].ours, f.ttft[1].ours, f.ttft[0].truth, f.ttft[1].truth,
		f.itl[0].ours, f.itl[1].ours, f.itl[0].truth, f.itl[1].truth, f.gap[0], f.gap[1], 100*f.shared, f.lag[0], f.lag[1], right, said, f.serverLate, f.lost, f.twice)
}

// streams measures loadgate and the reference client, once for each nap.
func (b *bench) streams(l load, naps ...time.Duration) error {
	one, _, err := b.ours(l, 1)
	if err != nil {
		return err
	}
	u, f, err := b.ours(l, l.requests)
	if err != nil {
		return err
	}
	row(l, u, one, f)
	for _, said := range f.said {
		fmt.Fprintln(os.Stderr, said)
	}
	for _, nap := range naps {
		one, err := b.theirs(l, 1, nap)
		if err != nil {
			return err
		}
		u, err := b.theirs(l, l.requests, nap)
		if err != nil {
			return err
		}
		name := "reference"
		if nap > 0 {
			name += ", napping " + nap.String()
		}
		fmt.Printf("| %s | %d | %.2f | | %s | | | | | | | | | | | |\n", name, l.streams, perEvent(u, one, l.requests*l.Tokens), mib(u.rss))
	}
	return nil
}

func pacedShape(ttft, itl time.Duration, seconds int) shape {
	return shape{Paced: true, TTFT: ttft, ITL: itl, Tokens: max(2, int(time.Duration(seconds)*time.Second/itl))}
}

// seconds is how long streams last.
func (b *bench) seconds(n int) int {
	if b.quick {
		return 2
	}
	return n
}

func paced(b *bench) error {
	fmt.Println(streamHead + "\n" + streamRule)
	l := load{shape: pacedShape(200*time.Millisecond, 50*time.Millisecond, b.seconds(10)), streams: 1000, requests: 1000, ramp: time.Second, core: b.clientCore}
	return b.streams(l, 0, time.Millisecond)
}

func ladder(b *bench) error {
	fmt.Println(streamHead + "\n" + streamRule)
	for _, n := range []int{100, 1000, 10_000} {
		l := load{shape: pacedShape(200*time.Millisecond, 200*time.Millisecond, b.seconds(10)), streams: n, requests: n, ramp: time.Duration(n) * time.Millisecond / 2, core: -1}
		var naps []time.Duration
		if n == 10_000 {
			naps = append(naps, 0)
		}
		if err := b.streams(l, naps...); err != nil {
			return err
		}
	}
	return nil
}

func dense(b *bench) error {
	fmt.Println(streamHead + "\n" + streamRule)
	l := load{shape: pacedShape(200*time.Millisecond, 20*time.Millisecond, b.seconds(6)), streams: 2048, requests: 2048, ramp: 2 * time.Second, core: b.clientCore}
	return b.streams(l, 0)
}

func stolen(b *bench) error {
	fmt.Println(streamHead + "\n" + streamRule)
	l := load{shape: pacedShape(200*time.Millisecond, 20*time.Millisecond, b.seconds(6)), streams: 200, requests: 200, ramp: 500 * time.Millisecond, core: b.clientCore}
	if err := b.streams(l); err != nil {
		return err
	}
	stop, err := b.hogs(b.clientCore)
	if err != nil {
		return err
	}
	defer stop()
	return b.streams(l)
}

// starved is where what a client says of its own numbers matters most.
func starved(b *bench) error {
	stop, err := b.hogs(slices.Concat(slices.Repeat([]int{b.serverCore}, 8), slices.Repeat([]int{b.clientCore}, 8))...)
	if err != nil {
		return err
	}
	defer stop()
	fmt.Println(streamHead + "\n" + streamRule)
	for _, l := range []load{
		{shape: pacedShape(200*time.Millisecond, 20*time.Millisecond, b.seconds(8)), streams: 200, ramp: 500 * time.Millisecond},
		{shape: pacedShape(200*time.Millisecond, 50*time.Millisecond, b.seconds(8)), streams: 1000, ramp: time.Second},
	} {
		l.requests, l.core = l.streams, b.clientCore
		if err := b.streams(l); err != nil {
			return err
		}
	}
	return nil
}

func sends(b *bench) error {
	fmt.Println("| asked | sent behind the plan p50 / p99 / most, ms | written behind the plan p50 / p99 / most, ms | CPU | validity | lost or twice |")
	fmt.Println("|---|---|---|---|---|---|")
	for _, rate := range []int{200, 500, 1000, 5000} {
		l := load{shape: pacedShape(10*time.Millisecond, 5*time.Millisecond, 0), rate: rate, requests: rate * b.seconds(5), core: -1}
		_, f, err := b.ours(l, l.requests)
		if err != nil {
			return err
		}
		fmt.Printf("| %d/s | %.3f / %.3f / %.3f | %.3f / %.3f / %.3f | %.0f %% | %s | %d, %d |\n", rate,
			f.late[0], f.late[1], f.late[2], f.wrote[0], f.wrote[1], f.wrote[2], 100*f.cpu, f.validity, f.lost, f.twice)
	}
	return nil
}
