package gitlabcitest

import "github.com/gitlabci/gitlabci"

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
	Slug string                   `json:"slug"`
	Tier gitlabci.EnvironmentTier `json:"tier"`
}
