package tokens

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// put writes empty files below a new folder, but those in refs, which hold the
// name of a snapshot.
func put(t *testing.T, files ...string) string {
	t.Helper()
	root := t.TempDir()
	for _, name := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		content := ""
		if strings.HasSuffix(name, "/refs/main") {
			content = "abc\n"
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestFind(t *testing.T) {
	t.Parallel()
	root := put(
		t,
		"work/one.json", "work/model/tokenizer.json", "work/org/local/tokenizer.json",
		"hub/models--org--name/refs/main", "hub/models--org--name/snapshots/abc/tokenizer.json", "hub/models--org--name/snapshots/old/tokenizer.json",
		"hub/models--org--single/snapshots/x/tokenizer.json",
		"hub/models--org--local/snapshots/x/tokenizer.json",
		"hub/models--t5-small/refs/main", "hub/models--t5-small/snapshots/abc/tokenizer.json",
		"home/.cache/huggingface/hub/models--org--other/snapshots/x/tokenizer.json",
		"home/.cache/huggingface/hub/models--org--name/snapshots/x/tokenizer.json",
		"home/.cache/modelscope/hub/models/Qwen/Qwen2___5-7B/tokenizer.json",
		"home/mine/tokenizer.json",
	)
	in := func(path string) string { return filepath.Join(root, filepath.FromSlash(path)) }
	for _, variable := range []string{"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME", "TRANSFORMERS_CACHE"} {
		env := map[string]string{"HOME": in("home"), variable: in("hub")}
		if variable == "HF_HOME" {
			env[variable] = in("hf")
			if err := os.MkdirAll(in("hf"), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(in("hub"), in("hf/hub")); err != nil {
				t.Skip("no symbolic links: ", err)
			}
		}
		place := Place{Dir: in("work"), Lookup: func(name string) (string, bool) { v, ok := env[name]; return v, ok }}
		hub := map[bool]string{false: "hub", true: "hf/hub"}[variable == "HF_HOME"]
		for name, want := range map[string]string{
			"one.json":                               "work/one.json",
			"./one.json":                             "work/one.json",
			in("work/one.json"):                      "work/one.json",
			"model":                                  "work/model/tokenizer.json",
			"model/":                                 "work/model/tokenizer.json",
			"../work/model":                          "work/model/tokenizer.json",
			"~/mine":                                 "home/mine/tokenizer.json",
			"org/local":                              "work/org/local/tokenizer.json",
			"org/name":                               hub + "/models--org--name/snapshots/abc/tokenizer.json",
			"org/single":                             hub + "/models--org--single/snapshots/x/tokenizer.json",
			"t5-small":                               hub + "/models--t5-small/snapshots/abc/tokenizer.json",
			"org/other":                              "home/.cache/huggingface/hub/models--org--other/snapshots/x/tokenizer.json",
			"Qwen/Qwen2.5-7B":                        "home/.cache/modelscope/hub/models/Qwen/Qwen2___5-7B/tokenizer.json",
			in("hub/models--org--name"):              "hub/models--org--name/snapshots/abc/tokenizer.json",
			"../hub/models--org--single":             "hub/models--org--single/snapshots/x/tokenizer.json",
			"../hub/models--org--single/snapshots/x": "hub/models--org--single/snapshots/x/tokenizer.json",
		} {
			if got, err := place.find(name); err != nil || got != in(want) {
				t.Errorf("%s: %s is found as %q (%v), want %q", variable, name, got, err, in(want))
			}
		}
	}
}

func TestNotFound(t *testing.T) {
	t.Parallel()
	root := put(
		t,
		"spm/tokenizer.model", "gpt/vocab.json", "empty/readme.md",
		"hub/models--org--model/refs/main", "hub/models--org--model/snapshots/abc/tokenizer.model",
		"hub/models--org--two/snapshots/a/tokenizer.json", "hub/models--org--two/snapshots/b/tokenizer.json",
	)
	in := func(path string) string { return filepath.Join(root, filepath.FromSlash(path)) }
	env := map[string]string{"HOME": in("home"), "HF_HUB_CACHE": in("hub")}
	place := Place{Dir: root, Lookup: func(name string) (string, bool) { v, ok := env[name]; return v, ok }}
	for name, want := range map[string]string{
		"org/nosuch": `unknown tokenizer "org/nosuch": it is neither of ` + in("org/nosuch") + ", " + in("hub") + ", " +
			in("home/.cache/huggingface/hub") + ", " + in("home/.cache/modelscope/hub/models") +
			"; nothing is downloaded here: fetch it (hf download org/nosuch tokenizer.json), or name a tokenizer.json, an encoding such as cl100k_base, or none",
		"./nosuch.json": `tokenizer "./nosuch.json": there is no file or folder ` + in("nosuch.json"),
		"a/b/c":         `tokenizer "a/b/c": there is no file or folder ` + in("a/b/c"),
		"spm":           `tokenizer "spm": ` + in("spm") + " holds tokenizer.model and no tokenizer.json",
		"gpt":           `tokenizer "gpt": ` + in("gpt") + " holds vocab.json and no tokenizer.json",
		"empty":         `tokenizer "empty": ` + in("empty") + " holds no tokenizer.json",
		"org/model":     `tokenizer "org/model": ` + in("hub/models--org--model/snapshots/abc") + " holds tokenizer.model and no tokenizer.json",
		"org/two":       `tokenizer "org/two": ` + in("hub/models--org--two") + " holds several snapshots and no refs/main",
	} {
		if _, err := place.Open(name); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("Open(%q): error %v\nwant %s", name, err, want)
		}
	}
	m, err := place.Open("openai/gpt-oss-120b") // not in the cache, and not needed there
	if err != nil || m.Name() != "o200k_base" {
		t.Errorf("openai/gpt-oss-120b: %v, %v", m, err)
	}
}
