package gitlabcitest

import "github.com/gitlabci/gitlabci"

// resourceGroupEntity is GitLab's entity ResourceGroup.
type resourceGroupEntity struct {
	ID          int64                `json:"id"`
	Key         string               `json:"key"`
	ProcessMode gitlabci.ProcessMode `json:"process_mode"`
	CreatedAt   *string              `json:"created_at"`
	UpdatedAt   *string              `json:"updated_at"`
}

func showResourceGroup(g *resourceGroup) resourceGroupEntity {
	return resourceGroupEntity{ID: g.id, Key: g.key, ProcessMode: g.mode, CreatedAt: stamp(g.createdAt), UpdatedAt: stamp(g.updatedAt)}
}
