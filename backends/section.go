package backends

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"loadgate/internal/diag"
	"loadgate/internal/wire"
	"loadgate/internal/yamlpos"
)

// common is what the sections of all kinds of the OpenAI family have.
type common struct {
	spoken
	Kind      string            `yaml:"kind"`
	API       string            `yaml:"api"`       // chat | completions; "" = by the URL
	Model     string            `yaml:"model"`     // "" = the only one that the server lists
	Headers   map[string]string `yaml:"headers"`   // of every request
	Params    map[string]any    `yaml:"params"`    // keys of the body; they win over ours
	Stream    bool              `yaml:"stream"`    // default true
	Timeouts  timeouts          `yaml:"timeouts"`  // of one request
	Tokenizer string            `yaml:"tokenizer"` // counts where the server does not; "" = none
}

// lengthKey is what the sections of kinds have that ask for a length as OpenAI
// does, of which servers know one key or the other.
type lengthKey struct {
	OutputLimit string `yaml:"output_limit"` // max_tokens | max_completion_tokens | both; "" = max_tokens
}

// remote is what the sections of servers that run elsewhere have besides.
type remote struct {
	URL       string         `yaml:"url"`
	APIKey    yamlpos.Secret `yaml:"api_key"`
	KeyHeader string         `yaml:"key_header"` // that carries the key; "" = Authorization, as a bearer token
	TLS       tlsFiles       `yaml:"tls"`
}

// tlsFiles says how server and client prove who they are.
type tlsFiles struct {
	CA       string `yaml:"ca"`
	Cert     string `yaml:"cert"`
	Key      string `yaml:"key"`
	Insecure bool   `yaml:"insecure"`
}

// timeouts are the limits of one request; 0s = none.
type timeouts struct {
	Connect    yamlpos.Duration `yaml:"connect"`
	TLS        yamlpos.Duration `yaml:"tls"`
	FirstByte  yamlpos.Duration `yaml:"first_byte"`
	FirstToken yamlpos.Duration `yaml:"first_token"`
	Idle       yamlpos.Duration `yaml:"idle"`
	Total      yamlpos.Duration `yaml:"total"`
}

func (t timeouts) limits() wire.Timeouts {
	return wire.Timeouts{
		Connect: t.Connect.D(), TLS: t.TLS.D(), FirstByte: t.FirstByte.D(),
		FirstToken: t.FirstToken.D(), Idle: t.Idle.D(), Total: t.Total.D(),
	}
}

// Values of output_limit: under which key the wanted length is sent.
const (
	maxTokens           = "max_tokens"
	maxCompletionTokens = "max_completion_tokens"
	bothLimits          = "both"
)

func defaults() common {
	return common{
		Stream: true,
		spoken: spoken{Protocol: http1, Streams: 1},
		Timeouts: timeouts{
			Connect: yamlpos.Duration(10 * time.Second), TLS: yamlpos.Duration(10 * time.Second),
			Idle: yamlpos.Duration(5 * time.Minute), Total: yamlpos.Duration(time.Hour),
		},
	}
}

// section is a kind's part of the scenario while it is being checked. It
// collects mistakes, so that all of them are reported at once.
type section struct {
	*yamlpos.Node
	name string // under `backends:`
	list diag.List
}

// decode fills a kind's configuration, which holds the defaults beforehand.
func decode(n *yamlpos.Node, name string, config any) *section {
	return &section{n, name, yamlpos.Decode(n, config)}
}

// errorAt reports a mistake at a key's value, or at the section where the key
// is not there.
func (s *section) errorAt(key, hint, format string, args ...any) {
	n := s.Get(key)
	if n == nil {
		n = s.Node
	}
	s.list.Errorf(n.Pos, max(1, n.Width), hint, format, args...)
}

// oneOf reports a text that is none of the words known.
func (s *section) oneOf(key string, known ...string) {
	if n := s.Get(key); n != nil && n.Kind == yamlpos.String && !slices.Contains(known, n.Text) {
		s.list.Errorf(n.Pos, n.Width, diag.DidYouMean(n.Text, known), "%s is %q: expected %s", key, n.Text, strings.Join(known, " or "))
	}
}

// fromZero reports a negative number.
func (s *section) fromZero(key string, value int) {
	if value < 0 {
		s.errorAt(key, "", "%s is %d: expected a whole number from 0", key, value)
	}
}

// check looks at what all kinds have.
func (s *section) check(c *common, apis []api) {
	var names []string
	for _, a := range apis {
		names = append(names, a.name)
	}
	s.oneOf("api", names...)
	s.oneOf("output_limit", maxTokens, maxCompletionTokens, bothLimits)
	s.checkParams(c.Params)
	s.checkHeaders(c.Headers)
}

// ownKeys are keys of a body that have a place of their own in the scenario.
var ownKeys = map[string]string{
	"stream":   "write stream: beside params",
	"model":    "write model: beside params",
	"messages": "messages come from the dataset",
	"prompt":   "prompts come from the dataset",
}

func (s *section) checkParams(values map[string]any) {
	params := s.Get("params")
	if params == nil {
		return
	}
	if _, err := render(values); err != nil {
		s.errorAt("params", "JSON has no infinity", "params cannot be written as JSON")
	}
	for _, e := range params.Entries {
		if hint, ok := ownKeys[e.Key]; ok {
			s.list.Errorf(e.KeyPos, utf8.RuneCountInString(e.Key), hint, "params cannot set %s", e.Key)
		}
	}
}

// ownHeaders are set by loadgate: another value would break the measurement or
// the protocol.
var ownHeaders = []string{
	"Accept-Encoding", "Connection", "Content-Encoding", "Content-Length", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
	"X-Idempotency-Key", "X-Request-Id",
}

func (s *section) checkHeaders(headers map[string]string) {
	first := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(headers)) {
		e := s.Get("headers").Entry(key)
		width := max(1, utf8.RuneCountInString(key))
		name := http.CanonicalHeaderKey(key)
		switch {
		case !s.checkHeaderName(e.KeyPos, width, key):
		case first[name] != "":
			s.list.Errorf(e.KeyPos, width, "remove one of them: names of headers ignore case", "the header %s stands here twice", key)
		case strings.ContainsFunc(headers[key], isControl):
			s.list.Errorf(e.Value.Pos, e.Value.Width, "", "the value of header %s has a line break or another control character", key)
		}
		first[name] = key
	}
}

// checkHeaderName reports a name that no header has, or that is loadgate's own.
func (s *section) checkHeaderName(pos diag.Pos, width int, name string) bool {
	switch {
	case !isToken(name):
		s.list.Errorf(pos, width, "letters, digits and - are safe", "%q is no name of a header", name)
	case slices.Contains(ownHeaders, http.CanonicalHeaderKey(name)):
		s.list.Errorf(pos, width, "remove it", "the header %s is set by loadgate", name)
	default:
		return true
	}
	return false
}

func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		return !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	})
}

func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

// header is the header of every call: the section's own, and the key under the
// name given, or as a bearer token. The section's own headers win.
func (c *common) header(key yamlpos.Secret, under string) http.Header {
	h := http.Header{}
	switch {
	case !key.Set():
	case under == "" || strings.EqualFold(under, "Authorization"):
		h.Set("Authorization", "Bearer "+key.Reveal())
	default:
		h.Set(under, key.Reveal())
	}
	for _, k := range slices.Sorted(maps.Keys(c.Headers)) {
		h.Set(k, c.Headers[k])
	}
	return h
}
