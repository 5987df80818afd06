package backends

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"loadgate/internal/yamlpos"
)

// usualKey is a vendor's convention: the variable in which users keep the key.
// It goes to the vendor's own servers, and to the one that base names; another
// server never sees it unless the scenario says so.
type usualKey struct {
	variable string
	base     string   // the variable that names another server for the key; "" = none
	hosts    []string // a name, or with a leading dot all names that end in it
}

// find is the key for a target, unset where there is none.
func (k usualKey) find(target *url.URL, lookup yamlpos.Lookup) yamlpos.Secret {
	key, ok := lookup(k.variable)
	if !ok || !k.belongs(target, lookup) {
		return yamlpos.Secret{}
	}
	return yamlpos.NewSecret(key, "${env:"+k.variable+"}")
}

func (k usualKey) belongs(target *url.URL, lookup yamlpos.Lookup) bool {
	if k.owns(target) {
		return true
	}
	base, ok := lookup(k.base)
	if !ok || k.base == "" {
		return false
	}
	u, err := url.Parse(base)
	return err == nil && u.Scheme == target.Scheme && strings.EqualFold(u.Host, target.Host)
}

// owns says whether a target is one of the vendor's own servers.
func (k usualKey) owns(target *url.URL) bool {
	host := strings.ToLower(target.Host)
	return target.Scheme == "https" && slices.ContainsFunc(k.hosts, func(h string) bool {
		return host == h || (h[0] == '.' && strings.HasSuffix(host, h))
	})
}

// headers are those of every call: the section's own, and the key, unless the
// section has a header of its own where the key would go.
func (s *section) headers(c *common, r *remote, target *url.URL, lookup yamlpos.Lookup, usual []usualKey) http.Header {
	if n := s.Get("key_header"); n != nil {
		s.checkHeaderName(n.Pos, max(1, n.Width), r.KeyHeader)
	}
	key := r.APIKey
	for _, u := range usual {
		if !key.Set() && lookup != nil {
			key = u.find(target, lookup)
		}
	}
	return c.header(key, r.KeyHeader)
}
