package backends

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"loadgate/internal/yamlpos"
)

// The two interfaces of the OpenAI family.
const (
	chatAPI        = "chat"
	completionsAPI = "completions"
)

var apiPaths = map[string]string{chatAPI: "/chat/completions", completionsAPI: "/completions"}

// endpoint is where calls go.
type endpoint struct {
	call   url.URL
	api    string
	base   string // path of the API's root, such as /v1
	models bool   // base is known
}

var (
	versionPath = regexp.MustCompile(`/v[0-9]+(beta[0-9]*|alpha[0-9]*)?$`)
	secretQuery = regexp.MustCompile(`(?i)(^|[-_.])(api|access|auth|subscription)?[-_]?(key|token|secret|password|passwd|sig|signature|auth|credential)s?$`)
)

// resolve completes a URL: a full endpoint stays as it is, a host gets
// /v1/chat/completions, a base that ends in a version gets /chat/completions.
// api is what the section asks for; "" = what the path says, or chat.
func resolve(u *url.URL, api string) (endpoint, bool) {
	e := endpoint{call: *u, models: true}
	e.call.RawPath, e.call.Fragment, e.call.RawFragment = "", "", ""
	path := strings.TrimRight(u.Path, "/")
	chat, isChat := strings.CutSuffix(path, apiPaths[chatAPI])
	compl, isCompl := strings.CutSuffix(path, apiPaths[completionsAPI])
	switch {
	case isChat:
		e.api, e.base = chatAPI, chat
	case isCompl:
		e.api, e.base = completionsAPI, compl
	case path == "":
		e.base = "/v1"
	case versionPath.MatchString(path):
		e.base = path
	default: // a path of the user's own
		e.api, e.models = api, false
		e.call.Path = path
		return e, api != ""
	}
	if e.api == "" {
		e.api = api
		if api == "" {
			e.api = chatAPI
		}
	}
	e.call.Path = e.base + apiPaths[e.api]
	return e, api == "" || api == e.api
}

// at is the URL of another path of the same server, below the API's root.
func (e endpoint) at(path string) string {
	u := e.call
	u.Path = e.base + path
	return u.String()
}

// beside is the URL of a path beside the API's root: /v1/x has /path beside it.
func (e endpoint) beside(path string) string {
	u := e.call
	u.Path = versionPath.ReplaceAllString(e.base, "") + path
	return u.String()
}

// endpoint reads and checks `url:`.
func (s *section) endpoint(c *common, raw string) endpoint {
	n := s.Get("url")
	if n == nil {
		s.errorAt("url", "add url: http://127.0.0.1:8000/v1", "the backend %s has no url", s.name)
		return endpoint{}
	}
	if n.Kind != yamlpos.String {
		return endpoint{} // reported by decode
	}
	u, err := url.Parse(strings.TrimSpace(raw))
	switch {
	case err != nil && !strings.Contains(raw, "://"):
		s.errorAt("url", "begin with http:// or https://", "url does not begin with http:// or https://")
	case err != nil:
		s.errorAt("url", "write http://host:port/v1", "url cannot be read")
	case u.Scheme != "http" && u.Scheme != "https":
		s.errorAt("url", "begin with http:// or https://", "url does not begin with http:// or https://")
	case u.Hostname() == "":
		s.errorAt("url", "write http://host:port/v1", "url names no host")
	case !validPort(u.Port()):
		s.errorAt("url", "a port is a number from 1 to 65535", "url has the port %s, which there is not", u.Port())
	case u.User != nil:
		s.errorAt("url", "use api_key: ${env:NAME}", "url holds a user name or password")
	case hasSecretQuery(u):
		s.errorAt("url", "use api_key: ${env:NAME}, or a header", "url holds what looks like a key: addresses are printed and stored")
	default:
		return s.complete(c, u)
	}
	return endpoint{}
}

// validPort reports whether a port can be dialled; "" is the scheme's own.
func validPort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return port == "" || (err == nil && n > 0)
}

func hasSecretQuery(u *url.URL) bool {
	for key := range u.Query() {
		if secretQuery.MatchString(key) {
			return true
		}
	}
	return false
}

func (s *section) complete(c *common, u *url.URL) endpoint {
	e, ok := resolve(u, c.API)
	switch {
	case !ok && e.api == "":
		s.errorAt("url", "give the full endpoint (…/v1/chat/completions), a base (…/v1), or say api: chat", "nothing tells which API stands at the path %s", e.call.Path)
	case !ok:
		s.errorAt("api", "remove api, or change the url", "api is %s, but the url is one for %s", c.API, e.api)
	case !e.models && c.Model == "":
		s.errorAt("model", "add model: NAME", "the backend %s has no model, and its url does not tell where models are listed", s.name)
	}
	return e
}
