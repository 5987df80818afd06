package live

import (
	"os"

	"golang.org/x/sys/windows"
)

// understandsSequences asks the console to obey cursor movements and colours,
// which consoles before Windows Terminal do only on demand.
func understandsSequences(f *os.File) bool {
	var mode uint32
	console := windows.Handle(f.Fd())
	if windows.GetConsoleMode(console, &mode) != nil {
		return false
	}
	return windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
