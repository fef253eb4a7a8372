package gitlabci_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

const (
	hushTrigger = "glptt-hush-of-a-trigger"
	hushVault   = "hush-of-a-vault/+="
	hushQuery   = "hush-of-a-query-0123"
	hushValue   = "hush-of-a-variable-0123"
)

// secretCalls are calls with all kinds of secrets, reading and writing, of one request and of several.
func secretCalls(t *testing.T) []apiCall {
	vault := gitlabci.WithHeader("X-Vault-Token", hushVault)
	query := gitlabci.WithQuery("private_token", hushQuery)
	value := []gitlabci.PipelineVariable{{Key: "K", Value: hushValue}}
	call := func(name string, do func(context.Context, *gitlabci.Client) error) apiCall {
		return apiCall{name: name, do: func(ctx context.Context, c *gitlabci.Client, _ ...gitlabci.RequestOption) error {
			ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
			defer cancel()
			return do(ctx, c)
		}}
	}
	return []apiCall{
		call("get job", func(ctx context.Context, c *gitlabci.Client) error {
			return ignore(c.Jobs.Get(ctx, wireApp, 1, vault, query))
		}),
		call("list jobs", func(ctx context.Context, c *gitlabci.Client) error {
			return ignore(c.Jobs.List(ctx, wireApp, nil, vault, query).Collect())
		}),
		call("run trigger", func(ctx context.Context, c *gitlabci.Client) error {
			return ignore(c.Triggers.Run(ctx, wireApp, &gitlabci.RunTriggerOptions{Token: hushTrigger, Ref: "main"}, vault, query))
		}),
		call("create pipeline", func(ctx context.Context, c *gitlabci.Client) error {
			return ignore(c.Pipelines.Create(ctx, wireApp, &gitlabci.CreatePipelineOptions{Ref: "main", Variables: value}, vault, query))
		}),
		call("delete runner", func(ctx context.Context, c *gitlabci.Client) error {
			return c.Runners.DeleteByToken(ctx, hushTrigger, vault, query)
		}),
		call("artifacts", func(ctx context.Context, c *gitlabci.Client) error {
			return drain(c.Jobs.Artifacts(ctx, wireApp, 1, nil, vault, query))
		}),
		call("save artifacts", func(ctx context.Context, c *gitlabci.Client) error {
			return c.Jobs.SaveArtifacts(ctx, wireApp, 1, filepath.Join(t.TempDir(), "a.zip"), nil, vault, query)
		}),
		call("open artifacts", func(ctx context.Context, c *gitlabci.Client) error {
			archive, err := c.Jobs.OpenArtifacts(ctx, wireApp, 1, nil, vault, query)
			if err == nil {
				archive.Close()
			}
			return err
		}),
		call("secure file", func(ctx context.Context, c *gitlabci.Client) error {
			return drain(c.SecureFiles.Download(ctx, wireApp, 1, vault, query))
		}),
		call("trace", func(ctx context.Context, c *gitlabci.Client) error {
			return drain(c.Jobs.Trace(ctx, wireApp, 1, nil, vault, query))
		}),
		call("play pipeline", func(ctx context.Context, c *gitlabci.Client) error {
			return ignore(c.Pipelines.Play(ctx, wireApp, 1, &gitlabci.PlayPipelineOptions{Variables: value}, vault, query))
		}),
		call("tree", func(ctx context.Context, c *gitlabci.Client) error {
			return ignore(c.Pipelines.Tree(ctx, wireApp, 1, nil, vault, query))
		}),
		call("any", func(ctx context.Context, c *gitlabci.Client) error {
			return c.Do(ctx, "GET", "jobs?private_token="+hushQuery, nil, io.Discard, vault)
		}),
	}
}

// heard is what requireSilence has printed already.
var heard sync.Map

