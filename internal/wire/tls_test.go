package wire_test

import (
	"bufio"
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
	"strings"
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

// severed is a connection that says no more from some byte on.
type severed struct {
	net.Conn
	left int // bytes that go out; -1 = all
}

func (s *severed) Write(p []byte) (int, error) {
	n := len(p)
	if s.left >= 0 {
		p = p[:min(s.left, n)]
		s.left -= len(p)
	}
	_, err := s.Conn.Write(p)
	return n, err
}

// An end of the connection that TLS did not announce may have been made by
// anybody on the way: an answer is whole only if its own framing says so. Without
// framing, between two records, it counts as an end as crypto/tls has it, for too
// many servers say no goodbye; then the protocol's finish reason has to tell.
func TestTLSEndsWithoutAWord(t *testing.T) {
	t.Parallel()
	toTheClose := "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
	for _, tc := range []struct {
		name, answer, then string
		left               int // bytes of the last record that go out
		class              llm.ErrorClass
		frames             int
	}{
		{"behind a whole answer", sseHead + chunk("data: a\n\n") + lastly, "", 0, "", 1},
		{"behind the terminator", sseHead + chunk("data: a\n\n") + chunk("data: [DONE]\n\n"), "", 0, "", 2},
		{"between events", sseHead + chunk("data: a\n\n"), "", 0, llm.ErrTruncated, 1},
		{"within a record", sseHead + chunk("data: a\n\n"), chunk("data: b\n\n") + lastly, 20, llm.ErrTruncated, 1},
		{"within a record's head", sseHead + chunk("data: a\n\n"), chunk("data: b\n\n") + lastly, 3, llm.ErrTruncated, 1},
		{"in place of the end of a body", toTheClose + "data: a\n\n", "", 0, "", 1},
		{"within the last record of a body", toTheClose + "data: a\n\n", "data: b\n\n", 20, llm.ErrTruncated, 1},
		{"before the answer", "", sseHead, 20, llm.ErrTruncated, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			cfg := certified().TLS.Clone()
			cfg.NextProtos = []string{"http/1.1"}
			url := tcpServer(t, func(_ int, c net.Conn, _ *bufio.Reader) {
				cut := &severed{c, -1}
				s := tls.Server(cut, cfg)
				r := bufio.NewReader(s)
				if _, err := readRequest(r); err != nil {
					return
				}
				io.WriteString(s, tc.answer)
				cut.left = tc.left
				io.WriteString(s, tc.then)
				hangUp(c, nil)
			})
			for _, proxy := range []string{"", tunnel(t)} {
				client := trusting(t, wire.Options{})
				if proxy != "" {
					client.Through(proxy)
				}
				rec := &recorder{}
				res := client.Do(t.Context(), streamCall(strings.Replace(url, "http:", "https:", 1)), "", rec)
				if res.Class != tc.class || len(rec.frames) != tc.frames || (tc.class == "") != (res.Err == nil) {
					t.Errorf("proxy %q: class %q, want %q; %q; %v", proxy, res.Class, tc.class, rec.frames, res.Err)
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
