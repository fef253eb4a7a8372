package transport

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestOrigin(t *testing.T) {
	of := func(text string) origin {
		u, err := url.Parse(text)
		require.NoError(t, err)
		return originOf(u)
	}
	for _, same := range [][2]string{
		{"https://gitlab.example.com", "https://gitlab.example.com:443/x?y"}, {"http://a", "http://A:80"}, {"http://[::1]:8080", "http://[::1]:8080/"},
		{"https://user@a", "https://a"},
	} {
		require.Equal(t, of(same[0]), of(same[1]))
	}
	for _, other := range [][2]string{
		{"https://a", "http://a"}, {"http://a", "http://a:8080"}, {"https://a", "https://a:80"}, {"https://a", "https://b.a"}, {"https://a", "https://a.evil"},
		{"http://127.0.0.1", "http://localhost"}, {"https://a", "https://a."},
	} {
		require.NotEqual(t, of(other[0]), of(other[1]))
	}
}

func TestCheckHeader(t *testing.T) {
	for name, ok := range map[string]bool{
		"Private-Token": true, "X_a.b~1!#$%&'*+^`|": true, "": false, "a b": false, "a:b": false, "a\nb": false, "é": false, "a\x7f": false, "(a)": false, `a"b`: false, `a\b`: false,
	} {
		require.Equal(t, ok, CheckHeader(http.Header{name: {"v"}}) == nil, name)
	}
	for value, ok := range map[string]bool{"": true, "a b\tc": true, "é\xff": true, "a\nb": false, "a\rb": false, "a\x00": false, "a\x7f": false, "hush\x1b": false} {
		err := CheckHeader(http.Header{"A": {"fine", value}})
		require.Equal(t, ok, err == nil, "%q", value)
		if err != nil {
			require.ErrorIs(t, err, ErrHeader)
			require.NotContains(t, err.Error(), "hush")
		}
	}
}

func TestBackoffHasBounds(t *testing.T) {
	for _, policy := range []Policy{{MinWait: 1, MaxWait: 1}, {MinWait: time.Second, MaxWait: 10 * time.Second}, {MinWait: time.Hour, MaxWait: time.Second}, {MinWait: 1 << 62, MaxWait: 1<<63 - 1}} {
		for attempts := range 100 {
			wait := (&Call{Policy: policy, Attempts: attempts}).backoff()
			require.GreaterOrEqual(t, wait, time.Duration(0))
			require.LessOrEqual(t, wait, policy.MaxWait)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"", "0", "7", "-1", "1.5", "86400", "18446744073709551616", "Fri, 31 Dec 2100 23:59:59 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "0x10", " 5"} {
		f.Add(seed, "")
		f.Add("", seed)
	}
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	f.Fuzz(func(t *testing.T, after, reset string) {
		if wait := retryAfter(429, http.Header{"Retry-After": {after}, "Ratelimit-Reset": {reset}}, now); wait < 0 {
			t.Fatal(wait)
		}
	})
}
