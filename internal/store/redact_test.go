package store

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"loadgate/engine"
	"loadgate/internal/result"

	"github.com/klauspost/compress/zstd"
)

// canaries are secrets of the kinds that are met, with all that encodings do
// something to.
var canaries = []string{
	"sk-proj-Zm9vYmFyCANARY0123456789", `pa"ss\word/with+odd=chars&<more>`, "Bücher-und-日本-canary",
	"eyJhbGciOi.JIUzI1NiJ9.canary_-x", "p@ss word%41:canary", "hf_CANARYcanaryCANARYcanary",
}

// leak is a spelling in which a secret might come back.
func leaks(v string) map[string]string {
	j, _ := json.Marshal(v)
	return map[string]string{
		"raw": v, "in a sentence": "401: invalid key " + v + ", go away", "query": url.QueryEscape(v), "path": url.PathEscape(v),
		"url": "https://h/?k=" + strings.ToLower(url.QueryEscape("%2f")) + url.QueryEscape(v), "json": string(j),
		"go": strconv.Quote(v), "html": html.EscapeString(v), "hex": hex.EncodeToString([]byte(v)), "twice": v + v,
		"base64": base64.StdEncoding.EncodeToString([]byte(v)), "base64url": base64.URLEncoding.EncodeToString([]byte(v)),
		"basic auth": base64.StdEncoding.EncodeToString([]byte("user:" + v)), "basic 2": base64.StdEncoding.EncodeToString([]byte("me:" + v + "@host")),
		"basic 3": base64.RawURLEncoding.EncodeToString([]byte("a:" + v + "..")), "shortened": "wrong key " + v[:len(v)-5], "with dots": "wrong key " + v[:len(v)-4] + "…",
	}
}

// traces are what must not be found: the middle of the secret, plain or coded.
func traces(v string) []string {
	mid := v[2 : len(v)-6]
	out := []string{mid, url.QueryEscape(mid), hex.EncodeToString([]byte(mid))}
	for off := range 3 {
		b := base64.RawStdEncoding.EncodeToString([]byte(v[off : off+(len(v)-off)/3*3]))
		out = append(out, b[4:len(b)-8])
	}
	return out
}

func TestRedactorFindsEverySpelling(t *testing.T) {
	t.Parallel()
	red := NewRedactor(canaries).Redact
	for _, v := range canaries {
		for spelling, text := range leaks(v) {
			got := red(text)
			for _, trace := range traces(v) {
				if strings.Contains(got, trace) {
					t.Errorf("%s: %q became %q, which holds %q", spelling, text, got, trace)
				}
			}
			if again := red(got); again != got {
				t.Errorf("%s: redacting %q again gives %q", spelling, got, again)
			}
		}
	}
}

func TestRedactorLeavesTheRest(t *testing.T) {
	t.Parallel()
	red := NewRedactor(append(canaries, "", "abc", "401")).Redact
	for _, s := range []string{"", "401 Unauthorized: abc", "connection refused", "sk-proj", strings.Repeat("x", 5000)} {
		if got := red(s); got != s {
			t.Errorf("%q became %q", s, got)
		}
	}
	if got, want := red("key "+canaries[0]+" is wrong."), "key *** is wrong."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := NewRedactor(nil).Redact("x"); got != "x" {
		t.Errorf("a redactor without secrets gives %q", got)
	}
}

func TestRedactorIsIdempotent(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	secrets := []string{"****", "*a*a", "aaaa", "abab", "a***b", "***a", "redacted", "baba.…"}
	red := NewRedactor(secrets).Redact
	for range 10_000 {
		var b strings.Builder
		for range rng.IntN(20) {
			b.WriteString([]string{"a", "b", "*", "***", ".", "abab", "redacted"}[rng.IntN(7)])
		}
		once := red(b.String())
		if twice := red(once); twice != once {
			t.Fatalf("%q became %q and then %q", b.String(), once, twice)
		}
	}
}

// TestNoSecretReachesTheDirectory records secrets in every place that takes a
// text from outside, and looks for them in every byte that was written.
func TestNoSecretReachesTheDirectory(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	m := testManifest("a", "b")
	m.SaveTexts = true
	m.Set = canaries
	m.ScenarioText = strings.Join(canaries, "\n")
	m.Scenario = json.RawMessage(fmt.Sprintf(`{"headers":{%s:1,"x":%s}}`, strconv.Quote(canaries[0]), strconv.Quote(canaries[5])))
	r, err := Create(dir, m, Options{Redact: NewRedactor(canaries).Redact})
	must(t, err)
	var examples map[string]string
	for _, id := range []string{"a", "b"} {
		a, err := r.Begin(CellRef{ID: id, SaveTexts: true})
		must(t, err)
		for i, v := range canaries {
			examples = leaks(v)
			for _, text := range examples {
				s := testSample(i)
				s.Session, s.Error, s.Finish, s.Retry = text, text, text, text
				s.Texts = &engine.Texts{Prompt: text, Content: text, Reasoning: text, Tool: text}
				must(t, a.Append(0, s))
			}
		}
		if id == "b" {
			must(t, a.Abandon("echo: "+canaries[1]))
			continue
		}
		must(t, a.Commit(map[string]any{"errors": examples, canaries[2]: 1}))
	}
	must(t, r.Event("interrupted", map[string]any{canaries[3]: examples}))
	must(t, r.WriteResult(&result.Document{Error: "panic: " + canaries[4], Cells: []*result.Cell{{Counts: result.Counts{Examples: examples}}}}))
	must(t, r.Close())

	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text := readPlain(t, path)
		for _, v := range canaries {
			for _, trace := range traces(v) {
				j, _ := json.Marshal(trace)
				if strings.Contains(text, trace) || strings.Contains(text, string(j[1:len(j)-1])) {
					t.Errorf("%s holds %q", path, trace)
				}
			}
		}
		return nil
	}))
	back, err := Open(dir)
	must(t, err)
	must(t, back.Close())
}

// readPlain reads a file, unpacked if it is packed.
func readPlain(t *testing.T, path string) string {
	t.Helper()
	f, err := os.Open(path)
	must(t, err)
	defer f.Close()
	var in io.Reader = f
	if strings.HasSuffix(path, ".zst") {
		z, err := zstd.NewReader(f)
		must(t, err)
		defer z.Close()
		in = z
	}
	data, err := io.ReadAll(in)
	must(t, err)
	return string(data)
}

func FuzzRedactJSON(f *testing.F) {
	for _, v := range canaries {
		j, err := json.Marshal(map[string]any{v: leaks(v)})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(j)
	}
	f.Add([]byte(`{"a":"\u0063anary","b":[1,null,"\\"]}`))
	red := NewRedactor(append(canaries, "canary")).Redact
	f.Fuzz(func(t *testing.T, doc []byte) {
		out := redactJSON(doc, red)
		if json.Valid(doc) && !json.Valid(out) {
			t.Fatalf("%q became %q", doc, out)
		}
		if again := redactJSON(out, red); string(again) != string(out) {
			t.Fatalf("%q became %q and then %q", doc, out, again)
		}
	})
}
