package pipeline

import (
	"context"
	"fmt"

	"loadgate/internal/llm"
)

// calibrate learns, before the load, how many tokens each server adds to the
// prompts of the datasets that want to know, and takes them off. A second
// request sees whether lengths are right now. Prompts that are to be exact by the
// server's tokenizer are counted by it.
func (r *Runner) calibrate(ctx context.Context, stop <-chan struct{}) error {
	type pair struct {
		backend llm.Backend
		dataset llm.Dataset
		model   string
	}
	known := map[pair]llm.Dataset{}
	exact := map[pair]*exactly{}
	for _, c := range r.opened.Cells {
		d, ok := c.Dataset.(llm.Calibrated)
		if !ok || !d.Calibrates() {
			continue
		}
		key := pair{c.Backend, c.Dataset, modelsOf(c)[0]}
		if e, ok := c.Dataset.(llm.Exact); ok && e.CountsByServer() {
			if exact[key] == nil {
				exact[key] = newExactly()
			}
			dataset, err := r.fitted(ctx, stop, c, e, key.model, exact[key])
			if err != nil || dataset == nil {
				return err
			}
			c.Dataset = dataset
			continue
		}
		if known[key] == nil {
			calibrated, err := r.calibrated(ctx, stop, c, d, key.model)
			if err != nil || calibrated == nil {
				return err
			}
			known[key] = calibrated
		}
		c.Dataset = known[key]
	}
	return nil
}

// calibratedLengths are those of the prompts of calibrated datasets.
func (r *Runner) calibratedLengths() calibratedData {
	d := calibratedData{Input: map[string]*llm.Lengths{}}
	for _, c := range r.opened.Cells {
		if x, ok := c.Dataset.(llm.Calibrated); ok && x.Calibrates() {
			d.Input[c.ID] = declaredBy(c).Input
		}
	}
	return d
}

// calibrated is a cell's dataset with the overhead that its server shows; nil
// when the run was stopped.
func (r *Runner) calibrated(ctx context.Context, stop <-chan struct{}, c *Cell, d llm.Calibrated, model string) (llm.Dataset, error) {
	if err := r.simulators.connect(ctx, unit{{Cell: c}}); err != nil {
		return nil, err
	}
	client := r.client(c)
	defer client.Close()
	probe := *c
	excess := func() (int, bool, error) {
		s, err := r.ask(ctx, stop, client, &probe, model)
		switch {
		case err != nil || s == nil:
			return 0, false, err
		case s.Outcome == llm.Failed:
			return 0, false, r.preflightError(c, s)
		case s.Usage == nil || s.Usage.Input < 0:
			return 0, false, &PreflightError{
				Backend: c.BackendName, Endpoint: c.BackendName, Problem: "dataset " + c.DatasetName + " is calibrated by the usage that the server sends, and it sends none",
				Hint: "leave out `calibrate: usage`",
			}
		}
		return s.Usage.Input - s.PromptKnown, true, nil
	}
	overhead, ok, err := excess()
	if !ok {
		return nil, err
	}
	if overhead < 0 {
		return nil, &PreflightError{
			Backend: c.BackendName, Endpoint: c.BackendName, Problem: fmt.Sprintf("dataset %s cannot be calibrated: the server counts %d tokens fewer than its tokenizer", c.DatasetName, -overhead),
			Hint: "name the tokenizer of the server's model: `tokenizer: …`",
		}
	}
	probe.Dataset = d.WithOverhead(overhead)
	left, ok, err := excess()
	if !ok {
		return nil, err
	}
	if left != 0 {
		r.note("warning: dataset %s: after %d tokens were taken off, the server still counts %+d: its tokenizer is another", c.DatasetName, overhead, left)
	} else {
		r.note("dataset %s: prompts leave room for the %d tokens that the server adds", c.DatasetName, overhead)
	}
	return probe.Dataset, nil
}
