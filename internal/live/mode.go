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
	Auto  Mode = "auto"  // a bar on a terminal outside CI, else plain lines
	Bar   Mode = "bar"   // a bar, whatever the writer is
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
	Width    func() int // columns; nil = 80. A terminal that is an *os.File is asked itself
	Color    bool
}

// defaultWidth is the width of what has none of its own.
const defaultWidth = 80

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
	o.Terminal = getenv("TERM") != "dumb"
	o.Color = o.Terminal && getenv("NO_COLOR") == ""
	o.Width = func() int {
		width, _, err := term.GetSize(int(f.Fd()))
		if err != nil || width <= 0 {
			return defaultWidth
		}
		return width
	}
	return o
}
