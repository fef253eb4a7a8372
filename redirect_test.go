package gitlabci_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

// abroad is a server that credentials must not reach. It remembers all that did.
type abroad struct {
	*httptest.Server
	mu   sync.Mutex
	seen []string
}

func (a *abroad) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	a.mu.Lock()
	a.seen = append(a.seen, fmt.Sprint(r.Method, " ", r.URL, " ", r.Header, " ", string(body)))
	a.mu.Unlock()
	io.WriteString(w, `{"id":1}`)
}

func (a *abroad) visits() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.seen
}

// travellers are calls with every kind of secret along.
func travellers() (reading, writing []apiCall) {
	secrets := []gitlabci.RequestOption{
		gitlabci.WithSudo("hush-sudo"), gitlabci.WithHeader("Cookie", "session=hush-cookie"), gitlabci.WithHeader("X-Vault-Token", "hush-vault"),
		gitlabci.WithHeader("Authorization", "Bearer hush-bearer"), gitlabci.WithHeader("Job-Token", "hush-job"), gitlabci.WithQuery("private_token", "hush-query"),
		gitlabci.WithHeader("Referer", "http://hush-referer/"),
	}
	with := func(opts []gitlabci.RequestOption) []gitlabci.RequestOption {
		return append(secrets[:len(secrets):len(secrets)], opts...)
	}
	reading = []apiCall{
		{"get job", nil, func(ctx context.Context, c *gitlabci.Client, o ...gitlabci.RequestOption) error {
			return ignore(c.Jobs.Get(ctx, wireApp, 1, with(o)...))
		}},
		{"get artifacts", nil, func(ctx context.Context, c *gitlabci.Client, o ...gitlabci.RequestOption) error {
			return drain(c.Jobs.Artifacts(ctx, wireApp, 1, nil, with(o)...))
		}},
		{"get trace", nil, func(ctx context.Context, c *gitlabci.Client, o ...gitlabci.RequestOption) error {
			return drain(c.Jobs.Trace(ctx, wireApp, 1, nil, with(o)...))
		}},
		{"any HEAD", nil, func(ctx context.Context, c *gitlabci.Client, o ...gitlabci.RequestOption) error {
			return c.Do(ctx, "HEAD", "projects/1/jobs/1/artifacts", nil, nil, with(o)...)
		}},
	}
	writing = []apiCall{
		{"run trigger", gitlabci.ErrTriggerRun, func(ctx context.Context, c *gitlabci.Client, o ...gitlabci.RequestOption) error {
			return ignore(c.Triggers.Run(ctx, wireApp, &gitlabci.RunTriggerOptions{Token: "hush-trigger", Ref: "main"}, with(o)...))
		}},
		{"retry job", gitlabci.ErrJobRetry, func(ctx context.Context, c *gitlabci.Client, o ...gitlabci.RequestOption) error {
			return ignore(c.Jobs.Retry(ctx, wireApp, 1, nil, with(o)...))
		}},
		{"cancel pipeline", gitlabci.ErrPipelineCancel, func(ctx context.Context, c *gitlabci.Client, o ...gitlabci.RequestOption) error {
			return ignore(c.Pipelines.Cancel(ctx, wireApp, 1, nil, with(o)...))
		}},
		{"update variable", gitlabci.ErrVariableUpdate, func(ctx context.Context, c *gitlabci.Client, o ...gitlabci.RequestOption) error {
			return ignore(c.Variables.Update(ctx, wireApp, gitlabci.Key("K"), &gitlabci.UpdateVariableOptions{Value: new(gitlabci.Secret("hush-value"))}, with(o)...))
		}},
		{"delete runner by token", gitlabci.ErrRunnerDelete, func(ctx context.Context, c *gitlabci.Client, o ...gitlabci.RequestOption) error {
			return c.Runners.DeleteByToken(ctx, "hush-runner", with(o)...)
		}},
		{"any PATCH", nil, func(ctx context.Context, c *gitlabci.Client, o ...gitlabci.RequestOption) error {
			return c.Do(ctx, "PATCH", "projects/1", map[string]string{"token": "hush-body"}, nil, with(o)...)
		}},
	}
	return reading, writing
}

