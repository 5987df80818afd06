package sim

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// BenchmarkStream is the cost of one streamed token, client included, with 64
// streams at a time over the loopback and a model that takes next to no time.
func BenchmarkStream(b *testing.B) {
	b.ReportAllocs()
	cfg := DefaultConfig()
	cfg.TTFT, cfg.ITL, cfg.ITLPerSequence, cfg.PrefillPerToken = 0, Duration(10*time.Microsecond), 0, 0
	s := New(cfg, nil, io.Discard)
	defer s.Close()
	web := httptest.NewServer(s)
	defer web.Close()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	const streams, tokens = 64, 64
	rounds := 0
	for b.Loop() {
		rounds++
		var all sync.WaitGroup
		for range streams {
			all.Go(func() {
				resp, err := client.Post(web.URL+chatPath, "application/json", strings.NewReader(chatBody(tokens)))
				if err != nil {
					b.Error(err)
					return
				}
				defer resp.Body.Close()
				if _, err := io.Copy(io.Discard, resp.Body); err != nil {
					b.Error(err)
				}
			})
		}
		all.Wait()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(rounds*streams*tokens), "ns/token")
	b.ReportMetric(float64(rounds*streams)/b.Elapsed().Seconds(), "requests/s")
}
