package datasets

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"loadgate/internal/llm"
)

// brief is a request in short: its texts, its media, the length asked for.
func brief(r llm.Request) string {
	out := r.Prompt
	for _, m := range r.Messages {
		out += m.Text
		for _, medium := range m.Media {
			out += fmt.Sprintf(" <%s %s%s %d>", medium.Kind, medium.URL, medium.MIME, len(medium.Data))
		}
	}
	if r.MaxTokens > 0 {
		out += fmt.Sprint(" > ", r.MaxTokens)
	}
	return strings.ReplaceAll(out, "\n", "|")
}

// drawn counts what the first requests of a dataset are.
func drawn(t *testing.T, d llm.Dataset, n int) map[string]int {
	t.Helper()
	out := map[string]int{}
	for i := range n {
		out[brief(request(t, d, 3, i))]++
	}
	return out
}

// A request is a row; every row comes, as often as any other.
func TestRandomPoolOfAFile(t *testing.T) {
	t.Parallel()
	got := drawn(t, open(t, `{kind: random_pool, path: pool/looks.jsonl, output_tokens: 7}`), 400)
	want := []string{
		"What is this? <image image/png 99> > 7",
		"Which colour|has it? <image image/png 99> <image https://x.test/b.png 0> > 7",
		"Say hello. > 7",
		" <audio https://x.test/c.wav 0> > 7",
	}
	for _, w := range want {
		if got[w] < 70 || got[w] > 130 {
			t.Errorf("%q comes %d times in 400, want about 100", w, got[w])
		}
	}
	if len(got) != len(want) {
		t.Error(got)
	}
}

// Of a folder a request has a row of each file, drawn independently: the texts in
// the order of the files' names, and media behind them.
func TestRandomPoolOfAFolder(t *testing.T) {
	t.Parallel()
	got := drawn(t, open(t, `{kind: random_pool, path: pool/parts}`), 600)
	for _, passage := range []string{"I am a cat.|%s <image https://x.test/cat.png 0>", "I am a dog.|%s", "I am a bird.|%s"} {
		for _, query := range []string{"Who are you?|Who am I?", "What is the meaning of life?"} {
			w := fmt.Sprintf(passage, query)
			if got[w] < 65 || got[w] > 135 {
				t.Errorf("%q comes %d times in 600, want about 100", w, got[w])
			}
		}
	}
	if len(got) != 6 {
		t.Error(got)
	}
}

// A batch takes single texts and media of all rows, and leaves out what it is told to.
func TestRandomPoolBatch(t *testing.T) {
	t.Parallel()
	d := open(t, `{kind: random_pool, path: pool/looks.jsonl, batch: {text: 2, image: 3, audio: 0}}`)
	texts, images := map[string]int{}, map[string]int{}
	for i := range 200 {
		m := request(t, d, 3, i).Messages[0]
		for part := range strings.SplitSeq(m.Text, "\n") {
			texts[part]++
		}
		for _, medium := range m.Media {
			images[string(medium.Kind)+medium.URL]++
		}
	}
	for text, n := range texts {
		if n < 70 || n > 130 {
			t.Errorf("%q comes %d times in 400, want about 100", text, n)
		}
	}
	// two of the three images are the same file
	if a, b := images["image"], images["imagehttps://x.test/b.png"]; len(texts) != 4 || len(images) != 2 || a+b != 600 || a < 350 || a > 450 {
		t.Error(texts, images)
	}
}

func TestRandomPoolSaysWhatItHolds(t *testing.T) {
	t.Parallel()
	for section, want := range map[string][]llm.Pool{
		`path: pool/parts`: {{Name: "passages.jsonl", Rows: 3, Texts: 3, Images: 1}, {Name: "queries.jsonl", Rows: 2, Texts: 3}},
		`path: pool/looks.jsonl, limit: 2, output_tokens: 5`: {{Name: "looks.jsonl", Rows: 2, Texts: 3, Images: 3}},
	} {
		d := open(t, "{kind: random_pool, "+section+"}")
		if diff := cmp.Diff(want, d.(llm.Pooled).Pools()); diff != "" {
			t.Errorf("%s: %s", section, diff)
		}
	}
	d := open(t, `{kind: random_pool, path: pool/parts/queries.jsonl, output_tokens: 5}`)
	for i := range 5 {
		shapes, err := d.(llm.Shaped).Shapes(3, i)
		want := d.(llm.Tokenized).Counter().Count(request(t, d, 3, i).Prompt)
		if err != nil || len(shapes) != 1 || shapes[0].Input != want || shapes[0].Output != 5 {
			t.Errorf("request %d: %+v, %v, want %d tokens", i, shapes, err, want)
		}
	}
}

