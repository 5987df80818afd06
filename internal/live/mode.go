package live

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// Mode is what progress looks like.
type Mode string

// Modes.
const (
	Auto  Mode = "auto"  // Bar on a terminal outside CI, else Plain
	Bar   Mode = "bar"   // a few lines drawn again in place, whatever the writer is
	Plain Mode = "plain" // a line now and then
	None  Mode = "none"  // nothing at all
)

// ParseMode reads a mode as a flag gives it.
func ParseMode(s string) (Mode, error) {
	switch m := Mode(s); m {
	case Auto, Bar, Plain, None:
		return m, nil
	}
	return "", fmt.Errorf("unknown progress %q: auto, bar, plain or none", s)
}

// Options say what the writer is like.
type Options struct {
	Terminal bool       // something that understands cursor movements
	CI       bool       // a build log
	Width    func() int // columns; nil = 80
	Height   func() int // rows; nil = 24
	Color    bool
	Web      *Web // nil = none. The run is shown there too, whatever the mode
}

// What a terminal measures that does not say.
const (
	defaultWidth  = 80
	defaultHeight = 24
)

// size asks the terminal, which may have been resized since.
func (o Options) size() size {
	s := size{defaultWidth, defaultHeight}
	if o.Width != nil {
		s.columns = max(2, o.Width())
	}
	if o.Height != nil {
		s.rows = o.Height()
	}
	return s
}

// Detect looks at a writer and at the variables TERM, CI and NO_COLOR.
func Detect(w io.Writer, getenv func(string) string) Options {
	var o Options
	if ci := strings.ToLower(getenv("CI")); ci != "" && ci != "false" && ci != "0" {
		o.CI = true
	}
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return o
	}
	o.Terminal = getenv("TERM") != "dumb" && understandsSequences(f)
	o.Color = o.Terminal && getenv("NO_COLOR") == ""
	o.Width = func() int {
		width, _, err := term.GetSize(int(f.Fd()))
		if err != nil || width <= 0 {
			return defaultWidth
		}
		return width
	}
	o.Height = func() int {
		_, height, err := term.GetSize(int(f.Fd()))
		if err != nil || height <= 0 {
			return defaultHeight
		}
		return height
	}
	return o
}
