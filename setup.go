package gitlabci

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/gitlabci/gitlabci/internal/transport"
)

// An Option sets up a client.
type Option func(*settings)

type settings struct {
	http       *http.Client
	wrap       []func(http.RoundTripper) http.RoundTripper
	connecting []connecting
	logger     *slog.Logger
	policy     RetryPolicy
	userAgent  string
	secrets    []string // see engine
}

// WithHTTPClient sends through another HTTP client: its Transport, cookie jar and timeout are used, its CheckRedirect is not.
func WithHTTPClient(client *http.Client) Option { return func(s *settings) { s.http = client } }

// WithTransport wraps the transport of the client, for tracing and metrics. What wrap makes sees every attempt of every call, and
// [OperationFrom] tells it which; it does not see the credentials, which are added beneath it.
func WithTransport(wrap func(http.RoundTripper) http.RoundTripper) Option {
	return func(s *settings) { s.wrap = append(s.wrap, wrap) }
}

// WithUserAgent sets the User-Agent header.
func WithUserAgent(userAgent string) Option { return func(s *settings) { s.userAgent = userAgent } }

// WithLogger logs every attempt, at level Warn if it failed and is about to be repeated, and at level Debug otherwise: operation, method,
// route and path, status, error and times. Queries, headers and bodies are not logged.
func WithLogger(logger *slog.Logger) Option { return func(s *settings) { s.logger = logger } }

// WithRetry sets how often and how patiently calls are repeated. It does not change which calls may be repeated.
func WithRetry(policy RetryPolicy) Option { return func(s *settings) { s.policy = policy } }

// RetryPolicy says how often and how patiently a call is repeated. A field that is zero or negative means its default.
type RetryPolicy struct {
	MaxAttempts      int           // of a call, the first one included; default 5
	MinWait          time.Duration // the first pause, give or take, doubled with each attempt; default 300 ms
	MaxWait          time.Duration // the longest pause; default 10 s
	MaxRateLimitWait time.Duration // the longest pause that GitLab may ask for; default 60 s. Beyond it a 429 is returned, and a wait asks again after it
	StallTimeout     time.Duration // how long an answer may bring nothing, before its first byte and between any two; default 30 s
}

// slowest is how many times the stall timeout an answer may take in all, if it is to be decoded: it is short, however slowly it comes.
const slowest = 10

func (p RetryPolicy) orDefaults() transport.Policy {
	or := func(d, fallback time.Duration) time.Duration {
		if d > 0 {
			return d
		}
		return fallback
	}
	if p.MaxAttempts <= 0 {
		p.MaxAttempts = 5
	}
	stall := min(or(p.StallTimeout, 30*time.Second), math.MaxInt64/slowest)
	return transport.Policy{
		MaxAttempts:      p.MaxAttempts,
		MinWait:          or(p.MinWait, 300*time.Millisecond),
		MaxWait:          or(p.MaxWait, 10*time.Second),
		MaxRateLimitWait: or(p.MaxRateLimitWait, time.Minute),
		Stall:            stall,
		Total:            slowest * stall,
	}
}

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

// httpClient is the HTTP client to send through, with a transport of its own unless the caller has brought one.
func (s *settings) httpClient() (*http.Client, error) {
	own := cmp.Or(s.http, new(http.Client))
	if own.Transport != nil {
		return own, s.connect(nil)
	}
	own, t := new(*own), transport.Default()
	own.Transport = t
	return own, s.connect(t)
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
// authority) and its key; they may be the same. Without it, such a server ends the connection: "remote error: tls:
// certificate required", or "broken pipe" where that comes too late to be read.
//
// Files that cannot be read, or do not fit each other, make [NewClient] return [ErrInvalidArgument]; so does [WithHTTPClient] with a
// Transport beside it, which would not use it.
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
// What is no such URL makes [NewClient] return [ErrInvalidArgument]; so does [WithHTTPClient] with a Transport beside it, which would not
// use it.
func WithProxy(proxyURL string) Option {
	return func(s *settings) {
		proxy, err := url.Parse(proxyURL)
		if err == nil && proxy.User != nil {
			password, _ := proxy.User.Password()
			told := base64.StdEncoding.EncodeToString([]byte(proxy.User.Username() + ":" + password))
			s.secrets = append(s.secrets, password, told) // which a proxy may say again
		}
		connectingBy("WithProxy", func(t *http.Transport) error {
			switch {
			case proxyURL == "":
				t.Proxy = nil
				return nil
			case err != nil || !slices.Contains(proxySchemes, proxy.Scheme) || proxy.Hostname() == "":
				return errProxyURL
			}
			t.Proxy = http.ProxyURL(proxy)
			return nil
		})(s)
	}
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
