package datasets

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"loadgate/internal/diag"
	"loadgate/internal/kind"
	"loadgate/internal/llm"
	"loadgate/internal/yamlpos"
)

// randomPoolConfig is the section of kind random_pool.
type randomPoolConfig struct {
	Kind         string      `yaml:"kind"`
	Path         string      `yaml:"path"`
	Limit        int         `yaml:"limit"`
	OutputTokens int         `yaml:"output_tokens"`
	Tokenizer    string      `yaml:"tokenizer"`
	Batch        batchConfig `yaml:"batch"`
}

// randomPool is AIPerf's random_pool: rows of which requests are drawn, with
// replacement. Of a folder each file is a pool, and a request has a row of each.
type randomPool struct {
	counted
	pools  []*pool
	batch  *batch // nil: requests have rows as they are
	output int
	digest string
}

// pool is the rows of a file. They stay in the file.
type pool struct {
	data  *dataFile
	files mediaFiles
	spans spanList
	holds llm.Pool
}

// poolRow is what a row brings to a request: items of four kinds, which are the
// texts, and the media of each of poolMedia.
type poolRow struct {
	texts []string
	media [len(poolMedia)][]mediaSource
}

// poolMedia are the kinds of media in the order in which a request has them.
var poolMedia = [...]llm.MediaKind{llm.Image, llm.Audio, llm.Video}

const poolItems = 1 + len(poolMedia)

// len is the number of items of a kind, 0 for texts.
func (r *poolRow) len(k int) int {
	if k == 0 {
		return len(r.texts)
	}
	return len(r.media[k-1])
}

// take adds an item of another row.
func (r *poolRow) take(from *poolRow, k, item int) {
	if k == 0 {
		r.texts = append(r.texts, from.texts[item])
		return
	}
	r.media[k-1] = append(r.media[k-1], from.media[k-1][item])
}

// all are the media, in order.
func (r *poolRow) all() []mediaSource { return slices.Concat(r.media[:]...) }

// openRandomPool opens a file or a folder of rows.
func openRandomPool(n *yamlpos.Node, ctx kind.Context) (llm.Dataset, diag.List) {
	c := randomPoolConfig{Tokenizer: "cl100k_base"}
	s := decode(n, ctx, &c)
	s.require("path", "pool.jsonl")
	s.notEmpty("path")
	s.within("limit", 1, 1e9, "a whole number from 1")
	s.tokens("output_tokens", 1)
	c.Batch.check(s)
	d := &randomPool{counted: counted{s.openCounter(c.Tokenizer)}, output: c.OutputTokens}
	if s.list.HasErrors() {
		return nil, s.list
	}
	files := s.poolFiles(c.Path)
	if s.Get("batch") != nil {
		d.batch = &batch{of: c.Batch.counts()}
		if len(files) > 1 {
			s.errorAtKey("batch", "remove it, or give one file", "batch draws from one file, and %s has %d: a request has a row of each", c.Path, len(files))
		}
	}
	of := []any{c.Limit, c.OutputTokens, c.Tokenizer}
	if d.batch != nil {
		of = append(of, d.batch.of)
	}
	for _, path := range files {
		if p := s.openPool(ctx, path, c.Limit, d.batch); p != nil {
			d.pools = append(d.pools, p)
			of = append(append(of, p.data.sum), p.files.sums.sum()...)
		}
	}
	if d.batch != nil && !s.list.HasErrors() && d.batch.empty() {
		s.errorAt("batch", "", "batch leaves nothing to send of %s", c.Path)
	}
	if s.list.HasErrors() {
		return nil, s.list
	}
	d.digest = digest("random_pool", of...)
	return d, s.list
}

// poolFiles are the files of the pools: the section's one, or those of its folder in
// the order of their names.
func (s *section) poolFiles(path string) []string {
	full := path
	if !filepath.IsAbs(full) {
		full = filepath.Join(s.ctx.Dir, full)
	}
	if info, err := os.Stat(full); err != nil || !info.IsDir() {
		return []string{path} // whose opening says what is wrong with it
	}
	entries, err := os.ReadDir(full)
	if err != nil {
		s.errorAt("path", "", "cannot read %s: %v", full, err)
		return nil
	}
	var out []string
	for _, e := range entries {
		if info, err := os.Stat(filepath.Join(full, e.Name())); err == nil && info.Mode().IsRegular() && !strings.HasPrefix(e.Name(), ".") {
			out = append(out, filepath.Join(path, e.Name()))
		}
	}
	if len(out) == 0 {
		s.errorAt("path", "each file of the folder is a pool of rows", "there is no file in %s", full)
	}
	return out
}