var redirections = []int{301, 302, 303, 307, 308}

func TestCredentialsStayHome(t *testing.T) {
	reading, writing := travellers()
	for _, crossing := range []string{"another port", "another host", "https to https", "https to http"} {
		for _, code := range redirections {
			t.Run(fmt.Sprint(crossing, " ", code), func(t *testing.T) {
				elsewhere := new(abroad)
				var target atomic.Value
				var asked atomic.Int32
				home := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					asked.Add(1)
					w.Header().Set("Location", target.Load().(string))
					w.WriteHeader(code)
				}))
				elsewhere.Server = httptest.NewUnstartedServer(elsewhere)
				if strings.HasPrefix(crossing, "https") {
					home.StartTLS()
				} else {
					home.Start()
				}
				if crossing == "https to https" {
					elsewhere.StartTLS()
				} else {
					elsewhere.Start()
				}
				defer home.Close()
				defer elsewhere.Close()
				to := elsewhere.URL + "/signed?signature=hush-signature"
				if crossing == "another host" {
					to = strings.Replace(to, "127.0.0.1", "localhost", 1)
				}
				target.Store(to)

				httpClient := home.Client()
				jar, _ := cookiejar.New(nil)
				httpClient.Jar = jar
				homeURL, _ := url.Parse(home.URL)
				jar.SetCookies(homeURL, []*http.Cookie{{Name: "_gitlab_session", Value: "hush-jar"}}) // jars know hosts, not ports
				client := clientOf(t, home.URL, gitlabci.WithHTTPClient(httpClient), atOnce)

				for _, call := range reading {
					err := call.do(t.Context(), client)
					if crossing == "https to http" {
						require.ErrorIs(t, err, gitlabci.ErrRedirected, call.name)
						require.NotContains(t, err.Error(), "hush")
						require.Empty(t, elsewhere.visits())
						continue
					}
					require.NoError(t, err, call.name)
					visits := elsewhere.visits()
					last := strings.Replace(visits[len(visits)-1], "hush-signature", "", 1)
					for _, never := range []string{"hush", "Token", "Sudo", "Authorization", "Cookie", "Referer"} {
						require.NotContains(t, last, never, call.name)
					}
				}
				before := len(elsewhere.visits())
				for _, call := range writing {
					asked.Store(0)
					err := call.do(t.Context(), client)
					require.ErrorIs(t, err, gitlabci.ErrRedirected, call.name)
					require.NotErrorIs(t, err, gitlabci.ErrOutcomeUnknown, call.name)
					if call.failure != nil {
						require.ErrorIs(t, err, call.failure, call.name)
					}
					require.NotContains(t, err.Error(), "hush", call.name)
					require.Equal(t, code, failureOf(t, err).StatusCode)
					require.EqualValues(t, 1, asked.Load(), call.name)
				}
				require.Len(t, elsewhere.visits(), before, "nothing is sent there")
			})
		}
	}
}

func TestRedirectWithinHome(t *testing.T) {
	reading, writing := travellers()
	for _, code := range redirections {
		var asked []string
		srv := serveWith(t, func(w http.ResponseWriter, r *http.Request) {
			asked = append(asked, r.Header.Get("Private-Token")+" "+r.Header.Get("Sudo")+" "+r.Header.Get("Referer"))
			if !strings.Contains(r.URL.Path, "moved") {
				http.Redirect(w, r, "/api/v4/moved", code)
				return
			}
			io.WriteString(w, `{"id":1}`)
		})
		client := clientOf(t, srv.URL, atOnce)
		_, err := client.Jobs.Get(t.Context(), wireApp, 1, gitlabci.WithSudo("jane"))
		require.NoError(t, err)
		require.Equal(t, []string{hush + " jane ", hush + " jane "}, asked)
		for _, call := range reading {
			require.NoError(t, call.do(t.Context(), client), call.name)
		}
		for _, call := range writing {
			asked = nil
			err := call.do(t.Context(), client)
			require.ErrorIs(t, err, gitlabci.ErrRedirected, call.name)
			require.Contains(t, err.Error(), srv.URL+"/api/v4/moved", "where a project moved to is worth knowing")
			require.Len(t, asked, 1)
		}
	}
}

