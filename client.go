// Package gitlabci drives GitLab CI/CD: pipelines, jobs, artifacts, logs, runners, CI/CD variables, triggers and schedules, environments and
// deployments with their approvals and protections, and everything around them.
//
//	client, err := gitlabci.NewClient("https://gitlab.example.com", gitlabci.PrivateToken(token))
//	app := gitlabci.ProjectPath("group/app")
//	pipeline, err := client.Pipelines.Create(ctx, app, &gitlabci.CreatePipelineOptions{Ref: "main"})
//
// # Calls
//
// Every call takes a context first and request options last. It returns a value and an error, an error, or a [Seq], which is ranged over
// and yields every item of every page. Options structs may be nil where none of their fields is required. To see the status, headers, page
// numbers and rate limit of an answer as well, pass [WithResponse].
//
// A value that GitLab sends as null is the zero value; a field is a pointer only where null and zero mean different things. Fields that
// this package does not know are ignored; statuses and other enumerated values that it does not know are kept as they are.
//
// An answer that is decoded may be 16 MiB long (a test report 64 MiB), and may not unpack into much more memory than that; logs, artifacts
// and other files are streamed, however long they are.
//
// # Errors
//
// The error of every call that fails is an [*Error]. It matches several sentinels at once, in the sense of errors.Is: one for the operation,
// one for the status, and the cause.
//
//	_, err := client.Jobs.Retry(ctx, app, 42, nil)
//	errors.Is(err, gitlabci.ErrJobRetry)   // what failed
//	errors.Is(err, gitlabci.ErrForbidden)  // how GitLab answered
//	errors.Is(err, context.Canceled)       // why
//
// Waiting is the one addition: a pipeline or job that ended, but not in success, is a [*PipelineError] or [*JobError], which says that
// GitLab worked and the pipeline did not.
//
// # Retries
//
// Each operation declares whether it may be repeated. Reading (GET, HEAD), PUT, the one PATCH and DELETE may, but for updating protected
// environments and deleting review apps, which add and choose anew each time. Of the POSTs, cancelling, keeping artifacts, taking ownership,
// stopping environments and checking configurations may. All others may not: creating, playing, retrying, triggering, registering,
// approving, adding, publishing and so on.
//
//   - An attempt sends its request once, over HTTP/1.1 and over HTTP/2, where the standard library left alone would send it again.
//   - An answer that brings nothing for [RetryPolicy].StallTimeout (30 seconds) is a lost connection. A download may take as long as it
//     brings something; an answer that is decoded has to be there in ten times the timeout.
//   - What may be repeated is retried on lost connections, on 409 "Resource lock", and on 500, 502, 503 and 504, with jittered
//     exponential backoff, up to five attempts in all.
//   - What may not be repeated is retried only where the server surely did not act: the connection was never made, nothing was written
//     to it, an HTTP/2 server refused the stream or went away before it, or the answer was 429. If it failed in any other way that leaves
//     open whether GitLab acted, the error is [ErrOutcomeUnknown].
//   - A 429 waits as long as Retry-After says, in seconds or as a date, or else RateLimit-Reset, or else the backoff. A wait beyond
//     the context's deadline or beyond [RetryPolicy].MaxRateLimitWait (60 seconds) is not begun: the 429 is returned at once.
//   - A repeated attempt may meet the effect of the one before it, whose answer was lost: then a DELETE ends in [ErrNotFound] although it
//     deleted. [Error].Attempts tells that there were several.
//   - Redirects are followed by reading calls only, never from https to http, and credentials never leave the origin (scheme, host
//     and port) of the client's base URL. A redirected POST, PUT, PATCH or DELETE is [ErrRedirected]; nothing is sent again.
//
// The counts and waits are defaults that may change; what is and is not repeated is a promise.
//
// # Arguments
//
// Pass refs, keys, names and file paths unescaped; they are escaped once. Ids below 1 among the arguments, a zero [Project] or [Group], a
// nil [Scope], missing required fields, and parts of paths that are empty, "." or ".." are refused with [ErrInvalidArgument] before
// anything is sent.
package gitlabci

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"

	"github.com/gitlabci/gitlabci/internal/transport"
)

