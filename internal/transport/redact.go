package transport

import (
	"net/http"
	"slices"
	"strings"
)

// secretive are the ends of the names of headers that hold a secret.
var secretive = []string{"Authorization", "Cookie", "Token", "Secret", "Key"}

// keep keeps the secrets of a header from being told. An answer may repeat a part of it.
func (c *Call) keep(name string, values []string) {
	for _, value := range values {
		if _, token, ok := strings.Cut(value, " "); ok && strings.HasSuffix(name, "Authorization") {
			value = token
		}
		c.secrets = append(c.secrets, value)
		if name != "Cookie" {
			continue
		}
		cookies, _ := http.ParseCookie(value) // none of what is not valid
		for _, cookie := range cookies {
			c.secrets = append(c.secrets, cookie.Value)
		}
	}
}

// Redact removes the credentials and the other secrets of the call from text.
func (c *Call) Redact(text string) string {
	var secrets []string
	if c.Options != nil {
		secrets = c.Options.Secrets()
	}
	c.mu.Lock()
	secrets = append(secrets, c.secrets...)
	c.mu.Unlock()
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) }) // one may begin with another
	for _, secret := range secrets {
		if len(secret) >= shortestSecret {
			text = strings.ReplaceAll(text, secret, "[redacted]")
		}
	}
	return text
}

// shortestSecret is how long a text has to be to be worth hiding: shorter ones are no tokens, but parts of words.
const shortestSecret = 4
