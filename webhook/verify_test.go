package webhook_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/webhook"
)

const (
	signing  gitlabci.Secret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	rotated  gitlabci.Secret = "whsec_dGVzdHRlc3R0ZXN0dGVzdHRlc3R0ZXN0dGVzdHRlc3Q="
	token    gitlabci.Secret = "correct horse battery staple"
	delivery                 = "f5e5f430-f57b-4e6e-9fac-d9128cd7232f"
)

// sign is the signature of a delivery, made as GitLab makes it.
func sign(secret gitlabci.Secret, id, timestamp, body string) string {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(string(secret), "whsec_"))
	if err != nil {
		panic(err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + timestamp + "." + body))
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// signed is a header for a body, signed now.
func signed(secret gitlabci.Secret, id, body string) http.Header {
	now := strconv.FormatInt(time.Now().Unix(), 10)
	return named("Pipeline Hook", "webhook-id", id, "webhook-timestamp", now, "webhook-signature", sign(secret, id, now, body))
}

// request is one with a header and a body.
func request(header http.Header, body string) *http.Request {
	r, err := http.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	r.Header = header
	return r
}

// TestSignatures tests signatures that another implementation made.
func TestSignatures(t *testing.T) {
	for _, vector := range []struct {
		secret          gitlabci.Secret
		timestamp       int64
		body, signature string
	}{
		{rotated, 1744578123, `{"object_kind":"pipeline"}`, "v1,1ltsaPIYm+XEt0VYbQI1/4rbH/PjQ6cYkwy6+MKUlXM="},
		{signing, 1744578123, `{"object_kind":"pipeline"}`, "v1,1Pit23dA8T7Cr9nKYs9bFoZeVhazMHKlmP3gJiyJWGQ="},
		{signing, 1744578123, `{"object_kind":"build","build_name":"café \u0026"}`, "v1,xUJcKnpuwytcHYNGxWpNT4SMmkihhr2cQ9k4kTeoNrI="},
		{signing, 1744578124, ``, "v1,oDvBZPX+1wuE7M18vEZFCh/2jUzwbbcC594FFcKQVOc="},
	} {
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(time.Until(time.Unix(vector.timestamp, 0)))
			header := named("System Hook", "webhook-id", delivery, "webhook-timestamp", strconv.FormatInt(vector.timestamp, 10), "webhook-signature", vector.signature)
			event, err := webhook.Parse(request(header, vector.body), vector.secret)
			if vector.body == "" {
				require.ErrorIs(t, err, webhook.ErrNotGitLab, "it is signed, but empty")
			} else {
				require.NoError(t, err)
				require.Equal(t, delivery, event.ID)
			}
			_, err = webhook.Parse(request(header, vector.body+" "), vector.secret)
			require.ErrorIs(t, err, webhook.ErrUnauthorized)
			for _, name := range []string{"webhook-id", "webhook-timestamp", "webhook-signature"} {
				for _, value := range []string{"", header.Get(name) + "0", header.Get(name)[1:], "v1,", "v1", ","} {
					changed := header.Clone()
					changed.Set(name, value)
					_, err := webhook.Parse(request(changed, vector.body), vector.secret)
					require.ErrorIs(t, err, webhook.ErrUnauthorized, "%s: %s", name, value)
				}
			}
		})
	}
}

func TestSeveralSignatures(t *testing.T) {
	t.Parallel()
	const body = `{"object_attributes":{"id":5}}`
	own := signed(signing, delivery, body)
	signature := own.Get("webhook-signature")
	other := signed(rotated, delivery, body).Get("webhook-signature")
	for _, test := range []struct {
		signatures []string
		ok         bool
	}{
		{[]string{signature}, true},
		{[]string{other + " " + signature}, true},
		{[]string{"v1a,Zm9v " + signature + "  " + other}, true},
		{[]string{other, signature}, true},
		{[]string{other}, false},
		{[]string{"v2" + signature[2:]}, false},
		{[]string{"v1a" + signature[2:]}, false},
		{[]string{signature[3:]}, false},
		{[]string{signature + "," + other}, false},
		{[]string{strings.ReplaceAll(signature, "v1,", "v1, ")}, false},
	} {
		header := own.Clone()
		header["Webhook-Signature"] = test.signatures
		_, err := webhook.Parse(request(header, body), signing)
		require.Equal(t, test.ok, err == nil, "%v: %v", test.signatures, err)
	}
}

