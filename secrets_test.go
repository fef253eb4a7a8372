package gitlabci_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

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

// holders are the exported types with a Secret somewhere in them that the methods of the services take, give or call back with.
func holders(t *testing.T) []reflect.Type {
	var found []reflect.Type
	holds := make(map[reflect.Type]bool)
	var visit func(reflect.Type) bool
	visit = func(of reflect.Type) bool {
		if of == reflect.TypeFor[gitlabci.Secret]() {
			return true
		}
		if known, ok := holds[of]; ok {
			return known
		}
		holds[of] = false
		inner := false
		switch of.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
			inner = visit(of.Elem())
		case reflect.Func:
			for i := range of.NumIn() {
				visit(of.In(i))
			}
			for i := range of.NumOut() {
				visit(of.Out(i))
			}
		case reflect.Struct:
			for field := range of.Fields() {
				inner = visit(field.Type) || inner
			}
			if inner && strings.HasSuffix(of.PkgPath(), "/gitlabci") {
				require.True(t, ast.IsExported(of.Name()), "%v", of)
				found = append(found, of)
			}
		}
		holds[of] = inner
		return inner
	}
	client := reflect.TypeFor[gitlabci.Client]()
	methods := 0
	for field := range client.Fields() {
		if !field.IsExported() {
			continue
		}
		for method := range field.Type.Methods() {
			methods++
			for i := 1; i < method.Type.NumIn(); i++ { // 0 is the service, which knows the client
				if in := method.Type.In(i); in.Kind() != reflect.Interface && in != reflect.TypeFor[[]gitlabci.RequestOption]() {
					visit(in)
				}
			}
			for i := range method.Type.NumOut() {
				visit(method.Type.Out(i))
			}
		}
	}
	require.Greater(t, methods, 150)
	return found
}

// filled is a value of a type with something in every field, and the secret in every Secret.
func filled(of reflect.Type, depth int) reflect.Value {
	v := reflect.New(of).Elem()
	if depth == 0 {
		return v
	}
	switch of.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(of.Elem()))
		v.Elem().Set(filled(of.Elem(), depth-1))
	case reflect.Slice:
		v.Set(reflect.Append(v, filled(of.Elem(), depth-1)))
	case reflect.Map:
		v.Set(reflect.MakeMap(of))
		v.SetMapIndex(filled(of.Key(), depth-1), filled(of.Elem(), depth-1))
	case reflect.Struct:
		if of == reflect.TypeFor[time.Time]() {
			return reflect.ValueOf(time.Unix(1_700_000_000, 0))
		}
		for i := range of.NumField() {
			if of.Field(i).IsExported() {
				v.Field(i).Set(filled(of.Field(i).Type, depth-1))
			}
		}
	case reflect.String:
		if v.SetString("text"); of == reflect.TypeFor[gitlabci.Secret]() {
			v.SetString(hush)
		}
	case reflect.Int64, reflect.Int:
		v.SetInt(17)
	case reflect.Float64:
		v.SetFloat(1.5)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Interface:
		if of == reflect.TypeFor[error]() {
			return reflect.ValueOf(errors.New("text"))
		}
		v.Set(reflect.ValueOf(map[string]any{"in": gitlabci.Secret(hush)}))
	}
	return v
}

