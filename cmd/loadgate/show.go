package main

import (
	"fmt"
	"math"
	"sync"
	"time"

	"loadgate/engine"
	"loadgate/internal/live"
	"loadgate/internal/llm"
	"loadgate/internal/pipeline"
	"loadgate/internal/result"
	"loadgate/reporters"
)

// show connects the pipeline's progress to the live display.
type show struct {
	display *live.Progress
	web     *live.Web // nil = none

	mu       sync.Mutex
	current  pipeline.Progress
	recorder *live.Recorder
	began    time.Time
	start    time.Time // of the run
}

// newShow begins to show a run of that name: on stderr, and with an address on a
// web page too.
func newShow(a *app, mode live.Mode, addr, name string) (*show, error) {
	s := &show{start: time.Now()}
	opts := live.Detect(a.err, a.getenv)
	if addr != "" {
		web, err := live.Serve(addr, name)
		if err != nil {
			return nil, usageErrorf("--web: %w", err)
		}
		s.web, opts.Web = web, web
		fmt.Fprintf(a.err, "watch it at %s\n", web.URL())
		if !web.Local() {
			fmt.Fprintf(a.err, "warning: --web %s: whoever reaches this address can watch the run, there is no password\n", addr)
		}
	}
	s.display = live.New(a.err, mode, opts, s.snapshot)
	return s, nil
}

func (s *show) note(line string) { s.display.Note(line) }
func (s *show) close()           { s.display.Close() }

// end ends the web page too, with what the report says; nil = there is none.
func (s *show) end(r *reporters.Report) {
	s.close()
	if s.web == nil {
		return
	}
	var e live.Ending
	if r != nil {
		e = ending(r.Doc)
	}
	s.web.End(e)
}

// ending is the verdict in a line.
func ending(d *result.Document) live.Ending {
	word := map[result.Verdict]string{
		result.Pass: "gate passed", result.Fail: "gate failed", result.Inconclusive: "inconclusive", result.Interrupted: "interrupted",
	}[d.Verdict]
	switch {
	case word == "" && d.Error != "":
		word = "could not run: " + d.Error
	case word == "":
		word = "could not run"
	case d.Verdict == result.Pass && len(d.SLO) == 0 && d.Comparison == nil:
		word = "done, no rules to judge"
	}
	return live.Ending{
		Verdict: fmt.Sprintf("%s · exit %d", word, d.ExitCode), Cells: len(d.Cells),
		Good: d.Verdict == result.Pass, Bad: d.Verdict == result.Fail || d.Verdict == result.Errored,
	}
}

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
		Cells: p.Cells, CellIndex: p.Cell - 1, Title: p.Title, Repeats: p.Repeats, Repeat: p.Repeat - 1,
		Planned: p.Planned, Length: p.Duration, Elapsed: time.Since(s.began), Remaining: -1,
	}
	s.recorder.Fill(&snap)
	snap.Phase = phase(snap)
	snap.Remaining = s.remaining(snap)
	return snap
}

// phase says what a repeat is at.
func phase(now live.Snapshot) string {
	over := now.Planned > 0 && now.Sent >= now.Planned || now.Length > 0 && now.Elapsed >= now.Length
	switch {
	case !over:
		return "sending"
	case now.InFlight > 0:
		return "awaiting the last"
	}
	return "summing up"
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
	done := p.Done + share/float64(p.Repeats)
	if done <= 0 {
		return -1
	}
	return time.Duration(float64(time.Since(s.start)) * (p.Todo - done) / done)
}

// observer hands the engine's events to a recorder.
type observer struct{ r *live.Recorder }

func (o observer) Sent()                    { o.r.Sent() }
func (o observer) First(ttft time.Duration) { o.r.First(int64(ttft)) }
func (o observer) Token(gap time.Duration)  { o.r.Token(int64(gap)) }
func (o observer) Done(out llm.Outcome)     { o.r.Done(out != llm.Failed) }

// nan is a latency that is not known yet.
var nan = math.NaN()
