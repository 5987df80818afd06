package engine

import (
	"context"
	"errors"
	"sync"
	"time"

	"loadgate/internal/schedule"
	"loadgate/scenario"
)

// arrival is one planned request of an open loop.
type arrival struct {
	offset time.Duration // from the beginning of the load
	warm   bool
}

// maxArrivals bounds a schedule: more than a client of one machine could send.
const maxArrivals = 50_000_000

// arrivalsOf draws the whole schedule of an open loop before the load begins;
// nil for a closed one.
func arrivalsOf(l *scenario.Load, seed uint64) ([]arrival, error) {
	if !l.Open() || (l.Unlimited() && l.MaxConcurrency > 0) {
		return nil, nil
	}
	if l.Unlimited() && l.Requests == 0 {
		return nil, errors.New("rate inf needs a number of requests")
	}
	next, err := schedule.New(schedule.Spec{Rate: l.Rate, Arrivals: l.Arrivals.Process, Burstiness: l.Arrivals.Burstiness}, seed)
	if err != nil {
		return nil, err
	}
	plan := []arrival{}
	measured, from := 0, time.Duration(0)
	for len(plan) < maxArrivals {
		a := arrival{offset: next.Next()}
		a.warm = measured == 0 && warmArrival(l.Warmup, len(plan), a.offset)
		if !a.warm {
			if measured == 0 {
				from = measuredOffset(l.Warmup, a.offset)
			}
			if (l.Requests > 0 && measured == l.Requests) || (l.Duration > 0 && a.offset >= from+l.Duration) {
				return plan, nil
			}
			measured++
		}
		plan = append(plan, a)
	}
	return nil, errors.New("the schedule holds more than 50,000,000 requests: lower the rate or the duration")
}

func warmArrival(w scenario.Warmup, index int, offset time.Duration) bool {
	byCount, byTime := index < w.Requests, offset < w.Duration
	if w.Requests > 0 && w.Duration > 0 {
		return byCount && byTime
	}
	return byCount || byTime
}

// measuredOffset is where the measured window begins, given the first arrival
// that counts.
func measuredOffset(w scenario.Warmup, first time.Duration) time.Duration {
	if w.Duration > 0 && first >= w.Duration {
		return w.Duration
	}
	return first
}

// runOpen releases each request at its time, whatever became of the others. It
// returns when all that was released has ended.
func (r *runner) runOpen(ctx context.Context, plan []arrival) {
	r.placeWindow(plan)
	g := &gate{limit: r.cfg.Load.MaxConcurrency}
	var wg sync.WaitGroup
	var fire func(w waiting, ready int64)
	fire = func(w waiting, ready int64) { // ends when its request has
		defer wg.Done()
		r.send(ctx, w.job, w.warm, w.sched, ready)
		if next, ok := g.leave(r.stop.stopped()); ok {
			wg.Add(1)
			go fire(next, r.cfg.Clock.Now())
		}
	}
	pacer := newPacer(r.cfg.Clock)
	defer pacer.close()
	for _, a := range plan {
		sched := r.totals.Begin + int64(a.offset)
		if !pacer.wait(sched, r.stop) {
			break
		}
		j, ok := r.supply.next()
		if !ok {
			break
		}
		if w := (waiting{j, a.warm, sched}); g.enter(w) {
			wg.Add(1)
			go fire(w, sched)
		}
	}
	if r.cfg.Load.Duration > 0 && g.queued() { // once the window is over, nothing new is sent
		r.stop.sleepUntil(r.cfg.Clock, r.windowEnd())
		g.close()
	}
	wg.Wait()
	r.settleOpen(plan)
}

// placeWindow fills in the stamps that the plan fixes beforehand.
func (r *runner) placeWindow(plan []arrival) {
	for _, a := range plan {
		if !a.warm {
			r.totals.Measured = r.totals.Begin + int64(measuredOffset(r.cfg.Load.Warmup, a.offset))
			return
		}
	}
}

// settleOpen fills in the counts. Requests leave the queue in the order in which
// they came, so what was sent is the beginning of the plan.
func (r *runner) settleOpen(plan []arrival) {
	t := &r.totals
	t.Planned, t.Truncated = len(plan), r.stop.stopped()
	t.Unsent = t.Planned - t.Sent
	for i, a := range plan {
		if a.warm {
			continue
		}
		t.PlannedMeasured++
		if i >= t.Sent {
			t.UnsentMeasured++
		}
	}
}
