package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"loadgate/internal/llm"
	"loadgate/internal/stat"
	"loadgate/internal/wire"
)

// targetProbe is how far away an endpoint is. Times are in ms.
type targetProbe struct {
	URL       string  `json:"url"`
	Status    int     `json:"status"`
	Connect   timings `json:"connect_ms"`
	TLS       timings `json:"tls_ms"` // and a proxy's tunnel; near 0 without
	RoundTrip timings `json:"round_trip_ms"`
}

type timings struct {
	Min float64 `json:"min"`
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
}

const probes = 20

// probeTarget connects to an endpoint some times, and asks it as often on a
// connection that is open: the path of the URL, or the list of models. Any
// answer is one.
func probeTarget(ctx context.Context, target string) (*targetProbe, error) {
	if u, err := url.Parse(target); err != nil || !isURL(target) {
		return nil, usageErrorf("--target %q is no URL: write http://host:port", target)
	} else if u.Scheme != "unix" && strings.Trim(u.Path, "/") == "" {
		target = strings.TrimRight(target, "/") + "/v1/models"
	}
	client := wire.New(wire.Options{
		Clock: llm.NewClock(), UserAgent: "loadgate/" + version,
		Timeouts: wire.Timeouts{Connect: 10 * time.Second, TLS: 10 * time.Second, Total: 30 * time.Second},
	})
	defer client.Close()
	p := &targetProbe{URL: wire.Bare(target)}
	var connect, secure, trip []float64
	for range probes {
		toSocket, above, err := client.Dial(ctx, target)
		if err != nil {
			return nil, failure(fmt.Errorf("--target %s: %w", p.URL, err))
		}
		connect, secure = append(connect, inMS(toSocket)), append(secure, inMS(above))
	}
	for i := range probes + 1 {
		res := client.Fetch(ctx, &llm.Call{Method: http.MethodGet, URL: target})
		if res.Status == 0 {
			return nil, failure(fmt.Errorf("--target %s: %w", p.URL, res.Err))
		}
		if p.Status = res.Status; i > 0 { // the first one connects
			first := res.Header
			if res.KernelHeader != 0 {
				first = res.KernelHeader
			}
			trip = append(trip, inMS(time.Duration(first-res.Wrote)))
		}
	}
	p.Connect, p.TLS, p.RoundTrip = timingsOf(connect), timingsOf(secure), timingsOf(trip)
	return p, nil
}

func inMS(d time.Duration) float64 { return max(0, float64(d)/1e6) }

func timingsOf(v []float64) timings {
	slices.Sort(v)
	return timings{v[0], stat.Quantile(v, 0.5), stat.Quantile(v, 0.99)}
}

func (p *targetProbe) print(w io.Writer) {
	fmt.Fprintf(w, "%s (HTTP %d), %d times\n", p.URL, p.Status, probes)
	for _, row := range []struct {
		name string
		s    timings
	}{{"connect", p.Connect}, {"tls", p.TLS}, {"round trip", p.RoundTrip}} {
		fmt.Fprintf(w, "  %-10s  min %.2f ms, p50 %.2f ms, p99 %.2f ms\n", row.name, row.s.Min, row.s.P50, row.s.P99)
	}
}