// openPool goes through a file; nil: it reported why not. What a batch draws from is
// noted in it.
func (s *section) openPool(ctx kind.Context, path string, limit int, b *batch) *pool {
	p := &pool{files: mediaFiles{folderOf(ctx, path), newMediaSums()}, holds: llm.Pool{Name: filepath.Base(path)}}
	if p.data = s.openData(ctx, path, layout{}); p.data == nil {
		return nil
	}
	far := false
	before := len(s.list)
	scan(s, p.data, p.parse, func(r poolRow, at span) bool {
		if far = !p.spans.add(at) || !b.add(&r); far {
			return false
		}
		p.count(&r)
		return p.spans.n != limit
	})
	switch {
	case s.list[before:].HasErrors():
		return nil
	case far:
		s.errorAt("path", "set a limit, or split the file", "%s is too large: rows are used up to %d GiB from its beginning", p.data.name, (maxOffset+1)>>30)
	case p.spans.n == 0:
		s.errorAt("path", "", "%s has no rows", p.data.name)
	}
	return p
}

func (p *pool) count(r *poolRow) {
	h := &p.holds
	h.Rows++
	for k, n := range [poolItems]*int{&h.Texts, &h.Images, &h.Audio, &h.Video} {
		*n += r.len(k)
	}
}

// parse reads a row: one of aiperfContent's forms, and nothing else.
func (p *pool) parse(raw rawRow) (r poolRow, keep bool, err error) {
	var row struct {
		aiperfContent
		Type  json.RawMessage `json:"type"`
		Turns json.RawMessage `json:"turns"`
	}
	if err := raw.unmarshal(&row); err != nil {
		return r, false, err
	}
	if of := identifier(row.Type); !isNone(row.Type) && of != "random_pool" || !isNone(row.Turns) {
		bad := raw.fault("this is no row of a random_pool")
		bad.hint = "kind: trace, format: aiperf takes AIPerf's single_turn and multi_turn as they stand"
		return r, false, bad
	}
	texts, err := row.texts(raw)
	if err != nil {
		return r, false, err
	}
	media, err := row.media(p.files, raw)
	if err != nil {
		return r, false, err
	}
	r.texts = slices.DeleteFunc(texts, func(text string) bool { return text == "" })
	for _, m := range media {
		k := slices.Index(poolMedia[:], m.Kind)
		r.media[k] = append(r.media[k], m)
	}
	if len(r.texts) == 0 && len(media) == 0 {
		return r, false, raw.fault("the row has nothing in text, texts, image, images, audio, audios, video and videos")
	}
	return r, true, nil
}

// row reads a row again.
func (p *pool) row(i int) (poolRow, error) {
	raw, err := p.data.read(p.spans.at(i))
	if err != nil {
		return poolRow{}, err
	}
	r, _, err := p.parse(raw)
	if err != nil { // it was sound before
		return poolRow{}, errChanged
	}
	return r, nil
}

// draw is what request i of the stream of seed has.
func (d *randomPool) draw(seed uint64, i int) (poolRow, error) {
	if i < 0 {
		return poolRow{}, fmt.Errorf("there is no request %d", i)
	}
	if d.batch != nil {
		return d.batch.draw(d.pools[0], source(seed, "batch", strconv.Itoa(i)))
	}
	var out poolRow
	for k, p := range d.pools {
		rng := source(seed, "pool", strconv.Itoa(k), strconv.Itoa(i))
		r, err := p.row(rng.IntN(p.spans.n))
		if err != nil {
			return poolRow{}, err
		}
		for k := range poolItems {
			for item := range r.len(k) {
				out.take(&r, k, item)
			}
		}
	}
	return out, nil
}

// Session implements llm.Dataset. Texts come before media, and images before
// recordings and films, whatever pools they are of.
func (d *randomPool) Session(seed uint64, i int) (llm.Session, error) {
	r, err := d.draw(seed, i)
	if err != nil {
		return llm.Session{}, fmt.Errorf("session %d: %w", i, err)
	}
	request := llm.Request{Prompt: joined(r.texts), MaxTokens: d.output}
	if media := r.all(); len(media) > 0 {
		c := candidate{messages: []message{{"user", request.Prompt, media}}}
		if err := c.finish(); err != nil {
			return llm.Session{}, fmt.Errorf("session %d: %w", i, err)
		}
		request.Prompt, request.Messages = "", c.request.Messages
	}
	return llm.SingleTurn("", request), nil
}

// Shapes implements llm.Shaped. A prompt with media has no length that is known.
func (d *randomPool) Shapes(seed uint64, i int) ([]llm.Shape, error) {
	r, err := d.draw(seed, i)
	if err != nil {
		return nil, fmt.Errorf("session %d: %w", i, err)
	}
	shape := llm.Shape{Output: d.output}
	if d.tokenizer != nil && len(r.all()) == 0 {
		shape.Input = d.tokenizer.Count(joined(r.texts))
	}
	return []llm.Shape{shape}, nil
}

// Pools implements llm.Pooled.
func (d *randomPool) Pools() []llm.Pool {
	out := make([]llm.Pool, len(d.pools))
	for i, p := range d.pools {
		out[i] = p.holds
	}
	return out
}

// Rows implements llm.Dataset: there is no end to drawing.
func (d *randomPool) Rows() int { return 0 }

// Digest implements llm.Dataset.
func (d *randomPool) Digest() string { return d.digest }
