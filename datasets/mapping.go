package datasets

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"loadgate/internal/kind"
	"loadgate/internal/llm"
	"loadgate/internal/yamlpos"
)

// mappingConfig says what the columns of a file's rows mean.
type mappingConfig struct {
	Prompt   string `yaml:"prompt"`
	System   string `yaml:"system"`
	Messages string `yaml:"messages"`
	Body     string `yaml:"body"`

	InputTokens  *yamlpos.Node `yaml:"input_tokens"`  // a column
	OutputTokens *yamlpos.Node `yaml:"output_tokens"` // a number, or a column
	Answer       string        `yaml:"answer"`

	Images *yamlpos.Node `yaml:"images"` // a column, or several
	Audio  *yamlpos.Node `yaml:"audio"`
	Video  *yamlpos.Node `yaml:"video"`

	Tools string `yaml:"tools"`
	Extra string `yaml:"extra"`
	Model string `yaml:"model"`
	ID    string `yaml:"id"`
}

// mapping makes requests of rows.
type mapping struct {
	prompt, system template
	guess          bool // nothing says what the prompt is: a row's usual names do
	messages, body *field
	input, output  *field
	answer         *field
	fixed          int // output length of all rows; 0: each row's
	media          []mediaColumn
	tools, extra   *field
	model, id      *field
	files          mediaFiles
}

type mediaColumn struct {
	kind llm.MediaKind
	from field
}

// open checks a mapping. dir is the data file's folder.
func (c *mappingConfig) open(s *section, dir string) *mapping {
	m := &mapping{files: mediaFiles{dir, newMediaSums()}}
	m.prompt, m.system = s.template("prompt", c.Prompt), s.template("system", c.System)
	m.messages, m.body = s.field("messages", c.Messages), s.field("body", c.Body)
	m.answer, m.tools, m.extra = s.field("answer", c.Answer), s.field("tools", c.Tools), s.field("extra", c.Extra)
	m.model, m.id = s.field("model", c.Model), s.field("id", c.ID)
	m.input = s.fieldAt("input_tokens", c.InputTokens)
	if n := c.OutputTokens; n != nil && n.Retype().Kind == yamlpos.Int {
		s.tokens("output_tokens", 1)
		m.fixed = int(n.Retype().Value.(int64))
	} else {
		m.output = s.fieldAt("output_tokens", n)
	}
	for _, of := range []struct {
		key  string
		kind llm.MediaKind
		node *yamlpos.Node
	}{{"images", llm.Image, c.Images}, {"audio", llm.Audio, c.Audio}, {"video", llm.Video, c.Video}} {
		for _, f := range s.fieldsAt(of.key, of.node) {
			m.media = append(m.media, mediaColumn{of.kind, f})
		}
	}
	c.exclusive(s)
	m.guess = m.prompt == nil && m.messages == nil && m.body == nil
	return m
}

// exclusive reports keys that rule each other out.
func (c *mappingConfig) exclusive(s *section) {
	given := func(keys ...string) []string {
		return slices.DeleteFunc(keys, func(key string) bool { return s.Get(key) == nil })
	}
	if main := given("prompt", "messages", "body"); len(main) > 1 {
		s.errorAtKey(main[1], "a request is made of one of them", "the dataset %s has both %s and %s", s.ctx.Name, main[0], main[1])
	}
	if s.Get("body") != nil {
		for _, key := range given("system", "answer", "images", "audio", "video", "media", "tools", "extra", "output_tokens") {
			s.errorAtKey(key, "a body is sent as it is: what it holds is the file's affair", "%s has no place beside body", key)
		}
	}
	if s.Get("answer") != nil && s.Get("output_tokens") != nil {
		s.errorAtKey("answer", "output_tokens says it already", "answer and output_tokens both say how long answers are to be")
	}
}

// template reads the template at a key.
func (s *section) template(key, text string) template {
	if s.Get(key) == nil {
		return nil
	}
	t, err := parseTemplate(text)
	if err == nil && len(t) == 0 {
		err = errors.New(key + " is empty")
	}
	if err != nil {
		s.errorAt(key, "", "%v", err)
	}
	return t
}

// field reads the column at a key; nil: there is none.
func (s *section) field(key, text string) *field {
	n := s.Get(key)
	if n == nil || n.Kind != yamlpos.String {
		return nil // what is no text, decode reported
	}
	f, err := parseField(text)
	if err != nil {
		s.errorAt(key, "", "%v", err)
	}
	return &f
}

func (s *section) fieldAt(key string, n *yamlpos.Node) *field {
	switch {
	case n == nil:
		return nil
	case n.Kind != yamlpos.String:
		s.errorAt(key, "", "%s: expected the name of a column", key)
		return nil
	}
	return s.field(key, n.Text)
}

// fieldsAt reads a column or a list of them.
func (s *section) fieldsAt(key string, n *yamlpos.Node) []field {
	if n == nil {
		return nil
	}
	items := []*yamlpos.Node{n}
	if n.Kind == yamlpos.List {
		items = n.Items
	}
	var out []field
	for _, item := range items {
		f, err := parseField(item.Text)
		if item.Kind != yamlpos.String {
			err = errors.New(key + ": expected the name of a column, or a list of them")
		}
		if err != nil {
			s.list.Errorf(item.Pos, max(1, item.Width), "", "%v", err)
			continue
		}
		out = append(out, f)
	}
	return out
}

// folderOf is where the paths within a section's file begin.
func folderOf(ctx kind.Context, path string) string {
	if !filepath.IsAbs(path) {
		path = filepath.Join(ctx.Dir, path)
	}
	return filepath.Dir(path)
}

// usual are the columns that hold the prompt where nothing is said, the first
// that a row has; the first two are conversations.
var usual = []string{"messages", "conversations", "prompt", textColumn}

// guessed is the mapping for a row of which nothing is said.
func (m *mapping) guessed(row columns) (*field, template) {
	for i, name := range usual {
		if raw, ok := row[name]; ok && !isNull(raw) {
			f := &field{source: name, steps: []step{{name: name}}}
			if i < 2 {
				return f, nil
			}
			return nil, template{{field: f}}
		}
	}
	return nil, nil
}

// text is what a prompt's tokens are counted in.
func (c *candidate) promptText() string {
	if len(c.messages) == 0 {
		return c.request.Prompt
	}
	texts := make([]string, len(c.messages))
	for i, m := range c.messages {
		texts[i] = m.text
	}
	return strings.Join(texts, "\n")
}