// requireSilence takes err apart: it and all that it wraps tell no secret and do nothing to a terminal.
func requireSilence(t testing.TB, err error, depth int) {
	t.Helper()
	if err == nil {
		return
	}
	require.Less(t, depth, 40)
	text := err.Error()
	require.LessOrEqual(t, len(text), 16<<10)
	require.False(t, strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsGraphic(r) && r != '\n' && r != '\t' }), "%.500q", text)
	all := fmt.Sprintf("%T %s", err, text)
	if e, ok := err.(*gitlabci.Error); ok {
		require.False(t, strings.ContainsFunc(fmt.Sprint(e.Message, e.RequestID, e.Fields), func(r rune) bool { return !unicode.IsGraphic(r) }), "%.500q", e.Fields)
		all += fmt.Sprint(e.Op, e.Method, e.Route, e.Message, e.RequestID, e.Fields) + string(e.Body)
	}
	if _, known := heard.LoadOrStore(all, true); !known { // sentinels come again and again
		requireNoSecrets(t, all)
		requireNoSecrets(t, prints(err))
	}
	switch outer := err.(type) {
	case interface{ Unwrap() error }:
		requireSilence(t, outer.Unwrap(), depth+1)
	case interface{ Unwrap() []error }:
		for _, inner := range outer.Unwrap() {
			requireSilence(t, inner, depth+1)
		}
	}
}

// requireNoSecrets looks through what cannot be seen.
func requireNoSecrets(t testing.TB, text string) {
	t.Helper()
	text = strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return -1
		}
		return r
	}, text)
	for _, secret := range []string{hush, hushTrigger, hushVault, hushQuery, hushValue} {
		for _, form := range []string{secret, url.QueryEscape(secret), fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret), secret[:len(secret)-2]} {
			if at := strings.Index(text, form); at >= 0 {
				require.Failf(t, "a secret", "%q in ...%s", form, text[max(0, at-500):min(len(text), at+100)])
			}
		}
	}
}

// silent is a client whose log is read at the end too.
func silent(t *testing.T, do func(opts ...gitlabci.Option) *gitlabci.Client) *gitlabci.Client {
	var log bytes.Buffer
	t.Cleanup(func() {
		for line := range strings.Lines(log.String()) {
			require.LessOrEqual(t, len(line), 4<<10)
		}
		requireNoSecrets(t, log.String())
	})
	return do(gitlabci.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))), atOnce)
}

// echo answers with what all makes of a request.
type echo func(r *http.Request, all []string) *http.Response

func (f echo) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
		r.Body.Close()
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	plain := fmt.Sprint(r.Method, " ", r.URL, " ", r.Header, " ", string(body))
	plain = plain[:min(len(plain), 1<<10)] // redirects make it longer and longer
	var invisible, escaped strings.Builder
	for _, c := range plain {
		invisible.WriteString(string(c) + "\u200b")
		fmt.Fprintf(&escaped, "%%%02x", c)
	}
	long := strings.Repeat("x", 50) + r.Header.Get("Private-Token") + strings.Repeat("y", 50) // which is cut where errors quote it
	return f(r, []string{plain, invisible.String(), escaped.String(), r.Header.Get("Private-Token"), long}), nil
}

// echoOf is a client of an echo.
func echoOf(t *testing.T, f echo) *gitlabci.Client {
	return silent(t, func(opts ...gitlabci.Option) *gitlabci.Client {
		return clientOf(t, "http://gitlab.test", append(opts, gitlabci.WithHTTPClient(&http.Client{Transport: f}))...)
	})
}

func TestEchoesInHeaders(t *testing.T) {
	prefixes := map[string][]string{"Content-Range": {"", "bytes ", "bytes 0-9/10"}, "Location": {"", "/", "http://", "http://%zz/"}, "Link": {"", "<http://x/?page="}, "Etag": {"", `"`}}
	for _, header := range []string{"Content-Type", "Content-Range", "Etag", "Last-Modified", "Location", "X-Request-Id", "Link", "X-Next-Page", "X-Total-Pages", "Retry-After",
		"RateLimit-Reset", "RateLimit-Remaining", "Content-Disposition", "Content-Encoding", "Www-Authenticate", "Date", "Set-Cookie"} {
		t.Run(header, func(t *testing.T) {
			for _, prefix := range append(prefixes[header], "")[:max(1, len(prefixes[header]))] {
				for _, status := range []int{200, 206, 302, 400, 503} {
					for form := range 5 {
						synctest.Test(t, func(t *testing.T) {
							client := echoOf(t, func(r *http.Request, all []string) *http.Response {
								resp := answerTo(r, status, `{"id":1,"name":"x"}`, "Content-Range: bytes 0-18/19")
								resp.Header.Set(header, prefix+all[form])
								return resp
							})
							for _, call := range secretCalls(t) {
								requireSilence(t, call.do(t.Context(), client), 0)
							}
						})
					}
				}
			}
		})
	}
}

