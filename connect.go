package gitlabci

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
)

// connecting is an option that sets up the connections of a client, unless [WithHTTPClient] brings a Transport, which knows its own.
type connecting struct {
	name  string // of the option, or of the variable in its place
	apply func(*http.Transport) error
}

func connectingBy(name string, apply func(*http.Transport) error) Option {
	return func(s *settings) { s.connecting = append(s.connecting, connecting{name, apply}) }
}

// connect sets up a transport, or says that there is one that cannot be.
func (s *settings) connect(t *http.Transport) error {
	for _, option := range s.connecting {
		if t == nil {
			return fmt.Errorf("%s cannot be used: WithHTTPClient brings a Transport, which has to know it itself", option.name)
		}
		if err := option.apply(t); err != nil {
			return fmt.Errorf("%s: %w", option.name, err)
		}
	}
	return nil
}

// WithCAFile trusts the certificates of a PEM file besides the system's. Without it, a GitLab whose certificate an authority of its own has
// signed is refused: "x509: certificate signed by unknown authority".
//
// A file that cannot be read, or holds no certificate, makes [NewClient] return [ErrInvalidArgument]; so does [WithHTTPClient] with a
// Transport beside it, which would not use it.
func WithCAFile(file string) Option {
	return connectingBy("WithCAFile", func(t *http.Transport) error { return trust(t, file) })
}

func trust(t *http.Transport, file string) error {
	pem, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	config := tlsConfig(t)
	if config.RootCAs == nil {
		config.RootCAs, err = x509.SystemCertPool()
		if err != nil {
			config.RootCAs = x509.NewCertPool()
		}
	}
	if !config.RootCAs.AppendCertsFromPEM(pem) {
		return fmt.Errorf("%s holds no certificate", file)
	}
	return nil
}

// WithClientCertificate shows a certificate to a server that asks for one, from PEM files that hold it (with those that lead to its
// authority) and its key; they may be the same. Without it, such a server ends the connection: "remote error: tls: certificate required".
//
// Files that cannot be read, or do not fit each other, make [NewClient] return [ErrInvalidArgument]; so does [WithHTTPClient] with a Transport
// beside it, which would not use it.
func WithClientCertificate(certFile, keyFile string) Option {
	return connectingBy("WithClientCertificate", func(t *http.Transport) error {
		certificate, err := tls.LoadX509KeyPair(certFile, keyFile)
		if err != nil {
			return err
		}
		config := tlsConfig(t)
		config.Certificates = append(config.Certificates, certificate)
		return nil
	})
}

// WithProxy sends everything through the proxy at this URL (http, https, socks5 or socks5h), whatever the environment says; "" uses none.
// By default the proxy is that of the variables HTTPS_PROXY, HTTP_PROXY and NO_PROXY. A proxy that wants a password and is given none answers
// "Proxy Authentication Required": give it as in http://user:password@proxy.example.com:3128. It is never printed.
//
// What is no such URL makes [NewClient] return [ErrInvalidArgument]; so does [WithHTTPClient] with a Transport beside it, which would not use it.
func WithProxy(proxyURL string) Option {
	return connectingBy("WithProxy", func(t *http.Transport) error {
		if proxyURL == "" {
			t.Proxy = nil
			return nil
		}
		proxy, err := url.Parse(proxyURL)
		if err != nil || !slices.Contains(proxySchemes, proxy.Scheme) || proxy.Hostname() == "" {
			return errProxyURL
		}
		t.Proxy = http.ProxyURL(proxy)
		return nil
	})
}

var proxySchemes = []string{"http", "https", "socks5", "socks5h"}

// errProxyURL does not print the URL, as the parser's error would, password and all.
var errProxyURL = errors.New("the URL does not begin with " + strings.Join(proxySchemes, "://, ") + ":// and a host")

func tlsConfig(t *http.Transport) *tls.Config {
	if t.TLSClientConfig == nil {
		t.TLSClientConfig = new(tls.Config)
	}
	return t.TLSClientConfig
}
