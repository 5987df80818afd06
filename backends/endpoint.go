package backends

import (
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"loadgate/internal/wire"
	"loadgate/internal/yamlpos"
)

// api is a protocol by the name that `api:` takes. A kind lists the ones that it
// speaks; the first is the one meant where neither the section nor its URL says.
type api struct {
	name string
	*protocol
}

// The names of the interfaces that several kinds share.
const (
	chatAPI        = "chat"
	completionsAPI = "completions"
)

// endpoint is where calls go, and in which protocol.
type endpoint struct {
	api
	url    url.URL // its path is of use only where it is the user's own
	base   string  // path of the API's root, such as /v1
	own    bool    // the path is the user's own: where the API's root is, is not known
	socket string  // path of the unix socket on which the server listens; "" = TCP
	model  string  // that the path names
}

var (
	versionPath = regexp.MustCompile(`/v[0-9]+(beta[0-9]*|alpha[0-9]*)?$`)
	secretQuery = regexp.MustCompile(`(?i)(^|[-_.])(api|access|auth|subscription)?[-_]?(key|token|secret|password|passwd|sig|signature|auth|credential)s?$`)
)

// resolve completes a URL: a full endpoint stays as it is, a host gets the API's
// root and path, a base that ends in a version gets the path alone. want is what
// the section asks for; "" = what the path says, or the first of apis. It fails
// where the two do not fit, or nothing says which API it is (then api has no name).
func resolve(u *url.URL, want string, apis []api) (endpoint, bool) {
	e := endpoint{url: *u}
	e.url.RawPath, e.url.Fragment, e.url.RawFragment = "", "", ""
	path := strings.TrimRight(u.Path, "/")
	for _, a := range apis {
		base, model, ok := a.match(path)
		if ok {
			e.api, e.base, e.model = a, base, model
			return e, want == "" || want == a.name
		}
	}
	e.api = choose(apis, want, versionPath.MatchString(path))
	switch {
	case e.protocol == nil: // an unknown word, reported elsewhere
		return e, true
	case path == "":
		e.base = e.root
	case versionPath.MatchString(path):
		e.base = path
		return e, versionPath.MatchString(e.root)
	case path == e.root || strings.HasPrefix(path, "/openai/deployments/"):
		e.base = path
	default:
		e.url.Path, e.own = path, true
		if want == "" && len(apis) > 1 {
			e.name = ""
		}
		return e, e.name != ""
	}
	return e, true
}

// choose picks the API that the section names, or else the first one, of those
// whose root is a version if the URL ends in one.
func choose(apis []api, want string, versioned bool) api {
	for _, a := range apis {
		if want == a.name || (want == "" && (!versioned || versionPath.MatchString(a.root))) {
			return a
		}
	}
	return api{}
}

// match says whether a path is a whole endpoint of this API, and what stands
// before it.
func (a api) match(path string) (base, model string, ok bool) {
	for _, p := range []string{a.path, a.whole} {
		before, after, named := strings.Cut(p, "{model}")
		if p == "" || p == "/" {
			continue
		}
		rest, ok := strings.CutSuffix(path, after)
		if named && ok {
			if i := strings.LastIndex(rest, before); i >= 0 && len(rest) > i+len(before) {
				return rest[:i], rest[i+len(before):], true
			}
		}
		if rest, ok := strings.CutSuffix(path, p); !named && ok {
			return rest, "", true
		}
	}
	return "", "", false
}

// callURL is where a call goes.
func (e endpoint) callURL(model string, stream bool) string {
	u := e.url
	if e.protocol == nil {
		return e.join(u)
	}
	if !e.own {
		if model == "" {
			model = "MODEL"
		}
		u.Path = e.base + strings.ReplaceAll(e.pathOf(stream), "{model}", model)
	}
	if stream && e.query != "" && !u.Query().Has(strings.Split(e.query, "=")[0]) {
		u.RawQuery = strings.TrimPrefix(u.RawQuery+"&"+e.query, "&")
	}
	return e.join(u)
}

// join is the URL as it is called and printed.
func (e endpoint) join(u url.URL) string {
	if e.socket != "" {
		return wire.JoinUnix(e.socket, u.RequestURI())
	}
	return u.String()
}

