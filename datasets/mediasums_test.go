package datasets

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// A dataset whose rows name files is another one when a file's content is another
// one, and the same one wherever the files lie.
func TestDigestIsOfTheMediaThatRowsName(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("x", wholeMedia) + strings.Repeat("y", 2000)
	for _, c := range []struct{ name, section, row string }{
		{"a trace", "kind: trace, format: aiperf", `{"text": "a", "image": "MEDIA"}`},
		{"turns of a trace", "kind: trace, format: aiperf", `{"turns": [{"text": "a"}, {"images": ["https://x.test/a.png", "MEDIA"]}]}`},
		{"a mapping", "kind: file, prompt: \"{text}\", images: image", `{"text": "a", "image": "MEDIA"}`},
		{"a guessed mapping", "kind: file", `{"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "MEDIA"}}]}]}`},
		{"conversations", "kind: conversations, order: file", `{"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "MEDIA"}}]}]}`},
		{"a pool", "kind: random_pool", `{"text": "a", "image": "MEDIA"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			digestOf := func(content string) string {
				t.Helper()
				dir := t.TempDir()
				if err := os.Mkdir(dir+"/media", 0o700); err != nil {
					t.Fatal(err)
				}
				writeFile(t, dir+"/media/a.gif", content)
				writeFile(t, dir+"/rows.jsonl", strings.ReplaceAll(c.row, "MEDIA", "media/a.gif")+"\n")
				d, list := try(t, dir, "{path: rows.jsonl, "+c.section+"}")
				if len(list) > 0 {
					t.Fatal(list)
				}
				before := d.Digest()
				session(t, d, 1, 0)
				if d.Digest() != before {
					t.Error("sending changes the digest")
				}
				return before
			}
			first := digestOf("GIF89a one")
			for what, content := range map[string]string{
				"another content of that size": "GIF89a two", "a longer one": "GIF89a one.", "a large one": "GIF89a" + large,
			} {
				if digestOf(content) == first {
					t.Errorf("%s has the same digest", what)
				}
			}
			if digestOf("GIF89a one") != first {
				t.Error("the folder changes the digest")
			}
			if digestOf("GIF89a"+large+"1") == digestOf("GIF89a"+large+"2") {
				t.Error("a large file that ends otherwise has the same digest")
			}
		})
	}
}

// Rows without files have the digests that they always had, and what was met lately
// makes no difference.
func TestMediaSums(t *testing.T) {
	t.Parallel()
	if got := newMediaSums().sum(); got != nil {
		t.Error(got)
	}
	sum := func(forget bool, contents ...string) any {
		m := newMediaSums()
		for _, content := range contents {
			if err := m.add(content, bytes.NewReader([]byte(content)), int64(len(content))); err != nil {
				t.Fatal(err)
			}
			if forget {
				clear(m.known)
			}
		}
		return m.sum()[0]
	}
	if sum(false, "a", "b", "a") != sum(true, "a", "b", "a") || sum(false, "a", "b") == sum(false, "b", "a") {
		t.Error("the sum is not one of the contents in their order")
	}
}
