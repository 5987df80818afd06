//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// fault is one row of the table.
type fault struct {
	check string                                // that must speak
	made  string                                // what is done
	level string                                // at least
	file  string                                // the scenario; RAW, RAWSOCKET and SIM stand for servers' addresses
	quiet string                                // the scenario of the control, "" = the same
	wrap  []string                              // put before the command
	extra []string                              // flags of run
	while func(client int, end <-chan struct{}) // done while the client runs
	hogs  int                                   // processes that spin on core 0
	cant  string                                // why it is not made here
}

const prompts = "datasets: {d: {kind: prompt, prompt: Hello, output_tokens: 20}}\n"

// raw is a scenario against the calibrated server, one that takes no part in the
// fault.
func raw(path, load string) string {
	return "apiVersion: loadgate/v1\nname: fault\npreflight: false\nbackends: {b: {kind: openai, api: chat, model: m, url: 'RAW" + path + "'}}\n" + prompts + "load: " + load + "\n"
}

// simulated is a scenario against a simulator.
func simulated(server, load, more string) string {
	return "apiVersion: loadgate/v1\nname: fault\nbackends: {b: {kind: simulator, server: " + server + "}}\n" + prompts + "load: " + load + "\n" + more
}

// uneven is one with answers of different length.
func uneven(server, load string) string {
	return strings.Replace(simulated(server, load, ""), prompts,
		"datasets: {d: {kind: random, tokenizer: cl100k_base, input_tokens: 8, output_tokens: 20, range_ratio: 0.9}}\n", 1)
}

// external is one against a simulator that this program starts.
func external(load string) string {
	return "apiVersion: loadgate/v1\nname: fault\npreflight: false\nbackends: {b: {kind: openai, model: sim, url: 'SIM'}}\n" + prompts + "load: " + load + "\n"
}

const (
	short  = "/paced/20ms/5ms/2/v1/chat/completions"
	stream = "/paced/20ms/5ms/200/v1/chat/completions"
	quick  = "{ttft: 5ms, itl: 1ms}"
)

var slowed = []string{"taskset", "-c", "0", "nice", "-n", "5"}

// fewPorts run a client, and the simulator that it starts, in a network of their
// own with 31 local ports.
var fewPorts = []string{"unshare", "--net", "sh", "-c", `ip link set lo up && echo 40000 40030 >/proc/sys/net/ipv4/ip_local_port_range && exec "$@"`, "sh"}

// onOneCore are the words that keep a client to a core, where it can be swamped.
var onOneCore = []string{"taskset", "-c", "0"}

