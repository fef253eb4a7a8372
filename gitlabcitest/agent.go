package gitlabcitest

import "github.com/gitlabci/gitlabci"

// Agent is an agent for Kubernetes to add with [Server.AddAgent]: whose jobs may use it, besides those of the project that configures it.
type Agent struct {
	Projects      []string       // full paths
	Groups        []string       // full paths; their subgroups count too
	Configuration map[string]any // what the jobs of these are told, such as {"default_namespace": "production"}
}

// agent is an Agent with the project that configures it.
type agent struct {
	Agent
	id      int64
	project *project
}

// AddAgent adds an agent for Kubernetes that is configured in a project, and gives its id. No cluster is behind it: it is there for the jobs
// that ask which agents they may use.
func (s *Server) AddAgent(project gitlabci.Project, a Agent) int64 {
	defer s.enter()()
	s.agents = append(s.agents, &agent{Agent: a, id: int64(len(s.agents) + 1), project: s.mustProject(project.String())})
	return int64(len(s.agents))
}