// Another host must not choose what is asked with our credentials.
func TestRedirectAwayAndBack(t *testing.T) {
	var back []string
	var away string
	home := serveWith(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "secrets") {
			back = append(back, fmt.Sprint(r.Header))
			io.WriteString(w, `{"id":1}`)
			return
		}
		http.Redirect(w, r, away, http.StatusFound)
	})
	other := serveWith(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, home.URL+"/api/v4/secrets", http.StatusFound)
	})
	away = other.URL
	reading, _ := travellers()
	for _, call := range reading {
		require.NoError(t, call.do(t.Context(), clientOf(t, home.URL)), call.name)
	}
	require.Len(t, back, len(reading))
	for _, never := range []string{"hush", "Token", "Sudo", "Authorization", "Cookie", "Referer"} {
		require.NotContains(t, fmt.Sprint(back), never)
	}
}

func TestRedirectsEnd(t *testing.T) {
	for name, location := range map[string]string{"to itself": "", "to another of itself": "?again"} {
		t.Run(name, func(t *testing.T) {
			var asked atomic.Int32
			srv := serveWith(t, func(w http.ResponseWriter, r *http.Request) {
				asked.Add(1)
				w.Header().Set("Location", r.URL.Path+location)
				w.WriteHeader(302)
			})
			_, err := clientOf(t, srv.URL, atOnce).Jobs.Get(t.Context(), wireApp, 1)
			require.ErrorIs(t, err, gitlabci.ErrRedirected)
			require.ErrorIs(t, err, gitlabci.ErrJobGet)
			require.EqualValues(t, 10, asked.Load())
			require.Equal(t, 1, failureOf(t, err).Attempts)
		})
	}
}

func TestStrangeRedirects(t *testing.T) {
	for location, want := range map[string]string{
		"http://%zz/?signature=hush-signature":                 "redirected",
		"http://[::1/?signature=hush-signature":                "redirected",
		"ftp://files.example.com/a?signature=hush-signature":   "unsupported protocol scheme",
		"file:///etc/passwd?signature=hush-signature":          "unsupported protocol scheme",
		"http://user:hush-password@127.0.0.1:1/?x=hush-secret": "connection refused",
		"": "302 Found",
	} {
		t.Run(location, func(t *testing.T) {
			srv := serveWith(t, func(w http.ResponseWriter, r *http.Request) {
				if location != "" {
					w.Header().Set("Location", location)
				}
				w.WriteHeader(302)
			})
			client := clientOf(t, srv.URL, atOnce)
			_, err := client.Jobs.Get(t.Context(), wireApp, 1)
			require.ErrorContains(t, err, want)
			require.NotContains(t, err.Error(), "hush")
			_, err = client.Jobs.Play(t.Context(), wireApp, 1, nil)
			require.Error(t, err)
			require.NotContains(t, err.Error(), "hush")
			require.NotErrorIs(t, err, gitlabci.ErrOutcomeUnknown)
			require.Equal(t, 1, failureOf(t, err).Attempts)
		})
	}
}

// TestCredentialsThatARedirectTookOff: who is asked from elsewhere does not know the caller, and the error says why.
func TestCredentialsThatARedirectTookOff(t *testing.T) {
	for path, base := range map[string]string{"": "", "/gitlab": "/gitlab"} {
		there := serveWith(t, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusUnauthorized)
			io.WriteString(w, `{"message":"401 Unauthorized"}`)
		})
		here := serveWith(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, there.URL+path+r.URL.EscapedPath(), http.StatusMovedPermanently)
		})
		for _, call := range againCalls {
			if call.method != http.MethodGet {
				continue
			}
			err := call.do(t.Context(), clientOf(t, here.URL))
			require.ErrorIs(t, err, gitlabci.ErrUnauthorized, call.name)
			require.ErrorContains(t, err, "a redirect to another origin took the credentials off: use "+there.URL+base+" as the base URL", call.name)
		}
		err := againCalls[0].do(t.Context(), clientOf(t, there.URL))
		require.ErrorIs(t, err, gitlabci.ErrUnauthorized)
		require.NotContains(t, err.Error(), "redirect")
	}
}
