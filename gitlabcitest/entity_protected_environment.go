package gitlabcitest

// protectedEnvironmentEntity is GitLab's entity ProtectedEnvironment.
type protectedEnvironmentEntity struct {
	Name                  string                    `json:"name"`
	DeployAccessLevels    []deployAccessLevelEntity `json:"deploy_access_levels"`
	RequiredApprovalCount int64                     `json:"required_approval_count"` // given up by GitLab for the rules
	ApprovalRules         []approvalRuleEntity      `json:"approval_rules"`
}

// granteeEntity is what access levels and approval rules have in common.
type granteeEntity struct {
	ID                     int64        `json:"id"`
	UserID                 *int64       `json:"user_id"`
	GroupID                *int64       `json:"group_id"`
	AccessLevel            *AccessLevel `json:"access_level"`
	AccessLevelDescription *string      `json:"access_level_description"`
	GroupInheritanceType   int          `json:"group_inheritance_type"`
}

type deployAccessLevelEntity struct {
	granteeEntity
	DeployKeyID    *int64  `json:"deploy_key_id"`
	MemberRoleID   *int64  `json:"member_role_id"`
	MemberRoleName *string `json:"member_role_name"`
}

type approvalRuleEntity struct {
	granteeEntity
	RequiredApprovals int64 `json:"required_approvals"`
}

func showProtectedEnvironment(p *protectedEnvironment) protectedEnvironmentEntity {
	return protectedEnvironmentEntity{
		Name: p.name, DeployAccessLevels: shown(p.levels, showDeployAccessLevel), ApprovalRules: shown(p.rules, showApprovalRule),
	}
}

func showGrantee(g *grantee) granteeEntity {
	entity := granteeEntity{ID: g.id, AccessLevel: optional(g.role), AccessLevelDescription: optional(g.name())}
	if g.user != nil {
		entity.UserID = &g.user.id
	}
	if g.group != nil {
		entity.GroupID = &g.group.id
	}
	if g.inherited {
		entity.GroupInheritanceType = 1
	}
	return entity
}

func showDeployAccessLevel(g *grantee) deployAccessLevelEntity {
	return deployAccessLevelEntity{granteeEntity: showGrantee(g)}
}

func showApprovalRule(g *grantee) approvalRuleEntity {
	return approvalRuleEntity{showGrantee(g), g.required}
}
