//go:build unix

package tokens

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestReference compares every id with those that scripts/tokenizers/compare had
// the reference libraries write. It is run by that script.
func TestReference(t *testing.T) {
	dir := os.Getenv("LOADGATE_TOKENIZERS")
	if dir == "" {
		t.Skip("set by scripts/tokenizers/compare: LOADGATE_TOKENIZERS is empty")
	}
	texts := readTexts(t, filepath.Join(dir, "corpus.jsonl"))
	files, err := filepath.Glob(filepath.Join(dir, "*", "ids"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no ids in %s (%v)", dir, err)
	}
	recording := os.Getenv("LOADGATE_RECORD") != ""
	if recording {
		recordTexts(t, texts)
	}
	fmt.Println("tokenizer\ttexts\tdiffer\tMB/s\tMB/s of the reference\tload s")
	for _, path := range files {
		name := filepath.Base(filepath.Dir(path))
		want := compare(t, dir, name, texts)
		if recording && (strings.HasPrefix(name, "small-") || slices.Contains(Names(), name)) {
			record(t, dir, name, want)
		}
	}
}

// TestEveryCharacter compares what becomes of each character before the model. It
// is run by the same script.
func TestEveryCharacter(t *testing.T) {
	dir := os.Getenv("LOADGATE_CHARACTERS")
	if dir == "" {
		t.Skip("set by scripts/tokenizers/compare: LOADGATE_CHARACTERS is empty")
	}
	texts := readTexts(t, filepath.Join(dir, "characters.jsonl"))
	files, err := filepath.Glob(filepath.Join(dir, "*", "sums"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no sums in %s (%v)", dir, err)
	}
	fmt.Println("every character\ttexts\tdiffer")
	for _, path := range files {
		name := filepath.Base(filepath.Dir(path))
		m, err := Place{Dir: dir}.Open(name)
		sums, readErr := os.ReadFile(path)
		if err != nil || readErr != nil || len(sums) != 2*len(texts) {
			t.Errorf("%s: %d bytes for %d texts (%v, %v)", name, len(sums), len(texts), err, readErr)
			continue
		}
		wrong := 0
		for i, text := range texts {
			if sum(m.(maker).tokenizer.Append(nil, text)) != binary.LittleEndian.Uint16(sums[2*i:]) {
				if wrong++; wrong <= 5 {
					t.Errorf("%s: one of the characters from %U on", name, []rune(text)[1])
				}
			}
		}
		fmt.Printf("%s\t%d\t%d\n", name, len(texts), wrong)
	}
}

// cpu returns the CPU time of this process so far.
func cpu(t *testing.T) time.Duration {
	t.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// compare encodes the texts, prints a line of the table, and returns what the
// reference wrote.
func compare(t *testing.T, dir, name string, texts []string) [][]int32 {
	t.Helper()
	start := cpu(t)
	m, err := Place{Dir: dir}.Open(name)
	if err != nil {
		t.Error(err)
		return nil
	}
	load := cpu(t) - start
	want := readIDs(t, filepath.Join(dir, name, "ids"))
	if len(want) != len(texts) {
		t.Fatalf("%s: %d lines for %d texts", name, len(want), len(texts))
	}
	wrong, size := 0, 0
	all := make([][]int32, len(texts))
	start = cpu(t)
	for i, text := range texts {
		size += len(text)
		all[i] = m.(maker).tokenizer.Append(nil, text)
	}
	took := cpu(t) - start
	for i, got := range all {
		if !slices.Equal(got, want[i]) {
			if wrong++; wrong <= 5 {
				t.Errorf("%s: %.200q\ngot  %v\nwant %v", name, texts[i], got[:min(60, len(got))], want[i][:min(60, len(want[i]))])
			}
		}
	}
	mbs := float64(size) / 1e6
	seconds, err := strconv.ParseFloat(strings.TrimSpace(strings.Join(readLines(t, filepath.Join(dir, name, "ids.seconds")), "")), 64)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("%s\t%d\t%d\t%.1f\t%.1f\t%.2f\n", name, len(texts), wrong, mbs/took.Seconds(), mbs/seconds, load.Seconds())
	return want
}

func readTexts(t *testing.T, path string) []string {
	t.Helper()
	var texts []string
	for _, line := range readLines(t, path) {
		var text string
		if err := json.Unmarshal([]byte(line), &text); err != nil {
			t.Fatal(err)
		}
		texts = append(texts, text)
	}
	return texts
}

func readIDs(t *testing.T, path string) [][]int32 {
	t.Helper()
	var all [][]int32
	for _, line := range readLines(t, path) {
		var ids []int32
		for _, field := range strings.Fields(line) {
			id, err := strconv.ParseInt(field, 10, 32)
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, int32(id))
		}
		all = append(all, ids)
	}
	return all
}

func readLines(t *testing.T, path string) []string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var lines []string
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<24)
	for sc.Scan() {
		lines = append(lines, sc.Text())
	}
	if sc.Err() != nil {
		t.Fatal(sc.Err())
	}
	return lines
}
