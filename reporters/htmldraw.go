package reporters

import (
	"math"
	"slices"

	"loadgate/internal/llm"
)

// into writes what was read into the cell's drawing.
func (t *tracer) into(c *drawnCell, slots int) {
	if t.count == 0 {
		return
	}
	c.Time = t.drawTime(slots)
	c.Rows = drawRows(t.rows.sorted(), t.zero, t.count)
	c.Input, c.Output = drawLengths(&t.input), drawLengths(&t.output)
}

// drawTime uses fewer slots where there are few requests, so that a slot has
// about five of them.
func (t *tracer) drawTime(slots int) *drawnTime {
	l := &t.time
	l.coarsen(min(slots, max(minTimeSlots, t.count/5)))
	seconds := func(ns int64) short { return short(float64(ns) / 1e9) }
	d := &drawnTime{From: seconds(l.first*l.width - t.zero), Width: seconds(l.width), Warmup: [][2]short{}}
	for _, p := range t.repeats {
		if p.measured > p.begin && p.measured != math.MaxInt64 {
			d.Warmup = append(d.Warmup, [2]short{seconds(p.begin - t.zero), seconds(p.measured - t.zero)})
		}
	}
	perSecond := 1e9 / float64(l.width)
	for i := range l.slots {
		s := &l.slots[i]
		d.Due = append(d.Due, short(float64(s.due)*perSecond))
		d.Sent = append(d.Sent, short(float64(s.begun)*perSecond))
		d.Completed = append(d.Completed, short(float64(s.completed)*perSecond))
		d.Failed = append(d.Failed, short(float64(s.failed)*perSecond))
		d.TTFT = s.ttft.drawn(d.TTFT)
		d.Gap = s.gap.drawn(d.Gap)
	}
	for _, n := range l.inFlight() {
		d.InFlight = append(d.InFlight, short(n))
	}
	return d
}

// drawn appends the median, p95 and maximum.
func (s *spread) drawn(to [3][]short) [3][]short {
	for i, v := range []float64{s.quantile(0.5), s.quantile(0.95), s.largest()} {
		to[i] = append(to[i], short(v))
	}
	return to
}

func drawRows(rows []requestRow, zero int64, of int) *drawnRows {
	d := &drawnRows{Of: of, Classes: []string{}}
	state := make([]byte, 0, len(rows))
	before, index := int64(0), 0
	for _, r := range rows {
		at := micros(r.sched - zero)
		d.Sched, before = append(d.Sched, at-before), at
		d.Index, index = append(d.Index, r.index-index), r.index
		d.Queued = append(d.Queued, r.queued)
		d.First = append(d.First, r.first)
		d.Last = append(d.Last, r.last)
		d.Done = append(d.Done, r.done)
		d.Input = append(d.Input, r.input)
		d.Output = append(d.Output, r.out)
		d.Class = append(d.Class, d.class(r.class))
		state = append(state, r.letter())
	}
	d.State = string(state)
	return d
}

func (d *drawnRows) class(name string) int {
	if name == "" {
		return -1
	}
	name = clean(name, maxName)
	at := slices.Index(d.Classes, name)
	if at < 0 {
		at = len(d.Classes)
		d.Classes = append(d.Classes, name)
	}
	return at
}

// letter tells how a request ended: completed, failed, audit, x for cancelled.
func (r *requestRow) letter() byte {
	letter := byte('f')
	switch r.outcome {
	case llm.Completed:
		letter = 'c'
	case llm.Audited:
		letter = 'a'
	case llm.Cancelled:
		letter = 'x'
	}
	if r.warmup {
		letter -= 'a' - 'A'
	}
	return letter
}

func drawLengths(l *lengths) *drawnLengths {
	if l.n == 0 {
		return nil
	}
	mean := short(float64(l.sum) / float64(l.n))
	from, bars := l.cut(maxLengths)
	return &drawnLengths{From: from, Width: l.width, Mean: mean, Bars: bars}
}