func TestEchoesInBodies(t *testing.T) {
	for name, body := range map[string]string{
		"message": `{"message":"?"}`, "error": `{"error":"?","error_description":"?","scope":"?"}`, "values": `{"message":{"base":["?"],"k":["a","?"]}}`, "names": `{"message":{"?":["is bad"]}}`,
		"plain": `?`, "a page": `<html><title>?</title>`, "a number": `{"id":"?"}`, "a list": `[{"id":"?"}]`, "a time": `{"id":1,"created_at":"?"}`, "half of it": `{"id":1,"name":"?`,
		"a checksum": `{"id":1,"checksum":"?","checksum_algorithm":"?"}`, "controls": "\x1b[31m\u202e?\x00", "escapes": `{"message":{"\u001b[31mk\u202e":["\u0007?"]}}`, "names in objects": `{"?":1}`,
	} {
		t.Run(name, func(t *testing.T) {
			for _, contentType := range []string{"application/json", "text/html"} {
				for _, status := range []int{200, 400} {
					for form := range 5 {
						synctest.Test(t, func(t *testing.T) {
							client := echoOf(t, func(r *http.Request, all []string) *http.Response {
								text := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(all[form])
								return answerTo(r, status, strings.ReplaceAll(body, "?", text), "Content-Type: "+contentType)
							})
							for _, call := range secretCalls(t) {
								requireSilence(t, call.do(t.Context(), client), 0)
							}
						})
					}
				}
			}
		})
	}
}

// A call of several requests puts what one of them gave into the errors of another.
func TestEchoesInNamesOfJobs(t *testing.T) {
	client := echoOf(t, func(r *http.Request, all []string) *http.Response {
		name, _ := json.Marshal("\x1b[31m" + all[0])
		switch {
		case r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/1"):
			return answerTo(r, 200, `{"id":1,"status":"failed"}`)
		case r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/pipelines/1/"):
			return answerTo(r, 200, fmt.Sprintf(`[{"id":1,"name":%s,"status":"manual","pipeline":{"project_id":1},"downstream_pipeline":{"id":2,"project_id":3}}]`, name))
		}
		return answerTo(r, 403, `{"message":"403 Forbidden"}`)
	})
	for _, call := range secretCalls(t) {
		if err := call.do(t.Context(), client); call.name == "play pipeline" || call.name == "tree" {
			require.ErrorContains(t, err, "[redacted]")
			require.ErrorIs(t, err, gitlabci.ErrForbidden)
			requireSilence(t, err, 0)
		}
	}
}

// valueError is an error whose fields are printed wherever it is.
type valueError struct{ token string }

func (valueError) Error() string { return "refused" }

// wordyError is an error of a caller's own.
type wordyError struct{ text string }

func (e *wordyError) Error() string { return e.text }

// slowError is a net.Error that tells too much.
type slowError struct{ text string }

func (e *slowError) Error() string { return e.text }
func (*slowError) Timeout() bool   { return true }
func (*slowError) Temporary() bool { return true }

var errOfACaller = errors.New("the caller's own")

