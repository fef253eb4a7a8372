package gitlabcitest

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/gitlabci/gitlabci"
)

// Client returns a client that speaks to the server in memory, as the administrator. Each call returns a new one.
func (s *Server) Client(opts ...gitlabci.Option) *gitlabci.Client {
	return s.ClientAs(s.Token(), opts...)
}

// ClientAs is [Server.Client] with another token, such as one of [Server.AddUser].
func (s *Server) ClientAs(token string, opts ...gitlabci.Option) *gitlabci.Client {
	opts = append([]gitlabci.Option{gitlabci.WithHTTPClient(s.HTTPClient())}, opts...)
	client, err := gitlabci.NewClient(s.URL(), gitlabci.PrivateToken(token), opts...)
	if err != nil {
		panic("gitlabcitest: " + err.Error()) // an option of the test's own is wrong
	}
	return client
}

// AddProject makes a project whose pipelines consist of these jobs, with a branch main of one commit. The groups of its path are made
// where needed. Without jobs the project has no CI configuration, and pipelines cannot be created.
func (s *Server) AddProject(path string, jobs ...Job) gitlabci.Project {
	defer s.enter()()
	s.addProject(path, jobs)
	return gitlabci.ProjectPath(path)
}

// Configure sets a project's settings.
func (s *Server) Configure(project gitlabci.Project, settings ProjectSettings) {
	defer s.enter()()
	s.mustProject(project.String()).ProjectSettings = settings
}

// Define changes the jobs that new pipelines of a project consist of.
func (s *Server) Define(project gitlabci.Project, jobs ...Job) {
	defer s.enter()()
	s.mustProject(project.String()).config = completeJobs(jobs)
}

// Push adds a commit to a branch, which is made where needed, and starts the pipeline of a push. It returns the commit's SHA.
func (s *Server) Push(project gitlabci.Project, branch string) string {
	defer s.enter()()
	return s.push(s.mustProject(project.String()), branch).sha
}

// AddBranch makes a branch with a commit of its own, and no pipeline. It returns the commit's SHA.
func (s *Server) AddBranch(project gitlabci.Project, name string) string {
	defer s.enter()()
	return s.commit(s.mustProject(project.String()), name, "Add "+name).sha
}

// AddTag tags the default branch, without a pipeline.
func (s *Server) AddTag(project gitlabci.Project, name string) {
	defer s.enter()()
	p := s.mustProject(project.String())
	p.tags[name] = p.branches[p.defaultBranch]
}

// ProtectBranch protects the branches of a name, or of a wildcard such as "release/*". Besides them the default branch is protected.
func (s *Server) ProtectBranch(project gitlabci.Project, pattern string) {
	defer s.enter()()
	protected := &s.mustProject(project.String()).protected
	protected.branches = append(protected.branches, pattern)
}

// ProtectTag protects the tags of a name, or of a wildcard such as "v*".
func (s *Server) ProtectTag(project gitlabci.Project, pattern string) {
	defer s.enter()()
	protected := &s.mustProject(project.String()).protected
	protected.tags = append(protected.tags, pattern)
}

// AddMergeRequest opens a merge request of a branch, which is made where needed, into the default branch. It returns the iid.
func (s *Server) AddMergeRequest(project gitlabci.Project, branch string) int64 {
	defer s.enter()()
	return s.addMergeRequest(s.mustProject(project.String()), branch).iid
}

// MergeMergeRequest merges a merge request in the administrator's name, which starts the pipeline of a push to its target branch. It returns
// the SHA of the commit that it makes there.
func (s *Server) MergeMergeRequest(project gitlabci.Project, iid int64) string {
	defer s.enter()()
	p := s.mustProject(project.String())
	i := slices.IndexFunc(p.mergeRequests, func(mr *mergeRequest) bool { return mr.iid == iid })
	if i < 0 {
		panic(fmt.Sprintf("gitlabcitest: no merge request %d in %s", iid, p.path))
	}
	mr := p.mergeRequests[i]
	if mr.state == gitlabci.MergeRequestOpened {
		s.mergeAside(mr, s.root())
	}
	return mr.mergeCommit.sha
}

