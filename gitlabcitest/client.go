package gitlabcitest

import (
	"fmt"
	"slices"

	"github.com/gitlabci/gitlabci"
)

// Client returns a client that speaks to the server in memory, as the administrator. Each call gives a new one.
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

// Push adds a commit to a branch, which is made where needed, and starts the pipeline of a push. It gives the commit's SHA.
func (s *Server) Push(project gitlabci.Project, branch string) string {
	defer s.enter()()
	return s.push(s.mustProject(project.String()), branch).sha
}

// AddBranch makes a branch with a commit of its own, and no pipeline. It gives the commit's SHA.
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

// AddMergeRequest opens a merge request of a branch, which is made where needed, into the default branch. It gives its iid.
func (s *Server) AddMergeRequest(project gitlabci.Project, branch string) int64 {
	defer s.enter()()
	return s.addMergeRequest(s.mustProject(project.String()), branch).iid
}

// MergeMergeRequest merges a merge request in the administrator's name, which starts the pipeline of a push to its target branch. It gives
// the SHA of the commit that it makes there.
func (s *Server) MergeMergeRequest(project gitlabci.Project, iid int64) string {
	defer s.enter()()
	p := s.mustProject(project.String())
	i := slices.IndexFunc(p.mergeRequests, func(mr *mergeRequest) bool { return mr.iid == iid })
	if i < 0 {
		panic(fmt.Sprintf("gitlabcitest: no merge request %d in %s", iid, p.path))
	}
	mr := p.mergeRequests[i]
	if mr.state == mergeRequestOpened {
		s.mergeAside(mr, s.root())
	}
	return mr.mergeCommit.sha
}
