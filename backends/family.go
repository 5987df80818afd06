package backends

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"

	"loadgate/internal/llm"
	"loadgate/internal/wire"
)

// family is the protocol that OpenAI began and most servers speak.
type family struct {
	name   string // of the section, for errors
	config common
	header http.Header
	tls    *tls.Config    // nil = the usual
	extra  map[string]any // keys of the body that the kind adds; params win over them
	audit  bool           // look for audit hits
	perUse bool           // ask for usage in every chunk

	to    atomic.Pointer[endpoint] // nil until a spawned server is there
	model atomic.Pointer[string]   // "" until it is known
}

func newFamily(name string, c common, e *endpoint) *family {
	f := &family{name: name, config: c, extra: map[string]any{}}
	f.to.Store(e)
	f.model.Store(&c.Model)
	return f
}

// Endpoint implements llm.Target. It is empty while a simulator is not there.
func (f *family) Endpoint() string {
	e := f.endpoint()
	return e.call.String()
}

func (f *family) endpoint() endpoint {
	if e := f.to.Load(); e != nil {
		return *e
	}
	return endpoint{}
}

// Model implements llm.Target.
func (f *family) Model() string { return *f.model.Load() }

// Timeouts implements Limited.
func (f *family) Timeouts() wire.Timeouts { return f.config.Timeouts.limits() }

// TLS implements Secured.
func (f *family) TLS() *tls.Config { return f.tls }

// TokenizerName implements TokenizerNamer.
func (f *family) TokenizerName() string { return f.config.Tokenizer }

// Encode implements llm.Backend.
func (f *family) Encode(r llm.Request) (*llm.Call, error) {
	e := f.to.Load()
	if e == nil {
		return nil, fmt.Errorf("backend %s: its server has not been started", f.name)
	}
	if f.Model() == "" {
		return nil, fmt.Errorf("backend %s: the model is not known yet", f.name)
	}
	body, err := f.body(e.api, r)
	if err != nil {
		return nil, fmt.Errorf("backend %s: %w", f.name, err)
	}
	return &llm.Call{Method: http.MethodPost, URL: e.call.String(), Header: f.header, Body: body, Stream: f.config.Stream}, nil
}

// Decoder implements llm.Backend.
func (f *family) Decoder() llm.Decoder { return &decoder{audit: f.audit} }

// ModelsCall implements llm.ModelAsker.
func (f *family) ModelsCall() *llm.Call {
	return &llm.Call{Method: http.MethodGet, URL: f.endpoint().at("/models"), Header: f.header}
}

// UseModels implements llm.ModelAsker.
func (f *family) UseModels(body []byte) error {
	var answer struct {
		Data []struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return fmt.Errorf("the list of models cannot be read: %w", err)
	}
	var names []string
	for _, m := range answer.Data {
		if m.ID != "" {
			names = append(names, m.ID)
		}
	}
	switch len(names) {
	case 0:
		return errors.New("the server lists no model: set model")
	case 1:
		f.model.Store(&names[0])
		return nil
	default:
		return fmt.Errorf("the server lists %d models: set model to one of %s", len(names), shorten(names))
	}
}

// shorten joins the first names of a list that a gateway may make very long.
func shorten(names []string) string {
	const most = 20
	if len(names) > most {
		return strings.Join(names[:most], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}
