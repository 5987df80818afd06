package calibrate

import (
	"fmt"
	"time"

	"loadgate/internal/rawserver"
)

// Kinds of rungs.
const (
	Bulk    = "bulk"    // a few streams, as fast as the server writes: what an event costs
	Streams = "streams" // closed loop of paced streams
	Rate    = "rate"    // open loop of short answers
)

// Rung is one load.
type Rung struct {
	Kind    string
	Streams int     // in flight; of Bulk and Streams
	Rate    float64 // requests per second
	Shape   rawserver.Shape
	Answers int // measured for each stream
	Length  time.Duration
}

const (
	pace    = 20 * time.Millisecond // 50 tokens a second
	waiting = 50 * time.Millisecond
)

// Ladder is the rungs in order. Each kind ends with its first rung that does not
// hold.
func Ladder(quick bool) []Rung {
	streams, rates := []int{16, 64, 256, 1024, 2048}, []float64{100, 400, 1000, 3000}
	paced, bulk, length := 75, 20_000, 3*time.Second
	if quick {
		streams, rates = []int{16, 128}, []float64{100, 500}
		paced, bulk, length = 25, 5_000, time.Second
	}
	out := []Rung{{Kind: Bulk, Streams: 4, Answers: 6, Shape: rawserver.Shape{Tokens: bulk}}}
	for _, n := range streams {
		out = append(out, Rung{Kind: Streams, Streams: n, Answers: 2, Shape: rawserver.Shape{Paced: true, TTFT: waiting, ITL: pace, Tokens: paced}})
	}
	for _, r := range rates {
		out = append(out, Rung{Kind: Rate, Rate: r, Length: length, Shape: rawserver.Shape{Paced: true, TTFT: waiting, ITL: pace, Tokens: 2}})
	}
	return out
}

// scenario is the file that runs the rung against a server.
func (r Rung) scenario(serverURL string) string {
	load := fmt.Sprintf("{concurrency: %d, requests: %dx, warmup: {requests: 1x}, ramp: 500ms}", r.Streams, r.Answers)
	if r.Kind == Rate {
		load = fmt.Sprintf("{rate: %g, duration: %s, warmup: {duration: 500ms}}", r.Rate, r.Length)
	}
	return fmt.Sprintf(`apiVersion: loadgate/v1
name: calibrate
backends: {server: {kind: openai, api: chat, url: '%s%s', model: calibrated}}
datasets: {prompts: {kind: prompt, prompt: Calibrate., output_tokens: %d}}
load: %s
preflight: false
`, serverURL, r.Shape.Path(), r.Shape.Tokens, load)
}