func TestRandomPoolMistakes(t *testing.T) {
	t.Parallel()
	good := `{"text": "a"}` + "\n"
	for _, c := range []struct{ name, section, file, want string }{
		{"nothing in it", "path: p.jsonl", good + `{"text": "", "images": []}`, "p.jsonl:2:1: the row has nothing in text, texts, image, images, audio, audios, video and videos"},
		{"another form", "path: p.jsonl", good + `{"turns": [{"text": "a"}]}`, "p.jsonl:2:1: this is no row of a random_pool (kind: trace, format: aiperf takes AIPerf's single_turn and multi_turn as they stand)"},
		{"of another type", "path: p.jsonl", `{"type": "single_turn", "text": "a"}`, "p.jsonl:1:1: this is no row of a random_pool (kind: trace, format: aiperf takes AIPerf's single_turn and multi_turn as they stand)"},
		{"texts", "path: p.jsonl", `{"texts": [1]}`, `p.jsonl:1:1: texts: expected a list of texts, or of {"name": "…", "contents": ["…"]}`},
		{"no such picture", "path: p.jsonl", good + `{"text": "a", "image": "cat.png"}`, "p.jsonl:2:1: image: there is no file cat.png in "},
		{"no rows", "path: p.jsonl", "\n", "gate.yaml:1:27: p.jsonl has no rows"},
		{"no such file", "path: q.jsonl", good, "gate.yaml:1:27: there is no file q.jsonl (a path is relative to the scenario's file)"},
		{"an empty folder", "path: empty", good, "gate.yaml:1:27: there is no file in empty (each file of the folder is a pool of rows)"},
		{"a batch of a folder", "path: two, batch: {text: 2}", good, "gate.yaml:1:32: batch draws from one file, and two has 2: a request has a row of each (remove it, or give one file)"},
		{"a batch of nothing", "path: p.jsonl, batch: {text: 0}", good, "gate.yaml:1:43: batch leaves nothing to send of p.jsonl"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for _, folder := range []string{"empty", "two"} {
				if err := os.Mkdir(dir+"/"+folder, 0o700); err != nil {
					t.Fatal(err)
				}
			}
			writeFile(t, dir+"/empty/.hidden", "")
			writeFile(t, dir+"/two/a.jsonl", good)
			writeFile(t, dir+"/two/b.jsonl", good)
			writeFile(t, dir+"/p.jsonl", c.file)
			_, list := try(t, dir, "{kind: random_pool, "+c.section+"}")
			if len(list) != 1 {
				t.Fatalf("%d mistakes: %v", len(list), list)
			}
			got := list[0].Pos.String() + ": " + list[0].Message
			if list[0].Hint != "" {
				got += " (" + list[0].Hint + ")"
			}
			got = strings.ReplaceAll(strings.ReplaceAll(got, dir+"/", ""), dir, "")
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// FuzzRandomPool: whatever a row holds, reading it gives something to send or a
// fault, and drawing single items of such rows finds them.
func FuzzRandomPool(f *testing.F) {
	for _, name := range []string{"pool/looks.jsonl", "pool/parts/queries.jsonl", "pool/parts/passages.jsonl"} {
		for line := range strings.Lines(readFile(f, "testdata/"+name)) {
			f.Add(line)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		p := &pool{files: mediaFiles{dir: "testdata/pool"}}
		r, keep, err := p.parse(rawRow{text: []byte(strings.TrimSpace(text)), line: 1, col: 1})
		if err != nil {
			return
		}
		items := 0
		b := &batch{of: [poolItems]int{1, 1, 1, 1}}
		b.add(&poolRow{})
		b.add(&r)
		for k := range poolItems {
			items += r.len(k)
			if b.total(k) != r.len(k) {
				t.Errorf("%d of %d items of kind %d", b.total(k), r.len(k), k)
			}
		}
		if !keep || items == 0 || b.empty() {
			t.Errorf("%+v", r)
		}
	})
}
