package backends

import (
	"crypto/tls"
	"errors"
	"net/url"
	"path/filepath"

	"loadgate/internal/wire"
)

// secure reads the files that `tls:` names. The result is nil where it names
// nothing.
func (s *section) secure(t tlsFiles, target *url.URL, dir string) *tls.Config {
	n := s.Get("tls")
	if n == nil {
		return nil
	}
	if target.Scheme == "http" || target.Scheme == "unix" {
		s.errorAt("tls", "begin the url with https://", "tls has no meaning for a url that begins with %s://", target.Scheme)
		return nil
	}
	under := func(path string) string {
		if path == "" || filepath.IsAbs(path) {
			return path
		}
		return filepath.Join(dir, path)
	}
	cfg, err := wire.TLS{CA: under(t.CA), Cert: under(t.Cert), Key: under(t.Key), Insecure: t.Insecure}.Load()
	if wrong, ok := errors.AsType[*wire.TLSError](err); ok {
		at := n.Get(wrong.Field)
		if at == nil {
			at = n
		}
		s.list.Errorf(at.Pos, max(1, at.Width), "", "tls.%s: %s", wrong.Field, wrong)
	}
	return cfg
}
