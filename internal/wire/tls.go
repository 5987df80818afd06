package wire

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"os"
)

// TLS says whom the client trusts and how it proves who it is. The zero TLS
// trusts the system's authorities and proves nothing.
type TLS struct {
	CA        string // PEM file of the authorities trusted, in place of the system's
	Cert, Key string // PEM files of the client's own certificate and its key
	Insecure  bool   // take any certificate: whoever is on the way can read and change everything
}

// TLSError is what is wrong with one of a TLS's fields.
type TLSError struct {
	Field string // ca, cert or key
	Err   error
}

func (e *TLSError) Error() string { return e.Err.Error() }
func (e *TLSError) Unwrap() error { return e.Err }

// Load reads the files. An error is a *TLSError; it shows nothing of what stands
// in them.
func (t TLS) Load() (*tls.Config, error) {
	cfg := &tls.Config{InsecureSkipVerify: t.Insecure} // written out by the user
	if t.CA != "" {
		pem, err := os.ReadFile(t.CA)
		if err != nil {
			return nil, &TLSError{"ca", err}
		}
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM(pem) {
			return nil, &TLSError{"ca", errors.New("the file holds no certificate in PEM")}
		}
	}
	switch {
	case t.Cert == "" && t.Key == "":
		return cfg, nil
	case t.Key == "":
		return nil, &TLSError{"cert", errors.New("a certificate needs its key")}
	case t.Cert == "":
		return nil, &TLSError{"key", errors.New("a key needs its certificate")}
	}
	return cfg, t.identify(cfg)
}

// identify adds the client's certificate.
func (t TLS) identify(cfg *tls.Config) error {
	cert, err := os.ReadFile(t.Cert)
	if err != nil {
		return &TLSError{"cert", err}
	}
	key, err := os.ReadFile(t.Key)
	if err != nil {
		return &TLSError{"key", err}
	}
	own, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return &TLSError{"cert", errors.New("certificate and key cannot be read, or do not belong together")}
	}
	cfg.Certificates = []tls.Certificate{own}
	return nil
}

// tlsConfig completes what Load made, nil for nothing of it.
func tlsConfig(loaded *tls.Config) *tls.Config {
	cfg := &tls.Config{}
	if loaded != nil {
		cfg = loaded.Clone()
	}
	cfg.MinVersion, cfg.NextProtos = tls.VersionTLS12, []string{"http/1.1"}
	return cfg
}
