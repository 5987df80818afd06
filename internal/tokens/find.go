package tokens

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// None is the name that asks for no tokenizer: what the server counts stands.
const None = "none"

// Place says from where names are looked up. The zero value is this process's
// working directory and environment.
type Place struct {
	Dir    string                           // where relative paths begin
	Lookup func(name string) (string, bool) // as os.LookupEnv; nil is that
}

const (
	file     = "tokenizer.json"
	download = "hf download"
)

// hubID matches what may be a model's id on the Hugging Face hub. Those without
// an organisation are the hub's oldest, such as t5-small.
var hubID = regexp.MustCompile(`^[\w-][\w.-]*(/[\w-][\w.-]*)?$`)

// find returns the tokenizer.json that name stands for: the file, one in the
// folder, or one in the caches of downloaded models.
func (p Place) find(name string) (string, error) {
	path := p.path(name)
	if info, err := os.Stat(path); err == nil {
		if !info.IsDir() {
			return path, nil
		}
		return inFolder(path)
	}
	if !hubID.MatchString(name) {
		return "", fmt.Errorf("there is no file or folder %s", path)
	}
	caches := p.caches()
	for _, cache := range caches {
		if info, err := os.Stat(cache.model(name)); err == nil && info.IsDir() {
			return inFolder(cache.model(name))
		}
	}
	looked := []string{path}
	for _, cache := range caches {
		looked = append(looked, cache.dir)
	}
	return "", notFoundError{looked}
}

// notFoundError says where an id was looked for.
type notFoundError struct{ looked []string }

func (e notFoundError) Error() string { return "it is neither of " + strings.Join(e.looked, ", ") }

// path makes name a path that does not depend on the working directory.
func (p Place) path(name string) string {
	if rest, ok := strings.CutPrefix(name, "~/"); ok {
		if home := p.home(); home != "" {
			return filepath.Join(home, rest)
		}
	}
	path := filepath.FromSlash(name)
	if !filepath.IsAbs(path) {
		path = filepath.Join(p.Dir, path)
	}
	if absolute, err := filepath.Abs(path); err == nil {
		return absolute
	}
	return path
}

func (p Place) env(name string) string {
	lookup := p.Lookup
	if lookup == nil {
		lookup = os.LookupEnv
	}
	value, _ := lookup(name)
	return value
}

func (p Place) home() string {
	if home := p.env("HOME"); home != "" {
		return home
	}
	return p.env("USERPROFILE") // Windows
}

// cache is a folder into which a tool downloads models.
type cache struct {
	dir   string
	model func(id string) string // the folder of one model
}

// caches lists the folders in which the Hugging Face libraries and ModelScope
// keep models, in the order in which those look at their variables.
func (p Place) caches() []cache {
	var list []cache
	seen := map[string]bool{}
	add := func(model func(dir, id string) string, parts ...string) {
		dir := filepath.Join(parts...)
		if parts[0] != "" && !seen[dir] {
			seen[dir] = true
			list = append(list, cache{dir, func(id string) string { return model(dir, id) }})
		}
	}
	hub := func(dir, id string) string { return filepath.Join(dir, "models--"+strings.ReplaceAll(id, "/", "--")) }
	add(hub, p.env("HF_HUB_CACHE"))
	add(hub, p.env("HUGGINGFACE_HUB_CACHE"))
	add(hub, p.env("HF_HOME"), "hub")
	add(hub, p.env("TRANSFORMERS_CACHE"))
	add(hub, p.env("XDG_CACHE_HOME"), "huggingface", "hub")
	add(hub, p.home(), ".cache", "huggingface", "hub")
	// ModelScope writes dots of a name as underscores.
	scope := func(dir, id string) string {
		return filepath.Join(dir, filepath.FromSlash(strings.ReplaceAll(id, ".", "___")))
	}
	add(scope, p.env("MODELSCOPE_CACHE"), "models")
	add(scope, p.home(), ".cache", "modelscope", "hub", "models")
	return list
}

// inFolder finds the tokenizer.json of a model's folder, or of the snapshot that
// a cache's folder of a model names as its main one, or of its only one.
func inFolder(dir string) (string, error) {
	candidates := []string{dir}
	if snapshots, err := os.ReadDir(filepath.Join(dir, "snapshots")); err == nil {
		candidates = nil
		if main, err := os.ReadFile(filepath.Join(dir, "refs", "main")); err == nil {
			candidates = append(candidates, filepath.Join(dir, "snapshots", strings.TrimSpace(string(main))))
		}
		if len(snapshots) == 1 {
			candidates = append(candidates, filepath.Join(dir, "snapshots", snapshots[0].Name()))
		}
	}
	for _, candidate := range candidates {
		path := filepath.Join(candidate, file)
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			return path, nil
		}
	}
	if len(candidates) == 0 {
		return "", fmt.Errorf("%s holds several snapshots and no refs/main: name the folder of one", dir)
	}
	return "", noFile(candidates[0])
}

// others are files that hold a tokenizer in a form that is not read here.
var others = []string{"tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "tiktoken.model", "qwen.tiktoken", "vocab.json", "vocab.txt"}

// noFile says what a folder holds in place of a tokenizer.json.
func noFile(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if slices.Contains(others, entry.Name()) {
			return fmt.Errorf("%s holds %s and no %s: have transformers write one (AutoTokenizer.from_pretrained(…).save_pretrained(…))", dir, entry.Name(), file)
		}
	}
	return fmt.Errorf("%s holds no %s", dir, file)
}

// explain words the error for a name that is neither an encoding nor found.
func explain(name string, err error) error {
	var missing notFoundError
	switch {
	case name == None:
		return errors.New(`tokenizer "none" counts nothing: name one here`)
	case !errors.As(err, &missing):
		return fmt.Errorf("tokenizer %q: %w", name, err)
	case strings.Contains(name, "/"):
		return fmt.Errorf("unknown tokenizer %q: %w; nothing is downloaded here: fetch it (%s %s %s), or name a %s, an encoding such as cl100k_base, or %s",
			name, err, download, name, file, file, None)
	default:
		return fmt.Errorf("unknown tokenizer %q: %s", name, hint(name))
	}
}