// Every type that holds a Secret hides it, in whatever it is itself, under every verb and flag, and from a log.
func TestNoResultOrOptionPrintsASecret(t *testing.T) {
	types := holders(t)
	require.GreaterOrEqual(t, len(types), 18)
	verbs := []string{"%v", "%+v", "%#v", "%s", "%q", "%#q", "%+q", "%d", "%x", "%X", "% x", "%#x", "%t", "%c", "%U", "%e", "%10s", "%-10v", "%.3s", "%b", "%o", "%!"}
	secrets := []string{hush, hex.EncodeToString([]byte(hush)), strings.ToUpper(hex.EncodeToString([]byte(hush))), strings.Trim(fmt.Sprint([]byte(hush)), "[]"), hush[:3] + " "}
	for _, of := range types {
		t.Run(of.Name(), func(t *testing.T) {
			value := filled(of, 14)
			require.True(t, of.Implements(reflect.TypeFor[fmt.Formatter]()), "%v holds a Secret and needs func (%v) Format", of, of)
			require.True(t, of.Implements(reflect.TypeFor[slog.LogValuer]()), "%v holds a Secret and needs func (%v) LogValue", of, of)
			pointer := reflect.New(of)
			pointer.Elem().Set(value)
			for _, v := range []reflect.Value{value, pointer} {
				slice := reflect.Append(reflect.MakeSlice(reflect.SliceOf(v.Type()), 0, 1), v)
				slices := reflect.New(slice.Type())
				slices.Elem().Set(slice)
				array := reflect.New(reflect.ArrayOf(1, v.Type())).Elem()
				array.Index(0).Set(v)
				byName := reflect.MakeMap(reflect.MapOf(reflect.TypeFor[string](), v.Type()))
				byName.SetMapIndex(reflect.ValueOf("k"), v)
				ofSlices := reflect.MakeMap(reflect.MapOf(reflect.TypeFor[string](), slice.Type()))
				ofSlices.SetMapIndex(reflect.ValueOf("k"), slice)
				outer := reflect.New(reflect.StructOf([]reflect.StructField{{Name: "A", Type: v.Type()}, {Name: "B", Type: slice.Type()}})).Elem()
				outer.Field(0).Set(v)
				outer.Field(1).Set(slice)
				for _, shape := range []any{v.Interface(), slice.Interface(), slices.Interface(), array.Interface(), byName.Interface(), ofSlices.Interface(), outer.Interface(),
					outer.Addr().Interface(), []any{v.Interface()}, map[string]any{"k": v.Interface()}, struct{ In any }{v.Interface()}} {
					for _, verb := range verbs {
						printed := fmt.Sprintf(verb, shape)
						for _, secret := range secrets {
							require.NotContains(t, printed, secret, "%T under %s", shape, verb)
						}
					}
				}
				var out bytes.Buffer
				for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
					slog.New(handler).With("with", v.Interface()).Info("m", "value", v.Interface(), slog.Group("g", "value", v.Interface()))
				}
				require.NotContains(t, out.String(), hush)
				require.Contains(t, out.String(), "[redacted]")
			}
			require.Contains(t, fmt.Sprintf("%d", value.Interface()), "[redacted]")
			require.Contains(t, fmt.Sprintf("%s", value.Interface()), "{")
			for field := range of.Fields() {
				if !field.IsExported() {
					continue
				}
				require.Contains(t, fmt.Sprintf("%+v", value.Interface()), field.Name+":")
				require.Contains(t, fmt.Sprintf("%#v", value.Interface()), field.Name+":")
			}
			require.NotPanics(t, func() { prints(reflect.New(of).Interface()); prints(reflect.Zero(reflect.PointerTo(of)).Interface()) })
			sent, err := json.Marshal(pointer.Interface())
			require.NoError(t, err)
			require.Contains(t, string(sent), hush, "it is sent in full")
		})
	}
	job := &gitlabci.Job{Runner: &gitlabci.Runner{Token: hush}}
	for _, shape := range []any{gitlabci.PipelineError{FailedJobs: []*gitlabci.Job{job}}, gitlabci.JobError{Job: job}, []gitlabci.JobError{{Job: job}}} {
		for _, verb := range verbs {
			require.NotContains(t, fmt.Sprintf(verb, shape), hush, "%T under %s", shape, verb)
		}
	}
	printed := prints(&gitlabci.Trigger{ID: 17, Token: hush, Description: "nightly"})
	require.Contains(t, printed, `"value":{"id":17,"description":"nightly","token":"[redacted]"}`)
	require.Contains(t, printed, `{ID:17 Description:nightly Token:[redacted] CreatedAt:0001-01-01 00:00:00 +0000 UTC`)
	require.Contains(t, printed, `gitlabci.Trigger{ID:17, Description:"nightly", Token:[redacted], CreatedAt:time.Date(1, time.January`)
	require.Equal(t, "{K [redacted] file true}", fmt.Sprintf("%s", gitlabci.PipelineVariable{Key: "K", Value: hush, VariableType: gitlabci.VariableFile, Raw: true}))
	require.Contains(t, prints(&gitlabci.CreatePipelineOptions{Ref: "main", Variables: []gitlabci.PipelineVariable{{Key: "K", Value: hush}}}),
		`"value":{"ref":"main","variables":[{"key":"K","value":"[redacted]"}]}`)
	require.Contains(t, prints(gitlabci.RunTriggerOptions{Ref: "main", Variables: []gitlabci.PipelineVariable{{Key: "K", Value: hush}}}), `"value":{"ref":"main","variables":[{"key":"K","value":"[redacted]"}]}`)
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

func TestBaseURLsWithAPassword(t *testing.T) {
	for _, bad := range []string{
		"https://jane:hush@gitlab.example.com", "https://jane:hush@gitlab.example.com:port", "https://jane:hush@[::1", "jane:hush@gitlab.example.com",
		"//jane:hush@gitlab.example.com", "http//jane:hush@gitlab.example.com", "ftp://jane:hush@gitlab.example.com", "https://jane:hush@", "https:jane:hush@host",
		"https://gitlab.example.com/?private_token=hush", "https://gitlab.example.com/#hush", "https://jane:hush%zz@gitlab.example.com", "https://gitlab.example.com/\x00hush",
		" https://jane:hush@gitlab.example.com", "hush", "/hush", "mailto:hush",
	} {
		client, err := gitlabci.NewClient(bad, gitlabci.PrivateToken(hush))
		require.Nil(t, client)
		require.ErrorIs(t, err, gitlabci.ErrInvalidArgument, bad)
		require.NotContains(t, prints(err), "hush", bad)
		if !strings.Contains(bad, "\x00") {
			t.Setenv("GITLAB_URL", bad)
			_, err = gitlabci.NewClientFromEnv()
			require.ErrorIs(t, err, gitlabci.ErrInvalidArgument, bad)
			require.NotContains(t, prints(err), "hush", bad)
		}
	}
}

func TestTokenWithALineBreak(t *testing.T) {
	srv := serveWith(t, func(http.ResponseWriter, *http.Request) { t.Error("sent") })
	for _, auth := range []gitlabci.Auth{gitlabci.PrivateToken(hush + "\n"), gitlabci.OAuthToken(hush + "\r\n"), gitlabci.JobToken(hush + "\n"),
		gitlabci.OAuthTokenSource(func(context.Context) (string, error) { return hush + "\n", nil })} {
		client, err := gitlabci.NewClient(srv.URL, auth)
		require.NoError(t, err)
		_, err = client.Jobs.Play(t.Context(), wireApp, 1, nil)
		require.ErrorIs(t, err, gitlabci.ErrInvalidArgument)
		require.ErrorIs(t, err, gitlabci.ErrJobPlay)
		require.ErrorContains(t, err, "the token is empty or holds a line break")
		requireSecret(t, hush, err)
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
