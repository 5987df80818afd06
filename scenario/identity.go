package scenario

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"loadgate/internal/schedule"
	"loadgate/internal/yamlpos"
)

// storable makes a plain value that JSON can hold: infinities become "inf".
func storable(v any) any {
	switch x := v.(type) {
	case float64:
		switch {
		case math.IsInf(x, 1):
			return "inf"
		case math.IsInf(x, -1):
			return "-inf"
		}
	case []any:
		out := make([]any, len(x))
		for i, e := range x {
			out[i] = storable(e)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, e := range x {
			out[k] = storable(e)
		}
		return out
	}
	return v
}

// canonical is a value as JSON with sorted keys: equal values, equal text.
func canonical(v any) string {
	b, err := json.Marshal(storable(v))
	if err != nil {
		panic("scenario: a plain value does not marshal: " + err.Error())
	}
	return string(b)
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// referenced are the fields of a backend that stand in hashes as they are
// written: what the environment puts there is either a secret or an address.
var referenced = map[string]bool{"url": true, "api_key": true, "headers": true, "params": true}

// sectionContent is a section's plain value for hashing, without the user's own
// keys and without the fields of skip.
func sectionContent(n *yamlpos.Node, skip ...string) map[string]any {
	out := map[string]any{}
	if n == nil {
		return out
	}
fields:
	for _, e := range n.Entries {
		if free(e.Key) {
			continue
		}
		for _, s := range skip {
			if e.Key == s {
				continue fields
			}
		}
		if referenced[e.Key] {
			out[e.Key] = e.Value.Stored()
		} else {
			out[e.Key] = e.Value.Any()
		}
	}
	return out
}

// loadContent is what of the load decides what is sent and when. Repeats,
// pauses and hooks do not change the measurement that they surround.
func loadContent(l *Load) map[string]any {
	out := map[string]any{
		"concurrency": l.Concurrency, "rate": l.Rate, "max_concurrency": l.MaxConcurrency,
		"requests": l.Requests, "duration": l.Duration, "warmup_requests": l.Warmup.Requests,
		"warmup_duration": l.Warmup.Duration, "ramp": l.Ramp, "seed": l.Seed, "same_prompts": l.SamePrompts,
		"reset_cache": l.ResetCache, "new_connections": l.NewConnections,
	}
	if l.Replay != nil {
		out["replay"] = l.Replay
	}
	if l.Rate > 0 {
		out["arrivals"] = l.Arrivals.Process
		out["burstiness"] = l.Arrivals.Burstiness
	}
	return out
}

// identify fills a cell's ID, key and seeds. The key leaves out what is measured
// (the address, and the model of a simulated server) and keeps what it is
// measured with.
func identify(c *Cell) {
	dataset, load := sectionContent(c.Dataset), loadContent(&c.Load)
	axes := make([]any, len(c.Axes))
	for i, a := range c.Axes {
		axes[i] = []any{a.Name, a.Value}
	}
	whole := map[string]any{
		"axes":    axes,
		"backend": sectionContent(c.Backend), "dataset": dataset, "load": load,
		"repeats": c.Load.Repeats, "labels": c.Labels,
	}
	c.ID = readableID(c.Axes) + "-" + digest(canonical(whole))[:8]
	c.Key = digest(canonical(map[string]any{
		"backend": sectionContent(c.Backend, "url", "api_key", "headers", "server"), "dataset": dataset, "load": load,
	}))[:16]
	content := digest(canonical(map[string]any{"dataset": dataset, "load": load}))
	seed, same := c.Load.Seed, c.Load.SamePrompts
	c.PromptSeed = func(repeat int) uint64 {
		if same {
			return schedule.Seed(seed, "prompts")
		}
		return schedule.Seed(seed, content, "prompts", strconv.Itoa(repeat))
	}
	c.ScheduleSeed = func(repeat int) uint64 {
		return schedule.Seed(seed, content, "schedule", strconv.Itoa(repeat))
	}
}

// distinguish makes keys unique within a plan: cells that differ only in what a
// key leaves out (two addresses, an A/A pair) are numbered in their order.
func distinguish(cells []*Cell) {
	seen := map[string]int{}
	for _, c := range cells {
		seen[c.Key]++
		if n := seen[c.Key]; n > 1 {
			c.Key += "-" + strconv.Itoa(n)
		}
	}
}

// readableID writes axes in the characters that every file system and URL
// takes: a-z 0-9 . = -.
func readableID(axes []AxisValue) string {
	parts := make([]string, len(axes))
	for i, a := range axes {
		parts[i] = slug(shortName(a.Name)) + "=" + slug(valueText(a.Value))
	}
	id := strings.Join(parts, "-")
	const most = 80
	if len(id) > most {
		id = strings.TrimRight(id[:most], "-.=")
	}
	if id == "" {
		return "cell"
	}
	return id
}

func slug(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '.', r == '-':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		default:
			return '-'
		}
	}, s)
	if r := []rune(s); len(r) > 32 {
		s = string(r[:32])
	}
	return s
}

// shortName is the last part of an axis' path.
func shortName(axis string) string { return axis[strings.LastIndexByte(axis, '.')+1:] }

// valueText is an axis value as a person reads it.
func valueText(v any) string {
	switch x := storable(v).(type) {
	case nil:
		return "none"
	case string:
		return x
	case float64:
		return strconv.FormatFloat(x, 'g', -1, 64)
	case map[string]any, []any:
		return canonical(x)
	default:
		return fmt.Sprint(x)
	}
}

// title is a cell's place as a person reads it.
func title(axes []AxisValue) string {
	parts := make([]string, len(axes))
	for i, a := range axes {
		parts[i] = shortName(a.Name) + " " + valueText(a.Value)
	}
	return strings.Join(parts, ", ")
}
