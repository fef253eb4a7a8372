package gitlabci

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci/internal/transport"
)

// TestParseMessage tests each of the shapes that GitLab has for what went wrong.
func TestParseMessage(t *testing.T) {
	for _, test := range []struct {
		contentType, body, message string
		fields                     map[string][]string
	}{
		{body: `{"message": "404 Not Found"}`, message: "404 Not Found"},
		{body: `{"message": {"base": ["Reference not found"]}}`, message: "Reference not found", fields: map[string][]string{"base": {"Reference not found"}}},
		{body: `{"message": {"key": ["is too long", "is invalid"], "value": ["is missing"]}}`, message: "key is too long, is invalid; value is missing",
			fields: map[string][]string{"key": {"is too long", "is invalid"}, "value": {"is missing"}}},
		{body: `{"message": {"error": "too many"}}`, message: "too many", fields: map[string][]string{"error": {"too many"}}},
		{body: `{"error": "ref is missing"}`, message: "ref is missing"},
		{body: `{"error": "insufficient_scope", "error_description": "It needs more.", "scope": "api"}`,
			message: "insufficient_scope: It needs more.: needs one of the scopes: api"},
		{body: `["first", "second"]`, message: "first, second"},
		{body: `{"status": "failed"}`, message: "status failed"},
		{contentType: "text/plain", body: "Retry later\n", message: "Retry later"},
		{contentType: "text/html", body: "<html><title>Sign &amp; in</title></html>", message: "Sign & in"},
		{contentType: "application/xml", body: "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>", message: "Request has expired"},
		{contentType: "text/html", body: "<html></html>"},
	} {
		message, fields := parseMessage(test.contentType, []byte(test.body), true)
		require.Equal(t, test.message, message, test.body)
		require.Equal(t, test.fields, fields, test.body)
	}
	message, _ := parseMessage("application/json", []byte(`{"token": "glpat-1"}`), false)
	require.Empty(t, message, "of a success, anything else is not for print")
}

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
		for _, failed := range []bool{true, false} {
			message, _ := parseMessage(contentType, body, failed)
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
		}
	})
}
