package scenario

import (
	"loadgate/internal/diag"
	"loadgate/internal/yamlpos"
)

// replay is `load.replay` as it is written.
type replay struct {
	Speed  float64          `yaml:"speed"`
	Window window           `yaml:"window"`
	Shift  yamlpos.Duration `yaml:"shift"`
}

// window is 10m, the first ten minutes, or {from: 1h, length: 10m}.
type window struct {
	From   yamlpos.Duration `yaml:"from"`
	Length yamlpos.Duration `yaml:"length"`
}

// UnmarshalNode reads either form.
func (w *window) UnmarshalNode(n *yamlpos.Node) diag.List {
	if n.Kind != yamlpos.Map {
		return yamlpos.Decode(n, &w.Length)
	}
	type plain window // without this method
	return yamlpos.Decode(n, (*plain)(w))
}

// readReplay makes the typed replay; nil where there is none.
func readReplay(r *replay) *Replay {
	if r == nil {
		return nil
	}
	out := &Replay{Speed: r.Speed, From: r.Window.From.D(), Length: r.Window.Length.D(), Shift: r.Shift.D()}
	if out.Speed == 0 {
		out.Speed = 1 // 0 itself does not pass the schema
	}
	return out
}

// facts are what expressions see of it, as it is written.
func (r *Replay) facts() map[string]any {
	window := map[string]any{"from": milliseconds(r.From)}
	if r.Length > 0 {
		window["length"] = milliseconds(r.Length)
	}
	return map[string]any{"speed": r.Speed, "window": window, "shift": milliseconds(r.Shift)}
}

// checkReplay says what does not go together with a replay.
func checkReplay(n *yamlpos.Node, l *Load, list *diag.List) {
	other := "rate"
	if l.Concurrency > 0 {
		other = "concurrency"
	}
	if l.Concurrency > 0 || l.Rate > 0 {
		list.Errorf(n.Entry("replay").KeyPos, len("replay"), "keep one of them: a replay takes the times of the dataset, and max_concurrency caps what is in flight", "load has both %s and replay", other)
	}
	if e := n.Entry("arrivals"); e != nil {
		list.Errorf(e.KeyPos, len("arrivals"), "remove it: requests arrive as they did", "arrivals belongs to a load with a rate")
	}
}
