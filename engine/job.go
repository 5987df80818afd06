package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"loadgate/internal/llm"
)

// job is a request ready to be sent.
type job struct {
	index   int
	call    *llm.Call
	session string
	request llm.Request // without its texts: the body holds them
	hash    string      // of the body
	prompt  string      // kept only where it may have to be counted or stored
}

// newJob renders job i: a function of the dataset, the seed and i alone.
func newJob(cfg *Config, i int) (*job, error) {
	session, err := cfg.Dataset.Session(cfg.PromptSeed, i)
	if err != nil {
		return nil, fmt.Errorf("request %d: %w", i, err)
	}
	if len(session.Turns) != 1 {
		return nil, fmt.Errorf("request %d: a session of %d turns cannot be sent: one turn each is supported", i, len(session.Turns))
	}
	j := &job{index: i, session: session.ID, request: session.Turns[0]}
	if j.call, err = cfg.Backend.Encode(j.request); err != nil {
		return nil, fmt.Errorf("request %d: %w", i, err)
	}
	sum := sha256.Sum256(j.call.Body)
	j.hash = hex.EncodeToString(sum[:8])
	if cfg.KeepPrompts || j.request.InputTokens == 0 {
		j.prompt = promptText(&j.request)
	}
	j.request.Messages, j.request.Prompt, j.request.Body = nil, "", nil
	return j, nil
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
