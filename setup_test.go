package gitlabci_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

// clientCertificate makes a certificate for a client, and returns it and the files that it and its key lie in.
func clientCertificate(t *testing.T) (certificate *x509.Certificate, certFile, keyFile string) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "deploy bot"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	certificate, err = x509.ParseCertificate(der)
	require.NoError(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	require.NoError(t, os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	require.NoError(t, os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
	return certificate, certFile, keyFile
}

// over lets a server speak TLS, over HTTP/1.1 or HTTP/2.
func overTLS(t *testing.T, second bool, config *tls.Config) *httptest.Server {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Request-Id", r.Proto)
		io.WriteString(w, `{"id":1}`)
	}))
	srv.EnableHTTP2, srv.TLS, srv.Config.ErrorLog = second, config, noLog
	srv.StartTLS()
	t.Cleanup(srv.Close)
	return srv
}

// reach asks a server for a job and returns the protocol that it was asked in.
func reach(t *testing.T, url string, opts ...gitlabci.Option) (proto string, err error) {
	t.Helper()
	client := clientOf(t, url, append(opts, atOnce)...)
	defer client.CloseIdleConnections()
	var response gitlabci.Response
	_, err = client.Jobs.Get(t.Context(), wireApp, 1, gitlabci.WithResponse(&response))
	return response.RequestID, err
}

func TestWithCAFileAndClientCertificate(t *testing.T) {
	own, certFile, keyFile := clientCertificate(t)
	trusted := x509.NewCertPool()
	trusted.AddCert(own)
	for proto, second := range map[string]bool{"HTTP/1.1": false, "HTTP/2.0": true} {
		srv := overTLS(t, second, nil)
		got, err := reach(t, srv.URL, gitlabci.WithCAFile(caFile(t, srv)))
		require.NoError(t, err)
		require.Equal(t, proto, got)
		_, err = reach(t, srv.URL)
		require.ErrorContains(t, err, "x509: certificate signed by unknown authority")

		srv = overTLS(t, second, &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: trusted})
		got, err = reach(t, srv.URL, gitlabci.WithClientCertificate(certFile, keyFile), gitlabci.WithCAFile(caFile(t, srv)))
		require.NoError(t, err)
		require.Equal(t, proto, got)
		_, err = reach(t, srv.URL, gitlabci.WithCAFile(caFile(t, srv)))
		require.Error(t, err) // the alert may come too late to be read: the request is on its way by then
		require.Regexp(t, "remote error: tls: certificate required|broken pipe|connection reset by peer|EOF|http2: client conn", err.Error())
	}
}

// TestWithCAFileTwice trusts both.
func TestWithCAFileTwice(t *testing.T) {
	_, certFile, _ := clientCertificate(t)
	srv := overTLS(t, false, nil)
	_, err := reach(t, srv.URL, gitlabci.WithCAFile(caFile(t, srv)), gitlabci.WithCAFile(certFile))
	require.NoError(t, err)
}

