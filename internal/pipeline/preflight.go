package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"loadgate/engine"
	"loadgate/internal/llm"
	"loadgate/internal/wire"
	"loadgate/scenario"
)

// PreflightError says that a backend cannot be measured: nothing was run.
type PreflightError struct {
	Backend  string
	Endpoint string
	Problem  string
	Hint     string
}

// Error is the sentence for the user.
func (e *PreflightError) Error() string {
	s := fmt.Sprintf("preflight of backend %s failed: %s: %s", e.Backend, e.Endpoint, e.Problem)
	if e.Hint != "" {
		s += "\n  hint: " + e.Hint
	}
	return s
}

// preflightTries is how often a request may fail in a way that passes (429,
// 5xx, a reset) before the backend counts as unusable.
const preflightTries = 3

// preflight sends one request to each backend of the plan, for each model that
// is asked of it, or, with a wait, tries until one is answered.
func (r *Runner) preflight(ctx context.Context, stop <-chan struct{}, wait time.Duration) error {
	type asked struct {
		backend llm.Backend
		model   string
	}
	seen := map[asked]bool{}
	deadline := time.Now().Add(wait)
	for _, c := range r.opened.Cells {
		for _, model := range modelsOf(c) {
			key := asked{c.Backend, model}
			if seen[key] {
				continue
			}
			seen[key] = true
			if err := r.preflightUntil(ctx, stop, c, model, deadline); err != nil {
				return err
			}
		}
	}
	return nil
}

// modelsOf are the models that a cell asks for; "" is the backend's.
func modelsOf(c *Cell) []string {
	if len(c.Load.Models) == 0 {
		return []string{""}
	}
	names := make([]string, len(c.Load.Models))
	for i, m := range c.Load.Models {
		names[i] = m.Name
	}
	return names
}

// preflightUntil tries until a backend answers or the deadline is over.
func (r *Runner) preflightUntil(ctx context.Context, stop <-chan struct{}, c *Cell, model string, deadline time.Time) error {
	for {
		err := r.preflightCell(ctx, stop, c, model)
		if err == nil {
			return nil
		}
		var failed *PreflightError
		if !errors.As(err, &failed) || time.Now().After(deadline) {
			return err
		}
		r.note("waiting for backend %s: %s", c.BackendName, failed.Problem)
		if !pause(stop, time.Second) {
			return err
		}
	}
}

// preflightCell asks one backend for its model, if need be, and for one answer.
func (r *Runner) preflightCell(ctx context.Context, stop <-chan struct{}, c *Cell, model string) error {
	if err := r.simulators.connect(ctx, unit{{Cell: c}}); err != nil {
		return err
	}
	client := r.client(c)
	defer client.Close()
	if model == "" {
		if err := findModel(ctx, client, c); err != nil {
			return err
		}
	}
	var last *engine.Sample
	for range preflightTries {
		s, err := r.ask(ctx, stop, client, c, model)
		if err != nil || s == nil {
			return err
		}
		if last = s; !passing(s) {
			break
		}
	}
	if last.Outcome == llm.Failed {
		return r.preflightError(c, last)
	}
	if last.Usage == nil && c.Counter == nil && last.Outcome == llm.Completed {
		r.note("warning: backend %s sends no usage and no tokenizer is named: tokens, tpot and throughput in tokens will be missing (set `tokenizer:` on the backend)", c.BackendName)
	}
	return nil
}

// passing reports whether a failure may be gone at the next try.
func passing(s *engine.Sample) bool {
	return s.Outcome == llm.Failed && slices.Contains([]llm.ErrorClass{
		llm.ErrHTTP429, llm.ErrHTTP5xx, llm.ErrReset, llm.ErrTruncated, llm.ErrInBand, llm.ErrEmpty,
	}, s.Class)
}

