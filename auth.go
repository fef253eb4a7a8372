package gitlabci

import (
	"context"
	"errors"
	"net/http"
	"strings"
)

// An Auth sets the headers that authenticate a request. It is asked before each attempt, and what it sets is sent to the client's
// own origin only.
type Auth func(ctx context.Context, header http.Header) error

var (
	errBadToken = errors.New("the token is empty or holds a line break")
	errNoAuth   = errors.New("auth is nil: use Anonymous() to call without a token")
)

// setToken sets a header that holds a token. A token that came with a line break from a file would be refused by net/http with the
// header's name only.
func setToken(header http.Header, name, prefix, token string) error {
	if token == "" || strings.ContainsAny(token, "\r\n") {
		return errBadToken
	}
	header[name] = []string{prefix + token}
	return nil
}

// PrivateToken authenticates with a personal, project or group access token.
func PrivateToken(token string) Auth {
	return func(_ context.Context, h http.Header) error { return setToken(h, "Private-Token", "", token) }
}

// OAuthToken authenticates with an OAuth 2.0 token.
func OAuthToken(token string) Auth {
	return func(_ context.Context, h http.Header) error { return setToken(h, "Authorization", "Bearer ", token) }
}

// JobToken authenticates with a CI/CD job token, CI_JOB_TOKEN in a job. GitLab accepts it on a few endpoints only.
//
// GitLab docs: https://docs.gitlab.com/ci/jobs/ci_job_token/
func JobToken(token string) Auth {
	return func(_ context.Context, h http.Header) error { return setToken(h, "Job-Token", "", token) }
}

// DeployToken authenticates with a deploy token. GitLab accepts it where packages are read and written, and on few endpoints besides: for
// pipelines and jobs it takes one of the other tokens, and answers [ErrUnauthorized] or [ErrNotFound] to this.
//
// GitLab docs: https://docs.gitlab.com/user/project/deploy_tokens/
func DeployToken(token string) Auth {
	return func(_ context.Context, h http.Header) error { return setToken(h, "Deploy-Token", "", token) }
}

// OAuthTokenSource authenticates with the OAuth 2.0 token that source returns. It is asked before each attempt, so it should keep the
// token until it expires; it may be asked by several goroutines at once.
func OAuthTokenSource(source func(ctx context.Context) (string, error)) Auth {
	return func(ctx context.Context, h http.Header) error {
		token, err := source(ctx)
		if err != nil {
			return err
		}
		return setToken(h, "Authorization", "Bearer ", token)
	}
}

// Anonymous does not authenticate, for what GitLab shows to everybody, and for [TriggersService.Run], which brings its own token.
func Anonymous() Auth {
	return func(context.Context, http.Header) error { return nil }
}
