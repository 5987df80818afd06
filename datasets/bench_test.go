package datasets

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// BenchmarkLargeFile opens a file of 1 GiB (2.1 million rows) and takes 10,000
// of its rows in shuffled order. peak_MB is the most memory that the process
// ever had, as Linux counts it. It needs the room on the disk:
//
//	go test ./datasets -run '^$' -bench LargeFile -benchtime 1x
func BenchmarkLargeFile(b *testing.B) {
	dir := b.TempDir()
	file, err := os.Create(filepath.Join(dir, "large.jsonl"))
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriterSize(file, 1<<20)
	text := strings.Repeat("the quick brown fox ", 23)
	size := 0
	for i := 0; size < 1<<30; i++ {
		n, err := fmt.Fprintf(w, "{\"prompt\": \"%d %s\", \"output_len\": 100}\n", i, text)
		if err != nil {
			b.Fatal(err)
		}
		size += n
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := file.Close(); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(size))
	for b.Loop() {
		d, list := try(b, dir, `{kind: local, path: large.jsonl, order: shuffled}`)
		if len(list) > 0 {
			b.Fatal(list)
		}
		for i := range 10_000 {
			session(b, d, 42, i)
		}
	}
	b.ReportMetric(peakMB(b), "peak_MB")
}

// peakMB is the process' largest resident set.
func peakMB(b *testing.B) float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	var kb float64
	if _, err := fmt.Sscan(rest, &kb); err != nil {
		b.Fatal(err)
	}
	return kb / 1024
}
