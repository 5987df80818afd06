package reporters_test

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"loadgate/engine"
	"loadgate/internal/llm"
	"loadgate/internal/result"
	"loadgate/internal/store"
	"loadgate/reporters"
)

// streamOf is a completed request of eight tokens, as a closed loop sends it.
func streamOf(cell *result.Cell, repeat, index int) engine.Sample {
	const ms = int64(time.Millisecond)
	begin := 5_000*ms + int64(index)*3*ms + int64(repeat)*60_000*ms
	first := begin + 84*ms + int64(index%97)*ms/7
	s := engine.Sample{
		ID: fmt.Sprintf("8b9cce4b/%s-%d-%d", cell.ID, repeat, index), Index: index, Warmup: index < 2,
		Sched: begin, Ready: begin, Start: begin + ms/8, Conn: begin + ms/7, Wrote: begin + ms/5, Hdr: first - ms,
		Ev1: first, Tok1: first, Ans1: first, Streamed: true, Reused: true,
		Outcome: llm.Completed, Status: 200, Finish: "length",
		Usage: &llm.Usage{Set: true, Input: 381 + index%13, Output: 8, Cached: -1}, Asked: 8,
	}
	for i := range int64(8) {
		s.Events = append(s.Events, engine.Event{At: first + i*10*ms + i*int64(index%11)*1000, Bytes: 5, Kind: llm.Content})
	}
	s.TokN = s.Events[7].At
	s.Done = s.TokN + ms/4
	return s
}

// samplesOf gives each cell of a report n requests a repeat, every change to
// them made by edit.
func samplesOf(r *reporters.Report, n int, edit func(*engine.Sample)) *reporters.Report {
	r.Samples = func(id string) iter.Seq2[store.Record, error] {
		return func(yield func(store.Record, error) bool) {
			for _, c := range r.Doc.Cells {
				for i := range n {
					if c.ID != id {
						break
					}
					s := streamOf(c, 0, i)
					if edit != nil {
						edit(&s)
					}
					if !yield(store.Record{Sample: s}, nil) {
						return
					}
				}
			}
		}
	}
	return r
}

func TestExcelRequests(t *testing.T) {
	t.Parallel()
	r := samplesOf(reports()["failures"], 20, func(s *engine.Sample) {
		switch s.Index {
		case 3:
			s.Outcome, s.Class, s.Error, s.Status, s.Finish, s.Usage = llm.Failed, "http_5xx", "503 Service Unavailable", 503, "", nil
			s.Tok1, s.Ans1, s.TokN, s.Events = 0, 0, 0, nil
		case 4:
			s.TokN, s.Events, s.Usage.Output = s.Tok1, s.Events[:1], 1
			s.Media = &llm.MediaCounts{Images: 2, Videos: 1}
		}
	})
	f := open(t, excel(t, r))
	rows, err := f.GetRows("Requests")
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 1+3*20 || len(rows[0]) > 24 {
		t.Errorf("%d rows of %d columns", len(rows), len(rows[0]))
	}
	second := r.Doc.Cells[1].ID
	for n, want := range map[int]map[string]string{
		21: {"Cell": second, "Repeat": "1", "Index": "0", "Warm-up": "yes", "Outcome": "completed", "Status": "200", "Due(ms)": "0", "Start(ms)": "0.125"},
		23: {
			"Warm-up": "", "Due(ms)": "6", "TTFT(ms)": "84.161", "TPOT(ms)": "10.002", "E2EL(ms)": "154.175", "End(ms)": "160.55",
			"Input Tokens": "383", "Output Tokens": "8", "Reasoning Tokens": "0", "Finish": "length", "Error": "",
		},
		24: {"Outcome": "failed", "Class": "http_5xx", "Error": "503 Service Unavailable", "Status": "503", "TTFT(ms)": "", "E2EL(ms)": "", "Output Tokens": ""},
		25: {"Outcome": "completed", "TTFT(ms)": "84.446", "TPOT(ms)": "", "Images": "2", "Audios": "", "Videos": "1"},
	} {
		got := row(t, f, "Requests", n)
		for head, value := range want {
			if got[head] != value {
				t.Errorf("row %d: %s is %q, want %q", n, head, got[head], value)
			}
		}
	}
	kind, err := f.GetCellType("Requests", "H3")
	if err != nil || kind == excelize.CellTypeInlineString {
		t.Errorf("a time has type %v, %v", kind, err)
	}
}

// Requests are stored in the order in which they ended: the first to be due may
// come late, or never.
func TestExcelRequestTimesCountFromTheFirst(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]struct {
		order []int
		want  []string
	}{
		"late":  {[]int{2, 1, 0, 3}, []string{"6", "3", "0", "9"}},
		"never": {[]int{2, 1, 3}, []string{"3", "0", "6"}},
	} {
		r := reports()["one-cell"]
		r.Samples = func(string) iter.Seq2[store.Record, error] {
			return func(yield func(store.Record, error) bool) {
				for _, i := range of.order {
					if !yield(store.Record{Sample: streamOf(r.Doc.Cells[0], 0, i)}, nil) {
						return
					}
				}
			}
		}
		f := open(t, excel(t, r))
		for i, want := range of.want {
			if got := row(t, f, "Requests", i+1)["Due(ms)"]; got != want {
				t.Errorf("%s: request %d is due at %q, want %q", name, of.order[i], got, want)
			}
		}
	}
}

func TestExcelBrokenSamples(t *testing.T) {
	t.Parallel()
	r := reports()["one-cell"]
	torn := errors.New("line 812 is torn")
	r.Samples = func(string) iter.Seq2[store.Record, error] {
		return func(yield func(store.Record, error) bool) { yield(store.Record{Sample: engine.Sample{}}, torn) }
	}
	if err := reporters.Excel(t.Context(), r, io.Discard); !errors.Is(err, torn) {
		t.Errorf("got %v", err)
	}
}
