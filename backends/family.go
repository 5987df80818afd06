package backends

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"

	"loadgate/internal/kind"
	"loadgate/internal/llm"
	"loadgate/internal/wire"
)

// family is a backend that speaks one of the protocols of protocol.go over JSON
// and HTTP. Kinds make one and set what is theirs.
type family struct {
	name    string // of the section, for errors
	config  common
	header  http.Header
	tls     *tls.Config    // nil = the usual
	extra   map[string]any // keys of the body that the kind adds; params win over them
	audit   bool           // look for audit hits
	quota   quota          // how it says that one is used up
	perUse  bool           // ask for usage in every chunk
	pieces  bool           // SGLang's events hold the new text alone
	framing llm.Framing    // in place of the protocol's; "" = the protocol's

	outputLimit string // under which key OpenAI's forms ask for a length; "" = max_tokens

	to    atomic.Pointer[endpoint] // nil until a spawned server is there
	model atomic.Pointer[string]   // "" until it is known
}

func newFamily(name string, c common, e *endpoint) *family {
	f := &family{name: name, config: c, extra: map[string]any{}}
	f.to.Store(e)
	f.model.Store(&c.Model)
	return f
}

// service opens what the sections of all servers that run elsewhere share.
func (s *section) service(ctx kind.Context, c *common, r *remote, apis []api, usual ...usualKey) *family {
	s.check(c, apis)
	e := s.endpoint(c, r.URL, apis)
	s.checkSpoken(c.spoken, e.url.Scheme)
	if e.protocol != nil && e.document {
		if s.Get("stream") != nil && c.Stream {
			s.errorAt("stream", "remove it", "the api %s has no streams", e.name)
		}
		c.Stream = false
	}
	f := newFamily(ctx.Name, *c, &e)
	f.tls = s.secure(r.TLS, &e.url, ctx.Dir)
	f.header = s.headers(c, r, &e.url, ctx.Lookup, usual)
	return f
}

// Endpoint implements llm.Target. It is empty while a simulator is not there.
func (f *family) Endpoint() string {
	e := f.endpoint()
	return e.callURL(f.Model(), f.config.Stream)
}

func (f *family) endpoint() endpoint {
	if e := f.to.Load(); e != nil {
		return *e
	}
	return endpoint{}
}

// Model implements llm.Target.
func (f *family) Model() string { return *f.model.Load() }

// modelOf is the model that a request asks for.
func (f *family) modelOf(r *llm.Request) string {
	if r.Model != "" {
		return r.Model
	}
	return f.Model()
}

// Timeouts implements Limited.
func (f *family) Timeouts() wire.Timeouts { return f.config.Timeouts.limits() }

// TLS implements Secured.
func (f *family) TLS() *tls.Config { return f.tls }

// Speaks implements Speaker.
func (f *family) Speaks() (p wire.Protocol, streams int) { return f.config.Speaks() }

// TokenizerName implements TokenizerNamer.
func (f *family) TokenizerName() string { return f.config.Tokenizer }

// Encode implements llm.Backend.
func (f *family) Encode(r llm.Request) (*llm.Call, error) {
	e := f.to.Load()
	if e == nil {
		return nil, fmt.Errorf("backend %s: its server has not been started", f.name)
	}
	model := f.modelOf(&r)
	if model == "" && e.protocol.needsModel() {
		return nil, fmt.Errorf("backend %s: the model is not known yet", f.name)
	}
	body, err := e.protocol.body(f, &r)
	if err != nil {
		return nil, fmt.Errorf("backend %s: %w", f.name, err)
	}
	call := &llm.Call{Method: http.MethodPost, URL: e.callURL(model, f.config.Stream), Header: f.header, Body: body, Stream: f.config.Stream}
	if call.Stream {
		call.Framing = e.protocol.framing
		if f.framing != "" {
			call.Framing = f.framing
		}
	}
	return call, nil
}

// Decoder implements llm.Backend.
func (f *family) Decoder() llm.Decoder {
	if e := f.endpoint(); e.protocol != nil {
		return e.protocol.decoder(f)
	}
	return openAIDecoder(f)
}

// ModelsCall implements llm.ModelAsker.
func (f *family) ModelsCall() *llm.Call {
	e := f.endpoint()
	if e.own && !e.needsModel() {
		return nil
	}
	path := "/models"
	if e.protocol != nil && e.protocol.models != "" {
		path = e.protocol.models
	}
	return &llm.Call{Method: http.MethodGet, URL: e.at(path), Header: f.header}
}

// UseModels implements llm.ModelAsker. It knows the lists of OpenAI (data, id),
// ollama (models, name) and TGI (model_id).
func (f *family) UseModels(body []byte) error {
	var answer struct {
		Data []struct {
			ID string `json:"id"`
		} `json:"data"`
		Models []struct {
			Name string `json:"name"`
		} `json:"models"`
		ModelID string `json:"model_id"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return fmt.Errorf("the list of models cannot be read: %w", err)
	}
	var names []string
	add := func(name string) {
		if name != "" {
			names = append(names, name)
		}
	}
	for _, m := range answer.Data {
		add(m.ID)
	}
	if len(names) == 0 { // llama.cpp sends both lists, of the same models
		for _, m := range answer.Models {
			add(m.Name)
		}
	}
	add(answer.ModelID)
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
