package gitlabcitest

import (
	"net/http"
	"slices"
)

func registerAgents(s *site) {
	s.handle("GET", "/job/allowed_agents", getAllowedAgents).jobToken()
}

type allowedAgents struct {
	AllowedAgents []agentEntity     `json:"allowed_agents"`
	Job           idOnly            `json:"job"`
	Pipeline      idOnly            `json:"pipeline"`
	Project       agentProject      `json:"project"`
	User          agentUser         `json:"user"`
	Environment   *agentEnvironment `json:"environment,omitzero"`
}

// agentEntity is GitLab's entity Clusters::Agents::Authorizations::CiAccess.
type agentEntity struct {
	ID            int64           `json:"id"`
	ConfigProject projectIdentity `json:"config_project"`
	Configuration map[string]any  `json:"configuration"`
}

type idOnly struct {
	ID int64 `json:"id"`
}

type agentProject struct {
	ID     int64    `json:"id"`
	Groups []idOnly `json:"groups"`
}

type agentUser struct {
	ID             int64    `json:"id"`
	Username       string   `json:"username"`
	RolesInProject []string `json:"roles_in_project"`
}

type agentEnvironment struct {
	Slug string `json:"slug"`
	Tier string `json:"tier"`
}

// roleNames are the roles from the least on, as agents are told of them.
var roleNames = []struct {
	level AccessLevel
	name  string
}{{Guest, "guest"}, {Planner, "planner"}, {Reporter, "reporter"}, {Developer, "developer"}, {Maintainer, "maintainer"}, {Owner, "owner"}}

func getAllowedAgents(c *call) error {
	if c.job == nil {
		return notFound("Job")
	}
	p := c.job.project
	shown := allowedAgents{
		AllowedAgents: []agentEntity{}, Job: idOnly{c.job.id}, Pipeline: idOnly{c.job.pipeline.id},
		Project: agentProject{ID: p.id, Groups: []idOnly{}}, User: agentUser{ID: c.user.id, Username: c.user.username, RolesInProject: []string{}},
	}
	for _, a := range c.agents {
		if configuration, ok := a.allows(c.job); ok {
			shown.AllowedAgents = append(shown.AllowedAgents, agentEntity{a.id, showProjectIdentity(a.project), configuration})
		}
	}
	for g := p.group; g != nil; g = g.parent {
		shown.Project.Groups = append(shown.Project.Groups, idOnly{g.id})
	}
	for _, role := range roleNames {
		if c.role(p.path) >= role.level {
			shown.User.RolesInProject = append(shown.User.RolesInProject, role.name)
		}
	}
	if e := c.job.environment; e != nil {
		shown.Environment = &agentEnvironment{e.slug, e.tier}
	}
	return c.json(http.StatusOK, shown)
}

// allows reports whether a job may use an agent, and gives what the agent's configuration says of it. A job of the project that configures
// the agent may, whatever that says.
func (a *agent) allows(j *job) (map[string]any, bool) {
	if j.project == a.project {
		return map[string]any{}, true
	}
	in := func(path string) bool { return within(j.project.path, path) }
	if !slices.Contains(a.Projects, j.project.path) && !slices.ContainsFunc(a.Groups, in) {
		return nil, false
	}
	configuration := a.Configuration
	if configuration == nil {
		configuration = map[string]any{}
	}
	return configuration, true
}
