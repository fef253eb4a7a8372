package gitlabcitest

import "net/http"

func registerAgents(s *site) {
	s.handle("GET", "/job/allowed_agents", getAllowedAgents).jobToken()
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
