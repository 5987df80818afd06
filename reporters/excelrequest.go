package reporters

import (
	"math"

	"loadgate/internal/llm"
	"loadgate/internal/result"
	"loadgate/internal/store"
	"loadgate/metrics"
	"loadgate/scenario"
)

// sheetRequest is one row of the sheet Requests; NaN where there is no such number.
type sheetRequest struct {
	cell                     string
	repeat, index, status    float64
	warmup                   string
	outcome, class           string
	base                     int64 // the stamp from which times count
	due, start, done         int64 // stamps in ns, 0 where it did not happen
	ttft, tpot, e2el         float64
	input, output, reasoning float64
	finish, err              string
	session, model           string
	turn                     float64
	images, audios, videos   float64
}

// sheetRequestColumn is a column of the sheet Requests with its value for a request,
// either a text or a number.
type sheetRequestColumn struct {
	column
	text   func(*sheetRequest) string
	number func(*sheetRequest) float64
}

// sheetRequestColumns are those of the sheet Requests. Times are in ms to the
// microsecond: what spreadsheets can open should stay small, and the exact
// stamps are in the store. Due, Start and End count from the moment at which the
// cell's first request was due. TTFT, TPOT and E2EL are those of completed
// requests, which the sheet Summary is about.
func sheetRequestColumns() []sheetRequestColumn {
	text := func(head string, width float64, value func(*sheetRequest) string) sheetRequestColumn {
		return sheetRequestColumn{column{head, width, asText}, value, nil}
	}
	count := func(head string, value func(*sheetRequest) float64) sheetRequestColumn {
		return sheetRequestColumn{column{head, 10, asInteger}, nil, value}
	}
	millis := func(head string, value func(*sheetRequest) float64) sheetRequestColumn {
		return sheetRequestColumn{column{head, 12, asMillis}, nil, value}
	}
	return []sheetRequestColumn{
		text("Cell", 30, func(r *sheetRequest) string { return r.cell }),
		count("Repeat", func(r *sheetRequest) float64 { return r.repeat }),
		count("Index", func(r *sheetRequest) float64 { return r.index }),
		text("Warm-up", 9, func(r *sheetRequest) string { return r.warmup }),
		text("Outcome", 11, func(r *sheetRequest) string { return r.outcome }),
		text("Class", 14, func(r *sheetRequest) string { return r.class }),
		count("Status", func(r *sheetRequest) float64 { return r.status }),
		millis("Due(ms)", func(r *sheetRequest) float64 { return r.at(r.due) }),
		millis("Start(ms)", func(r *sheetRequest) float64 { return r.at(r.start) }),
		millis("End(ms)", func(r *sheetRequest) float64 { return r.at(r.done) }),
		millis("TTFT(ms)", func(r *sheetRequest) float64 { return r.ttft }),
		millis("TPOT(ms)", func(r *sheetRequest) float64 { return r.tpot }),
		millis("E2EL(ms)", func(r *sheetRequest) float64 { return r.e2el }),
		count("Input Tokens", func(r *sheetRequest) float64 { return r.input }),
		count("Output Tokens", func(r *sheetRequest) float64 { return r.output }),
		count("Reasoning Tokens", func(r *sheetRequest) float64 { return r.reasoning }),
		text("Finish", 11, func(r *sheetRequest) string { return r.finish }),
		text("Error", 60, func(r *sheetRequest) string { return r.err }),
		text("Session", 20, func(r *sheetRequest) string { return r.session }),
		count("Turn", func(r *sheetRequest) float64 { return r.turn }),
		count("Images", func(r *sheetRequest) float64 { return r.images }),
		count("Audios", func(r *sheetRequest) float64 { return r.audios }),
		count("Videos", func(r *sheetRequest) float64 { return r.videos }),
		text("Model", 20, func(r *sheetRequest) string { return r.model }),
	}
}

// at is a stamp in ms after the cell's first.
func (r *sheetRequest) at(stamp int64) float64 {
	if stamp == 0 {
		return math.NaN()
	}
	return float64(stamp-r.base) / 1e6
}

// some is a number of which 0 leaves the cell empty.
func some(n int) float64 {
	if n == 0 {
		return math.NaN()
	}
	return float64(n)
}

func sheetRequestOf(c *result.Cell, rec *store.Record, load *scenario.Load) sheetRequest {
	s := &rec.Sample
	get := metrics.Measured(s, load)
	value := func(metric string) float64 {
		if v, ok := get(metric); ok {
			return v
		}
		return math.NaN()
	}
	r := sheetRequest{
		cell: c.ID, repeat: float64(rec.Repeat + 1), index: float64(s.Index), status: math.NaN(),
		outcome: string(s.Outcome), class: string(s.Class), due: due(s), start: s.Start, done: s.Done,
		ttft: math.NaN(), tpot: math.NaN(), e2el: math.NaN(),
		input: value("input_tokens"), output: value("output_tokens"), reasoning: value("reasoning_tokens"),
		finish: s.Finish, err: s.Error, session: s.Session, model: s.Model, turn: some(s.Turn),
	}
	media := mediaOf(s)
	r.images, r.audios, r.videos = some(media.Images), some(media.Audios), some(media.Videos)
	if s.Warmup {
		r.warmup = "yes"
	}
	if s.Status != 0 {
		r.status = float64(s.Status)
	}
	if s.Outcome == llm.Completed {
		r.ttft, r.tpot, r.e2el = value("ttft"), value("tpot"), value("e2el")
	}
	return r
}
