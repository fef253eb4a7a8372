package gitlabcitest

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// authenticate finds out who asks and whether the route is open to them.
func (c *call) authenticate() error {
	if c.route.isOpen {
		return nil
	}
	if err := c.identify(); err != nil {
		return err
	}
	switch {
	case c.user == nil && !c.route.allowAnonymous:
		return unauthorized()
	case c.job != nil && !c.route.allowJobToken:
		return unauthorized()
	}
	if err := c.checkScope(); err != nil {
		return err
	}
	if err := c.sudo(); err != nil {
		return err
	}
	if c.route.adminOnly && !c.user.admin {
		return forbidden("")
	}
	return nil
}

// credentials are the tokens that a request brings.
type credentials struct{ private, job, bearer string }

// credentialsOf reads them from the header, or else from the parameters.
func credentialsOf(header http.Header, sent map[string]any) credentials {
	text := func(param string) string {
		v, _ := sent[param].(string)
		return v
	}
	bearer, ok := strings.CutPrefix(header.Get("Authorization"), "Bearer ")
	if !ok {
		bearer = text("access_token")
	}
	return credentials{
		private: cmp.Or(header.Get("Private-Token"), text("private_token")), job: cmp.Or(header.Get("Job-Token"), text("job_token")), bearer: bearer,
	}
}

// knows reports whether a request brings a token that is somebody's.
func (s *site) knows(header http.Header, sent map[string]any) bool {
	given := credentialsOf(header, sent)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tokens[given.private] != nil || s.tokens[given.bearer] != nil || s.jobWithToken(given.job) != nil || s.jobWithToken(given.bearer) != nil
}

// identify finds out whose credentials the request brings.
func (c *call) identify() error {
	given := credentialsOf(c.request.Header, c.sent)
	if given.private != "" {
		t, ok := c.tokens[given.private]
		if !ok || t.OAuth {
			return unauthorized()
		}
		return c.use(t)
	}
	if given.job != "" {
		return c.useJobToken(given.job, unauthorized())
	}
	if given.bearer == "" {
		return nil
	}
	if t, ok := c.tokens[given.bearer]; ok {
		return c.use(t)
	}
	return c.useJobToken(given.bearer, invalidToken("Bad Access Token."))
}

func (c *call) use(t *token) error {
	switch {
	case t.Revoked:
		return invalidToken("Token was revoked. You have to re-authorize from the user.")
	case !t.ExpiresAt.IsZero() && !c.now.Before(t.ExpiresAt):
		return invalidToken("Token is expired. You can either do re-authorization or token refresh.")
	}
	t.lastUsed = c.now
	c.token, c.user = t, t.user
	return nil
}

// useJobToken accepts the token of a job that runs. The job acts as the user who started it.
func (c *call) useJobToken(value string, refusal error) error {
	j := c.jobWithToken(value)
	if j == nil || !j.executing() {
		return refusal
	}
	c.job, c.user = j, j.user
	return nil
}

// checkScope refuses a token that may not do this.
func (c *call) checkScope() error {
	if c.token == nil || c.route.allowAnyScope {
		return nil
	}
	enough := append([]string{"api"}, c.route.tokenScopes...)
	if c.request.Method == http.MethodGet || c.request.Method == http.MethodHead {
		enough = append(enough, "read_api")
	}
	for _, scope := range c.token.Scopes {
		if slices.Contains(enough, scope) {
			return nil
		}
	}
	return insufficientScope(strings.Join(enough, " "))
}

// sudo lets an administrator act as somebody else.
func (c *call) sudo() error {
	name := c.request.Header.Get("Sudo")
	if name == "" {
		name, _ = c.sent["sudo"].(string)
	}
	if name == "" {
		return nil
	}
	switch {
	case c.user == nil:
		return unauthorized()
	case !c.user.admin:
		return forbidden("Must be admin to use sudo")
	case c.token == nil || !slices.Contains(c.token.Scopes, "sudo"):
		return insufficientScope("sudo")
	}
	for _, u := range c.users {
		if u.username == name || strconv.FormatInt(u.id, 10) == name {
			c.user = u
			return nil
		}
	}
	return notFound("User with ID or username '" + name + "'")
}

func invalidToken(description string) error {
	return &apiError{
		status: http.StatusUnauthorized,
		body:   errorBody{Error: "invalid_token", ErrorDescription: description},
		header: map[string]string{"WWW-Authenticate": `Bearer realm="Protected by OAuth 2.0", error="invalid_token", error_description="` + description + `"`},
	}
}

func insufficientScope(scope string) error {
	return &apiError{
		status: http.StatusForbidden,
		body: errorBody{
			Error:            "insufficient_scope",
			ErrorDescription: "The request requires higher privileges than provided by the access token.",
			Scope:            scope,
		},
	}
}

// role is the caller's role in a project or group.
func (c *call) role(path string) AccessLevel {
	return c.user.level(path)
}
