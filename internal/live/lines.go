package live

import "io"

// lines is progress in a log: whole lines, nothing is taken back.
type lines struct {
	w    io.Writer
	dead bool // the writer failed: nothing more is written
}

func (l *lines) show(s Snapshot) {
	if s.Cells == 0 && s.Phase == "" {
		return // nothing has begun
	}
	line := join(s.where(), ", ")
	if numbers := join(s.numbers(), ", "); numbers != "" {
		line += ": " + numbers
	}
	l.note(line)
}

func (l *lines) note(line string) {
	if l.dead {
		return
	}
	_, err := io.WriteString(l.w, line+"\n")
	l.dead = err != nil
}

func (*lines) close() {}
