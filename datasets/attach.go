package datasets

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"

	"loadgate/internal/llm"
	"loadgate/internal/yamlpos"
)

// mediaConfig is one entry of `media:`: images, recordings or films that every
// request carries, made or from files.
type mediaConfig struct {
	Type     string  `yaml:"type"`
	Count    int     `yaml:"count"`
	Distinct int     `yaml:"distinct"`
	Path     string  `yaml:"path"`
	Format   string  `yaml:"format"`
	Width    int     `yaml:"width"`
	Height   int     `yaml:"height"`
	Seconds  float64 `yaml:"seconds"`
	Rate     int     `yaml:"sample_rate"`
	FPS      int     `yaml:"fps"`
}

// attachment is what an entry puts into requests.
type attachment struct {
	mediaConfig
	files []mediaSource // nil: made
	sums  []string      // of the files, for the digest
}

const maxCount = 1000

// attachments checks the section's media.
func (s *section) attachments(list []mediaConfig) []attachment {
	at := s.Get("media")
	if at == nil || at.Kind != yamlpos.List || len(at.Items) != len(list) {
		return nil
	}
	out := make([]attachment, len(list))
	for i, c := range list {
		item := &section{Node: at.Items[i], ctx: s.ctx}
		out[i] = item.attachment(c)
		s.list = append(s.list, item.list...)
	}
	return out
}

func (s *section) attachment(c mediaConfig) attachment {
	s.require("type", "image")
	s.oneOf("type", string(llm.Image), string(llm.Audio), string(llm.Video))
	s.within("count", 1, maxCount, "a whole number from 1 to 1000")
	s.within("distinct", 1, 1e9, "a whole number from 1")
	if s.Get("count") == nil {
		c.Count = 1
	}
	if s.Get("path") != nil {
		s.not("a file is sent as it is", "format", "width", "height", "seconds", "sample_rate", "fps")
		files, sums := s.mediaFiles(c)
		return attachment{c, files, sums}
	}
	switch llm.MediaKind(c.Type) {
	case llm.Image:
		s.not("an image has none", "seconds", "sample_rate", "fps")
		s.oneOf("format", "png", "jpeg")
		s.size(&c)
	case llm.Audio:
		s.not("a recording has none", "width", "height", "fps")
		s.oneOf("format", "wav")
		s.lasting(&c, 600)
		s.within("sample_rate", 8000, 192000, "a whole number from 8000 to 192000")
		if s.Get("sample_rate") == nil {
			c.Rate = 16000
		}
	case llm.Video:
		s.not("a film has none", "sample_rate")
		s.oneOf("format", "avi")
		s.size(&c)
		s.lasting(&c, 60)
		s.within("fps", 1, 60, "a whole number from 1 to 60")
		if s.Get("fps") == nil {
			c.FPS = 2
		}
	}
	if c.Format == "" {
		c.Format = "png"
	}
	return attachment{mediaConfig: c}
}

// not refuses keys.
func (s *section) not(why string, keys ...string) {
	for _, key := range keys {
		if s.Get(key) != nil {
			s.errorAtKey(key, "", "%s has no place here: %s", key, why)
		}
	}
}

// size checks width and height, and sets what is left out.
func (s *section) size(c *mediaConfig) {
	for key, to := range map[string]*int{"width": &c.Width, "height": &c.Height} {
		if s.Get(key) == nil {
			*to = 512
		}
	}
	s.within("width", 1, 8192, "a whole number from 1 to 8192")
	s.within("height", 1, 8192, "a whole number from 1 to 8192")
}

func (s *section) lasting(c *mediaConfig, most float64) {
	if s.Get("seconds") == nil {
		c.Seconds = 5
	}
	s.within("seconds", 0.1, most, fmt.Sprintf("a number from 0.1 to %g", most))
}

// mediaFiles are the files that an entry's path names, which may have * and ?.
func (s *section) mediaFiles(c mediaConfig) (files []mediaSource, sums []string) {
	path := c.Path
	if !filepath.IsAbs(path) {
		path = filepath.Join(s.ctx.Dir, path)
	}
	names, err := filepath.Glob(path)
	switch {
	case err != nil:
		s.errorAt("path", "", "path: %v", err)
	case len(names) == 0:
		s.errorAt("path", "a path is relative to the scenario's file; * stands for any part of a name", "there is no file %s", path)
	}
	slices.Sort(names)
	for _, name := range names {
		source, err := mediaFiles{}.file(llm.MediaKind(c.Type), name)
		var m llm.Media
		if err == nil {
			m, err = source.load()
		}
		if err != nil {
			s.errorAt("path", "", "%v", err)
			return nil, nil
		}
		sum := sha256.Sum256(m.Data)
		files, sums = append(files, source), append(sums, hex.EncodeToString(sum[:]))
	}
	return files, sums
}

// mediaDigest is what media add to a dataset's digest.
func mediaDigest(list []attachment) []any {
	out := []any{}
	for _, a := range list {
		out = append(out, []any{a.mediaConfig, a.sums})
	}
	return out
}

// attach puts the media of session i into a request's last message. Then the
// prompt's length is not known: the text is not all of it.
func attach(list []attachment, seed uint64, i int, r *llm.Request) error {
	if len(list) == 0 {
		return nil
	}
	var all []llm.Media
	for k, a := range list {
		for n := range a.Count {
			m, err := a.medium(seed, k, i*a.Count+n)
			if err != nil {
				return err
			}
			all = append(all, m)
		}
	}
	if len(r.Messages) == 0 {
		r.Messages, r.Prompt = llm.UserMessage(r.Prompt), ""
	}
	r.InputTokens = 0
	last := len(r.Messages) - 1
	r.Messages = slices.Clone(r.Messages)
	r.Messages[last].Media = append(slices.Clip(r.Messages[last].Media), all...)
	return nil
}

// medium is the n-th of entry k: a file in turn, or one made of the seed and n.
func (a *attachment) medium(seed uint64, k, n int) (llm.Media, error) {
	if a.Distinct > 0 {
		n %= a.Distinct
	}
	if len(a.files) > 0 {
		return a.files[n%len(a.files)].load()
	}
	rng := source(seed, "media", strconv.Itoa(k), strconv.Itoa(n))
	switch llm.MediaKind(a.Type) {
	case llm.Audio:
		return makeAudio(rng, a.Seconds, a.Rate), nil
	case llm.Video:
		return makeVideo(rng, a.Width, a.Height, max(1, int(math.Round(a.Seconds*float64(a.FPS)))), a.FPS)
	default:
		return makeImage(rng, a.Format, a.Width, a.Height)
	}
}
