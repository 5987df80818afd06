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

// rowStore holds rows. It is safe for concurrent use.
type rowStore interface {
	len() int // at least 1; always the same
	at(i int) (row, error)
}

// heldRows are rows in memory.
type heldRows []row

func (h heldRows) len() int              { return len(h) }
func (h heldRows) at(i int) (row, error) { return h[i], nil }

// rowSet is a dataset of rows. Requests take them in order; a round ends with
// the last row, and the next one starts again.
type rowSet struct {
	counted
	rows     rowStore
	shuffled bool // each round in an order of its own, which the seed decides
	digest   string
	media    []attachment // that every request carries besides
}

// Session implements llm.Dataset.
func (s *rowSet) Session(seed uint64, i int) (llm.Session, error) {
	rows := s.rows.len()
	if i < 0 || rows == 0 {
		return llm.Session{}, fmt.Errorf("there is no session %d of %d rows", i, rows)
	}
	r, err := s.rows.at(placeOf(seed, i, rows, s.shuffled))
	if err != nil {
		return llm.Session{}, fmt.Errorf("session %d: %w", i, err)
	}
	err = attach(s.media, seed, i, &r.request)
	return llm.SingleTurn(r.id, r.request), err
}

// placeOf is where session i stands among rows that are taken in order, or in
// another order each time round.
func placeOf(seed uint64, i, rows int, shuffled bool) int {
	round, at := i/rows, i%rows
	if shuffled {
		at = permute(schedule.Seed(seed, "order", strconv.Itoa(round)), rows, at)
	}
	return at
}

// Rows implements llm.Dataset.
func (s *rowSet) Rows() int { return s.rows.len() }

// Digest implements llm.Dataset.
func (s *rowSet) Digest() string { return s.digest }
