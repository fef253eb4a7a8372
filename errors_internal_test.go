package gitlabci

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

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
