package gitlabcitest

import "slices"

// agent is an Agent with the project that configures it.
type agent struct {
	Agent
	id      int64
	project *project
}

// allows reports whether a job may use an agent, and returns what the agent's configuration says of it. A job of the project that configures
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