func TestWithProxy(t *testing.T) {
	srv := overTLS(t, true, nil)
	var wants atomic.Value // what the proxy wants to be told
	proxy := newTunnel(t)
	joins := proxy.Config.Handler
	proxy.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if want, _ := wants.Load().(string); want != "" && r.Header.Get("Proxy-Authorization") != want {
			w.Header().Set("Proxy-Authenticate", "Basic")
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		joins.ServeHTTP(w, r)
	})
	ca := gitlabci.WithCAFile(caFile(t, srv))
	got, err := reach(t, srv.URL, ca, gitlabci.WithProxy(proxy.URL))
	require.NoError(t, err)
	require.Equal(t, "HTTP/2.0", got)
	require.EqualValues(t, 1, proxy.connects.Load())

	// A proxy that says what it was told, in the one place that net/http shows.
	echo := serveRaw(t, func(request string) string {
		return "HTTP/1.1 407 " + strings.ReplaceAll(strings.TrimSpace(request), "\r\n", " ") + " bot:hush-of-a-proxy\r\nContent-Length: 0\r\n\r\n"
	})
	_, err = reach(t, srv.URL, ca, gitlabci.WithProxy("http://bot:hush-of-a-proxy@"+echo))
	require.Error(t, err)
	require.NotContains(t, err.Error(), "hush-of-a-proxy")
	require.NotContains(t, err.Error(), "Ym90Omh1c2gtb2YtYS1wcm94eQ")

	wants.Store("Basic Ym90Omh1c2gtb2YtYS1wcm94eQ==") // bot:hush-of-a-proxy
	_, err = reach(t, srv.URL, ca, gitlabci.WithProxy(strings.Replace(proxy.URL, "://", "://bot:hush-of-a-proxy@", 1)))
	require.NoError(t, err)
	_, err = reach(t, srv.URL, ca, gitlabci.WithProxy(strings.Replace(proxy.URL, "://", "://bot:hush-of-another@", 1)))
	require.ErrorContains(t, err, "Proxy Authentication Required")
	require.NotContains(t, err.Error(), "hush")

	// Without one, whatever the options before it say.
	_, err = reach(t, srv.URL, ca, gitlabci.WithProxy(proxy.URL), gitlabci.WithProxy(""))
	require.NoError(t, err)
	require.EqualValues(t, 2, proxy.connects.Load())
}

// serveRaw answers each connection's first request, and returns the address.
func serveRaw(t *testing.T, answer func(request string) string) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			request := make([]byte, 4<<10)
			n, _ := conn.Read(request)
			io.WriteString(conn, answer(string(request[:n])))
			conn.Close()
		}
	})
	t.Cleanup(func() { listener.Close(); serving.Wait() })
	return listener.Addr().String()
}

func TestConnectingFails(t *testing.T) {
	_, certFile, keyFile := clientCertificate(t)
	_, other, _ := clientCertificate(t)
	missing := filepath.Join(t.TempDir(), "missing.pem")
	for says, option := range map[string]gitlabci.Option{
		"WithCAFile: open " + missing:                                     gitlabci.WithCAFile(missing),
		"WithCAFile: " + keyFile + " holds no certificate":                gitlabci.WithCAFile(keyFile),
		"WithClientCertificate: open " + missing:                          gitlabci.WithClientCertificate(missing, keyFile),
		"WithClientCertificate: tls: private key does not match":          gitlabci.WithClientCertificate(other, keyFile),
		"WithProxy: the URL does not begin with http://, https://, socks": gitlabci.WithProxy("ftp://bot:hush@proxy.test"),
		"and a host":              gitlabci.WithProxy("http://bot:hush@"),
		"socks5h:// and a host":   gitlabci.WithProxy("http://bot:hush@proxy.test:port"),
		"socks5://, socks5h:// a": gitlabci.WithProxy("proxy.test:3128"),
	} {
		_, err := gitlabci.NewClient("https://gitlab.test", gitlabci.Anonymous(), option)
		require.ErrorIs(t, err, gitlabci.ErrInvalidArgument)
		require.ErrorContains(t, err, says)
		require.NotContains(t, err.Error(), "hush")
	}
	brought := gitlabci.WithHTTPClient(&http.Client{Transport: new(http.Transport)})
	for name, option := range map[string]gitlabci.Option{
		"WithCAFile": gitlabci.WithCAFile(certFile), "WithClientCertificate": gitlabci.WithClientCertificate(certFile, keyFile), "WithProxy": gitlabci.WithProxy(""),
	} {
		_, err := gitlabci.NewClient("https://gitlab.test", gitlabci.Anonymous(), option, brought)
		require.ErrorIs(t, err, gitlabci.ErrInvalidArgument)
		require.ErrorContains(t, err, name+" cannot be used: WithHTTPClient brings a Transport")
	}
}
