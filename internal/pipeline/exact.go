package pipeline

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"

	"loadgate/internal/llm"
	"loadgate/internal/wire"
)

// mostFitted is how many prompts of a cell a server is asked to count: beyond it,
// lengths are estimated by those.
const mostFitted = 2000

// fittedOpenEnded is how many where the load does not say how many it will send.
const fittedOpenEnded = 500

// fitWorkers is how many prompts are counted at a time.
const fitWorkers = 4

// checkExact sees to it that a server can be asked to count prompts.
func (o *opener) checkExact(c *Cell) {
	d, ok := c.Dataset.(llm.Exact)
	if !ok || c.Backend == nil || !d.CountsByServer() {
		return
	}
	if _, ok := c.Backend.(llm.ServerTokenizer); ok {
		return
	}
	at := c.Cell.Dataset.Get("calibrate")
	message := fmt.Sprintf("calibrate: tokenize wants a server that counts texts, and backend %s of kind %s has no way to ask it", c.BackendName, c.Kind)
	o.once(at, "kinds vllm, sglang and llamacpp can; calibrate: usage does with the usage of any", message)
}

// exactly is what a server showed of a dataset's prompts.
type exactly struct {
	overhead int // of a prompt; -1 = not known yet
	sizes    map[llm.SessionKey]llm.PromptSize
	missed   map[llm.SessionKey]bool // that could not be made exact
}

func newExactly() *exactly {
	return &exactly{overhead: -1, sizes: map[llm.SessionKey]llm.PromptSize{}, missed: map[llm.SessionKey]bool{}}
}

// fitter makes a cell's prompts exact.
type fitter struct {
	*exactly
	cell    *Cell
	dataset llm.Exact // with the overhead, once that is known
	client  *wire.Client
	server  llm.ServerTokenizer
}

// count asks the server for the tokens of a text.
func (f *fitter) count(ctx context.Context, text string) (int, error) {
	call := f.server.TokenizeCall(text)
	res := f.client.Fetch(ctx, call)
	if res.Status != http.StatusOK || res.Err != nil {
		problem := fmt.Sprintf("asked to count a prompt, the server answered %d", res.Status)
		if res.Status == 0 {
			problem = string(res.Class) + ": " + errText(res.Err)
		}
		return 0, f.fail(wire.Bare(call.URL), problem)
	}
	ids, err := f.server.ReadTokens(res.Body)
	if err != nil {
		return 0, f.fail(wire.Bare(call.URL), err.Error())
	}
	return len(ids), nil
}

func (f *fitter) fail(endpoint, problem string) error {
	return &PreflightError{
		Backend: f.cell.BackendName, Endpoint: endpoint, Problem: problem,
		Hint: "dataset " + f.cell.DatasetName + " has `calibrate: tokenize`; `calibrate: usage` does without",
	}
}

// fit makes one session's prompt exact.
func (f *fitter) fit(ctx context.Context, key llm.SessionKey) (llm.PromptSize, bool, error) {
	return f.dataset.Fit(key.Seed, key.Index, func(text string) (int, error) { return f.count(ctx, text) })
}

