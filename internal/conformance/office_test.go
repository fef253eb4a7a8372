package conformance_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

// An office answers for GitLab as the exchanges of a row say, and keeps what it was sent. Each call finds it below a path of its own.
type office struct {
	url  string
	http *http.Client

	mu    sync.Mutex
	calls map[string]*officeCall
}

// An officeCall is one call of a method: what is to come of it, and what did.
type officeCall struct {
	exchanges []exchange
	mishap    *mishap

	requests   []received
	operations []gitlabci.Operation
}

// A mishap is an answer in place of the one that the row has for the exchange at the index.
type mishap struct {
	at          int
	status      int
	contentType string
	body        string
}

// A received request is what came over the wire.
type received struct{ line, query, contentType, token, body string }

func newOffice(t *testing.T) *office {
	o := &office{http: &http.Client{Transport: &http.Transport{}}, calls: make(map[string]*officeCall)}
	srv := httptest.NewServer(o)
	o.url = srv.URL
	t.Cleanup(func() {
		o.http.CloseIdleConnections()
		srv.Close()
	})
	return o
}

func (o *office) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	prefix, path, _ := strings.Cut(r.RequestURI, "/api/v4")
	path, query, _ := strings.Cut(path, "?")
	body, _ := io.ReadAll(r.Body)

	o.mu.Lock()
	defer o.mu.Unlock()
	c := o.calls[prefix]
	line := r.Method + " " + path
	i := slices.IndexFunc(c.exchanges, func(e exchange) bool { return e.sends == line })
	contentType := r.Header.Get("Content-Type")
	if i >= 0 && c.exchanges[i].form {
		contentType, body = shownForm(contentType, body)
	}
	c.requests = append(c.requests, received{line, query, contentType, r.Header.Get("Private-Token"), string(body)})
	w.Header().Set("X-Request-Id", "01JPRJ")
	switch {
	case i < 0:
		w.WriteHeader(http.StatusTeapot)
	case c.mishap != nil && c.mishap.at == i:
		w.Header().Set("Content-Type", c.mishap.contentType)
		w.WriteHeader(c.mishap.status)
		io.WriteString(w, c.mishap.body)
	default:
		w.Header().Set("Content-Type", "application/json")
		if answer := c.exchanges[i].answer; answer != "" && answer != "null" && answer[0] != '{' && answer[0] != '[' {
			w.Header().Set("Content-Type", "application/octet-stream")
		}
		w.WriteHeader(max(c.exchanges[i].status, http.StatusOK))
		io.WriteString(w, c.exchanges[i].answer)
	}
}

// shownForm shows a form as the table has it. What is none stays as it is.
func shownForm(contentType string, body []byte) (shownType string, shown []byte) {
	mediaType, params, _ := mime.ParseMediaType(contentType)
	if mediaType != "multipart/form-data" {
		return contentType, body
	}
	fields := make(map[string]string)
	form := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	for {
		part, err := form.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return contentType, body
		}
		value, _ := io.ReadAll(part)
		fields[part.FormName()] = string(value)
	}
	shown, _ = json.Marshal(fields)
	return "application/json", shown
}

// seen are the operations that the transport of the client was asked to carry.
func (c *officeCall) seen(next http.RoundTripper) http.RoundTripper {
	return transportFunc(func(req *http.Request) (*http.Response, error) {
		op, _ := gitlabci.OperationFrom(req.Context())
		c.operations = append(c.operations, op)
		return next.RoundTrip(req)
	})
}

type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// content is a file among options, which each call opens anew.
type content string

func (content) Read([]byte) (int, error) { panic("not opened") }

// opened are options with their file opened.
func opened(arg any) any {
	o, ok := arg.(*gitlabci.CreateSecureFileOptions)
	if !ok || o == nil {
		return arg
	}
	if text, ok := o.File.(content); ok {
		o = &gitlabci.CreateSecureFileOptions{Name: o.Name, File: strings.NewReader(string(text))}
	}
	return o
}

// call calls the method of a row with these arguments.
func (o *office) call(t *testing.T, ctx context.Context, r *methodRow, args []any, f *mishap) (*officeCall, any, error) {
	t.Helper()
	c := &officeCall{exchanges: r.exchanges(), mishap: f}
	o.mu.Lock()
	prefix := fmt.Sprintf("/%d", len(o.calls))
	o.calls[prefix] = c
	o.mu.Unlock()
	client, err := gitlabci.NewClient(o.url+prefix, gitlabci.PrivateToken("glpat-1"), gitlabci.WithHTTPClient(o.http), gitlabci.WithTransport(c.seen),
		gitlabci.WithRetry(gitlabci.RetryPolicy{MaxAttempts: 3, MinWait: time.Millisecond, MaxWait: time.Millisecond}))
	require.NoError(t, err)
	result, err := invoke(ctx, client, r.method, args)
	return c, result, err
}

// invoke calls a method by its name. A list is collected, a download is read to its end.
func invoke(ctx context.Context, client *gitlabci.Client, method string, args []any) (any, error) {
	service, name, _ := strings.Cut(method, ".")
	f := reflect.ValueOf(client).Elem().FieldByName(service).MethodByName(name)
	values := []reflect.Value{reflect.ValueOf(ctx)}
	for i, arg := range args {
		if arg == nil {
			values = append(values, reflect.Zero(f.Type().In(i+1)))
		} else {
			values = append(values, reflect.ValueOf(opened(arg)))
		}
	}
	results := f.Call(values)
	if collect := results[0].MethodByName("Collect"); results[0].Kind() == reflect.Func && collect.IsValid() {
		results = collect.Call(nil)
	}
	err, _ := results[len(results)-1].Interface().(error)
	if len(results) == 1 {
		return nil, err
	}
	if body, ok := results[0].Interface().(io.ReadCloser); ok && err == nil {
		text, err := io.ReadAll(body)
		return string(text), errors.Join(err, body.Close())
	}
	return results[0].Interface(), err
}

func (req received) require(t *testing.T, line, query, body string) {
	t.Helper()
	require.Equal(t, line, req.line)
	require.Equal(t, "glpat-1", req.token)
	sent, err := url.ParseQuery(req.query)
	require.NoError(t, err)
	require.Equal(t, readableQuery(t, query), sent)
	if body == "" {
		require.Empty(t, req.body)
		require.Empty(t, req.contentType)
		return
	}
	require.Equal(t, "application/json", req.contentType)
	require.JSONEq(t, body, req.body)
}

// readableQuery reads a query as the table has it: only what would end a value is escaped.
func readableQuery(t *testing.T, query string) url.Values {
	values := make(url.Values)
	for parameter := range strings.SplitSeq(query, "&") {
		if name, value, ok := strings.Cut(parameter, "="); ok {
			value, err := url.PathUnescape(value)
			require.NoError(t, err)
			values.Add(name, value)
		}
	}
	return values
}

func (c *officeCall) count(line string) (n int) {
	for _, r := range c.requests {
		if r.line == line {
			n++
		}
	}
	return n
}
