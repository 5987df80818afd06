package store

import (
	"encoding/json"
	"fmt"
	"maps"
	"time"
)

// CommitInfo describes a committed cell.
type CommitInfo struct {
	Cell         string
	Key          string
	Attempt      int
	Time         time.Time // of the commit
	ClockEpochNS int64     // Unix time of the attempt's stamp 0
	Samples      int
	Bytes        int64  // of the compressed samples
	CRC32C       string // of the compressed samples, hexadecimal
	SummaryCRC   string // of summary.json
}

// AttemptInfo describes an attempt at a cell, committed or not.
type AttemptInfo struct {
	Cell         string
	Key          string
	Attempt      int
	Started      time.Time
	ClockEpochNS int64  // Unix time of stamp 0
	Abandoned    string // why it was given up; "" when it was committed, is running, or was killed
}

// startData and commitData are the data of the journal's lines about cells.
type startData struct {
	Key          string `json:"key"`
	ClockEpochNS int64  `json:"clock_epoch_ns"`
}

type commitData struct {
	Samples    int    `json:"samples"`
	Bytes      int64  `json:"bytes"`
	CRC32C     string `json:"crc32c"`
	SummaryCRC string `json:"summary_crc32c"`
}

type abandonData struct {
	Reason  string `json:"reason"`
	Samples int    `json:"samples"`
}

// state is what the journal adds up to.
type state struct {
	entries []Entry
	last    map[string]AttemptInfo // the newest attempt of each cell
	commits map[string]CommitInfo
	err     error // the first entry that makes no sense
}

func newState(entries []Entry) state {
	s := state{last: map[string]AttemptInfo{}, commits: map[string]CommitInfo{}}
	for _, e := range entries {
		s.add(e)
	}
	return s
}

func (s *state) add(e Entry) {
	s.entries = append(s.entries, e)
	if err := s.apply(&e); err != nil && s.err == nil {
		s.err = &CorruptError{File: journalName, Line: e.Seq, Reason: err.Error()}
	}
}

func (s *state) apply(e *Entry) error {
	switch e.Event {
	case EventCellStart:
		var d startData
		if err := s.cellData(e, &d); err != nil {
			return err
		}
		s.last[e.Cell] = AttemptInfo{Cell: e.Cell, Key: d.Key, Attempt: e.Attempt, Started: e.Time, ClockEpochNS: d.ClockEpochNS}
	case EventAbandon:
		var d abandonData
		if err := s.cellData(e, &d); err != nil {
			return err
		}
		a, ok := s.last[e.Cell]
		if !ok || a.Attempt != e.Attempt {
			return fmt.Errorf("it ends attempt %d of cell %s, which was not running", e.Attempt, e.Cell)
		}
		a.Abandoned = d.Reason
		s.last[e.Cell] = a
	case EventCommit:
		var d commitData
		if err := s.cellData(e, &d); err != nil {
			return err
		}
		a, ok := s.last[e.Cell]
		if !ok || a.Attempt != e.Attempt {
			return fmt.Errorf("it commits attempt %d of cell %s, which was not running", e.Attempt, e.Cell)
		}
		s.commits[e.Cell] = CommitInfo{
			Cell: e.Cell, Key: a.Key, Attempt: e.Attempt, Time: e.Time, ClockEpochNS: a.ClockEpochNS,
			Samples: d.Samples, Bytes: d.Bytes, CRC32C: d.CRC32C, SummaryCRC: d.SummaryCRC,
		}
	}
	return nil
}

// cellData reads the data of a line about a cell. The id becomes a path, so it
// is checked here again: a journal may come from elsewhere.
func (s *state) cellData(e *Entry, into any) error {
	if err := checkID(e.Cell); err != nil {
		return err
	}
	if e.Attempt < 1 {
		return fmt.Errorf("attempt %d of cell %s", e.Attempt, e.Cell)
	}
	return json.Unmarshal(e.Data, into)
}

// Committed lists the cells that need not be run again, by id.
func (r *Run) Committed() map[string]CommitInfo {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.state.commits)
}

// Attempts lists the newest attempt of each cell that was begun, by id.
func (r *Run) Attempts() map[string]AttemptInfo {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.state.last)
}
