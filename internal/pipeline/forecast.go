package pipeline

import (
	"fmt"
	"strconv"

	"loadgate/internal/llm"
	"loadgate/scenario"
)

// Forecast is what a plan would send, as far as it is known beforehand.
type Forecast struct {
	Name           string         `json:"name"`
	ScenarioHash   string         `json:"scenario_hash"`
	Rules          int            `json:"rules"`
	Cells          []CellForecast `json:"cells"`
	Targets        []Target       `json:"targets"`
	Requests       int            `json:"requests"` // of the cells whose number is known
	InputTokens    int            `json:"input_tokens"`
	OutputTokens   int            `json:"output_tokens"`
	AtLeastSeconds float64        `json:"at_least_s"`
}

// CellForecast is one cell of it. Requests are those of one repeat, warm-up
// included, 0 where only time ends it; tokens are over all repeats, estimated
// from the first sessions, 0 where unknown. AtLeastSeconds is the time that the
// schedule alone takes, 0 where the server's speed decides.
type CellForecast struct {
	ID             string   `json:"id"`
	Key            string   `json:"key"`
	Title          string   `json:"title"`
	Load           string   `json:"load"`
	Backend        string   `json:"backend"`
	Dataset        string   `json:"dataset"`
	Requests       int      `json:"requests"`
	Repeats        int      `json:"repeats"`
	InputTokens    int      `json:"input_tokens"`
	OutputTokens   int      `json:"output_tokens"`
	AtLeastSeconds float64  `json:"at_least_s"`
	Rules          []string `json:"rules"`
	Holds          *Holds   `json:"holds,omitempty"` // of a trace or of conversations
}

// Target is a backend and what it calls.
type Target struct {
	Backend  string `json:"backend"`
	Kind     string `json:"kind"`
	Endpoint string `json:"endpoint"`
	Model    string `json:"model"`
}

// Plan forecasts an opened plan. It draws sessions but sends nothing.
func Plan(o *Opened) (*Forecast, error) {
	f := &Forecast{Name: o.Plan.Name, ScenarioHash: o.Plan.Hash, Rules: o.Gate.Len(), Cells: []CellForecast{}}
	seen := map[Target]bool{}
	for _, c := range o.Cells {
		cell, err := forecast(c)
		if err != nil {
			return nil, fmt.Errorf("cell %s: %w", c.ID, err)
		}
		cell.Rules = append([]string{}, o.Gate.Applies(c.ID)...)
		f.Cells = append(f.Cells, cell)
		f.Requests += cell.Requests * cell.Repeats
		f.InputTokens += cell.InputTokens
		f.OutputTokens += cell.OutputTokens
		f.AtLeastSeconds += cell.AtLeastSeconds
		if t := targetOf(c); !seen[t] {
			seen[t] = true
			f.Targets = append(f.Targets, t)
		}
	}
	return f, nil
}

func targetOf(c *Cell) Target {
	t := Target{Backend: c.BackendName, Kind: c.Kind}
	if x, ok := c.Backend.(llm.Target); ok {
		t.Endpoint, t.Model = x.Endpoint(), x.Model()
	}
	return t
}

// forecastSessions is how many sessions are drawn to estimate lengths.
const forecastSessions = 32

func forecast(c *Cell) (CellForecast, error) {
	l := &c.Load
	out := CellForecast{
		ID: c.ID, Key: c.Key, Title: c.Title, Load: describe(l), Backend: c.BackendName, Dataset: c.DatasetName, Repeats: l.Repeats,
	}
	holds, err := look(c)
	if err != nil {
		return out, err
	}
	if out.Holds = holds; holds != nil && l.Replay != nil {
		out.Requests, out.AtLeastSeconds = holds.Requests, holds.Seconds*float64(l.Repeats)
		out.InputTokens, out.OutputTokens = holds.Input.Sum*l.Repeats, holds.Output.Sum*l.Repeats
		return out, nil
	}
	seconds := (l.Duration + l.Warmup.Duration + l.Cooldown).Seconds()
	if l.Requests > 0 {
		out.Requests = l.Warmup.Requests + l.Requests
	}
	if l.Rate > 0 && !l.Unlimited() {
		if l.Requests == 0 {
			out.Requests = l.Warmup.Requests + int(l.Rate*l.Duration.Seconds()+0.5)
		}
		if by := float64(out.Requests) / l.Rate; l.Duration == 0 || by < seconds {
			seconds = by
		}
	} else if l.Requests > 0 {
		seconds = 0 // the server decides which comes first
	}
	out.AtLeastSeconds = seconds * float64(l.Repeats)
	if out.Requests == 0 {
		return out, nil
	}
	in, outTokens, n := 0, 0, 0
	for i := 0; i < forecastSessions && n < out.Requests; i++ {
		s, err := c.Dataset.Session(c.PromptSeed(0), i)
		if err != nil {
			return out, err
		}
		said := 0
		for _, turn := range s.Turns[:min(len(s.Turns), out.Requests-n)] {
			n++
			in += said + turn.InputTokens
			outTokens += turn.MaxTokens
			if s.Grows {
				said += turn.InputTokens + turn.MaxTokens
			}
		}
	}
	out.InputTokens = in * out.Requests / n * l.Repeats
	out.OutputTokens = outTokens * out.Requests / n * l.Repeats
	return out, nil
}

// describe is a load in a few words.
func describe(l *scenario.Load) string {
	switch {
	case !l.Open():
		return "concurrency " + strconv.Itoa(l.Concurrency)
	case l.Unlimited() && l.MaxConcurrency > 0:
		return "rate inf, at most " + strconv.Itoa(l.MaxConcurrency)
	case l.Unlimited():
		return "rate inf"
	}
	s := fmt.Sprintf("rate %g/s %s", l.Rate, l.Arrivals.Process)
	if l.Replay != nil {
		s = fmt.Sprintf("replay at speed %g", l.Replay.Speed)
	}
	if l.MaxConcurrency > 0 {
		s += ", at most " + strconv.Itoa(l.MaxConcurrency)
	}
	return s
}
