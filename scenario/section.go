package scenario

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"loadgate/internal/diag"
	"loadgate/internal/yamlpos"
)

// defaultSeed decides prompts and arrivals where a scenario does not.
const defaultSeed = 42

// section is `load:` as it is written.
type section struct {
	Backend        *yamlpos.Node    `yaml:"backend"`
	Dataset        *yamlpos.Node    `yaml:"dataset"`
	Concurrency    int              `yaml:"concurrency"`
	Rate           rate             `yaml:"rate"`
	MaxConcurrency int              `yaml:"max_concurrency"`
	Arrivals       *arrivals        `yaml:"arrivals"`
	Replay         *replay          `yaml:"replay"`
	Requests       count            `yaml:"requests"`
	Duration       yamlpos.Duration `yaml:"duration"`
	Warmup         warmup           `yaml:"warmup"`
	Ramp           yamlpos.Duration `yaml:"ramp"`
	Cooldown       yamlpos.Duration `yaml:"cooldown"`
	Repeats        int              `yaml:"repeats"`
	Seed           uint64           `yaml:"seed"`
	Prompts        string           `yaml:"prompts"`
	ResetCache     bool             `yaml:"reset_cache"`
	Connections    string           `yaml:"connections"`
	BeforeCell     *hook            `yaml:"before_cell"`
	Models         []modelShare     `yaml:"models"`
}

type warmup struct {
	Requests count            `yaml:"requests"`
	Duration yamlpos.Duration `yaml:"duration"`
}

type hook struct {
	Post string   `yaml:"post"`
	Run  []string `yaml:"run"`
}

type modelShare struct {
	Name   string  `yaml:"name"`
	Weight float64 `yaml:"weight"`
}

// rate is arrivals per second: a number or inf.
type rate float64

// UnmarshalNode reads a number, .inf or the word inf.
func (r *rate) UnmarshalNode(n *yamlpos.Node) diag.List {
	switch v := n.Value.(type) {
	case float64:
		*r = rate(v)
	case int64:
		*r = rate(v)
	case string:
		*r = rate(math.Inf(1)) // the schema lets no other text pass
	}
	return nil
}

// count is a number of requests, or of requests for each slot.
type count struct {
	n       int
	perSlot bool
	node    *yamlpos.Node
}

// UnmarshalNode reads 200 or 20x.
func (c *count) UnmarshalNode(n *yamlpos.Node) diag.List {
	c.node = n
	switch v := n.Value.(type) {
	case int64:
		c.n = int(v)
	case float64:
		c.n = int(v)
	case string:
		digits, ok := strings.CutSuffix(v, "x")
		c.n, _ = strconv.Atoi(digits)
		c.perSlot = ok
	}
	return nil
}

// arrivals is a word, or {gamma: {burstiness: 0.5}}.
type arrivals struct{ Arrivals }

// UnmarshalNode reads either form.
func (a *arrivals) UnmarshalNode(n *yamlpos.Node) diag.List {
	if n.Kind != yamlpos.Map {
		a.Arrivals = Arrivals{Process: n.Text, Burstiness: 1}
		return nil
	}
	a.Process = "gamma"
	var b rate
	if v := n.At("gamma", "burstiness"); v != nil {
		b.UnmarshalNode(v)
	}
	a.Burstiness = float64(b)
	return nil
}

// readLoad makes the typed load of a cell whose load section has passed the
// schema, and says what does not go together in it. at is the place of `load:`.
func readLoad(n *yamlpos.Node, at diag.Pos) (Load, diag.List) {
	s := section{Repeats: 1, Seed: defaultSeed}
	list := yamlpos.Decode(n, &s)
	l := Load{
		Concurrency: s.Concurrency, Rate: float64(s.Rate), Replay: readReplay(s.Replay), MaxConcurrency: s.MaxConcurrency,
		Duration: s.Duration.D(), Warmup: Warmup{Duration: s.Warmup.Duration.D()},
		Ramp: s.Ramp.D(), Cooldown: s.Cooldown.D(), Repeats: s.Repeats, Seed: s.Seed,
		SamePrompts: s.Prompts == "same", ResetCache: s.ResetCache, NewConnections: s.Connections == "new",
	}
	if l.Rate > 0 {
		l.Arrivals = Arrivals{Process: "poisson", Burstiness: 1}
		if s.Arrivals != nil {
			l.Arrivals = s.Arrivals.Arrivals
		}
	}
	if s.BeforeCell != nil {
		l.BeforeCell = &Hook{Post: s.BeforeCell.Post, Run: s.BeforeCell.Run}
	}
	for i, m := range s.Models {
		if m.Weight == 0 {
			m.Weight = 1
		}
		if slices.ContainsFunc(l.Models, func(o ModelShare) bool { return o.Name == m.Name }) {
			item := n.Get("models").Items[i]
			list.Errorf(item.Pos, max(1, item.Width), "add their weights", "the model %s stands here twice", m.Name)
		}
		l.Models = append(l.Models, ModelShare(m))
	}
	checkLoop(n, &l, at, &list)
	l.Requests = resolve(s.Requests, &l, &list)
	l.Warmup.Requests = resolve(s.Warmup.Requests, &l, &list)
	checkEnd(n, &l, at, &list)
	return l, list
}