// AddUser makes a user with these roles, as in Developer.In("group/app"), and returns a token of theirs. A private project in which they
// have no role is not found with it.
func (s *Server) AddUser(username string, roles ...Membership) string {
	defer s.enter()()
	u := s.addUser(username)
	u.memberships = roles
	return s.addToken(u, Token{})
}

// AddRoles gives a user more roles.
func (s *Server) AddRoles(username string, roles ...Membership) {
	defer s.enter()()
	u := s.mustUser(username)
	u.memberships = append(u.memberships, roles...)
}

// AddToken makes another token for a user and returns its value. The administrator is called root.
func (s *Server) AddToken(username string, t Token) string {
	defer s.enter()()
	return s.addToken(s.mustUser(username), t)
}

// AddTemplate gives a project a CI template of its own, before those of the instance.
func (s *Server) AddTemplate(project gitlabci.Project, name, content string) {
	defer s.enter()()
	p := s.mustProject(project.String())
	if _, ok := templateNamed(name, p.templates); ok {
		panic("gitlabcitest: template " + name + " is already there")
	}
	p.templates = append(p.templates, template{name, content})
}

// AddRelease makes a release of a tag, which is made as well where needed. A release can be published in the catalog, whatever the
// project's cicd_catalog_enabled says.
func (s *Server) AddRelease(project gitlabci.Project, tag string) {
	defer s.enter()()
	p := s.mustProject(project.String())
	if _, ok := p.releases[tag]; ok {
		panic("gitlabcitest: release " + tag + " is already there")
	}
	if p.tags[tag] == nil {
		p.tags[tag] = p.branches[p.defaultBranch]
	}
	p.releases[tag] = false
}

// JobToken returns the token of a job, which GitLab accepts as long as the job runs.
func (s *Server) JobToken(jobID int64) string {
	defer s.enter()()
	return s.mustJob(jobID).token()
}

// JobVariables returns the variables that a job gets of those that the project, its groups and the instance keep, and of those that were given to its
// pipeline and to itself, by key. References in them are not expanded, and what GitLab itself sets is not among them.
func (s *Server) JobVariables(jobID int64) map[string]string {
	defer s.enter()()
	return s.variables(s.mustJob(jobID))
}

// SetLog replaces a job's log by another text, as a runner does that writes it anew. It does not grow any more.
func (s *Server) SetLog(jobID int64, log string) {
	defer s.enter()()
	s.mustJob(jobID).log = &log
}

// AddRunner adds a runner, created by the administrator, and returns its id.
func (s *Server) AddRunner(spec Runner) int64 {
	defer s.enter()()
	return s.defineRunner(spec).id
}

// RunnerToken returns a runner's authentication token, which GitLab shows only once.
func (s *Server) RunnerToken(runnerID int64) string {
	defer s.enter()()
	r := s.runnerWithID(runnerID)
	if r == nil {
		panic("gitlabcitest: no runner " + strconv.FormatInt(runnerID, 10))
	}
	return r.token
}

// HandleGraphQL makes a function answer the operations that arrive at POST /api/graphql, which the server itself knows nothing of: without one
// each of them fails. The data is sent as JSON. Beside it, or in its place, an error is told of as GitLab does: the [gitlabci.GraphQLErrors] in
// it with their paths and codes, any other one with its text. The function may use the server, and may be called several times at once.
func (s *Server) HandleGraphQL(handle func(GraphQLRequest) (data any, err error)) {
	defer s.enter()()
	s.graphQL = handle
}

// ConnectRunnerController makes a runner controller connected, as one is for an hour after it used its token.
func (s *Server) ConnectRunnerController(token string) {
	defer s.enter()()
	for _, rc := range s.controllers {
		for _, t := range rc.tokens {
			if t.value == token {
				t.lastUsedAt = s.now
				return
			}
		}
	}
	panic("gitlabcitest: no runner controller has the token " + token)
}

// AddAgent adds an agent for Kubernetes that is configured in a project, and returns its id. No cluster is behind it: it is there for the jobs
// that ask which agents they may use.
func (s *Server) AddAgent(project gitlabci.Project, a Agent) int64 {
	defer s.enter()()
	s.agents = append(s.agents, &agent{Agent: a, id: int64(len(s.agents) + 1), project: s.mustProject(project.String())})
	return int64(len(s.agents))
}