func TestTolerance(t *testing.T) {
	for _, test := range []struct {
		age  time.Duration
		opts []webhook.Option
		ok   bool
	}{
		{0, nil, true},
		{5 * time.Minute, nil, true},
		{5*time.Minute + time.Second, nil, false},
		{-5 * time.Minute, nil, true},
		{-5*time.Minute - time.Second, nil, false},
		{10 * time.Second, []webhook.Option{webhook.WithTolerance(9 * time.Second)}, false},
		{time.Hour, []webhook.Option{webhook.WithTolerance(time.Hour)}, true},
		{-time.Hour, []webhook.Option{webhook.WithTolerance(time.Hour)}, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			const body = `{"object_attributes":{"id":5}}`
			timestamp := strconv.FormatInt(time.Now().Add(-test.age).Unix(), 10)
			header := named("Pipeline Hook", "webhook-id", delivery, "webhook-timestamp", timestamp, "webhook-signature", sign(signing, delivery, timestamp, body))
			_, err := webhook.Parse(request(header, body), signing, test.opts...)
			require.Equal(t, test.ok, err == nil, "%s: %v", test.age, err)
			if !test.ok {
				require.ErrorIs(t, err, webhook.ErrUnauthorized)
			}
		})
	}
	// Neither end of what a number holds is near.
	for _, timestamp := range []string{"9223372036854775807", "-9223372036854775808", "-62135596800", "0", "9223372036854775808", "1e9", "", "now"} {
		header := named("Pipeline Hook", "webhook-id", delivery, "webhook-timestamp", timestamp, "webhook-signature", sign(signing, delivery, timestamp, "{}"))
		_, err := webhook.Parse(request(header, "{}"), signing)
		require.ErrorIs(t, err, webhook.ErrUnauthorized, timestamp)
	}
}

func TestSecretTokens(t *testing.T) {
	t.Parallel()
	const body = `{"object_attributes":{"id":5}}`
	for sent, ok := range map[string]bool{
		string(token): true, "": false, string(token) + " ": false, string(token)[1:]: false, strings.ToUpper(string(token)): false, string(signing): false,
	} {
		_, err := webhook.Parse(request(named("Pipeline Hook", "X-Gitlab-Token", sent), body), token)
		require.Equal(t, ok, err == nil, sent)
		if !ok {
			require.ErrorIs(t, err, webhook.ErrUnauthorized)
			require.NotContains(t, err.Error(), string(token))
			require.Equal(t, http.StatusUnauthorized, webhook.StatusCode(err))
		}
	}
	// GitLab takes line breaks out, and a file of a secret ends with one.
	_, err := webhook.Parse(request(named("Pipeline Hook", "X-Gitlab-Token", "onetwo"), body), "one\r\ntwo\n")
	require.NoError(t, err)
	_, err = webhook.Parse(request(signed(signing, delivery, body), body), signing+"\n")
	require.NoError(t, err)
}

// TestASignatureIsAskedFor tests that leaving the signature out makes nothing easier, unless the secret token has been allowed besides.
func TestASignatureIsAskedFor(t *testing.T) {
	t.Parallel()
	const body = `{"object_attributes":{"id":5}}`
	byToken := named("Pipeline Hook", "X-Gitlab-Token", string(token))
	bySigning := named("Pipeline Hook", "X-Gitlab-Token", string(signing))
	for _, header := range []http.Header{byToken, bySigning, named("Pipeline Hook")} {
		_, err := webhook.Parse(request(header, body), signing)
		require.ErrorIs(t, err, webhook.ErrUnauthorized)
	}
	both := webhook.WithSecrets(token)
	for _, header := range []http.Header{byToken, signed(signing, delivery, body)} {
		_, err := webhook.Parse(request(header, body), signing, both)
		require.NoError(t, err)
	}
	for _, header := range []http.Header{bySigning, named("Pipeline Hook"), signed(rotated, delivery, body)} {
		_, err := webhook.Parse(request(header, body), signing, both)
		require.ErrorIs(t, err, webhook.ErrUnauthorized)
	}
	// While one is replaced by another, both are good.
	for _, secret := range []gitlabci.Secret{signing, rotated} {
		_, err := webhook.Parse(request(signed(secret, delivery, body), body), rotated, webhook.WithSecrets(signing))
		require.NoError(t, err)
	}
}

func TestSecretsThatAreNone(t *testing.T) {
	t.Parallel()
	for _, secret := range []gitlabci.Secret{"", "\n", "\r\n", "whsec_", "whsec_ ", "whsec_AAEC AwQF", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", "whsec_cut-off-here"} {
		_, err := webhook.Handler(secret, nothing)
		require.ErrorContains(t, err, "webhook: ", string(secret))
		_, err = webhook.Handler(token, nothing, webhook.WithSecrets(secret))
		require.Error(t, err)
		_, err = webhook.Parse(request(named("Pipeline Hook", "X-Gitlab-Token", string(secret)), "{}"), secret)
		require.Error(t, err)
		require.Equal(t, http.StatusInternalServerError, webhook.StatusCode(err), "the request is not to blame")
		if encoded := strings.TrimPrefix(string(secret), "whsec_"); len(strings.TrimSpace(encoded)) > 0 {
			require.NotContains(t, err.Error(), encoded)
		}
	}
	_, err := webhook.Handler(token, nil)
	require.Error(t, err)
	for _, opt := range []webhook.Option{webhook.WithMaxBody(0), webhook.WithBodyTimeout(0), webhook.WithTolerance(-time.Second)} {
		_, err := webhook.Handler(token, nothing, opt)
		require.ErrorContains(t, err, "have to be positive")
	}
	_, err = webhook.Handler(token, nothing, webhook.WithMemory(nil), webhook.WithLogger(nil), webhook.AnswerFirst(nil))
	require.NoError(t, err)
}
