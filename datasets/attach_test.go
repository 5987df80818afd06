package datasets

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMadeMedia(t *testing.T) {
	t.Parallel()
	d := open(t, `
kind: prompt
prompt: What do you see and hear?
media:
  - {type: image, count: 2, width: 33, height: 20}
  - {type: image, width: 16, height: 16, format: jpeg}
  - {type: audio, seconds: 0.5, sample_rate: 8000}
  - {type: video, seconds: 1.5, fps: 2, width: 32, height: 24}
`)
	r := request(t, d, 42, 3)
	if len(r.Messages) != 1 || r.Messages[0].Text != "What do you see and hear?" || r.Prompt != "" || r.InputTokens != 0 {
		t.Fatalf("%+v", r)
	}
	media := r.Messages[0].Media
	var got []string
	for _, m := range media {
		got = append(got, string(m.Kind)+" "+m.MIME)
	}
	want := []string{"image image/png", "image image/png", "image image/jpeg", "audio audio/wav", "video video/x-msvideo"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	for i, size := range map[int]string{0: "33x20 png", 1: "33x20 png", 2: "16x16 jpeg"} {
		cfg, format, err := image.DecodeConfig(bytes.NewReader(media[i].Data))
		if got := fmt.Sprintf("%dx%d %s", cfg.Width, cfg.Height, format); err != nil || got != size {
			t.Errorf("image %d is %s (%v), want %s", i, got, err, size)
		}
	}
	if bytes.Equal(media[0].Data, media[1].Data) || bytes.Equal(media[0].Data, request(t, d, 42, 4).Messages[0].Media[0].Data) {
		t.Error("two images are the same")
	}
	if !cmp.Equal(media, request(t, d, 42, 3).Messages[0].Media) {
		t.Error("the same seed makes other media")
	}
	wav := media[3].Data
	if n := binary.LittleEndian.Uint32(wav[40:]); len(wav) != 44+int(n) || n != 8000 || binary.LittleEndian.Uint32(wav[24:]) != 8000 {
		t.Errorf("a recording of %d bytes says %d", len(wav), n)
	}
	for _, m := range media {
		if mime, err := typeOf(m.Kind, m.Data, ""); err != nil || mime != m.MIME {
			t.Errorf("%s looks like %s (%v)", m.MIME, mime, err)
		}
	}
}

// The film is a tree of RIFF chunks whose sizes add up, and each of its frames
// can be decoded.
func TestMadeVideo(t *testing.T) {
	t.Parallel()
	m, err := makeVideo(source(1), 32, 24, 3, 2)
	if err != nil {
		t.Fatal(err)
	}
	frames := 0
	var walk func(b []byte)
	walk = func(b []byte) {
		for len(b) > 0 {
			name, size := string(b[:4]), int(binary.LittleEndian.Uint32(b[4:]))
			data := b[8 : 8+size]
			switch name {
			case "RIFF", "LIST":
				walk(data[4:])
			case "00dc":
				frames++
				if img, _, err := image.Decode(bytes.NewReader(data)); err != nil || img.Bounds().Dx() != 32 {
					t.Errorf("frame %d: %v", frames, err)
				}
			case "idx1":
				if size != 3*16 {
					t.Errorf("an index of %d bytes", size)
				}
			}
			b = b[8+size:]
		}
	}
	walk(m.Data)
	if frames != 3 {
		t.Errorf("%d frames", frames)
	}
}

func TestMediaFromFiles(t *testing.T) {
	t.Parallel()
	dir := put(t, "b.png", []byte(onePixel+"b"))
	if err := os.WriteFile(filepath.Join(dir, "a.png"), []byte(onePixel+"a"), 0o600); err != nil {
		t.Fatal(err)
	}
	src := "kind: prompt\nprompt: x\nmedia: [{type: image, path: '*.png'}]\n"
	d, list := try(t, dir, src)
	if len(list) > 0 {
		t.Fatal(list)
	}
	for i, want := range []string{"a", "b", "a"} {
		m := request(t, d, 1, i).Messages[0].Media[0]
		if string(m.Data) != onePixel+want || m.MIME != "image/png" {
			t.Errorf("request %d carries %q", i, m.Data)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "a.png"), []byte(onePixel+"c"), 0o600); err != nil {
		t.Fatal(err)
	}
	if again, _ := try(t, dir, src); again.Digest() == d.Digest() {
		t.Error("another image, the same digest")
	}
}

func TestDistinctMedia(t *testing.T) {
	t.Parallel()
	d := open(t, `{kind: random, tokenizer: cl100k_base, input_tokens: 5, output_tokens: 5, media: [{type: audio, seconds: 0.1, distinct: 3}]}`)
	seen := map[string]bool{}
	for i := range 12 {
		seen[string(request(t, d, 42, i).Messages[0].Media[0].Data)] = true
	}
	if len(seen) != 3 {
		t.Errorf("%d different recordings, want 3", len(seen))
	}
}

func TestBadMedia(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"[{count: 1}]":                           "3:9: the dataset chat has no type",
		"[{type: smell}]":                        `3:16: type is "smell": expected image or audio or video`,
		"[{type: image, seconds: 1}]":            "3:23: seconds has no place here: an image has none",
		"[{type: image, format: gif}]":           `3:31: format is "gif": expected png or jpeg`,
		"[{type: image, width: 0}]":              "3:30: width is 0: expected a whole number from 1 to 8192",
		"[{type: audio, sample_rate: 1}]":        "3:36: sample_rate is 1: expected a whole number from 8000 to 192000",
		"[{type: video, seconds: 100}]":          "3:32: seconds is 100: expected a number from 0.1 to 60",
		"[{type: image, count: 0}]":              "3:30: count is 0: expected a whole number from 1 to 1000",
		"[{type: image, path: nosuch*.png}]":     "3:29: there is no file testdata/nosuch*.png",
		"[{type: image, path: local.json}]":      "3:29: testdata/local.json: this is not an image of a known type",
		"[{type: image, path: x.png, width: 5}]": "3:36: width has no place here: a file is sent as it is",
	} {
		_, list := try(t, "testdata", "kind: prompt\nprompt: x\nmedia: "+src+"\n")
		got := ""
		if len(list) > 0 {
			got = fmt.Sprintf("%d:%d: %s", list[0].Line, list[0].Col, list[0].Message)
		}
		if got != want {
			t.Errorf("%s:\n got %s\nwant %s", src, got, want)
		}
	}
	_, list := try(t, "testdata", "kind: random\ntokenizer: cl100k_base\ninput_tokens: 5\noutput_tokens: 5\ncalibrate: usage\nmedia: [{type: image}]\n")
	if len(list) != 1 || !strings.Contains(list[0].Message, "prompts with media cannot be calibrated") {
		t.Error(list)
	}
}

func BenchmarkMadeImage(b *testing.B) {
	for b.Loop() {
		if _, err := makeImage(source(1), "jpeg", 512, 512); err != nil {
			b.Fatal(err)
		}
	}
}
