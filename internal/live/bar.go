package live

import (
	"io"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// barColumns is the width of the bar itself.
const barColumns = 16

// barSteps is how finely the bar moves.
const barSteps = 1000

// bar is progress on a terminal: a line that says where the run is, and below
// it a bar with the numbers. It redraws in place.
type bar struct {
	progress *mpb.Progress
	where    *mpb.Bar
	numbers  *mpb.Bar
	refresh  chan any
	now      atomic.Pointer[Snapshot] // read while drawing
}

func newBar(w io.Writer, opts Options) *bar {
	width := defaultWidth
	if opts.Width != nil {
		width = max(20, opts.Width())
	}
	b := &bar{refresh: make(chan any)}
	b.now.Store(&Snapshot{Remaining: -1})
	b.progress = mpb.New(mpb.WithOutput(w), mpb.ForceTTY(), mpb.WithWidth(width), mpb.WithManualRefresh(b.refresh))
	style := mpb.BarStyle().Lbound("").Rbound("").Filler("█").Tip("").Padding("░")
	if opts.Color {
		style = style.FillerMeta(painted("32")).PaddingMeta(painted("2"))
	}
	b.where = b.progress.New(0, mpb.NopStyle(), mpb.BarFillerTrim(), mpb.PrependDecorators(decor.Any(func(st decor.Statistics) string {
		return join(b.now.Load().where(), " · ", st.AvailableWidth)
	})))
	b.numbers = b.progress.New(0, style, mpb.BarFillerTrim(), mpb.BarWidth(barColumns), mpb.AppendDecorators(decor.Any(func(st decor.Statistics) string {
		return " " + join(b.now.Load().numbers(), " · ", st.AvailableWidth-barColumns-1)
	})))
	return b
}

func painted(code string) func(string) string {
	return func(s string) string { return "\x1b[" + code + "m" + s + "\x1b[0m" }
}

func (b *bar) show(s Snapshot) {
	b.now.Store(&s)
	b.numbers.SetTotal(barSteps, false)
	b.numbers.SetCurrent(int64(s.share() * barSteps))
	select {
	case b.refresh <- time.Time{}:
	default: // still drawing the last frame, or the terminal is gone
	}
}

func (b *bar) note(line string) {
	// The error says that the display has ended, which is no concern of the run.
	_, _ = b.progress.Write([]byte(line + "\n"))
}

// close takes both lines away; notes stay.
func (b *bar) close() {
	b.where.Abort(true)
	b.numbers.Abort(true)
	b.progress.Wait()
}
