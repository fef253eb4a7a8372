package gitlabcitest

import "github.com/gitlabci/gitlabci"

// basicEnvironment is GitLab's entity EnvironmentBasic.
type basicEnvironment struct {
	ID          int64   `json:"id"`
	Name        string  `json:"name"`
	Slug        string  `json:"slug"`
	ExternalURL *string `json:"external_url"`
	CreatedAt   *string `json:"created_at"`
	UpdatedAt   *string `json:"updated_at"`
}

// environmentEntity is GitLab's entity Environment.
type environmentEntity struct {
	basicEnvironment
	Tier            gitlabci.EnvironmentTier  `json:"tier"`
	Project         basicProject              `json:"project"`
	State           gitlabci.EnvironmentState `json:"state"`
	AutoStopAt      *string                   `json:"auto_stop_at"`
	Cluster         *environmentCluster       `json:",embed"` // absent for those who may not know of it
	Description     *string                   `json:"description"`
	AutoStopSetting gitlabci.AutoStopSetting  `json:"auto_stop_setting"`
}

// environmentCluster is where the environment's cluster is shown. There are none here.
type environmentCluster struct {
	ClusterAgent        *struct{} `json:"cluster_agent"`
	KubernetesNamespace *string   `json:"kubernetes_namespace"`
	FluxResourcePath    *string   `json:"flux_resource_path"`
}

// fullEnvironment is Environment with its last deployment, as one alone is shown.
type fullEnvironment struct {
	environmentEntity
	LastDeployment *deploymentEntity `json:"last_deployment"`
}

func (c *call) showBasicEnvironment(e *environment) basicEnvironment {
	return basicEnvironment{
		ID: e.id, Name: e.name, Slug: e.slug, ExternalURL: optional(e.externalURL), CreatedAt: stamp(e.createdAt), UpdatedAt: stamp(e.updatedAt),
	}
}

func (c *call) showEnvironment(e *environment) environmentEntity {
	shown := environmentEntity{
		basicEnvironment: c.showBasicEnvironment(e), Tier: e.tier, Project: c.showBasicProject(e.project), State: e.state,
		AutoStopAt: stamp(e.autoStopAt), Description: optional(e.description), AutoStopSetting: e.autoStopSetting,
	}
	if c.role(e.project.path) >= Developer {
		shown.Cluster = new(environmentCluster)
	}
	return shown
}

func (c *call) showFullEnvironment(e *environment) fullEnvironment {
	full := fullEnvironment{environmentEntity: c.showEnvironment(e)}
	if last := e.lastDeployment(); last != nil {
		full.LastDeployment = new(c.showDeployment(last))
		full.LastDeployment.Environment = nil // GitLab does not repeat it
	}
	return full
}

type reviewAppsEntity struct {
	ScheduledEntries     []basicEnvironment `json:"scheduled_entries"`
	UnprocessableEntries []basicEnvironment `json:"unprocessable_entries"`
	Message              string             `json:"message,omitzero"`
}
