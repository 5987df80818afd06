package reporters_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"loadgate/reporters"
)

// readLog takes a transaction log apart without any of the code that writes it:
// frames with their checksums, put together to records.
func readLog(t *testing.T, b []byte) [][]byte {
	t.Helper()
	if !bytes.HasPrefix(b, []byte(":W&B\xe1\xbe\x00")) {
		t.Fatalf("the file begins with %q", b[:min(7, len(b))])
	}
	var records [][]byte
	var open []byte
	for at := 7; at < len(b); {
		if left := 32768 - at%32768; left < 7 {
			at += left
			continue
		}
		head := b[at : at+7]
		data := b[at+7 : at+7+int(binary.LittleEndian.Uint16(head[4:]))]
		if sum := crc32.ChecksumIEEE(append([]byte{head[6]}, data...)); sum != binary.LittleEndian.Uint32(head) {
			t.Fatalf("byte %d: checksum", at)
		}
		if at/32768 != (at+6+len(data))/32768 {
			t.Fatalf("byte %d: a piece crosses the end of its block", at)
		}
		at += 7 + len(data)
		switch head[6] {
		case 1:
			records = append(records, data)
		case 2:
			open = bytes.Clone(data)
		case 3, 4:
			open = append(open, data...)
			if head[6] == 4 {
				records = append(records, open)
			}
		default:
			t.Fatalf("byte %d: kind %d", at, head[6])
		}
	}
	return records
}

// fieldsOf are the fields of a message by number; those of bytes only.
func fieldsOf(t *testing.T, b []byte) map[protowire.Number][][]byte {
	t.Helper()
	out := map[protowire.Number][][]byte{}
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		b = b[n:]
		size := protowire.ConsumeFieldValue(number, kind, b)
		if size < 0 {
			t.Fatal(protowire.ParseError(size))
		}
		if kind == protowire.BytesType {
			content, _ := protowire.ConsumeBytes(b)
			out[number] = append(out[number], content)
		} else {
			out[number] = append(out[number], b[:size])
		}
		b = b[size:]
	}
	return out
}

// items are the named values of a history step or a summary.
func items(t *testing.T, b []byte) map[string]any {
	t.Helper()
	out := map[string]any{}
	for _, it := range fieldsOf(t, b)[1] {
		f := fieldsOf(t, it)
		var v any
		if len(f[2]) == 0 || len(f[16]) == 0 {
			continue
		}
		if err := json.Unmarshal(f[16][0], &v); err != nil {
			t.Fatal(err)
		}
		out[string(f[2][0])] = v
	}
	return out
}

// tracked is a run of four cells with n requests each.
func tracked(n int) *reporters.Report {
	return withRequests(&reporters.Report{Doc: document(matrix()...)}, n, 4)
}

func wandb(t *testing.T) reporters.Folder {
	t.Helper()
	kind, err := reporters.Kinds.Find("wandb")
	if err != nil {
		t.Fatal(err)
	}
	reporter, list := kind.New(nil)
	if list.HasErrors() {
		t.Fatal(list)
	}
	return reporter.(reporters.Folder)
}

func TestWandbLog(t *testing.T) {
	t.Setenv("WANDB_PROJECT", "serving")
	r := tracked(400)
	var b bytes.Buffer
	if err := wandb(t).Write(context.Background(), r, &b); err != nil {
		t.Fatal(err)
	}
	counts := map[protowire.Number]int{}
	summary := map[string]any{}
	steps := 0
	for _, record := range readLog(t, b.Bytes()) {
		f := fieldsOf(t, record)
		for _, number := range []protowire.Number{2, 3, 6, 17, 18, 21} {
			counts[number] += len(f[number])
		}
		switch {
		case len(f[17]) == 1:
			if project := fieldsOf(t, f[17][0])[3]; string(project[0]) != "serving" {
				t.Errorf("project %q", project)
			}
		case len(f[3]) == 1:
			for k, v := range items(t, f[3][0]) {
				summary[k] = v
			}
		case len(f[2]) == 1:
			got := items(t, f[2][0])
			if got["_step"] != float64(steps) || got["cell"] == nil || got["_timestamp"] == nil {
				t.Fatalf("step %d is %v", steps, got)
			}
			steps++
		}
	}
	if counts[21] != 1 || counts[17] != 1 || counts[18] != 1 || steps == 0 {
		t.Errorf("%d headers, %d runs, %d ends, %d steps", counts[21], counts[17], counts[18], steps)
	}
	for _, key := range []string{"verdict", "Lengths Distribution", "benchmark_results"} {
		if summary[key] == nil {
			t.Errorf("the summary has no %s: %v", key, summary)
		}
	}
}

func TestWandbDisabledWritesNothing(t *testing.T) {
	t.Setenv("WANDB_MODE", "disabled")
	if files := wandb(t).Files(tracked(3)); len(files) != 0 {
		t.Errorf("%d files", len(files))
	}
}

// TestWandbReadsIt lets W&B's own program read the run.
func TestWandbReadsIt(t *testing.T) {
	program, err := exec.LookPath("wandb")
	if err != nil {
		t.Skip("SKIPPED: wandb is not on the PATH; `pip install wandb` lets its own program read what is written")
	}
	r, dir := tracked(200), t.TempDir()
	var folder string
	for _, f := range wandb(t).Files(r) {
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		if folder == "" {
			folder = filepath.Dir(path)
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := f.Write(t.Context(), r, &b); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"leet", "inspect", "--summary", "--json", folder}, {"sync", "--dry-run", folder}} {
		cmd := exec.Command(program, args...)
		cmd.Env = append(os.Environ(), "WANDB_ERROR_REPORTING=false", "WANDB_SILENT=true")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("wandb %v: %v\n%s", args, err, out)
		}
		if args[0] == "leet" && !strings.Contains(string(out), `"benchmark_results"`) {
			t.Errorf("wandb %v does not see the tables:\n%s", args, out)
		}
	}
}
