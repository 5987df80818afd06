package backends

import (
	"crypto/tls"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"loadgate/internal/diag"
	"loadgate/internal/kind"
	"loadgate/internal/llm"
	"loadgate/internal/wire"
	"loadgate/internal/yamlpos"
)

// httpSection is a service that no kind knows: how it is asked, and where in its
// answers things stand, is all in the section.
type httpSection struct {
	remote
	spoken
	Kind      string            `yaml:"kind"`
	Method    string            `yaml:"method"`
	Model     string            `yaml:"model"` // for {{model}}
	Headers   map[string]string `yaml:"headers"`
	Body      *yamlpos.Node     `yaml:"body"`    // the template
	Stream    bool              `yaml:"stream"`  // default true
	Framing   string            `yaml:"framing"` // sse | ndjson | json_array; "" = as the content type says
	Answer    answerSection     `yaml:"answer"`
	Timeouts  timeouts          `yaml:"timeouts"`
	Tokenizer string            `yaml:"tokenizer"`
}

// httpBackend is a service that a section describes.
type httpBackend struct {
	name   string
	cfg    httpSection
	url    string
	header http.Header
	tls    *tls.Config
	body   *template // nil = none
	answer *answer
}

func openHTTP(n *yamlpos.Node, ctx kind.Context) (llm.Backend, diag.List) {
	d := defaults()
	cfg := httpSection{Method: http.MethodPost, Stream: d.Stream, Timeouts: d.Timeouts, spoken: d.spoken}
	s := decode(n, ctx.Name, &cfg)
	s.oneOf("framing", string(llm.FramingSSE), string(llm.FramingNDJSON), string(llm.FramingJSONArray))
	s.oneOf("method", http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodGet)
	s.checkHeaders(cfg.Headers)
	b := &httpBackend{name: ctx.Name, cfg: cfg}
	target := &url.URL{}
	switch raw := s.Get("url"); {
	case raw == nil:
		s.errorAt("url", "add url: http://127.0.0.1:8000/generate", "the backend %s has no url", s.name)
	case raw.Kind == yamlpos.String:
		if u, socket := s.target("url", cfg.URL); u != nil {
			target, b.url = u, endpoint{socket: socket}.join(*u)
		}
	}
	s.checkSpoken(cfg.spoken, target.Scheme)
	b.tls = s.secure(cfg.TLS, target, ctx.Dir)
	b.header = s.headers(&common{Headers: cfg.Headers}, &cfg.remote, target, ctx.Lookup, nil)
	if cfg.Body != nil && cfg.Body.Kind != yamlpos.Null {
		b.body = compile(cfg.Body, &s.list)
	}
	b.answer = s.answer(&cfg.Answer)
	return b, s.list
}

// Endpoint implements llm.Target.
func (b *httpBackend) Endpoint() string { return b.url }

// Model implements llm.Target.
func (b *httpBackend) Model() string { return b.cfg.Model }

// Timeouts implements Limited.
func (b *httpBackend) Timeouts() wire.Timeouts { return b.cfg.Timeouts.limits() }

// TLS implements Secured.
func (b *httpBackend) TLS() *tls.Config { return b.tls }

// Speaks implements Speaker.
func (b *httpBackend) Speaks() (p wire.Protocol, streams int) { return b.cfg.Speaks() }

// TokenizerName implements TokenizerNamer.
func (b *httpBackend) TokenizerName() string { return b.cfg.Tokenizer }

// Encode implements llm.Backend.
func (b *httpBackend) Encode(r llm.Request) (*llm.Call, error) {
	body, err := b.render(&r)
	if err != nil {
		return nil, fmt.Errorf("backend %s: %w", b.name, err)
	}
	call := &llm.Call{Method: b.cfg.Method, URL: b.url, Header: b.header, Body: body, Stream: b.cfg.Stream}
	if call.Stream {
		call.Framing = llm.Framing(b.cfg.Framing)
	}
	return call, nil
}

// render fills the template. A dataset's whole body goes as it is; members of a
// row are put into the body either way.
func (b *httpBackend) render(r *llm.Request) ([]byte, error) {
	body := []byte(r.Body)
	if len(body) == 0 {
		model := r.Model
		if model == "" {
			model = b.cfg.Model
		}
		values, err := b.body.valuesFor(model, r)
		if err != nil {
			return nil, err
		}
		if body, err = b.body.render(values); err != nil {
			return nil, err
		}
	}
	if len(r.Extra) == 0 {
		return body, nil
	}
	o, err := readObject(body)
	if err != nil {
		return nil, fmt.Errorf("the dataset has members for the body, which is %w", err)
	}
	for _, key := range slices.Sorted(maps.Keys(r.Extra)) {
		o.set(key, r.Extra[key])
	}
	return o.bytes()
}

// Decoder implements llm.Backend.
func (b *httpBackend) Decoder() llm.Decoder { return b.answer.decoder() }