// ask sends one short request through the engine and returns its sample, nil
// when the run was stopped before.
func (r *Runner) ask(ctx context.Context, stop <-chan struct{}, client *wire.Client, c *Cell, model string) (*engine.Sample, error) {
	var got *engine.Sample
	load := scenario.Load{Concurrency: 1, Requests: 1}
	if model != "" {
		load.Models = []scenario.ModelShare{{Name: model, Weight: 1}}
	}
	_, err := engine.Run(ctx, stop, engine.Config{
		Clock: r.clock, Load: load, Backend: c.Backend, Dataset: short{c.Dataset},
		Transport: client, PromptSeed: c.PromptSeed(-1), IDPrefix: r.store.Manifest().RunID + "/preflight-",
	}, func(s *engine.Sample) error { got = s; return nil })
	return got, err
}

// short asks the first turn only, and for a few tokens where the dataset leaves
// the length open to the request.
type short struct{ llm.Dataset }

const shortTokens = 8

func (d short) Session(seed uint64, i int) (llm.Session, error) {
	s, err := d.Dataset.Session(seed, i)
	if err != nil || len(s.Turns) == 0 {
		return s, err
	}
	t := s.Turns[0]
	if len(t.Body) == 0 {
		t.MaxTokens = shortTokens
	}
	s.Turns = []llm.Request{t}
	return s, nil
}

// findModel asks the server for the model that the scenario leaves out.
func findModel(ctx context.Context, client *wire.Client, c *Cell) error {
	asker, ok := c.Backend.(llm.ModelAsker)
	target, isTarget := c.Backend.(llm.Target)
	if !ok || !isTarget || target.Model() != "" {
		return nil
	}
	call := asker.ModelsCall()
	if call == nil {
		return nil
	}
	res := client.Fetch(ctx, call)
	fail := func(problem, hint string) error {
		return &PreflightError{Backend: c.BackendName, Endpoint: call.URL, Problem: problem, Hint: hint}
	}
	switch {
	case res.Class != "" && res.Status == 0:
		return fail(string(res.Class)+": "+errText(res.Err), hintFor(res.Class, 0))
	case res.Status/100 != 2:
		hint := "name the model: `model: …`"
		if refused(res.Status) {
			hint = hintFor(res.Class, res.Status)
		}
		return fail(fmt.Sprintf("asked for its models, the server answered %d", res.Status), hint)
	}
	if err := asker.UseModels(res.Body); err != nil {
		return fail(err.Error(), "name the model: `model: …`")
	}
	return nil
}

func errText(err error) string {
	if err == nil {
		return "no answer"
	}
	return err.Error()
}

func (r *Runner) preflightError(c *Cell, s *engine.Sample) error {
	endpoint := c.BackendName
	if t, ok := c.Backend.(llm.Target); ok {
		endpoint = t.Endpoint()
	}
	problem := string(s.Class) + ": " + r.redact(s.Error)
	return &PreflightError{Backend: c.BackendName, Endpoint: endpoint, Problem: problem, Hint: hintFor(s.Class, s.Status)}
}

// refused reports whether a status says that the key is none or the wrong one.
func refused(status int) bool { return status == 401 || status == 403 }

// hintFor is the next step after a class of failure.
func hintFor(class llm.ErrorClass, status int) string {
	switch {
	case class == llm.ErrQuota:
		return "what the key is granted is used up: waiting does not help before it is renewed"
	case refused(status):
		return "the server refuses the key: set `api_key: ${env:NAME}` and NAME in the environment (for `loadgate run URL`, OPENAI_API_KEY)"
	case status == 404:
		return "is the path of the url right, and does the server have this model?"
	case class == llm.ErrHTTP4xx:
		return "the server does not accept such a request: look at `params:` and at the model's context length"
	case class == llm.ErrDial || class == llm.ErrDNS || class == llm.ErrTimeoutConnect:
		return "is the server running there? `--wait 10m` waits for one that is still starting"
	case class == llm.ErrTLS:
		return "for an authority of your own set `tls: {ca: FILE}` on the backend, for a server that asks who you are `tls: {cert: FILE, key: FILE}`"
	case class == llm.ErrBadContentType:
		return "is this an inference server, and the url its endpoint? `stream: false` for one that does not stream"
	default:
		return ""
	}
}

// pause waits and reports false when stopped before the end.
func pause(stop <-chan struct{}, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-stop:
		return false
	}
}