// resolve makes 20x a number.
func resolve(c count, l *Load, list *diag.List) int {
	if !c.perSlot {
		return c.n
	}
	slots := l.Slots()
	if l.Concurrency > 0 {
		slots = l.Concurrency // beside a rate too, which is a mistake of its own
	}
	if slots == 0 && l.Open() {
		list.Errorf(c.node.Pos, c.node.Width, "write a number of requests, or set max_concurrency", "%s counts slots, and an open loop without max_concurrency has none", c.node.Text)
	}
	return c.n * slots
}

// checkLoop checks that the load is one of a closed loop, an open loop and a replay.
func checkLoop(n *yamlpos.Node, l *Load, at diag.Pos, list *diag.List) {
	const either = "concurrency keeps N requests in flight; rate sends at N per second whatever the server does; replay sends when a trace did"
	switch {
	case l.Replay != nil:
		checkReplay(n, l, list)
	case l.Concurrency > 0 && l.Open():
		list.Errorf(n.Entry("rate").KeyPos, len("rate"), "keep one of them (an axis takes the other out with null); with a rate, max_concurrency caps what is in flight", "load has both concurrency and rate")
		return
	case l.Concurrency == 0 && !l.Open():
		list.Errorf(at, len("load"), either, "load has neither concurrency, rate nor replay")
		return
	}
	only := func(key, loop, hint string) {
		if e := n.Entry(key); e != nil {
			list.Errorf(e.KeyPos, len(key), hint, "%s belongs to a load with %s", key, loop)
		}
	}
	if l.Open() {
		only("ramp", "concurrency", "remove it: a rate is reached at once")
		return
	}
	only("max_concurrency", "a rate", "remove it: concurrency is the cap already")
	only("arrivals", "a rate", "remove it: in a closed loop an answer makes the next request")
}

// checkEnd checks that the load ends.
func checkEnd(n *yamlpos.Node, l *Load, at diag.Pos, list *diag.List) {
	requests := n.Get("requests") != nil || l.Replay != nil // a trace has an end
	switch {
	case !requests && l.Duration == 0 && n.Get("duration") == nil:
		list.Errorf(at, len("load"), "add requests: 200 (or 20x, 20 for each slot), duration: 60s, or both", "load has neither requests nor duration")
	case !requests && l.Duration == 0:
		d := n.Get("duration")
		list.Errorf(d.Pos, d.Width, "write 60s, or give requests instead", "the duration is zero")
	case !requests && l.Unlimited() && l.MaxConcurrency == 0:
		r := n.Get("rate")
		list.Errorf(r.Pos, r.Width, "add requests: 200, or a cap: max_concurrency: 64", "rate: inf sends everything at once, and a duration does not say how much that is")
	case l.Unlimited() && l.MaxConcurrency == 0 && l.Warmup.Duration > 0 && l.Warmup.Requests == 0:
		w := n.Entry("warmup")
		list.Errorf(w.KeyPos, len("warmup"), "write warmup: {requests: 10}", "rate: inf sends everything at once, so no time can tell the warm-up apart")
	}
	if e := n.Entry("before_cell"); e != nil && l.BeforeCell != nil && (l.BeforeCell.Post == "") == (l.BeforeCell.Run == nil) {
		list.Errorf(e.KeyPos, len("before_cell"), "write {post: http://…} or {run: [command, argument]}", "before_cell takes either post or run")
	}
}
