package docstest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// root is the project's folder as seen from here.
const root = "../.."

// page is one Markdown file.
type page struct {
	path   string // from the project's folder, with slashes
	text   string
	blocks []block
}

// block is a fenced block of a page.
type block struct {
	line int      // of its first line of content, from 1
	lang string   // first word of the info string
	info []string // the words after it
	text string
}

func (b block) has(word string) bool {
	for _, w := range b.info {
		if w == word {
			return true
		}
	}
	return false
}

// pages reads README.md and all of docs/.
func pages(t *testing.T) []page {
	t.Helper()
	files := []string{filepath.Join(root, "README.md"), filepath.Join(root, "CHANGELOG.md")}
	err := filepath.WalkDir(filepath.Join(root, "docs"), func(path string, _ os.DirEntry, err error) error {
		if filepath.Ext(path) == ".md" {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var out []page
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		rel, err := filepath.Rel(root, file)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, page{filepath.ToSlash(rel), string(text), blocksOf(string(text))})
	}
	return out
}

func blocksOf(text string) []block {
	var out []block
	var open *block
	for i, line := range strings.Split(text, "\n") {
		info, fence := strings.CutPrefix(strings.TrimLeft(line, " "), "```")
		switch {
		case fence && open == nil:
			words := append(strings.Fields(info), "")
			open = &block{line: i + 2, lang: words[0], info: words[1 : len(words)-1+min(1, len(words)-1)]}
		case fence:
			out = append(out, *open)
			open = nil
		case open != nil:
			open.text += line + "\n"
		}
	}
	return out
}

// prose is a page's text without its fenced blocks.
func (p page) prose() string {
	var b strings.Builder
	inside := false
	for line := range strings.Lines(p.text) {
		if strings.HasPrefix(strings.TrimLeft(line, " "), "```") {
			inside = !inside
			continue
		}
		if !inside {
			b.WriteString(line)
		}
	}
	return b.String()
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#{1,6} +(.+)$`)
	notSlug = regexp.MustCompile(`[^\p{L}\p{N}_ -]`)
)

// anchors are the names that links can give to the headings of a page.
func (p page) anchors() map[string]bool {
	out := map[string]bool{}
	for _, m := range heading.FindAllStringSubmatch(p.prose(), -1) {
		out[strings.ReplaceAll(notSlug.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-")] = true
	}
	return out
}

func TestLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	all := map[string]page{}
	for _, p := range pages(t) {
		all[p.path] = p
	}
	for _, p := range all {
		for _, m := range link.FindAllStringSubmatch(p.prose(), -1) {
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue
			}
			file, anchor, _ := strings.Cut(m[1], "#")
			target := p.path
			if file != "" {
				target = filepath.ToSlash(filepath.Join(filepath.Dir(p.path), file))
				if _, err := os.Stat(filepath.Join(root, target)); err != nil {
					t.Errorf("%s: the link %s leads nowhere", p.path, m[1])
					continue
				}
			}
			if to, ok := all[target]; anchor != "" && ok && !to.anchors()[anchor] {
				t.Errorf("%s: %s has no heading %q", p.path, target, anchor)
			}
		}
	}
}

// TestEveryPageIsLinked finds pages that nobody would come upon.
func TestEveryPageIsLinked(t *testing.T) {
	t.Parallel()
	linked := map[string]bool{"README.md": true}
	all := pages(t)
	for _, p := range all {
		for _, m := range link.FindAllStringSubmatch(p.prose(), -1) {
			file, _, _ := strings.Cut(m[1], "#")
			linked[filepath.ToSlash(filepath.Join(filepath.Dir(p.path), file))] = true
		}
	}
	for _, p := range all {
		if !linked[p.path] {
			t.Errorf("no page links to %s", p.path)
		}
	}
}
