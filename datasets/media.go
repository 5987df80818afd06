package datasets

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"loadgate/internal/llm"
)

// maxMediaBytes is the largest image, recording or film.
const maxMediaBytes = 256 << 20

// mediaFiles reads the media that rows name; paths begin at dir.
type mediaFiles struct {
	dir  string
	sums *mediaSums // of the files; nil: they are not wanted
}

// mediaSource is one medium: there already, or a file that is read when its
// request is made.
type mediaSource struct {
	llm.Media
	path string // "" = Media is whole
}

// load returns the medium.
func (s mediaSource) load() (llm.Media, error) {
	if s.path == "" {
		return s.Media, nil
	}
	data, err := os.ReadFile(s.path)
	if err != nil {
		return llm.Media{}, fmt.Errorf("%s: %w", s.Kind, err)
	}
	m := s.Media
	m.Data = data
	m.MIME, err = typeOf(s.Kind, data, s.path)
	return m, err
}

// sources reads a value that names media: a text, an object, or a list of them.
func (m mediaFiles) sources(kind llm.MediaKind, raw json.RawMessage) ([]mediaSource, error) {
	if isNull(raw) {
		return nil, nil
	}
	switch raw[0] {
	case '"':
		s, err := m.named(kind, textOf(raw))
		return []mediaSource{s}, err
	case '{':
		return m.object(kind, raw)
	case '[':
		var items []json.RawMessage
		if err := json.Unmarshal(raw, &items); err != nil {
			return nil, err
		}
		var out []mediaSource
		for i, item := range items {
			list, err := m.sources(kind, item)
			if err != nil {
				return nil, fmt.Errorf("%d: %w", i+1, err)
			}
			out = append(out, list...)
		}
		return out, nil
	default:
		return nil, errors.New("expected a path, a URL, base64, or a list of them")
	}
}

// object reads the forms that media have in data sets and protocols: bytes and
// path, a url, or a name and a list of contents.
func (m mediaFiles) object(kind llm.MediaKind, raw json.RawMessage) ([]mediaSource, error) {
	var o struct {
		Bytes    *string         `json:"bytes"`
		Path     string          `json:"path"`
		URL      string          `json:"url"`
		Contents json.RawMessage `json:"contents"`
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return nil, err
	}
	var s mediaSource
	var err error
	switch {
	case o.Bytes != nil:
		data, wrong := base64.StdEncoding.DecodeString(*o.Bytes)
		if wrong != nil {
			data = []byte(*o.Bytes) // such bytes as happen to be text
		}
		s, err = inline(kind, data, o.Path)
	case o.URL != "":
		s, err = m.named(kind, o.URL)
	case o.Path != "":
		s, err = m.named(kind, o.Path)
	case !isNull(o.Contents):
		return m.sources(kind, o.Contents)
	default:
		return nil, errors.New("an object with bytes, url, path or contents is expected")
	}
	return []mediaSource{s}, err
}

// named reads a text: a data: URL, a URL, a file as base64, or a file's path.
func (m mediaFiles) named(kind llm.MediaKind, text string) (mediaSource, error) {
	switch {
	case strings.HasPrefix(text, "data:"):
		head, data, _ := strings.Cut(text, ",")
		decoded, err := base64.StdEncoding.DecodeString(data)
		if !strings.HasSuffix(head, ";base64") || err != nil {
			return mediaSource{}, errors.New("a data: URL must hold base64")
		}
		s, err := inline(kind, decoded, "")
		if err != nil { // the URL says what the bytes do not show
			s = mediaSource{Media: llm.Media{Kind: kind, MIME: strings.TrimSuffix(strings.TrimPrefix(head, "data:"), ";base64"), Data: decoded}}
		}
		return s, nil
	case strings.HasPrefix(text, "http://") || strings.HasPrefix(text, "https://"):
		return mediaSource{Media: llm.Media{Kind: kind, URL: text}}, nil
	}
	if form, data, ok := strings.Cut(text, ","); kind == llm.Audio && ok && (form == "wav" || form == "mp3") { // as AIPerf writes it
		return m.named(kind, "data:"+"audio/"+form+";base64,"+data)
	}
	if len(text) >= 64 {
		if data, err := base64.StdEncoding.DecodeString(text); err == nil {
			if s, err := inline(kind, data, ""); err == nil {
				return s, nil
			}
		}
	}
	return m.file(kind, text)
}

