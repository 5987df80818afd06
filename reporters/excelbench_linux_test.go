package reporters_test

import (
	"syscall"
	"testing"

	"loadgate/reporters"
)

// BenchmarkExcelRequests writes a million requests of eight tokens each, or a
// fiftieth of that with -short.
func BenchmarkExcelRequests(b *testing.B) {
	n := 1_000_000
	if testing.Short() {
		n /= 50
	}
	r := samplesOf(reports()["one-cell"], n, nil)
	b.ReportAllocs()
	var size counter
	before := usage(b)
	for b.Loop() {
		size = 0
		if err := reporters.Excel(b.Context(), r, &size); err != nil {
			b.Fatal(err)
		}
	}
	after := usage(b)
	b.ReportMetric(float64(after.Utime.Nano()+after.Stime.Nano()-before.Utime.Nano()-before.Stime.Nano())/1e9/float64(b.N), "cpu-s/op")
	b.ReportMetric(float64(after.Maxrss)/1024, "max-rss-MB")
	b.ReportMetric(float64(size)/1e6, "file-MB")
}

// counter counts what is written to it.
type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

func usage(b *testing.B) syscall.Rusage {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u
}
