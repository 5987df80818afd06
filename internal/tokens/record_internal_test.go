package tokens

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What the reference libraries made of a part of the texts is recorded, as two
// bytes a text, with the small tokenizers that were trained for it:
//
//	testdata/reference/texts.gz    a JSON string a line
//	testdata/reference/NAME.sums   for each text the lower half of its ids' CRC-32
//	testdata/reference/NAME.gz     the tokenizer.json; none for an encoding
const recorded = "testdata/reference"

// every is how many of the texts of the script one recorded text stands for.
const every = 7

// sum is what is recorded of a text's ids.
func sum(ids []int32) uint16 {
	h := crc32.NewIEEE()
	_ = binary.Write(h, binary.LittleEndian, ids) // to memory
	return uint16(h.Sum32())
}

// record writes the record of one tokenizer from what its reference wrote, unless
// it is large.
func record(t *testing.T, dir, name string, want [][]int32) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name, "tokenizer.json"))
	if err == nil {
		const most = 64 << 10
		if data = squeeze(t, data); len(data) > most {
			return
		}
		write(t, name+".gz", data)
	} else if !os.IsNotExist(err) {
		t.Fatal(err)
	}
	var sums []byte
	for i := 0; i < len(want); i += every {
		sums = binary.LittleEndian.AppendUint16(sums, sum(want[i]))
	}
	write(t, name+".sums", sums)
}

// recordTexts writes the texts that are recorded.
func recordTexts(t *testing.T, texts []string) {
	t.Helper()
	var lines bytes.Buffer
	for i := 0; i < len(texts); i += every {
		if err := json.NewEncoder(&lines).Encode(texts[i]); err != nil {
			t.Fatal(err)
		}
	}
	write(t, "texts.gz", squeeze(t, lines.Bytes()))
}

func write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(recorded, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(recorded, name), data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func squeeze(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	_, err := z.Write(data)
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func unsqueeze(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// recordedTexts reads the texts of the record.
func recordedTexts(t testing.TB) []string {
	t.Helper()
	var texts []string
	for line := range strings.Lines(string(unsqueeze(t, filepath.Join(recorded, "texts.gz")))) {
		var text string
		if err := json.Unmarshal([]byte(line), &text); err != nil {
			t.Fatal(err)
		}
		texts = append(texts, text)
	}
	return texts
}

// recordedNames lists the tokenizers of the record.
func recordedNames(t testing.TB) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(recorded, "*.sums"))
	if err != nil || len(paths) < 10 {
		t.Fatalf("%d tokenizers are recorded (%v)", len(paths), err)
	}
	for i, path := range paths {
		paths[i] = strings.TrimSuffix(filepath.Base(path), ".sums")
	}
	return paths
}

// openRecorded opens a tokenizer of the record.
func openRecorded(t testing.TB, name string) maker {
	t.Helper()
	if slices.Contains(Names(), name) {
		m, err := Open(name)
		if err != nil {
			t.Fatal(err)
		}
		return m.(maker)
	}
	path := filepath.Join(t.TempDir(), name+".json")
	if err := os.WriteFile(path, unsqueeze(t, filepath.Join(recorded, name+".gz")), 0o644); err != nil {
		t.Fatal(err)
	}
	m, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return m.(maker)
}

// The reference libraries are PyPI's tokenizers and tiktoken; scripts/tokenizers
// says how the record was made, and compares many more texts with more
// tokenizers.
func TestIDsAreTheReferences(t *testing.T) {
	t.Parallel()
	texts := recordedTexts(t)
	for _, name := range recordedNames(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := openRecorded(t, name)
			sums, err := os.ReadFile(filepath.Join(recorded, name+".sums"))
			if err != nil || len(sums) != 2*len(texts) {
				t.Fatalf("%d bytes for %d texts (%v)", len(sums), len(texts), err)
			}
			for i, text := range texts {
				if got := ids(m, text); sum(got) != binary.LittleEndian.Uint16(sums[2*i:]) {
					t.Errorf("%.200q has other ids than %v", text, got)
				}
			}
		})
	}
}

func TestEveryKindMakesExactTexts(t *testing.T) {
	t.Parallel()
	for _, name := range recordedNames(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := openRecorded(t, name)
			err := m.CanMake()
			if name == "small-superwords" { // in which a token may be several words
				if err == nil || !strings.Contains(err.Error(), "its words merge when they meet") {
					t.Fatalf("error %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for i := range 60 {
				rng := rand.New(rand.NewPCG(uint64(i), 0))
				p, n := rng.IntN(30), 1+rng.IntN(600)
				prefix, rest := m.Make(rng, p), m.Make(rng, n)
				for text, want := range map[string]int{m.Join(rest): n, strings.TrimSpace(rest): n, m.Join(prefix, rest): p + n} {
					if got := m.Count(text); got != want {
						t.Fatalf("%d instead of %d: %q", got, want, text)
					}
				}
			}
		})
	}
}
