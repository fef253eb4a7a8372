package gitlabci_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

// prints is all that printing and logging make of a value.
func prints(value any) string {
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%t"} {
		fmt.Fprintf(&out, verb+"\n", value)
	}
	if err, ok := value.(error); ok {
		out.WriteString(err.Error())
	}
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(handler).Info("m", "value", value, slog.Group("g", "value", value))
		slog.New(handler).With("value", value).Info("m")
	}
	return out.String()
}

func requireSecret(t testing.TB, secret string, value any) {
	t.Helper()
	printed := prints(value)
	for _, form := range []string{secret, hex.EncodeToString([]byte(secret)), strings.ToUpper(hex.EncodeToString([]byte(secret))), fmt.Sprint([]byte(secret)), url.QueryEscape(secret)} {
		require.NotContains(t, printed, form)
	}
}

func TestNothingPrintsASecret(t *testing.T) {
	client := clientOf(t, "https://gitlab.example.com")
	secret := gitlabci.Secret(hush)
	values := map[string]any{
		"client": client, "client value": *client, "derived": client.WithAuth(gitlabci.OAuthToken(hush)),
		"pipelines": client.Pipelines, "jobs": client.Jobs, "runners": client.Runners, "variables": client.Variables, "triggers": client.Triggers,
		"schedules": *client.Schedules,
		"private":   gitlabci.PrivateToken(hush), "oauth": gitlabci.OAuthToken(hush), "job": gitlabci.JobToken(hush), "deploy": gitlabci.DeployToken(hush),
		"source": gitlabci.OAuthTokenSource(func(context.Context) (string, error) { return hush, nil }),
		"secret": secret, "secret pointer": &secret,
		"option": gitlabci.WithHeader("Private-Token", hush),
	}
	for name, value := range values {
		t.Run(name, func(t *testing.T) { requireSecret(t, hush, value) })
	}
	for _, nested := range []any{[]gitlabci.Secret{secret}, map[string]gitlabci.Secret{"a": secret}} { // JSON, also that of a log, has these in full
		require.NotContains(t, fmt.Sprintf("%v %+v %#v %s %q %x", nested, nested, nested, nested, nested, nested), hush)
	}
	require.Equal(t, "gitlabci.Client(https://gitlab.example.com/api/v4)", fmt.Sprintf("%#v", client))
	require.Equal(t, "[redacted]", fmt.Sprintf("%q", secret))
	require.Equal(t, hush, string(secret))
	sent, err := json.Marshal(secret)
	require.NoError(t, err)
	require.Equal(t, `"`+hush+`"`, string(sent))
}

// An echo is a server that sends back all it was sent, and has many ways of doing so.
func TestEchoes(t *testing.T) {
	const (
		trigger = "glptt-hush-of-a-trigger"
		vault   = "hush-of-a-vault/+="
	)
	everything := func(r *http.Request) string {
		body, _ := io.ReadAll(r.Body)
		return fmt.Sprintf("%s %s %v %s", r.Method, r.URL, r.Header, body)
	}
	marshal := func(v any) string { b, _ := json.Marshal(v); return string(b) }
	// Every letter as an escape, as some servers have it for a few.
	escaped := func(text string) string {
		var b strings.Builder
		for _, c := range text {
			fmt.Fprintf(&b, `\u%04x`, c)
		}
		return `"` + b.String() + `"`
	}
	echoes := map[string]func(string) (contentType, body string){
		"message": func(all string) (string, string) {
			return "application/json", marshal(map[string]string{"message": all})
		},
		"error": func(all string) (string, string) {
			return "application/json", marshal(map[string]string{"error": "e", "error_description": all})
		},
		"fields": func(all string) (string, string) {
			return "application/json", marshal(map[string]any{"message": map[string]any{"base": []string{all}, "k": []string{all}}})
		},
		"plain text": func(all string) (string, string) { return "text/plain", all },
		"a page":     func(all string) (string, string) { return "text/html", "<html><title>" + all + "</title><pre>" + all },
		"escapes": func(all string) (string, string) {
			return "application/json", `{"message":{"base":[` + escaped(all) + `]}}`
		},
		"garbage": func(all string) (string, string) { return "application/json", all },
		"the end of what is kept": func(all string) (string, string) {
			at := strings.Index(all, hush)
			return "text/plain", strings.Repeat(".", 64<<10-at-7) + all
		},
	}
	for name, echo := range echoes {
		for _, status := range []int{200, 201, 400, 403, 502} {
			t.Run(fmt.Sprint(name, " ", status), func(t *testing.T) {
				srv := serveWith(t, func(w http.ResponseWriter, r *http.Request) {
					contentType, body := echo(everything(r))
					w.Header().Set("Content-Type", contentType)
					w.Header().Set("X-Request-Id", r.Header.Get("Private-Token"))
					w.WriteHeader(status)
					io.WriteString(w, body)
				})
				client := clientOf(t, srv.URL, atOnce)
				for _, err := range []error{
					ignore(client.Triggers.Run(t.Context(), wireApp, &gitlabci.RunTriggerOptions{Token: trigger, Ref: "main"}, gitlabci.WithHeader("X-Vault-Token", vault))),
					ignore(client.Runners.ResetTokenByToken(t.Context(), trigger)),
					ignore(client.Jobs.List(t.Context(), wireApp, nil, gitlabci.WithHeader("Authorization", "Basic "+hush)).Collect()),
					client.Runners.DeleteByToken(t.Context(), trigger, gitlabci.WithHeader("Cookie", "session="+hush)),
					drain(client.Jobs.Trace(t.Context(), wireApp, 1, nil)),
				} {
					var e *gitlabci.Error
					if !errors.As(err, &e) {
						continue // a body that does as an answer
					}
					for _, secret := range []string{hush, trigger, vault} {
						require.NotContains(t, err.Error(), secret)
						if len(e.Body) < 4<<10 {
							requireSecret(t, secret, err)
						}
						require.NotContains(t, fmt.Sprint(e.Message, e.Fields, string(e.Body), e.RequestID), secret)
					}
					require.NotContains(t, string(e.Body), hush[:12], "nor the beginning of a token")
				}
			})
		}
	}
}