// fitAll makes the prompts of keys exact that are not yet.
func (f *fitter) fitAll(ctx context.Context, stop <-chan struct{}, keys []llm.SessionKey) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	keys = slices.DeleteFunc(slices.Clone(keys), func(k llm.SessionKey) bool { _, known := f.sizes[k]; return known })
	var mu sync.Mutex
	var wg sync.WaitGroup
	for w := range fitWorkers {
		wg.Go(func() {
			for i := w; i < len(keys) && ctx.Err() == nil && !stopped(stop); i += fitWorkers {
				size, ok, err := f.fit(ctx, keys[i])
				if err != nil {
					cancel(err)
					return
				}
				mu.Lock()
				f.sizes[keys[i]] = size
				if !ok {
					f.missed[keys[i]] = true
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

// sessionsOf are the sessions of a cell to be made exact: all of them, or, where all
// is false, the first of each repeat.
func sessionsOf(c *Cell) (keys []llm.SessionKey, all bool) {
	seeds := []uint64{}
	for repeat := range c.Load.Repeats {
		if seed := c.PromptSeed(repeat); !slices.Contains(seeds, seed) {
			seeds = append(seeds, seed)
		}
	}
	planned := c.Load.Warmup.Requests + c.Load.Requests
	all = c.Load.Requests > 0 && c.Load.Warmup.Duration == 0
	if !all {
		planned = fittedOpenEnded
	}
	if most := max(1, mostFitted/len(seeds)); planned > most {
		planned, all = most, false
	}
	for _, seed := range seeds {
		for i := range planned {
			keys = append(keys, llm.SessionKey{Seed: seed, Index: i})
		}
	}
	return keys, all
}

// fitted is a cell's dataset with prompts as long as its server counts them; nil
// when the run was stopped. known holds what cells before it showed.
func (r *Runner) fitted(ctx context.Context, stop <-chan struct{}, c *Cell, d llm.Exact, model string, known *exactly) (llm.Dataset, error) {
	client := r.client(c)
	defer client.Close()
	f := &fitter{exactly: known, cell: c, dataset: d, client: client, server: c.Backend.(llm.ServerTokenizer)}
	if known.overhead < 0 {
		if ok, err := r.fitOverhead(ctx, stop, f, model); err != nil || !ok {
			return nil, err
		}
	}
	f.dataset = d.WithOverhead(known.overhead).(llm.Exact)
	keys, all := sessionsOf(c)
	if err := f.fitAll(ctx, stop, keys); err != nil || stopped(stop) {
		return nil, err
	}
	missed := 0
	for _, k := range keys {
		if known.missed[k] {
			missed++
		}
	}
	scope := fmt.Sprintf("all %d prompts", len(keys))
	if !all {
		scope = fmt.Sprintf("the first %d prompts (those after them are estimated)", len(keys))
	}
	r.note("dataset %s: %s counted by the server's tokenizer, %d exact, with room for the %d tokens that it adds", c.DatasetName, scope, len(keys)-missed, known.overhead)
	if missed > 0 {
		r.note("warning: dataset %s: %d of %d prompts could not be made exact: no text of the asked-for length was found", c.DatasetName, missed, len(keys))
	}
	return f.dataset.WithSizes(known.sizes), nil
}

// fitOverhead learns what the server adds to a prompt that is exact by its own
// tokenizer. ok is false when the run was stopped.
func (r *Runner) fitOverhead(ctx context.Context, stop <-chan struct{}, f *fitter, model string) (ok bool, err error) {
	key := llm.SessionKey{Seed: f.cell.PromptSeed(-1)}
	size, exact, err := f.fit(ctx, key)
	if err != nil {
		return false, err
	}
	if !exact {
		return false, f.fail(f.cell.BackendName, "no prompt of the asked-for length was found")
	}
	probe := *f.cell
	probe.Dataset = f.dataset.WithSizes(map[llm.SessionKey]llm.PromptSize{key: size})
	s, err := r.ask(ctx, stop, f.client, &probe, model)
	switch {
	case err != nil || s == nil:
		return false, err
	case s.Outcome == llm.Failed:
		return false, r.preflightError(f.cell, s)
	case s.Usage == nil || s.Usage.Input < 0:
		r.note("warning: dataset %s: the server sends no usage: what its chat template adds to a prompt is not known, and lengths are those of the bare texts", f.cell.DatasetName)
		f.overhead = 0
		return true, nil
	case s.Usage.Input < s.PromptKnown:
		return false, f.fail(f.cell.BackendName, fmt.Sprintf("the server's usage has %d tokens fewer than its tokenizer", s.PromptKnown-s.Usage.Input))
	}
	f.overhead = s.Usage.Input - s.PromptKnown
	return true, nil
}
