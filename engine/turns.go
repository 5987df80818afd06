package engine

// next prepares the turn behind a request that has ended, and waits until it is
// due. It runs on a goroutine that has nothing else to do by then: no request
// waits for it and no stream is read by it. Not ok: the session is over, has
// broken off, or may not go on.
func (r *runner) next(j *job, a answered, books *ledger) (w waiting, ok bool) {
	if j.rest == nil {
		return waiting{}, false
	}
	if !a.ok {
		if r.end.stopped() {
			books.stop()
		} else {
			books.lose(len(j.rest.turns), r.cfg.Clock.Now())
		}
		return waiting{}, false
	}
	w.sched = j.dueAfter(a.done, r.cfg.Load.Replay)
	if w.job = r.compose(j, a); w.job == nil {
		return waiting{}, false
	}
	w.job.think = w.sched - a.done
	if !r.sleeper.wait(w.sched) {
		books.stop()
		return waiting{}, false
	}
	w.warm, ok = books.admit(w.sched)
	return w, ok
}

// compose renders the turn behind j; nil ends the repeat. Bodies of many sessions
// are made one after another, so that they never take more than one core from
// those that read streams.
func (r *runner) compose(j *job, a answered) *job {
	r.composing.Lock()
	defer r.composing.Unlock()
	next, err := j.follow(r.cfg, a)
	if err != nil {
		r.void = err
		r.fail(err)
		return nil
	}
	return next
}
