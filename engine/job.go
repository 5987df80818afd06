package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"loadgate/internal/llm"
	"loadgate/scenario"
)

// job is a request ready to be sent.
type job struct {
	index   int   // of the request, among those of all sessions in order
	turn    int   // from 1; 0 where sessions have one turn by nature
	think   int64 // from the end of the answer before until it was due, ns
	call    *llm.Call
	session string
	model   string           // of the session, where the scenario shares the load among several
	request llm.Request      // without its texts: the body holds them
	media   *llm.MediaCounts // nil: it carries none
	hash    string           // of the body
	prompt  string           // kept only where it may have to be counted or stored
	rest    *rest            // nil: it is the last of its session
}

// rest is what a session still has to ask.
type rest struct {
	turns   []llm.Request // at least one
	arrived int64         // stamp of the session's first turn; its loop sets it
	grows   bool          // a turn is sent with all that was said before
	said    []llm.Message // so far, without the last answer; nil unless it grows
}

// newJob renders the first turn of session i: a function of the dataset, the
// seed and i alone. m are the models that the load is shared among, index is the request's place in the schedule, and most the
// number of turns that the plan has for the session.
func newJob(cfg *Config, m models, i, index, most int) (*job, error) {
	session, err := cfg.Dataset.Session(cfg.PromptSeed, i)
	if err != nil {
		return nil, fmt.Errorf("request %d: %w", index, err)
	}
	_, several := cfg.Dataset.(llm.Conversational)
	if n := len(session.Turns); n == 0 || (n > 1 && !several) {
		return nil, fmt.Errorf("request %d: a session of %d turns, where the dataset promises one", index, n)
	}
	j := &job{index: index, session: session.ID, model: m.of(cfg.PromptSeed, i)}
	if several {
		j.turn = 1
		if j.session == "" {
			j.session = strconv.Itoa(i)
		}
	}
	first := session.Turns[0]
	if turns := session.Turns[:min(len(session.Turns), most)]; len(turns) > 1 {
		j.rest = &rest{turns: turns[1:], grows: session.Grows}
		if session.Grows {
			first.Messages = messagesOf(&first)
			first.Prompt = ""
			j.rest.said = first.Messages
		}
	}
	if err := j.render(cfg, first); err != nil {
		return nil, fmt.Errorf("request %d: %w", index, err)
	}
	return j, nil
}

// follow renders the turn behind j, which must have one, given the answer to j.
func (j *job) follow(cfg *Config, a answered) (*job, error) {
	r := j.rest.turns[0]
	next := &job{index: j.index + 1, turn: j.turn + 1, session: j.session, model: j.model}
	said := j.rest.said
	if j.rest.grows {
		said = append(slices.Clip(said), llm.Message{Role: "assistant", Text: a.text})
		said = append(said, messagesOf(&r)...)
		r.Messages, r.Prompt, r.InputTokens, r.SharedTokens = said, "", 0, a.tokens
	}
	if more := j.rest.turns[1:]; len(more) > 0 {
		next.rest = &rest{turns: more, arrived: j.rest.arrived, grows: j.rest.grows, said: said}
	}
	if err := next.render(cfg, r); err != nil {
		return nil, fmt.Errorf("request %d (turn %d of session %s): %w", next.index, next.turn, j.session, err)
	}
	return next, nil
}

// dueAfter is when the turn behind j is due: once its user has thought about the
// answer, which ended at a stamp, and in a replay its own time has come.
func (j *job) dueAfter(done int64, replay *scenario.Replay) int64 {
	r := &j.rest.turns[0]
	due := done + int64(r.Think)
	if replay == nil {
		return due
	}
	return max(due, j.rest.arrived+int64(float64(r.After)/replay.Speed))
}

func (j *job) render(cfg *Config, r llm.Request) (err error) {
	if r.Model == "" {
		r.Model = j.model
	}
	if j.call, err = cfg.Backend.Encode(r); err != nil {
		return err
	}
	sum := sha256.Sum256(j.call.Body)
	j.hash = hex.EncodeToString(sum[:8])
	if cfg.KeepPrompts || r.InputTokens == 0 {
		j.prompt = promptText(&r)
	}
	j.media = llm.CountMedia(r.Messages)
	j.request = r
	j.request.Messages, j.request.Prompt, j.request.Body = nil, "", nil
	return nil
}

// messagesOf is what a request says, as messages. It must not be changed.
func messagesOf(r *llm.Request) []llm.Message {
	if r.Prompt != "" {
		return llm.UserMessage(r.Prompt)
	}
	return r.Messages
}

// traceOf is the trace id that the transport sends with a request, unless the
// scenario has set a traceparent of its own.
func traceOf(call *llm.Call, id string) string {
	if call.Header.Get("Traceparent") != "" {
		return ""
	}
	return llm.TraceID(id)
}

// promptText is the text of a request, for counting. A verbatim body has none
// that is known here.
func promptText(r *llm.Request) string {
	if len(r.Messages) == 0 {
		return r.Prompt
	}
	texts := make([]string, len(r.Messages))
	for i, m := range r.Messages {
		texts[i] = m.Text
	}
	return strings.Join(texts, "\n")
}

// arrive notes when the session of a first turn began.
func (j *job) arrive(stamp int64) {
	if j.rest != nil {
		j.rest.arrived = stamp
	}
}

// turns is the number of requests from j to the end of its session.
func (j *job) turns() int {
	if j.rest == nil {
		return 1
	}
	return 1 + len(j.rest.turns)
}

// size is about how much memory a job and what follows it take, in bytes.
func (j *job) size() int64 {
	n := len(j.call.Body) + len(j.prompt)
	if j.rest != nil {
		for i := range j.rest.turns {
			r := &j.rest.turns[i]
			n += len(r.Prompt) + len(r.Body)
			for _, m := range r.Messages {
				n += len(m.Text)
			}
		}
	}
	return int64(n)
}
