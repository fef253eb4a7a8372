package gitlabcitest

// jobTokenScopeEntity is GitLab's entity ProjectJobTokenScope.
type jobTokenScopeEntity struct {
	InboundEnabled  bool `json:"inbound_enabled"`
	OutboundEnabled bool `json:"outbound_enabled"`
}

// projectScopeLink is GitLab's entity ProjectScopeLink.
type projectScopeLink struct {
	SourceProjectID int64 `json:"source_project_id"`
	TargetProjectID int64 `json:"target_project_id"`
}

// groupScopeLink is GitLab's entity GroupScopeLink.
type groupScopeLink struct {
	SourceProjectID int64 `json:"source_project_id"`
	TargetGroupID   int64 `json:"target_group_id"`
}