// Tokens of which one begins with the other leave no rest.
func TestSecretWithinASecret(t *testing.T) {
	srv := serveWith(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(400)
		w.Write(body)
	})
	_, err := clientOf(t, srv.URL).Triggers.Run(t.Context(), wireApp, &gitlabci.RunTriggerOptions{Token: hush + "-and-more", Ref: "main"})
	require.NotContains(t, string(failureOf(t, err).Body), "and-more")
}

func TestLostConnectionsPrintNoQuery(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	dead := srv.URL
	for range 2 {
		client := clientOf(t, dead, atOnce)
		for _, err := range []error{
			client.Runners.DeleteByToken(t.Context(), "hush-of-a-runner"),
			ignore(client.Jobs.Get(t.Context(), wireApp, 1, gitlabci.WithQuery("private_token", "hush-query"))),
			client.Do(t.Context(), "GET", "runners?token=hush-query", nil, nil),
			client.Do(t.Context(), "POST", "runners?token=hush-query%", nil, nil),
		} {
			require.Error(t, err)
			require.NotContains(t, prints(err), "hush")
			require.NotContains(t, err.Error(), "http://")
		}
		srv.Close() // and now nobody listens
	}
}

func TestEchoesOfNestedSecrets(t *testing.T) {
	client := through(t, func(r *http.Request) (*http.Response, error) {
		return answerTo(r, 400, `{"message":"glptt-0123456789 is bad"}`), nil
	})
	const token = gitlabci.Secret("glptt-0123456789")
	ring := &struct {
		Token gitlabci.Secret `json:"token"`
		Self  any             `json:"-"`
	}{Token: token}
	ring.Self = ring
	for _, in := range []any{
		map[string]gitlabci.Secret{"token": token}, []gitlabci.Secret{token}, map[string]any{"tokens": []any{token}}, ring,
	} {
		err := client.Do(t.Context(), http.MethodPost, "runners", in, nil)
		require.EqualError(t, err, "gitlabci: call: POST /runners: 400 Bad Request: [redacted] is bad")
	}
	_, err := client.Pipelines.Create(t.Context(), wireApp, &gitlabci.CreatePipelineOptions{Ref: "main", Inputs: map[string]any{"token": token}})
	require.NotContains(t, err.Error(), string(token))
}

func TestEchoesOfHeaders(t *testing.T) {
	client := through(t, func(r *http.Request) (*http.Response, error) {
		return answerTo(r, 403, `{"message":"refused: key-0123456789"}`), nil
	})
	for _, header := range [][2]string{
		{"X-Api-Key", "key-0123456789"}, {"CF-Access-Client-Secret", "key-0123456789"}, {"Proxy-Authorization", "Basic key-0123456789"},
		{"Authorization", "Token key-0123456789"}, {"Authorization", "bearer key-0123456789"}, {"Cookie", "_gitlab_session=key-0123456789; theme=dark"},
	} {
		_, err := client.Jobs.Get(t.Context(), wireApp, 7, gitlabci.WithHeader(header[0], header[1]))
		require.ErrorIs(t, err, gitlabci.ErrForbidden)
		require.Contains(t, err.Error(), "refused: [redacted]", header)
	}
}
