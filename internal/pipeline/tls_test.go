package pipeline

import (
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"loadgate/internal/llm"
	"loadgate/internal/result"
	"loadgate/internal/sim"
)

// A server whose certificate comes from an authority of its own is measured
// once the scenario names that.
func TestOwnAuthority(t *testing.T) {
	t.Parallel()
	handler := sim.New(sim.DefaultConfig(), nil, nil)
	web := httptest.NewTLSServer(handler)
	t.Cleanup(func() { _ = handler.Close(); web.Close() })
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: web.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	for tls, want := range map[string]llm.ErrorClass{"{ca: " + ca + "}": "", "{insecure: true}": "", "{}": llm.ErrTLS} {
		backend := "  s: {kind: vllm, url: " + web.URL + ", model: sim, tls: " + tls + "}"
		text := strings.Replace(quick, "  s: {kind: simulator, server: {ttft: 1ms, itl: 1ms, jitter: 0}}", backend, 1)
		s, err := execute(t, text, filepath.Join(t.TempDir(), "run"), Options{})
		if want != "" {
			if err == nil || !strings.Contains(err.Error(), string(want)) {
				t.Errorf("tls %s: the preflight says %v, want %s", tls, err, want)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		report, _, err := s.Finish(t.Context(), nil)
		if err != nil || report.Doc.Verdict == result.Fail || report.Doc.Cells[0].Counts.Completed != 20 {
			t.Errorf("tls %s: %v, %+v", tls, err, report.Doc.Cells[0].Counts)
		}
	}
}
