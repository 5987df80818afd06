package main

import (
	"math"
	"sync"
	"time"

	"loadgate/engine"
	"loadgate/internal/live"
	"loadgate/internal/llm"
	"loadgate/internal/pipeline"
)

// show connects the pipeline's progress to the live display.
type show struct {
	display *live.Progress

	mu       sync.Mutex
	current  pipeline.Progress
	recorder *live.Recorder
	began    time.Time
	start    time.Time // of the run
}

func newShow(a *app, mode live.Mode) *show {
	s := &show{start: time.Now()}
	s.display = live.New(a.err, mode, live.Detect(a.err, a.getenv), s.snapshot)
	return s
}

func (s *show) note(line string) { s.display.Note(line) }
func (s *show) close()           { s.display.Close() }

// observe begins a repeat.
func (s *show) observe(p pipeline.Progress) engine.Observer {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current, s.recorder, s.began = p, &live.Recorder{}, time.Now()
	return observer{s.recorder}
}

// snapshot is the state of the run, for the display.
func (s *show) snapshot() live.Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.recorder == nil {
		return live.Snapshot{Phase: "preflight", Elapsed: time.Since(s.start), Remaining: -1, TTFTp50: nan, TTFTp99: nan, ITLp50: nan, ITLp99: nan}
	}
	p := s.current
	snap := live.Snapshot{
		Cells: p.Cells, CellIndex: p.Cell - 1, Title: p.Title, Repeats: p.Repeats, Repeat: p.Repeat - 1, Planned: p.Planned,
		Elapsed: time.Since(s.began), Remaining: -1,
	}
	s.recorder.Fill(&snap)
	snap.Remaining = s.remaining(snap)
	return snap
}

// remaining guesses the rest of the run: the cells done so far took as long as
// those to come will.
func (s *show) remaining(now live.Snapshot) time.Duration {
	p := s.current
	share := 0.0
	switch {
	case p.Planned > 0:
		share = float64(now.Done) / float64(p.Planned)
	case p.Duration > 0:
		share = min(1, float64(now.Elapsed)/float64(p.Duration))
	}
	done := float64(p.Cell-1) + (float64(p.Repeat-1)+share)/float64(p.Repeats)
	if done <= 0 {
		return -1
	}
	return time.Duration(float64(time.Since(s.start)) * (float64(p.Cells) - done) / done)
}

// observer hands the engine's events to a recorder.
type observer struct{ r *live.Recorder }

func (o observer) Sent()                    { o.r.Sent() }
func (o observer) First(ttft time.Duration) { o.r.First(int64(ttft)) }
func (o observer) Token(gap time.Duration)  { o.r.Token(int64(gap)) }
func (o observer) Done(out llm.Outcome)     { o.r.Done(out != llm.Failed) }

// nan is a latency that is not known yet.
var nan = math.NaN()
