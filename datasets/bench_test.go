package datasets

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// BenchmarkLargeFile opens a file of 1 GiB (2.1 million rows) in each format and
// takes 10,000 of its rows in shuffled order. peak_MB is the most memory that the
// process had since the file was written, as Linux counts it; the aim is less than
// 200. It needs 2 GiB on the disk:
//
//	go test ./datasets -run '^$' -bench LargeFile -benchtime 1x
func BenchmarkLargeFile(b *testing.B) {
	for _, c := range []struct {
		format, section string
		write           func(w io.Writer, row func(i int) (largeRow, bool)) error
	}{
		{"jsonl", `kind: local`, writeLines("", "{\"prompt\": \"%s\", \"output_len\": %d}\n")},
		{"csv", `kind: file`, writeLines("prompt,output_len\n", "\"%s\",%d\n")},
		{"parquet", `kind: file`, writeParquet},
	} {
		b.Run(c.format, func(b *testing.B) {
			dir := b.TempDir()
			path := filepath.Join(dir, "large."+c.format)
			size := writeLarge(b, path, c.write)
			b.SetBytes(size)
			debug.FreeOSMemory()
			if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
				b.Log("peak_MB includes the writing of the file:", err)
			}
			for b.Loop() {
				d, list := try(b, dir, `{`+c.section+`, path: large.`+c.format+`, order: shuffled}`)
				if len(list) > 0 {
					b.Fatal(list)
				}
				for i := range 10_000 {
					session(b, d, 42, i)
				}
			}
			b.ReportMetric(peakMB(b), "peak_MB")
		})
	}
}

type largeRow struct {
	Prompt    string `parquet:"prompt"`
	OutputLen int64  `parquet:"output_len"`
}

// writeLarge writes rows until they are 1 GiB, and says how large the file is.
func writeLarge(b *testing.B, path string, write func(io.Writer, func(int) (largeRow, bool)) error) int64 {
	b.Helper()
	file, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	text := strings.Repeat("the quick brown fox ", 23)
	size := 0
	w := bufio.NewWriterSize(file, 1<<20)
	err = write(w, func(i int) (largeRow, bool) {
		r := largeRow{fmt.Sprintf("%d %s", i, text), 100}
		size += len(r.Prompt) + 40
		return r, size <= 1<<30
	})
	if err == nil {
		err = w.Flush()
	}
	info, statErr := file.Stat()
	if err != nil || statErr != nil || file.Close() != nil {
		b.Fatal(err, statErr)
	}
	return info.Size()
}

// writeLines writes a row a line.
func writeLines(head, line string) func(io.Writer, func(int) (largeRow, bool)) error {
	return func(w io.Writer, row func(int) (largeRow, bool)) error {
		_, err := io.WriteString(w, head)
		for i := 0; err == nil; i++ {
			r, more := row(i)
			if !more {
				break
			}
			_, err = fmt.Fprintf(w, line, r.Prompt, r.OutputLen)
		}
		return err
	}
}

func writeParquet(w io.Writer, row func(int) (largeRow, bool)) error {
	p := parquet.NewGenericWriter[largeRow](w, parquet.MaxRowsPerRowGroup(100_000))
	for i := 0; ; i++ {
		r, more := row(i)
		if !more {
			return p.Close()
		}
		if _, err := p.Write([]largeRow{r}); err != nil {
			return err
		}
	}
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
