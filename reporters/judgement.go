package reporters

import (
	"fmt"
	"strings"

	"loadgate/internal/result"
)

// nameOf is the cell's name for people, or its id where there is no matrix.
func nameOf(r *Report, c *result.Cell) string {
	if title := r.titleOf(c); title != "" {
		return title
	}
	return clean(c.ID, maxName)
}

// ruleName is how a rule is called: its name, else what it asserts.
func ruleName(j result.SLO) string {
	for _, s := range []string{clean(j.Name, maxName), clean(j.Assert, maxName)} {
		if s != "" {
			return s
		}
	}
	return "rule"
}

// reasonOf says in words why a rule was judged as it was; a judgement without
// words is given some. It is not cleaned.
func reasonOf(j result.SLO) string {
	if strings.TrimSpace(j.Reason) != "" {
		return j.Reason
	}
	if !j.Got.Ok() && !j.Want.Ok() {
		return string(j.Outcome)
	}
	return fmt.Sprintf("got %s %s (n %s), want %s %s", digits(j.Got), j.Unit, grouped(int64(j.N)), j.Op, digits(j.Want))
}

// unadorned gives the texts of the console to other formats: on one line, without
// colours.
func unadorned(r *Report) *console {
	return &console{r: r, doc: r.Doc, opts: ConsoleOptions{Width: 1 << 20}}
}