// A Client speaks to one GitLab instance. It does not change once it is made, is safe for concurrent use, and never prints a credential.
type Client struct {
	Pipelines *PipelinesService
	Jobs      *JobsService
	Artifacts *ArtifactsService
	Runners   *RunnersService
	Variables *VariablesService
	Triggers  *TriggersService
	Schedules *SchedulesService

	Environments          *EnvironmentsService
	Deployments           *DeploymentsService
	ProtectedEnvironments *ProtectedEnvironmentsService
	FreezePeriods         *FreezePeriodsService
	ResourceGroups        *ResourceGroupsService
	SecureFiles           *SecureFilesService
	MergeTrains           *MergeTrainsService
	JobTokenScope         *JobTokenScopeService
	Lint                  *LintService
	CommitStatuses        *CommitStatusesService
	Templates             *TemplatesService
	ProjectSettings       *ProjectSettingsService
	Catalog               *CatalogService
	RunnerControllers     *RunnerControllersService

	// Of projects, groups and repositories, as much as CI/CD scripts need.
	Projects *ProjectsService
	Groups   *GroupsService
	Branches *BranchesService
	Tags     *TagsService

	engine  engine
	service service // which all of them are
}

// What is said to fail where no request is made.
var (
	newClient              = &composite{name: "new client"}
	projectFromEnvironment = &composite{name: "project from environment"}
)

// GitLabCom is the base URL of a client that is made without one.
const GitLabCom = "https://gitlab.com"

// NewClient makes a client for the GitLab at baseURL, with or without /api/v4, also below a path, as in https://example.com/gitlab; "" is
// https://gitlab.com. It sends nothing. A nil auth, and a base URL without https:// or http:// and a host, or with a user, query or
// fragment, is [ErrInvalidArgument].
func NewClient(baseURL string, auth Auth, opts ...Option) (*Client, error) {
	var s settings
	for _, opt := range opts {
		if opt != nil {
			opt(&s)
		}
	}
	base, err := parseBase(baseURL)
	switch {
	case err != nil:
	case auth == nil:
		err = errNoAuth
	default:
		s.http, err = s.httpClient()
	}
	if err != nil {
		return nil, newClient.invalid(err)
	}
	if s.userAgent == "" {
		s.userAgent = defaultUserAgent()
	}
	return clientOf(engine{
		base: *base, auth: auth, http: s.http, transport: transport.New(base, s.http, s.logger, s.wrap...), policy: s.policy.orDefaults(),
		header: http.Header{"User-Agent": {s.userAgent}, "Accept": {"application/json"}}, secrets: s.secrets,
	}), nil
}

// clientOf returns a client whose services call through an engine.
func clientOf(e engine) *Client {
	c := &Client{engine: e}
	c.service.engine = &c.engine
	common := &c.service
	c.Pipelines = (*PipelinesService)(common)
	c.Jobs = (*JobsService)(common)
	c.Artifacts = (*ArtifactsService)(common)
	c.Runners = (*RunnersService)(common)
	c.Variables = (*VariablesService)(common)
	c.Triggers = (*TriggersService)(common)
	c.Schedules = (*SchedulesService)(common)
	c.Environments = (*EnvironmentsService)(common)
	c.Deployments = (*DeploymentsService)(common)
	c.ProtectedEnvironments = (*ProtectedEnvironmentsService)(common)
	c.FreezePeriods = (*FreezePeriodsService)(common)
	c.ResourceGroups = (*ResourceGroupsService)(common)
	c.SecureFiles = (*SecureFilesService)(common)
	c.MergeTrains = (*MergeTrainsService)(common)
	c.JobTokenScope = (*JobTokenScopeService)(common)
	c.Lint = (*LintService)(common)
	c.CommitStatuses = (*CommitStatusesService)(common)
	c.Templates = (*TemplatesService)(common)
	c.ProjectSettings = (*ProjectSettingsService)(common)
	c.Catalog = (*CatalogService)(common)
	c.RunnerControllers = (*RunnerControllersService)(common)
	c.Projects = (*ProjectsService)(common)
	c.Groups = (*GroupsService)(common)
	c.Branches = (*BranchesService)(common)
	c.Tags = (*TagsService)(common)
	return c
}

// WithAuth derives a client that authenticates differently and shares the connections.
func (c *Client) WithAuth(auth Auth) *Client {
	if auth == nil {
		auth = func(context.Context, http.Header) error { return errNoAuth }
	}
	derived := c.engine
	derived.auth = auth
	return clientOf(derived)
}

// CloseIdleConnections closes the connections that wait for the next call.
func (c *Client) CloseIdleConnections() { c.engine.http.CloseIdleConnections() }

