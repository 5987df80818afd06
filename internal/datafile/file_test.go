package datafile

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
)

// readAll reads a file to its end, and checks that it can be read again in
// parts, and that its sum is that of its bytes on the disk.
func readAll(t *testing.T, path string) (*File, string) {
	t.Helper()
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, span := range [][2]int{{0, len(b)}, {len(b) / 3, len(b) / 2}, {len(b), len(b)}} {
		part := make([]byte, span[1]-span[0])
		if _, err := f.ReadAt(part, int64(span[0])); (err != nil && err != io.EOF) || !bytes.Equal(part, b[span[0]:span[1]]) {
			t.Errorf("bytes %v read again: %v", span, err)
		}
	}
	disk, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := sha256.Sum256(disk)
	if sum, err := f.Sum(); err != nil || sum != hex.EncodeToString(want[:]) {
		t.Errorf("sum %s: %v", sum, err)
	}
	return f, string(b)
}

// The files were written by PyArrow 22: row groups, two versions of pages, and
// all the ways in which something may be absent.
func TestParquetIsJSONLines(t *testing.T) {
	t.Parallel()
	want := strings.Join([]string{
		`{"id":1,"question":"What is 2+2? 日本","answer":0.5,"ok":true,"choices":["a","b"],"turns":[{"from":"human","value":"hi"},{"from":"gpt","value":null}],` +
			`"image":{"bytes":"iVBORw0KGgoA","path":"a.png"},"nested":[[1,2],[],null,[null,3]]}`,
		`{"id":2,"question":null,"answer":null,"ok":null,"choices":[],"turns":null,"image":null,"nested":[]}`,
		`{"id":3,"question":"","answer":1e+20,"ok":false,"choices":[null,"ü\"\n"],"turns":[],"image":{"bytes":null,"path":"http://x/y.png"},"nested":null}`,
	}, "\n") + "\n"
	for _, name := range []string{"nested.parquet", "nested_snappy_v2.parquet"} {
		f, got := readAll(t, "testdata/"+name)
		if diff := cmp.Diff(want, got); diff != "" || f.Format != Parquet {
			t.Errorf("%s: %s", name, diff)
		}
	}
	_, got := readAll(t, "testdata/maps.parquet")
	want = `{"m":[{"key":"a","value":1},{"key":"b","value":2}],"d":1}` + "\n" + `{"m":[],"d":2}` + "\n" + `{"m":null,"d":null}` + "\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestPackedFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name string, content []byte) string {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
		return filepath.Join(dir, name)
	}
	long := []byte(strings.Repeat("{\"prompt\": \"a row\"}\n", maxHeld/10)) // does not fit into memory's share
	bz, err := hex.DecodeString("425a6839314159265359c1c080e2000001410000100244a00030cd00c3462997177245385090c1c080e2")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]byte{
		write("a.jsonl", []byte("{}\n")):                []byte("{}\n"),
		write("empty.csv", nil):                         {},
		write("a.jsonl.gz", gzipped(t, []byte("{}\n"))): []byte("{}\n"),
		write("long.tsv.zst", zstded(t, long)):          long,
		write("hello.txt.bz2", bz):                      []byte("hello\n"),
		write("misnamed.gz", []byte("plain\n")):         []byte("plain\n"),
		write("unnamed", gzipped(t, []byte("x"))):       []byte("x"),
	} {
		if _, got := readAll(t, name); got != string(want) {
			t.Errorf("%s: %d bytes, want %d", name, len(got), len(want))
		}
	}
	for name, want := range map[string]Format{
		"a.json": JSON, "a.JSONL.GZ": JSON, "a.ndjson.zst": JSON, "a.csv": CSV, "a.tsv.bz2": TSV, "a.txt": Text, "a.parquet": Parquet, "a": Unknown, "a.gz": Unknown, "a.dat": Unknown,
	} {
		if got := FormatOf(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func gzipped(t *testing.T, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func zstded(t *testing.T, b []byte) []byte {
	t.Helper()
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return z.EncodeAll(b, nil)
}

func TestFilesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	parquet, err := os.ReadFile("testdata/nested.parquet")
	if err != nil {
		t.Fatal(err)
	}
	whole := gzipped(t, bytes.Repeat([]byte("abcdefgh"), 1000))
	for name, c := range map[string]struct {
		content []byte
		want    string
	}{
		"a.xz":        {[]byte("\xfd7zXZ\x00rest"), "packed with xz, which is not read"},
		"a.zip":       {[]byte("PK\x03\x04rest"), "a zip archive, which is not read"},
		"a.arrow":     {[]byte("ARROW1\x00\x00"), "an Arrow file, which is not read"},
		"a.parquet":   {[]byte("id,question\n"), "no Parquet file"},
		"cut.parquet": {parquet[:len(parquet)/2], "the Parquet file is damaged"},
		"cut.gz":      {whole[:len(whole)-10], "the gzip data is damaged"},
		"odd.gz":      {[]byte("\x1f\x8b\x00\x00"), "the gzip data is damaged"},
		"odd.zst":     {[]byte("\x28\xb5\x2f\xfd\xff\xff\xff\xff\xff"), "the zstd data is damaged"},
		"odd.bz2":     {[]byte("BZh9rest of it"), "the bzip2 data is damaged"},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, c.content, 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := Open(path)
		if err == nil {
			_, err = io.Copy(io.Discard, f)
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	if _, err := Open(filepath.Join(dir, "none")); !os.IsNotExist(err) {
		t.Error(err)
	}
	if _, err := Open(dir); err != ErrIrregular {
		t.Error(err)
	}
}

// hugeFooter is a file that says its footer has nearly 4 GiB.
func hugeFooter(b []byte) []byte {
	return append(slices.Clone(b[:len(b)-8]), 0xff, 0xff, 0xff, 0xfe, 'P', 'A', 'R', '1')
}

// withFooter is a file that is nothing but a footer.
func withFooter(footer ...byte) []byte {
	b := append([]byte("PAR1"), footer...)
	return append(binary.LittleEndian.AppendUint32(b, uint32(len(footer))), "PAR1"...)
}

// A footer's length is believed only where it can be true: making room for it takes
// seconds, or all memory.
func TestParquetOfAnImpossibleFooter(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("testdata/maps.parquet")
	if err != nil {
		t.Fatal(err)
	}
	for want, damaged := range map[string][]byte{
		"its footer is said to have 4278190079 bytes, and the file has 1273": hugeFooter(b),
		"it does not end with PAR1":   b[:len(b)-20],
		"5 bytes are no Parquet file": b[:5],
		"its footer says of a list or a text that it is longer than what is left of the footer": withFooter(
			0x29, 0xfc, 0xff, 0xff, 0xff, 0x7f), // field 2, a list of structs, a quarter of a billion of them
	} {
		if _, err := openParquet(bytes.NewReader(damaged), int64(len(damaged))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// A damaged file is an error, whatever the damage.
func FuzzParquet(f *testing.F) {
	for _, name := range []string{"nested.parquet", "nested_snappy_v2.parquet", "maps.parquet"} {
		b, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		f.Add(b[:len(b)-20])
		f.Add(hugeFooter(b))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		rows, err := openParquet(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		_, _ = io.CopyN(io.Discard, rows, 1<<20)
	})
}