var faults = []fault{
	{check: "send_lateness", made: "SIGSTOP, 150 ms of every 300", level: "invalid", file: raw(short, "{rate: 200, duration: 3s}"), while: stopAndGo(150*time.Millisecond, 150*time.Millisecond)},
	{check: "send_lateness", made: "8 CPU hogs on the client's core, client at nice 5", level: "invalid", file: raw(short, "{rate: 200, duration: 4s}"), wrap: slowed, hogs: 8},
	{check: "achieved_rate", made: "60,000/s asked of one core", level: "invalid", file: raw(short, "{rate: 60000, duration: 2s}"), quiet: raw(short, "{rate: 100, duration: 2s}"), wrap: onOneCore},
	{check: "unsent", made: "--max-time 1s in a run of 3 s", level: "warn", file: raw(short, "{rate: 100, requests: 300}"), extra: []string{"--max-time", "1s"}, quiet: raw(short, "{rate: 100, requests: 100}")},
	{check: "concurrency", made: "8 CPU hogs on the client's core, client at nice 5", level: "warn", file: raw("/paced/5ms/1ms/2/v1/chat/completions", "{concurrency: 16, duration: 4s}"), wrap: slowed, hogs: 8},
	{check: "client_cpu", made: "60,000/s asked of one core, which must be free for it", level: "warn", file: raw(short, "{rate: 60000, duration: 2s}"), quiet: raw(short, "{rate: 100, duration: 2s}"), wrap: onOneCore},
	{check: "client_cpu", made: "answers as fast as the server writes, on one core", level: "invalid", file: raw("/bulk/4000/v1/chat/completions", "{concurrency: 64, requests: 32x}"), quiet: raw(short, "{concurrency: 4, duration: 2s}"), wrap: onOneCore},
	{check: "client_steal", cant: "only a hypervisor can take time away; tested with numbers of /proc/stat"},
	{check: "client_throttling", made: "a cgroup that allows 20 % of a core", level: "warn", file: raw("/bulk/200/v1/chat/completions", "{concurrency: 32, duration: 3s}"), quiet: raw(short, "{concurrency: 4, duration: 3s}"), wrap: []string{"CGROUP"}},
	{check: "client_lag", made: "8 CPU hogs on the client's core, client at nice 5, stamps in user space", level: "warn", file: "apiVersion: loadgate/v1\nname: fault\npreflight: false\nbackends: {b: {kind: openai, model: sim, url: 'SIMSOCKET'}}\n" + prompts + "load: {rate: 100, duration: 4s}\n", wrap: slowed, hogs: 8},
	{check: "shared_stamps", made: "SIGSTOP, 60 ms of every 90", level: "invalid", file: raw(stream, "{concurrency: 8, requests: 3x}"), while: stopAndGo(60*time.Millisecond, 30*time.Millisecond)},
	{check: "blurred_times", made: "SIGSTOP, 70 ms of every 190", level: "invalid", file: raw("/paced/20ms/20ms/20/v1/chat/completions", "{concurrency: 32, requests: 400}"), while: stopAndGo(70*time.Millisecond, 120*time.Millisecond)},
	{check: "sockets", made: "ulimit -n 40", level: "invalid", file: raw(short, "{concurrency: 64, requests: 5x}"), wrap: []string{"sh", "-c", `ulimit -n 40; exec "$@"`, "sh"}},
	{check: "sockets", made: "30 local ports for 200 connections", level: "invalid", file: simulated(quick, "{concurrency: 200, requests: 2x}", ""), wrap: fewPorts},
	{check: "conservation", cant: "it watches loadgate's own books; tested with samples lost and doubled"},
	{check: "clock", cant: "setting the clock is everybody's on this machine; tested with a clock of its own"},
	{check: "sample_size", made: "a rule on p99 over 50 requests", level: "warn", file: raw(short, "{concurrency: 10, requests: 50}") + "slo: [ttft.p99 < 10s]\n", quiet: raw(short, "{concurrency: 10, requests: 50}") + "slo: [ttft.p50 < 10s]\n"},
	{check: "warmup", made: "all prompts at once on a server that prefills slowly", level: "warn", file: uneven("{ttft: 5ms, itl: 30ms, prefill_per_token: 2ms}", "{concurrency: 32, requests: 400}"), quiet: uneven("{ttft: 5ms, itl: 5ms}", "{concurrency: 8, requests: 400, warmup: {requests: 4x}}")},
	{check: "stationarity", made: "twice the rate that the server can serve", level: "warn", file: simulated("{ttft: 5ms, itl: 5ms, max_batch: 4}", "{rate: 70, requests: 300}", ""), quiet: simulated("{ttft: 5ms, itl: 5ms, max_batch: 64}", "{rate: 70, requests: 300}", "")},
	{check: "errors", made: "the server is killed", level: "warn", file: external("{rate: 50, duration: 3s}"), while: killServer},
	{check: "tokens", made: "a server without usage", level: "warn", file: simulated("{ttft: 5ms, itl: 1ms, usage: none}", "{concurrency: 4, requests: 40}", ""), quiet: simulated(quick, "{concurrency: 4, requests: 40}", "")},
	{check: "output_length", made: "answers of 40 tokens where 20 were asked for", level: "warn", file: strings.Replace(simulated(quick, "{concurrency: 4, requests: 40}", ""), "simulator,", "simulator, params: {max_tokens: 40},", 1), quiet: simulated(quick, "{concurrency: 4, requests: 40}", "")},
	{check: "cache", made: "a file of 60 times the same prompt", level: "warn", file: strings.Replace(simulated(quick, "{concurrency: 4, requests: 40}", ""), prompts, "datasets: {d: {kind: local, path: SAME, output_tokens: 20}}\n", 1), quiet: strings.Replace(simulated(quick, "{concurrency: 4, requests: 40}", ""), prompts, "datasets: {d: {kind: random, tokenizer: cl100k_base, input_tokens: 20, output_tokens: 20}}\n", 1)},
	{check: "server's view", cant: "not a check: loadgate does not scrape the server"},
}

// stopAndGo stops the client and lets it go on, over and over.
func stopAndGo(stopped, running time.Duration) func(int, <-chan struct{}) {
	return func(client int, end <-chan struct{}) {
		for {
			for _, step := range []struct {
				sig syscall.Signal
				d   time.Duration
			}{{syscall.SIGCONT, running}, {syscall.SIGSTOP, stopped}} {
				_ = syscall.Kill(client, step.sig)
				select {
				case <-end:
					_ = syscall.Kill(client, syscall.SIGCONT)
					return
				case <-time.After(step.d):
				}
			}
		}
	}
}

// killServer ends the simulator in the middle of the run; see servers.
func killServer(int, <-chan struct{}) {
	time.Sleep(1500 * time.Millisecond)
	killSimulator()
}

// hog spins on core 0 until it is killed.
func hog() *exec.Cmd {
	cmd := exec.Command("taskset", "-c", "0", "sh", "-c", "while :; do :; done")
	_ = cmd.Start()
	return cmd
}

// limit makes a cgroup of 20 % of a core and gives the words that start a command
// in it; "" and a reason where that cannot be done.
func limit() (words []string, clean func(), why string) {
	for _, g := range []struct{ dir, quota, value string }{
		{"/sys/fs/cgroup/cpu/loadgate-faults", "cpu.cfs_quota_us", "20000"},
		{"/sys/fs/cgroup/loadgate-faults", "cpu.max", "20000 100000"},
	} {
		if os.Mkdir(g.dir, 0o755) != nil {
			continue
		}
		clean = func() { _ = os.Remove(g.dir) }
		if err := os.WriteFile(filepath.Join(g.dir, g.quota), []byte(g.value), 0o644); err != nil {
			clean()
			continue
		}
		return []string{"sh", "-c", fmt.Sprintf(`echo $$ >%s/cgroup.procs && exec "$@"`, g.dir), "sh"}, clean, ""
	}
	return nil, func() {}, "no cgroup can be made here"
}