// Format prints the base URL, whatever the verb.
func (c Client) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "gitlabci.Client(%s)", c.engine.base.String())
}

// errBaseURL does not print the URL, as the parser's error would, password and all.
var errBaseURL = errors.New("the base URL does not begin with http:// or https:// and a host")

func parseBase(baseURL string) (*url.URL, error) {
	if baseURL == "" {
		baseURL = GitLabCom
	}
	base, err := url.Parse(baseURL)
	switch {
	case err != nil:
		return nil, errBaseURL
	case base.User != nil:
		return nil, errors.New("the base URL holds a user: give credentials as an Auth")
	case base.Scheme != "http" && base.Scheme != "https" || base.Hostname() == "":
		return nil, errBaseURL
	case base.RawQuery != "" || base.ForceQuery || base.Fragment != "":
		return nil, errors.New("the base URL holds a query or fragment")
	}
	path := strings.TrimRight(strings.TrimSuffix(strings.TrimRight(base.EscapedPath(), "/"), apiPath), "/") + apiPath
	return url.Parse(base.Scheme + "://" + base.Host + path) // which keeps an escaped form only where it differs from the usual one
}

var defaultUserAgent = sync.OnceValue(func() string {
	version := "devel"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range append(info.Deps, &info.Main) {
			if module.Path == "github.com/gitlabci/gitlabci" && module.Version != "" && module.Version != "(devel)" {
				version = module.Version
			}
		}
	}
	return "gitlabci/" + version
})

// NewClientFromEnv makes a client from environment variables: those of a CI/CD job, and those that GitLab's tools read. Of each line, the
// first variable that is set counts:
//
//   - the address: GITLAB_URL, CI_API_V4_URL, CI_SERVER_URL, and else https://gitlab.com
//   - the token: GITLAB_TOKEN or GITLAB_PRIVATE_TOKEN ([PrivateToken]), GITLAB_OAUTH_TOKEN ([OAuthToken]), CI_JOB_TOKEN
//     ([JobToken]), and else none ([Anonymous])
//   - a file with certificates to trust besides the system's: CI_SERVER_TLS_CA_FILE. Beside [WithHTTPClient] with a Transport, which would
//     not use it, it is an error
func NewClientFromEnv(opts ...Option) (*Client, error) {
	auth := authFromEnv()
	if file := os.Getenv("CI_SERVER_TLS_CA_FILE"); file != "" {
		opts = append([]Option{connectingBy("CI_SERVER_TLS_CA_FILE", func(t *http.Transport) error { return trust(t, file) })}, opts...)
	}
	return NewClient(firstEnv("GITLAB_URL", "CI_API_V4_URL", "CI_SERVER_URL"), auth, opts...)
}

// ProjectFromEnv returns the project that environment variables name: GITLAB_PROJECT, a path as in "group/app" or an id, or else
// CI_PROJECT_ID, which is that of the CI/CD job in which this program runs. What somebody set on purpose counts before what every job has.
// The error is [ErrInvalidArgument] where neither is set, or the one that counts names no project.
func ProjectFromEnv() (Project, error) {
	named := os.Getenv("GITLAB_PROJECT")
	if strings.Contains(named, "/") {
		return ProjectPath(named), nil
	}
	id, err := strconv.ParseInt(cmp.Or(named, os.Getenv("CI_PROJECT_ID")), 10, 64)
	switch {
	case err == nil && id > 0:
		return ProjectID(id), nil
	case named != "":
		return Project{}, projectFromEnvironment.invalid(errors.New("GITLAB_PROJECT is neither a path, as in group/app, nor a project's id"))
	}
	return Project{}, projectFromEnvironment.invalid(errors.New("GITLAB_PROJECT is not set, and CI_PROJECT_ID is not a project's id"))
}

func authFromEnv() Auth {
	private, oauth, job := firstEnv("GITLAB_TOKEN", "GITLAB_PRIVATE_TOKEN"), os.Getenv("GITLAB_OAUTH_TOKEN"), os.Getenv("CI_JOB_TOKEN")
	switch {
	case private != "":
		return PrivateToken(private)
	case oauth != "":
		return OAuthToken(oauth)
	case job != "":
		return JobToken(job)
	}
	return Anonymous()
}

func firstEnv(names ...string) string {
	for _, name := range names {
		value := os.Getenv(name)
		if value != "" {
			return value
		}
	}
	return ""
}
