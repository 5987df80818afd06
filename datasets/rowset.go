package datasets

import (
	"fmt"
	"strconv"

	"loadgate/internal/llm"
	"loadgate/internal/schedule"
)

// row is one entry of a dataset that has an end.
type row struct {
	id      string
	request llm.Request
}

// rowSet is a dataset of rows. Requests take them in order; a round ends with
// the last row, and the next one starts again.
type rowSet struct {
	counted
	rows     func() []row // at least one; always the same
	shuffled bool         // each round in an order of its own, which the seed decides
	digest   string
}

// Session implements llm.Dataset.
func (s *rowSet) Session(seed uint64, i int) (llm.Session, error) {
	rows := s.rows()
	if i < 0 || len(rows) == 0 {
		return llm.Session{}, fmt.Errorf("there is no session %d of %d rows", i, len(rows))
	}
	round, at := i/len(rows), i%len(rows)
	if s.shuffled {
		at = permute(schedule.Seed(seed, "order", strconv.Itoa(round)), len(rows), at)
	}
	return llm.SingleTurn(rows[at].id, rows[at].request), nil
}

// Rows implements llm.Dataset.
func (s *rowSet) Rows() int { return len(s.rows()) }

// Digest implements llm.Dataset.
func (s *rowSet) Digest() string { return s.digest }
