package backends

import (
	"encoding/json"
	"regexp"
	"strconv"

	"github.com/theory/jsonpath"
	"github.com/theory/jsonpath/spec"

	"loadgate/internal/llm"
	"loadgate/internal/yamlpos"
)

// answerSection says where in the events of an answer things stand: paths of
// RFC 9535 (JSONPath), such as $.choices[0].delta.content. What it leaves out, the
// service does not send.
type answerSection struct {
	Content         string `yaml:"content"`
	Reasoning       string `yaml:"reasoning"`
	Tool            string `yaml:"tool"`
	Tokens          string `yaml:"tokens"`           // of the event
	InputTokens     string `yaml:"input_tokens"`     // of the request, as this and the next three
	OutputTokens    string `yaml:"output_tokens"`    // so far
	ReasoningTokens string `yaml:"reasoning_tokens"` //
	CachedTokens    string `yaml:"cached_tokens"`    //
	Finish          string `yaml:"finish"`           // the reason why the answer ends
	Done            string `yaml:"done"`             // says that the event is the last: anything but false, null, 0 and ""
	Error           string `yaml:"error"`            // an error in place of an answer
	End             string `yaml:"end"`              // the data of an event that is the last and no JSON; "" = [DONE]
	Cumulative      bool   `yaml:"cumulative"`       // content is all the text so far, not the new text alone
}

// What a section can say the place of.
const (
	ansContent slot = iota + 1
	ansReasoning
	ansTool
	ansTokens
	ansIn
	ansOut
	ansThoughts
	ansCached
	ansFinish
	ansDone
	ansError
)

// answer is an answerSection that was read. Plain paths (names, indexes and *)
// go into a sieve; for any other one the event is read in full.
type answer struct {
	tree       *branch
	slow       []slowPath
	end        string
	cumulative bool
	marked     bool // the section says how the end is known
}

type slowPath struct {
	slot slot
	path *jsonpath.Path
}

func (s *section) answer(cfg *answerSection) *answer {
	a := &answer{tree: &branch{}, end: cfg.End, cumulative: cfg.Cumulative, marked: cfg.Finish != "" || cfg.Done != "" || cfg.End != ""}
	n := s.Get("answer")
	if n == nil {
		s.errorAt("answer", `add answer: {content: $.text}`, "the backend %s does not say where in its answers the content is", s.name)
		return a
	}
	for _, p := range []struct {
		key, path string
		slot      slot
	}{
		{"content", cfg.Content, ansContent},
		{"reasoning", cfg.Reasoning, ansReasoning},
		{"tool", cfg.Tool, ansTool},
		{"tokens", cfg.Tokens, ansTokens},
		{"input_tokens", cfg.InputTokens, ansIn},
		{"output_tokens", cfg.OutputTokens, ansOut},
		{"reasoning_tokens", cfg.ReasoningTokens, ansThoughts},
		{"cached_tokens", cfg.CachedTokens, ansCached},
		{"finish", cfg.Finish, ansFinish},
		{"done", cfg.Done, ansDone},
		{"error", cfg.Error, ansError},
	} {
		if at := n.Get(p.key); at != nil && at.Kind == yamlpos.String {
			s.path(a, at, p.slot)
		}
	}
	if n.Get("content") == nil && n.Get("reasoning") == nil && n.Get("tool") == nil && n.Kind == yamlpos.Map {
		s.list.Errorf(n.Pos, max(1, n.Width), "add content: $.text", "answer does not say where the content is")
	}
	return a
}

var errorPlace = regexp.MustCompile(` at position (\d+)$`)

// path reads one path and reports a mistake in it where it stands.
func (s *section) path(a *answer, n *yamlpos.Node, to slot) {
	path, err := jsonpath.Parse(n.Text)
	if err != nil {
		message, at := err.Error(), 0
		if m := errorPlace.FindStringSubmatch(message); m != nil {
			at, _ = strconv.Atoi(m[1])
			message = message[:len(message)-len(m[0])]
		}
		pos := n.PosAt(max(0, min(at, len(n.Text))-1))
		s.list.Errorf(pos, 1, "write a path such as $.choices[0].delta.content", "%q is no JSONPath: %s", n.Text, message[len("jsonpath: "):])
		return
	}
	b := a.tree.follow(path.Query().Segments())
	if b == nil || b.slot != 0 {
		a.slow = append(a.slow, slowPath{to, path})
		return
	}
	b.slot = to
}

