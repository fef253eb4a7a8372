package gitlabcitest

import "strings"

// Option changes a [Server] at its creation.
type Option func(*Server)

// WithToken sets the administrator's token.
func WithToken(token string) Option {
	return func(s *Server) { s.adminToken = token }
}

// WithHTTP2 makes the clients of the server in memory speak HTTP/2 to it, on one connection. Without it they speak HTTP/1.1, each request on
// a connection of its own.
func WithHTTP2() Option {
	return func(s *Server) { s.http2 = true }
}

// WithVersion makes the server behave as that version of GitLab does, where versions differ: "17.0" has neither partial reads of logs
// ([gitlabci.TraceOptions]) nor the tree of artifacts. The default is 19.5.
func WithVersion(version string) Option {
	return func(s *Server) { s.version = parseVersion(version) }
}

// WithoutRunnerRegistration makes the server refuse registration tokens, as administrators may have it. Runners are then created by
// users alone.
func WithoutRunnerRegistration() Option {
	return func(s *Server) { s.registrationOff = true }
}

// WithExternalURL sets the URL that the instance is configured with: the one in web_url and in Link headers. GitLab writes it there
// whatever host a request was sent to. A path in it becomes part of the base URL. Without this option it is the host that each request was
// sent to.
func WithExternalURL(external string) Option {
	return func(s *Server) { s.external = strings.TrimSuffix(external, "/") }
}

// WithSecureFileLimit sets the size from which on secure files are too large. The default is GitLab's, 5 MiB. What is larger than that is
// held in a temporary file until [Server.Close].
func WithSecureFileLimit(bytes int64) Option {
	return func(s *Server) { s.secureFileLimit = bytes }
}

// WithEnforcedAllowlists makes the allowlists of job tokens count in all projects, as administrators may have it.
func WithEnforcedAllowlists() Option {
	return func(s *Server) { s.allowlistsEnforced = true }
}

// WithActionLimits makes the server limit how often a user may do something to one job or pipeline within a minute, as newer versions of
// GitLab do: retry and play a job three times, erase it five times; retry, cancel and delete a pipeline five times. With perProject each of
// these actions may be taken as often in a whole project, with 0 without end. What is beyond is refused with 429, without a Retry-After; what
// is refused for another reason, such as a job that cannot be retried, counts as well. A minute is one of the clock: it begins when the
// seconds are zero.
func WithActionLimits(perProject int) Option {
	return func(s *Server) { s.limits = &actionLimits{perProject: perProject} }
}

// WithJobRouter switches the job router on and sets its URL, such as "wss://kas.example.com". Without it runners are told that there is none.
func WithJobRouter(url string) Option {
	return func(s *Server) { s.jobRouter = url }
}

// WithObjectStorage keeps artifacts in an object storage at this URL, another one than GitLab's, such as "http://storage.test" in
// memory or "http://localhost:8929" where GitLab listens on "127.0.0.1:8929". Archives are then answered with a redirect to a signed
// URL there, which is good for ten minutes, unless the request asks for download_mode=proxy. The server answers for it too.
func WithObjectStorage(base string) Option {
	return func(s *Server) { s.storage = strings.TrimSuffix(base, "/") }
}
