package datasets

import (
	"fmt"

	"loadgate/internal/diag"
)

// faultList collects what is wrong in a file: the first few in full.
type faultList struct {
	file     string
	numbered bool // a fault's line is the number of a row
	shown    []*fault
	more     int
	from     int // line of the first that is not shown
}

const maxFaults = 5

func (l *faultList) add(f *fault) {
	if len(l.shown) < maxFaults {
		l.shown = append(l.shown, f)
		return
	}
	if l.more == 0 {
		l.from = f.line
	}
	l.more++
}

func (l *faultList) diagnostics() diag.List {
	var list diag.List
	for _, f := range l.shown {
		l.report(&list, f)
	}
	switch {
	case l.more == 1:
		l.report(&list, &fault{line: l.from, message: "and 1 more bad row"})
	case l.more > 1:
		l.report(&list, &fault{line: l.from, message: fmt.Sprintf("and %d more bad rows from here on", l.more)})
	}
	return list
}

func (l *faultList) report(list *diag.List, f *fault) {
	if l.numbered {
		list.Errorf(diag.Pos{File: l.file}, 1, f.hint, "row %d: %s", f.line, f.message)
		return
	}
	list.Errorf(diag.Pos{File: l.file, Line: f.line, Col: f.col}, 1, f.hint, "%s", f.message)
}