// talkative are errors that tell what they should not.
func talkative(secret, address string) map[string]error {
	return map[string]error{
		"itself":            errors.New("refused: " + secret),
		"wrapped":           fmt.Errorf("sending: %w: %w", errOfACaller, errors.New(secret)),
		"hidden outside":    &url.Error{Op: "Get", URL: "http://gitlab.test", Err: opaque{fmt.Errorf("%s: %w", secret, errOfACaller)}},
		"a value":           valueError{secret},
		"joined":            errors.Join(errOfACaller, valueError{secret}, &wordyError{"line\n" + secret}),
		"an address":        fmt.Errorf("%w: %w", errOfACaller, &url.Error{Op: "Get", URL: address, Err: io.ErrUnexpectedEOF}),
		"a user":            &url.Error{Op: "Get", URL: "http://jane:" + secret + "@gitlab.test/", Err: errOfACaller},
		"slow":              &slowError{secret},
		"a certificate":     &tls.CertificateVerificationError{Err: errors.New("not of " + secret)},
		"controls":          errors.New("\x1b]0;\u202e" + secret + "\x07"),
		"long":              errors.New(strings.Repeat("long ", 1<<15) + secret),
		"between":           errors.New(strings.Join(strings.Split(secret, ""), "\u00ad")),
		"an operation's":    &net.OpError{Op: "dial", Net: "tcp", Err: errors.New(secret)},
		"a Go text":         fmt.Errorf("header %q", "\t"+strings.Join(strings.Split(secret, ""), "\n")),
		"one of this":       &gitlabci.Error{Op: "get token", Message: secret, Err: errors.New(secret)},
		"a context's cause": fmt.Errorf("%w: %s", context.Canceled, secret),
	}
}

// opaque tells less than what it wraps.
type opaque struct{ error }

func (opaque) Error() string   { return "failed" }
func (o opaque) Unwrap() error { return o.error }

func TestErrorsOfTransports(t *testing.T) {
	for name := range talkative("", "") {
		t.Run(name, func(t *testing.T) {
			for _, beneath := range []bool{true, false} {
				client := silent(t, func(opts ...gitlabci.Option) *gitlabci.Client {
					fail := func(r *http.Request) (*http.Response, error) {
						secret := r.Header.Get("Private-Token") + r.Header.Get("X-Vault-Token") + r.URL.Query().Get("private_token")
						return nil, talkative(secret, r.URL.String())[name]
					}
					if beneath {
						return through(t, fail, opts...)
					}
					return through(t, nil, append(opts, gitlabci.WithTransport(func(http.RoundTripper) http.RoundTripper { return roundTrip(fail) }))...)
				})
				for _, call := range secretCalls(t) {
					err := call.do(t.Context(), client)
					require.Error(t, err, call.name)
					requireSilence(t, err, 0)
				}
			}
		})
	}
}

func TestErrorsOfTokenSources(t *testing.T) {
	for name := range talkative("", "") {
		t.Run(name, func(t *testing.T) {
			for _, auth := range []gitlabci.Auth{
				func(_ context.Context, h http.Header) error {
					h.Set("Private-Token", hush)
					return talkative(hush, "https://id.example.com/token?secret="+hush)[name]
				},
				gitlabci.OAuthTokenSource(func(context.Context) (string, error) {
					if name == "between" || name == "a Go text" {
						return hush, nil // nothing tells that it is a token
					}
					return "", talkative(hush, "https://id.example.com/token?secret="+hush)[name]
				}),
			} {
				client := silent(t, func(opts ...gitlabci.Option) *gitlabci.Client {
					return through(t, func(r *http.Request) (*http.Response, error) { return answerTo(r, 400, ""), nil }, opts...).WithAuth(auth)
				})
				for _, call := range secretCalls(t) {
					err := call.do(t.Context(), client)
					require.Error(t, err, call.name)
					requireSilence(t, err, 0)
				}
			}
		})
	}
}

// What speaks no HTTP gets into the errors of net/http.
func TestAnswersThatAreNone(t *testing.T) {
	for name, answer := range map[string]string{
		"no status":         "?\r\n\r\n",
		"a status of words": "HTTP/1.1 ? OK\r\n\r\n",
		"no header":         "HTTP/1.1 200 OK\r\n? \r\n\r\n",
		"a bad length":      "HTTP/1.1 200 OK\r\nContent-Length: ?\r\n\r\n",
		"a bad encoding":    "HTTP/1.1 200 OK\r\nTransfer-Encoding: ?\r\n\r\n",
		"a bad chunk":       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n?\r\n",
		"a bad protocol":    "?/1.1 200 OK\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := protocols[0].Serve(t, func(conn net.Conn) {
					if r, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
						io.WriteString(conn, strings.ReplaceAll(answer, "?", r.Header.Get("Private-Token")+"\x1b[31m"+r.URL.String()))
					}
				})
				client := silent(t, func(opts ...gitlabci.Option) *gitlabci.Client {
					return clientOf(t, w.URL(), append(opts, gitlabci.WithHTTPClient(w.Client))...)
				})
				for _, call := range secretCalls(t) {
					if err := call.do(t.Context(), client); err != nil {
						requireSilence(t, err, 0)
					}
				}
			})
		})
	}
}