// inline is a medium whose bytes are there.
func inline(kind llm.MediaKind, data []byte, name string) (mediaSource, error) {
	mime, err := typeOf(kind, data, name)
	return mediaSource{Media: llm.Media{Kind: kind, MIME: mime, Data: data}}, err
}

// file finds a file and sees that it can be what it is said to be.
func (m mediaFiles) file(kind llm.MediaKind, name string) (mediaSource, error) {
	path := filepath.FromSlash(name)
	if !filepath.IsAbs(path) {
		path = filepath.Join(m.dir, path)
	}
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) || len(name) > 4096 {
		if len(name) > 80 {
			name = name[:80] + "…"
		}
		return mediaSource{}, fmt.Errorf("there is no file %s in %s", name, m.dir)
	}
	if err != nil {
		return mediaSource{}, err
	}
	defer file.Close()
	info, err := file.Stat()
	switch {
	case err != nil:
		return mediaSource{}, err
	case !info.Mode().IsRegular():
		return mediaSource{}, fmt.Errorf("%s is no regular file", path)
	case info.Size() > maxMediaBytes:
		return mediaSource{}, fmt.Errorf("%s has more than %d MiB", path, maxMediaBytes>>20)
	}
	head := make([]byte, 16)
	n, _ := file.ReadAt(head, 0) // a short file is of no known type
	if _, err := typeOf(kind, head[:n], path); err != nil {
		return mediaSource{}, fmt.Errorf("%s: %w", path, err)
	}
	if err := m.sums.add(path, file, info.Size()); err != nil {
		return mediaSource{}, fmt.Errorf("%s: %w", path, err)
	}
	return mediaSource{Media: llm.Media{Kind: kind}, path: path}, nil
}

// mediaTypes are the types that are known, by what files of them begin with;
// skip is how many bytes stand before that, and ext is what their names end in.
var mediaTypes = []struct {
	kind  llm.MediaKind
	mime  string
	skip  int
	magic string
	ext   string
}{
	{llm.Image, "image/png", 0, "\x89PNG\r\n\x1a\n", ".png"},
	{llm.Image, "image/jpeg", 0, "\xff\xd8\xff", ".jpg .jpeg"},
	{llm.Image, "image/gif", 0, "GIF8", ".gif"},
	{llm.Image, "image/webp", 8, "WEBP", ".webp"},
	{llm.Image, "image/bmp", 0, "BM", ".bmp"},
	{llm.Audio, "audio/wav", 8, "WAVE", ".wav"},
	{llm.Audio, "audio/mpeg", 0, "ID3", ".mp3"},
	{llm.Audio, "audio/flac", 0, "fLaC", ".flac"},
	{llm.Audio, "audio/ogg", 0, "OggS", ".ogg .opus"},
	{llm.Audio, "audio/mp4", 4, "ftypM4A", ".m4a"},
	{llm.Video, "video/mp4", 4, "ftyp", ".mp4 .m4v"},
	{llm.Video, "video/quicktime", 4, "ftypqt", ".mov"},
	{llm.Video, "video/webm", 0, "\x1aE\xdf\xa3", ".webm .mkv"},
	{llm.Video, "video/x-msvideo", 8, "AVI ", ".avi"},
	{llm.Video, "image/gif", 0, "GIF8", ".gif"}, // some servers take them for films
}

// typeOf is a file's MIME type by its first bytes, else by its name.
func typeOf(kind llm.MediaKind, head []byte, name string) (string, error) {
	for _, t := range mediaTypes {
		if t.kind == kind && len(head) > t.skip && bytes.HasPrefix(head[t.skip:], []byte(t.magic)) {
			return t.mime, nil
		}
	}
	ext := strings.ToLower(filepath.Ext(name))
	for _, t := range mediaTypes {
		if t.kind == kind && ext != "" && strings.Contains(" "+t.ext+" ", " "+ext+" ") {
			return t.mime, nil
		}
	}
	article := "a"
	if kind != llm.Video {
		article = "an"
	}
	return "", fmt.Errorf("this is not %s %s of a known type", article, kind)
}