// at is the URL of another path of the same server, below the API's root.
func (e endpoint) at(path string) string {
	u := e.url
	u.Path = e.base + path
	return e.join(u)
}

// beside is the URL of a path beside the API's root: /v1/x has /path beside it.
func (e endpoint) beside(path string) string {
	u := e.url
	u.Path = versionPath.ReplaceAllString(e.base, "") + path
	return e.join(u)
}

// endpoint reads and checks `url:`.
func (s *section) endpoint(c *common, raw string, apis []api) endpoint {
	n := s.Get("url")
	if n == nil {
		s.errorAt("url", "add url: http://127.0.0.1:8000", "the backend %s has no url", s.name)
		return endpoint{}
	}
	if n.Kind != yamlpos.String {
		return endpoint{} // reported by decode
	}
	u, socket := s.target("url", raw)
	if u == nil {
		return endpoint{}
	}
	e := s.complete(c, u, apis)
	e.socket = socket
	return e
}

// address reads a URL under a key and reports what is wrong with it; nil then.
func (s *section) address(key, raw string) *url.URL {
	u, err := url.Parse(strings.TrimSpace(raw))
	switch {
	case err != nil && !strings.Contains(raw, "://"):
		s.errorAt(key, "begin with http://, https:// or unix://", "%s does not begin with http://, https:// or unix://", key)
	case err != nil:
		s.errorAt(key, "write http://host:port/v1", "%s cannot be read", key)
	case u.Scheme != "http" && u.Scheme != "https":
		s.errorAt(key, "begin with http://, https:// or unix://", "%s does not begin with http://, https:// or unix://", key)
	case u.Hostname() == "":
		s.errorAt(key, "write http://host:port/v1", "%s names no host", key)
	case !validPort(u.Port()):
		s.errorAt(key, "a port is a number from 1 to 65535", "%s has the port %s, which there is not", key, u.Port())
	case u.User != nil:
		s.errorAt(key, "use api_key: ${env:NAME}", "%s holds a user name or password", key)
	case hasSecretQuery(u):
		s.errorAt(key, "use api_key: ${env:NAME}, or a header", secretInURL, key)
	default:
		return u
	}
	return nil
}

const secretInURL = "%s holds what looks like a key: addresses are printed and stored"

// target reads the URL of a server under a key: an ordinary one, or that of a unix
// socket, whose path comes apart from what HTTP asks for. What is wrong is
// reported; the URL is nil then.
func (s *section) target(key, raw string) (u *url.URL, socket string) {
	socket, path, ok := wire.SplitUnix(strings.TrimSpace(raw))
	if !ok {
		return s.address(key, raw), ""
	}
	u, err := url.Parse(path)
	switch {
	case !filepath.IsAbs(socket):
		s.errorAt(key, "write unix:///run/server.sock", "%s names no absolute path of a unix socket", key)
	case err != nil || u.Host != "" || (path != "" && !strings.HasPrefix(path, "/")):
		s.errorAt(key, "write unix:///run/server.sock:/v1", "what follows the socket in %s is no path", key)
	case hasSecretQuery(u):
		s.errorAt(key, "use api_key: ${env:NAME}, or a header", secretInURL, key)
	default:
		u.Scheme = "unix"
		return u, socket
	}
	return nil, ""
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

func (s *section) complete(c *common, u *url.URL, apis []api) endpoint {
	e, ok := resolve(u, c.API, apis)
	if c.Model == "" {
		c.Model = e.model
	}
	switch {
	case !ok && e.own:
		s.errorAt("url", fmt.Sprintf("give the full endpoint (…%s%s), a base (…%s), or say api: %s", apis[0].root, apis[0].path, apis[0].root, apis[0].name), "nothing tells which API stands at the path %s", e.url.Path)
	case !ok && c.API == e.name:
		s.errorAt("api", "end the url before its version", "the api %s does not stand below %s", c.API, u.Path)
	case !ok && s.Get("api") == nil:
		s.errorAt("url", "say api: …", "nothing tells which API stands at the path %s", u.Path)
	case !ok:
		s.errorAt("api", "remove api, or change the url", "api is %s, but the url is one for %s", c.API, e.name)
	case e.own && c.Model == "" && e.needsModel():
		s.errorAt("model", "add model: NAME", "the backend %s has no model, and its url does not tell where models are listed", s.name)
	}
	return e
}
