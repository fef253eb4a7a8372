package gitlabci

import (
	"net/http"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci/internal/transport"
)

func FuzzParseMessage(f *testing.F) {
	for _, seed := range []string{
		`{"message":"404 Project Not Found"}`, `{"message":{"base":["Reference not found"]}}`, `{"message":{"error":"too many"}}`, `{"error":"ref is missing"}`,
		`{"error":"invalid_token","error_description":"Token was revoked.","scope":"api"}`, "Retry later\n", "<html><title>Sign in</title></html>", "null", "1e400", "[]",
		`["a",{"b":[null,1]}]`, `"text"`, `{"message":[[[]]],"error":{"a":{"b":"c"}}}`, "\x1b[31mred\x1b[0m\r\n\u202e", "\xff\xfe", `{"message":"\u0000\u2028"}`,
		`<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>`, "<title><title></title>", strings.Repeat("[", 200),
	} {
		f.Add("application/json", []byte(seed))
		f.Add("text/html", []byte(seed))
	}
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		message, _ := parseMessage(contentType, body)
		if len(message) > transport.MaxLine || !utf8.ValidString(message) || message != strings.TrimSpace(message) {
			t.Fatalf("%q", message)
		}
		for _, r := range message {
			if !unicode.IsGraphic(r) || r == '\n' {
				t.Fatalf("%q holds %q", message, r)
			}
		}
		e := &Error{Op: "o", Method: "GET", Route: "/r", StatusCode: 400, Message: message}
		if strings.ContainsAny(e.Error(), "\r\n") {
			t.Fatalf("%q", e.Error())
		}
	})
}

// An answer that would not fit is given up, not read on.
func TestHugeAnswer(t *testing.T) {
	defer func(limit int64) { maxBody = limit }(maxBody)
	maxBody = 1 << 20
	read := 0
	client, err := NewClient("http://gitlab.test", Anonymous(), WithHTTPClient(&http.Client{Transport: endless{&read}}))
	require.NoError(t, err)
	for _, do := range []func() error{
		func() error { _, err := client.Jobs.Get(t.Context(), ProjectID(1), 1); return err },
		func() error { _, err := client.Jobs.List(t.Context(), ProjectID(1), nil).Collect(); return err },
	} {
		read = 0
		err = do()
		require.ErrorIs(t, err, ErrDecode)
		require.ErrorContains(t, err, "it is longer than 1 MiB")
		require.LessOrEqual(t, read, 1<<20+64<<10)
	}
}

// endless answers with spaces and counts how many were read.
type endless struct{ read *int }

func (e endless) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: e, ContentLength: -1, Request: r}, nil
}

func (e endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	*e.read += len(p)
	return len(p), nil
}

func (endless) Close() error { return nil }
