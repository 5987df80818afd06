package reporters

import (
	"context"
	"io"
	"iter"

	"loadgate/internal/result"
	"loadgate/internal/store"
)

// Report is all that a reporter may show.
type Report struct {
	Doc *result.Document
	// Titles holds the cells' names for people by cell id, such as "concurrency
	// 8, shape short". A cell without one is named by its axes.
	Titles map[string]string
	// Samples streams the raw samples of a cell; nil when the report comes from
	// result.json alone. Ranging ends at the first error.
	Samples func(cellID string) iter.Seq2[store.Record, error]
	// Scenario is the run's scenario as it is stored, secrets as references; nil
	// when the report comes from result.json alone.
	Scenario map[string]any
}

// Reporter writes a report in one format. The same report gives the same bytes.
// A text of the report that the format cannot hold is shortened or replaced,
// not an error; errors are the writer's and the context's.
type Reporter interface {
	Write(ctx context.Context, r *Report, w io.Writer) error
}

// Folder is a Reporter whose format is files with names of their own, below the
// folder that its path names. Write writes the first of them.
type Folder interface {
	Reporter
	Files(r *Report) []File
}

// File is one file of a Folder.
type File struct {
	Name string // relative, with slashes; harmless whatever the report holds
	Reporter
}

// ReporterFunc is a function that is a Reporter.
type ReporterFunc func(ctx context.Context, r *Report, w io.Writer) error

// Write calls the function.
func (f ReporterFunc) Write(ctx context.Context, r *Report, w io.Writer) error { return f(ctx, r, w) }

// titleOf is the cell's name for people, cleaned; "" for the only cell of a run
// without a matrix.
func (r *Report) titleOf(c *result.Cell) string {
	if t, ok := r.Titles[c.ID]; ok {
		return clean(t, maxName)
	}
	return axesTitle(c.Axes)
}

// titleOfID is titleOf for a cell that is known by its id, and the id itself
// when there is no such cell.
func (r *Report) titleOfID(id string) string {
	for _, c := range r.Doc.Cells {
		if c.ID == id {
			return r.titleOf(c)
		}
	}
	return clean(id, maxName)
}

func axesTitle(axes result.Axes) string {
	title := ""
	for i, a := range axes {
		if i > 0 {
			title += ", "
		}
		title += lastSegment(clean(a.Name, maxName)) + " " + scalar(a.Value)
	}
	return title
}