// follow makes the branch at the end of a path, nil if a sieve cannot go there.
func (b *branch) follow(segments []*spec.Segment) *branch {
	for _, seg := range segments {
		selectors := seg.Selectors()
		if seg.IsDescendant() || len(selectors) != 1 {
			return nil
		}
		switch x := selectors[0].(type) {
		case spec.Name:
			b = b.member(string(x))
		case spec.Index:
			if x < 0 {
				return nil
			}
			b = b.element(int(x))
		default:
			return nil // * means members too, which a sieve does not look through
		}
	}
	return b
}

func (a *answer) decoder() llm.Decoder {
	return &answerDecoder{answer: a, gleaner: newGleaner(a.tree)}
}

// answerDecoder reads the events of a service that a section describes.
type answerDecoder struct {
	gleaner
	answer *answer
	usage  llm.Usage
	began  bool
	soFar  []byte // the text, where every event has all of it
	all    []byte // scratch
	tokens int    // of the event, 0 = unknown
}

// Decode implements llm.Decoder.
func (d *answerDecoder) Decode(name, data []byte, ev *llm.Event) error {
	if d.answer.end != "" && string(data) == d.answer.end {
		ev.Done = true
		return nil
	}
	hits, more, err := d.glean(name, data, ev)
	if !more {
		return err
	}
	if !d.began {
		d.began, d.usage = true, unknownUsage
	}
	if len(d.answer.slow) > 0 {
		hits = d.addSlow(data, hits)
	}
	d.tokens, d.all = 0, d.all[:0]
	for i := range hits {
		d.take(&hits[i], ev)
	}
	if d.answer.cumulative && len(d.all) > 0 {
		d.content = append(d.content, newText(d.soFar, d.all)...)
		d.soFar, d.all = d.all, d.soFar
	}
	d.fill(ev)
	d.finish(ev)
	return nil
}

// finish adds what follows from the whole event.
func (d *answerDecoder) finish(ev *llm.Event) {
	ev.MayEnd = !d.answer.marked
	ev.Usage = told(d.usage)
	material := ev.Kind() != llm.None
	switch {
	case d.tokens > 0:
		ev.Tokens = d.add(d.tokens, material)
	case d.usage.Output >= 0:
		ev.Tokens = d.total(d.usage.Output, material)
	default:
		d.unsure = d.unsure || material
	}
}

// addSlow finds the values at the paths that a sieve cannot follow.
func (d *answerDecoder) addSlow(data []byte, hits []hit) []hit {
	var doc any
	if json.Unmarshal(data, &doc) != nil {
		return hits
	}
	for _, p := range d.answer.slow {
		for _, v := range p.path.Select(doc) {
			if raw, err := render(v); err == nil && !isNull(raw) {
				hits = append(hits, hit{slot: p.slot, raw: raw})
			}
		}
	}
	return hits
}

func (d *answerDecoder) take(h *hit, ev *llm.Event) {
	switch h.slot {
	case ansContent:
		if d.answer.cumulative {
			h.anything(&d.all)
		} else {
			h.anything(&d.content)
		}
	case ansReasoning:
		h.anything(&d.reasoning)
	case ansTool:
		h.anything(&d.tool)
	case ansTokens:
		d.tokens += max(0, h.count())
	case ansIn:
		d.usage.Input = h.count()
	case ansOut:
		d.usage.Output = h.count()
	case ansThoughts:
		d.usage.Reasoning = h.count()
	case ansCached:
		d.usage.Cached = h.count()
	case ansFinish:
		if h.isTrue() {
			ev.Finish = "stop"
		} else {
			ev.Finish = finishOf(h)
		}
	case ansDone:
		ev.Done = !isNothing(h.raw) && string(h.raw) != "0"
	case ansError:
		fail(ev, h)
	}
}
