package wire_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"loadgate/internal/llm"
	"loadgate/internal/wire"
)

// authority signs certificates and writes them, with their keys, to files.
type authority struct {
	dir  string
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

func newAuthority(t *testing.T) *authority {
	a := &authority{dir: t.TempDir()}
	a.cert, a.key = a.sign(t, "ca", &x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	return a
}

func (a *authority) path(name string) string { return filepath.Join(a.dir, name) }

// sign makes a certificate for 127.0.0.1, in name.pem and name.key.
func (a *authority) sign(t *testing.T, name string, c *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c.SerialNumber, c.Subject = big.NewInt(time.Now().UnixNano()), pkix.Name{CommonName: name}
	c.NotBefore, c.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	c.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	parent, signer := c, key
	if a.cert != nil {
		parent, signer = a.cert, a.key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write(t, a.path(name+".pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	write(t, a.path(name+".key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert, key
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// A private authority, a server that wants to know its clients, and a client
// that looks at nothing.
func TestTLSFiles(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	a.sign(t, "server", &x509.Certificate{})
	a.sign(t, "client", &x509.Certificate{})
	own, err := tls.LoadX509KeyPair(a.path("server.pem"), a.path("server.key"))
	if err != nil {
		t.Fatal(err)
	}
	clients := x509.NewCertPool()
	clients.AddCert(a.cert)
	start := func(auth tls.ClientAuthType) string {
		srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			io.WriteString(w, "data: a\n\n")
		}))
		srv.Config.ErrorLog = log.New(io.Discard, "", 0)
		srv.TLS = &tls.Config{Certificates: []tls.Certificate{own}, ClientAuth: auth, ClientCAs: clients}
		srv.StartTLS()
		t.Cleanup(srv.Close)
		return srv.URL
	}
	open, closed := start(tls.NoClientCert), start(tls.RequireAndVerifyClientCert)
	ca := a.path("ca.pem")
	for name, tc := range map[string]struct {
		url  string
		tls  wire.TLS
		want llm.ErrorClass
	}{
		"system's authorities":         {open, wire.TLS{}, llm.ErrTLS},
		"own authority":                {open, wire.TLS{CA: ca}, ""},
		"insecure":                     {open, wire.TLS{Insecure: true}, ""},
		"no certificate":               {closed, wire.TLS{CA: ca}, llm.ErrTLS},
		"certificate":                  {closed, wire.TLS{CA: ca, Cert: a.path("client.pem"), Key: a.path("client.key")}, ""},
		"certificate, insecure":        {closed, wire.TLS{Insecure: true, Cert: a.path("client.pem"), Key: a.path("client.key")}, ""},
		"insecure, and not let in":     {closed, wire.TLS{Insecure: true}, llm.ErrTLS},
		"wrong name, own authority":    {"https://localhost" + open[len("https://127.0.0.1"):], wire.TLS{CA: ca}, llm.ErrTLS},
		"wrong name, looks at nothing": {"https://localhost" + open[len("https://127.0.0.1"):], wire.TLS{Insecure: true}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, err := tc.tls.Load()
			if err != nil {
				t.Fatal(err)
			}
			for _, proxy := range []string{"", tunnel(t)} {
				client := newClient(t, wire.Options{TLS: cfg})
				if proxy != "" {
					client.Through(proxy)
				}
				rec := &recorder{}
				if res := client.Do(t.Context(), streamCall(tc.url), "", rec); res.Class != tc.want || (tc.want == "") != (len(rec.frames) == 1) {
					t.Errorf("proxy %q: class %q, want %q: %+v", proxy, res.Class, tc.want, res)
				}
			}
		})
	}
}

func TestTLSFilesThatAreWrong(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	a.sign(t, "one", &x509.Certificate{})
	a.sign(t, "two", &x509.Certificate{})
	write(t, a.path("text"), []byte("hello"))
	for _, tc := range []struct {
		tls  wire.TLS
		want string
	}{
		{wire.TLS{CA: a.path("none")}, "ca"},
		{wire.TLS{CA: a.path("text")}, "ca"},
		{wire.TLS{CA: a.path("one.key")}, "ca"},
		{wire.TLS{Cert: a.path("one.pem")}, "cert"},
		{wire.TLS{Key: a.path("one.key")}, "key"},
		{wire.TLS{Cert: a.path("none"), Key: a.path("one.key")}, "cert"},
		{wire.TLS{Cert: a.path("one.pem"), Key: a.path("none")}, "key"},
		{wire.TLS{Cert: a.path("one.pem"), Key: a.path("two.key")}, "cert"},
	} {
		var wrong *wire.TLSError
		if _, err := tc.tls.Load(); !errors.As(err, &wrong) || wrong.Field != tc.want {
			t.Errorf("%+v: %v, want an error about %s", tc.tls, err, tc.want)
		}
	}
}