func TestALongLocation(t *testing.T) {
	srv := serveWith(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", map[string]string{"GET": "http://%zz/", "POST": "/"}[r.Method]+strings.Repeat("%1b[31m\u202e", 5<<20/14)+"?"+r.Header.Get("Private-Token"))
		w.WriteHeader(302)
	})
	client := silent(t, func(opts ...gitlabci.Option) *gitlabci.Client { return clientOf(t, srv.URL, opts...) })
	for _, call := range secretCalls(t)[:4] {
		err := call.do(t.Context(), client)
		require.ErrorIs(t, err, gitlabci.ErrRedirected)
		requireSilence(t, err, 0)
	}
}

// What is hidden of an error is its text: what kind of error it is is still known.
func TestHiddenCausesAnswer(t *testing.T) {
	for name, cause := range talkative(hush, "http://gitlab.test/?token="+hush) {
		_, err := through(t, func(*http.Request) (*http.Response, error) { return nil, cause }, gitlabci.WithRetry(gitlabci.RetryPolicy{MaxAttempts: 1})).Jobs.Get(t.Context(), wireApp, 1)
		require.Equal(t, errors.Is(cause, errOfACaller), errors.Is(err, errOfACaller), name)
		require.Equal(t, errors.Is(cause, context.Canceled), errors.Is(err, context.Canceled), name)
		require.Equal(t, errors.Is(cause, io.ErrUnexpectedEOF), errors.Is(err, io.ErrUnexpectedEOF), name)
		require.Equal(t, errors.As(cause, new(*tls.CertificateVerificationError)), errors.As(err, new(*tls.CertificateVerificationError)), name)
		var before, after net.Error
		require.Equal(t, errors.As(cause, &before) && before.Timeout(), errors.As(err, &after) && after.Timeout(), name)
		require.False(t, errors.As(err, new(valueError)) || errors.As(err, new(*slowError)), name)
		require.ErrorIs(t, err, gitlabci.ErrJobGet)
	}
	harmless := &wordyError{"several\nlines"}
	for _, cause := range []error{harmless, fmt.Errorf("%s: %w", hush, harmless), errors.Join(valueError{hush}, harmless)} {
		_, err := through(t, func(*http.Request) (*http.Response, error) { return nil, cause }, atOnce).Jobs.Get(t.Context(), wireApp, 1)
		var found *wordyError
		require.ErrorAs(t, err, &found)
		require.Same(t, harmless, found)
	}
}

// A wait knows by the kind of an error whether to go on, whatever is hidden of it.
func TestHiddenCausesOfAWait(t *testing.T) {
	for name, end := range map[string]error{"slow": nil, "a certificate": new(tls.CertificateVerificationError)} {
		asked := 0
		client := through(t, func(r *http.Request) (*http.Response, error) {
			if asked++; asked == 1 {
				return nil, talkative(hush, "")[name]
			}
			return answerTo(r, 200, `{"id":1,"status":"success"}`), nil
		}, atOnce)
		_, err := client.Jobs.Wait(t.Context(), wireApp, 1, &gitlabci.WaitJobOptions{Interval: time.Millisecond})
		if end == nil {
			require.NoError(t, err)
			require.Equal(t, 2, asked)
			continue
		}
		require.Error(t, err)
		require.ErrorAs(t, err, new(*tls.CertificateVerificationError))
		require.Equal(t, 1, asked)
	}
	asked := 0
	client := through(t, func(r *http.Request) (*http.Response, error) { return answerTo(r, 200, `{"id":1}`), nil }).WithAuth(func(context.Context, http.Header) error {
		asked++
		return errors.New("refused: " + hush)
	})
	_, err := client.Jobs.Wait(t.Context(), wireApp, 1, &gitlabci.WaitJobOptions{Interval: time.Millisecond})
	require.EqualError(t, err, "gitlabci: wait for job: get job: GET /projects/group%2Fapp/jobs/1: credentials: refused: [redacted]")
	require.Equal(t, 1, asked)
}
