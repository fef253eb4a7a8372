package gitlabcitest

// controllerEntity is GitLab's entity RunnerController.
type controllerEntity struct {
	ID          int64   `json:"id"`
	Description *string `json:"description"`
	State       string  `json:"state"`
	CreatedAt   *string `json:"created_at"`
	UpdatedAt   *string `json:"updated_at"`
}

// fullController is GitLab's entity RunnerControllerDetail.
type fullController struct {
	controllerEntity
	Connected bool `json:"connected"`
}

// controllerScopes is the answer of GET /runner_controllers/:id/scopes.
type controllerScopes struct {
	InstanceLevel []instanceScopeEntity `json:"instance_level_scopings"`
	RunnerLevel   []runnerScopeEntity   `json:"runner_level_scopings"`
}

// instanceScopeEntity is GitLab's entity RunnerControllerInstanceLevelScoping.
type instanceScopeEntity struct {
	CreatedAt *string `json:"created_at"`
	UpdatedAt *string `json:"updated_at"`
}

// runnerScopeEntity is GitLab's entity RunnerControllerRunnerLevelScoping.
type runnerScopeEntity struct {
	RunnerID int64 `json:"runner_id"`
	instanceScopeEntity
}

// controllerTokenEntity is GitLab's entity RunnerControllerToken.
type controllerTokenEntity struct {
	ID                 int64   `json:"id"`
	RunnerControllerID int64   `json:"runner_controller_id"`
	Description        *string `json:"description"`
	LastUsedAt         *string `json:"last_used_at"`
	CreatedAt          *string `json:"created_at"`
	UpdatedAt          *string `json:"updated_at"`
}

// newControllerToken is GitLab's entity RunnerControllerTokenWithToken.
type newControllerToken struct {
	controllerTokenEntity
	Token string `json:"token"`
}

func showController(rc *runnerController) controllerEntity {
	return controllerEntity{
		ID: rc.id, Description: optional(rc.description), State: rc.state, CreatedAt: stamp(rc.createdAt), UpdatedAt: stamp(rc.updatedAt),
	}
}

func showInstanceScope(rc *runnerController) instanceScopeEntity {
	return instanceScopeEntity{CreatedAt: stamp(rc.instanceSince), UpdatedAt: stamp(rc.instanceSince)}
}

func showRunnerScope(s *runnerScope) runnerScopeEntity {
	return runnerScopeEntity{s.runner.id, instanceScopeEntity{CreatedAt: stamp(s.createdAt), UpdatedAt: stamp(s.createdAt)}}
}

func (rc *runnerController) showToken(t *controllerToken) controllerTokenEntity {
	return controllerTokenEntity{
		ID: t.id, RunnerControllerID: rc.id, Description: optional(t.description), LastUsedAt: stamp(t.lastUsedAt),
		CreatedAt: stamp(t.createdAt), UpdatedAt: stamp(t.updatedAt),
	}
}

func (rc *runnerController) showNewToken(t *controllerToken) newControllerToken {
	return newControllerToken{rc.showToken(t), t.value}
}
