package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gitlabci/gitlabci"
)

const (
	signingPrefix    = "whsec_" // what GitLab's signing tokens begin with
	signatureVersion = "v1,"    // what the signatures begin with that are known here
)

// A verifier knows a delivery of GitLab's by any of its secrets.
type verifier struct {
	keys      [][]byte            // of signing tokens
	tokens    [][sha256.Size]byte // hashes of secret tokens
	tolerance time.Duration
}

// add takes a secret. GitLab sends secret tokens without their line breaks, which a secret that was read from a file often ends with.
func (v *verifier) add(secret gitlabci.Secret) error {
	token := strings.NewReplacer("\r", "", "\n", "").Replace(string(secret))
	if token == "" {
		return errors.New("webhook: the secret is empty: anybody could send events")
	}
	encoded, signs := strings.CutPrefix(token, signingPrefix)
	if !signs {
		v.tokens = append(v.tokens, sha256.Sum256([]byte(token)))
		return nil
	}
	key, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(key) == 0 {
		return errors.New("webhook: the signing token is cut or mistyped: what follows whsec_ is not base64")
	}
	v.keys = append(v.keys, key)
	return nil
}

// check verifies what it can before the body is there. The function that it returns verifies the rest.
func (v *verifier) check(header http.Header) (func(body []byte) error, error) {
	if v.knowsToken(header.Get("X-Gitlab-Token")) {
		return func([]byte) error { return nil }, nil
	}
	if len(v.keys) == 0 {
		return nil, fmt.Errorf("%w: X-Gitlab-Token is not the secret token", ErrUnauthorized)
	}
	id, sentAt := header.Get("webhook-id"), header.Get("webhook-timestamp")
	signatures := strings.Fields(strings.Join(header.Values("webhook-signature"), " "))
	if id == "" || sentAt == "" || len(signatures) == 0 {
		return nil, fmt.Errorf("%w: it is not signed", ErrUnauthorized)
	}
	seconds, err := strconv.ParseInt(sentAt, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("%w: webhook-timestamp is not a time", ErrUnauthorized)
	}
	if age := time.Since(time.Unix(seconds, 0)); age > v.tolerance || age < -v.tolerance {
		return nil, fmt.Errorf("%w: it was signed too long ago, or the clocks differ", ErrUnauthorized)
	}
	return func(body []byte) error {
		for _, key := range v.keys {
			mac := hmac.New(sha256.New, key)
			mac.Write([]byte(id + "." + sentAt + "."))
			mac.Write(body)
			own := []byte(signatureVersion + base64.StdEncoding.EncodeToString(mac.Sum(nil)))
			for _, signature := range signatures {
				if hmac.Equal([]byte(signature), own) {
					return nil
				}
			}
		}
		return fmt.Errorf("%w: the signature is not of the signing token", ErrUnauthorized)
	}, nil
}

// knowsToken compares hashes, so that not even the length of a secret shows in the time it takes.
func (v *verifier) knowsToken(sent string) bool {
	hash, known := sha256.Sum256([]byte(sent)), 0
	for i := range v.tokens {
		known |= subtle.ConstantTimeCompare(hash[:], v.tokens[i][:])
	}
	return known == 1
}
