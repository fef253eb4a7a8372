package transport

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRedact(t *testing.T) {
	call := &Call{Options: options{"token-and-more", "Bear"}}
	call.keep("Private-Token", []string{"token", "a", ""})
	call.keep("Authorization", []string{"Bearer bearer", "Basic YmFzaWM=", "token lower-case", "no-scheme"})
	call.keep("Cookie", []string{"session=cookie-one; other=cookie-two", "no cookie"})
	for text, want := range map[string]string{
		"":                         "",
		"no secret, only a letter": "no secret, only a letter",
		"token token-and-more":     "[redacted] [redacted]",
		"Authorization: bearer":    "Authorization: [redacted]",
		"Basic YmFzaWM=!":          "Basic [redacted]!",
		"lower-case no-scheme":     "[redacted] [redacted]",
		"cookie-one, cookie-two":   "[redacted], [redacted]",
		"no cookie":                "[redacted]",
	} {
		require.Equal(t, want, call.Redact(text))
	}
	require.Equal(t, "token", new(Call).Redact("token"))
}

// FuzzRedirectError guards the texts of redirects: they come from elsewhere.
func FuzzRedirectError(f *testing.F) {
	f.Add("https://user:pw@host/path?signature=s#f")
	f.Fuzz(func(t *testing.T, location string) {
		home, _ := http.NewRequest("POST", "https://gitlab.example.com/api/v4/x", nil)
		to, err := home.URL.Parse(location)
		if err != nil {
			return
		}
		err = checkRedirect(&http.Request{URL: to, Header: http.Header{}}, []*http.Request{home})
		if err == nil {
			t.Fatal("a POST was redirected")
		}
		if to.RawQuery != "" && len(to.RawQuery) > 8 && !strings.Contains(to.Path, to.RawQuery) && strings.Contains(err.Error(), "?"+to.RawQuery) {
			t.Fatal(err)
		}
	})
}

// options are the secrets among the options of a call.
type options []string

func (o options) Secrets() []string { return o }
