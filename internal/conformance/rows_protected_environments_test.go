package conformance_test

import "github.com/gitlabci/gitlabci"

var (
	newProtection = &gitlabci.CreateProtectedEnvironmentOptions{
		Name: "review/app",
		DeployAccessLevels: []gitlabci.DeployAccessLevelOptions{
			{AccessLevel: gitlabci.AccessMaintainer}, {UserID: 5}, {GroupID: 138, GroupInheritanceType: new(gitlabci.GroupInheritanceInherited)},
		},
		ApprovalRules: []gitlabci.ApprovalRuleOptions{
			{AccessLevel: gitlabci.AccessDeveloper}, {UserID: 6},
			{GroupID: 134, RequiredApprovals: 2, GroupInheritanceType: new(gitlabci.GroupInheritanceDirect)},
		},
		RequiredApprovalCount: new(1),
	}
	newProtectionBody = `{"name":"review/app","deploy_access_levels":[{"access_level":40},{"user_id":5},{"group_id":138,"group_inheritance_type":1}],
		"approval_rules":[{"access_level":30},{"user_id":6},{"group_id":134,"required_approvals":2,"group_inheritance_type":0}],
		"required_approval_count":1}`

	protectionChanges = &gitlabci.UpdateProtectedEnvironmentOptions{
		DeployAccessLevels: []gitlabci.DeployAccessLevelOptions{
			{ID: 12, GroupID: 139, GroupInheritanceType: new(gitlabci.GroupInheritanceDirect)}, {ID: 13, Destroy: true},
			{AccessLevel: gitlabci.AccessAdmin}, {UserID: 5},
		},
		ApprovalRules: []gitlabci.ApprovalRuleOptions{
			{ID: 38, GroupID: 135, RequiredApprovals: 3, GroupInheritanceType: new(gitlabci.GroupInheritanceInherited)}, {ID: 39, Destroy: true},
			{AccessLevel: gitlabci.AccessReporter}, {UserID: 6},
		},
		RequiredApprovalCount: new(0),
	}
	protectionChangesBody = `{"deploy_access_levels":[{"id":12,"group_id":139,"group_inheritance_type":0},{"id":13,"_destroy":true},
		{"access_level":60},{"user_id":5}],
		"approval_rules":[{"id":38,"group_id":135,"required_approvals":3,"group_inheritance_type":1},{"id":39,"_destroy":true},
		{"access_level":20},{"user_id":6}],"required_approval_count":0}`
)

var protectedEnvironmentRows = []methodRow{
	{
		method: "ProtectedEnvironments.List",
		shows:  "of a project",
		args:   in(app, &gitlabci.ListProtectedEnvironmentsOptions{ListOptions: pageTwo}),
		exchange: exchange{
			op:    "list protected environments",
			route: "GET /projects/:id/protected_environments",
			sends: "GET /projects/group%2Fapp/protected_environments",
			query: "page=2&per_page=50",
			answer: `[{"name":"production","deploy_access_levels":[{"id":12,"access_level":40,"access_level_description":"Maintainers","user_id":null,
				"group_id":null,"group_inheritance_type":0},{"id":13,"access_level":35}],"required_approval_count":0}]`,
			fails: gitlabci.ErrProtectedEnvironmentList,
		},
		nilQuery: "per_page=100",
		gives: []*gitlabci.ProtectedEnvironment{{Name: "production", DeployAccessLevels: []gitlabci.DeployAccessLevel{
			{ID: 12, AccessLevel: gitlabci.AccessMaintainer, AccessLevelDescription: "Maintainers"}, {ID: 13, AccessLevel: 35},
		}}},
	},
	{
		method: "ProtectedEnvironments.List",
		shows:  "of a group",
		args:   in(group, &gitlabci.ListProtectedEnvironmentsOptions{ListOptions: pageTwo}),
		exchange: exchange{
			op:     "list protected environments",
			route:  "GET /groups/:id/protected_environments",
			sends:  "GET /groups/group%2Fsub/protected_environments",
			query:  "page=2&per_page=50",
			answer: `[{"name":"staging","approval_rules":null},{"name":"production"}]`,
			fails:  gitlabci.ErrProtectedEnvironmentList,
		},
		nilQuery: "per_page=100",
		gives:    []*gitlabci.ProtectedEnvironment{{Name: "staging"}, {Name: "production"}},
	},
	{
		method: "ProtectedEnvironments.Get",
		shows:  "of a project",
		args:   in(app, "review/app"),
		exchange: exchange{
			op:    "get protected environment",
			route: "GET /projects/:id/protected_environments/:name",
			sends: "GET /projects/group%2Fapp/protected_environments/review%2Fapp",
			answer: `{"name":"review/app","approval_rules":[{"id":38,"user_id":null,"group_id":134,"access_level":null,
				"access_level_description":"qa-group","required_approvals":1,"group_inheritance_type":1}]}`,
			fails: gitlabci.ErrProtectedEnvironmentGet,
		},
		gives: &gitlabci.ProtectedEnvironment{Name: "review/app", ApprovalRules: []gitlabci.ApprovalRule{{
			ID: 38, GroupID: 134, AccessLevelDescription: "qa-group", RequiredApprovals: 1, GroupInheritanceType: gitlabci.GroupInheritanceInherited,
		}}},
	},
	{
		method: "ProtectedEnvironments.Get",
		shows:  "of a group",
		args:   in(group, string(gitlabci.EnvironmentTierProduction)),
		exchange: exchange{
			op:    "get protected environment",
			route: "GET /groups/:id/protected_environments/:name",
			sends: "GET /groups/group%2Fsub/protected_environments/production",
			answer: `{"name":"production","deploy_access_levels":[{"id":12,"deploy_key_id":3,"member_role_id":4,"member_role_name":"Deployer"}],
				"required_approval_count":2}`,
			fails: gitlabci.ErrProtectedEnvironmentGet,
		},
		gives: &gitlabci.ProtectedEnvironment{
			Name:                  "production",
			DeployAccessLevels:    []gitlabci.DeployAccessLevel{{ID: 12, DeployKeyID: 3, MemberRoleID: 4, MemberRoleName: "Deployer"}},
			RequiredApprovalCount: 2,
		},
	},
	{
		method: "ProtectedEnvironments.Create",
		shows:  "in a project",
		args:   in(app, newProtection),
		needs:  []string{"Name", "DeployAccessLevels"},
		exchange: exchange{
			op:     "create protected environment",
			route:  "POST /projects/:id/protected_environments",
			sends:  "POST /projects/group%2Fapp/protected_environments",
			body:   newProtectionBody,
			status: 201,
			answer: `{"name":"review/app","deploy_access_levels":[{"id":14,"user_id":5}]}`,
			fails:  gitlabci.ErrProtectedEnvironmentCreate,
		},
		gives: &gitlabci.ProtectedEnvironment{Name: "review/app", DeployAccessLevels: []gitlabci.DeployAccessLevel{{ID: 14, UserID: 5}}},
	},
	{
		method: "ProtectedEnvironments.Create",
		shows:  "in a group",
		args:   in(group, newProtection),
		needs:  []string{"Name", "DeployAccessLevels"},
		exchange: exchange{
			op:     "create protected environment",
			route:  "POST /groups/:id/protected_environments",
			sends:  "POST /groups/group%2Fsub/protected_environments",
			body:   newProtectionBody,
			status: 201,
			answer: `{"name":"other","deploy_access_levels":[{"id":15,"group_id":138}]}`,
			fails:  gitlabci.ErrProtectedEnvironmentCreate,
		},
		gives: &gitlabci.ProtectedEnvironment{Name: "other", DeployAccessLevels: []gitlabci.DeployAccessLevel{{ID: 15, GroupID: 138}}},
	},
	{
		method:  "ProtectedEnvironments.Update",
		shows:   "of a project",
		args:    in(app, "review/app", protectionChanges),
		refuses: "nothing to change",
		exchange: exchange{
			op:     "update protected environment",
			route:  "PUT /projects/:id/protected_environments/:name",
			sends:  "PUT /projects/group%2Fapp/protected_environments/review%2Fapp",
			body:   protectionChangesBody,
			answer: `{"name":"review/app","deploy_access_levels":[]}`,
			fails:  gitlabci.ErrProtectedEnvironmentUpdate,
		},
		gives: &gitlabci.ProtectedEnvironment{Name: "review/app", DeployAccessLevels: []gitlabci.DeployAccessLevel{}},
	},
	{
		method:  "ProtectedEnvironments.Update",
		shows:   "of a group",
		args:    in(group, "production", protectionChanges),
		refuses: "nothing to change",
		exchange: exchange{
			op:     "update protected environment",
			route:  "PUT /groups/:id/protected_environments/:name",
			sends:  "PUT /groups/group%2Fsub/protected_environments/production",
			body:   protectionChangesBody,
			answer: `{"name":"production","approval_rules":[{"id":38,"group_id":135,"required_approvals":3}]}`,
			fails:  gitlabci.ErrProtectedEnvironmentUpdate,
		},
		gives: &gitlabci.ProtectedEnvironment{
			Name: "production", ApprovalRules: []gitlabci.ApprovalRule{{ID: 38, GroupID: 135, RequiredApprovals: 3}},
		},
	},
	{
		method: "ProtectedEnvironments.Delete",
		shows:  "of a project",
		args:   in(app, "review/app"),
		exchange: exchange{
			op:     "delete protected environment",
			route:  "DELETE /projects/:id/protected_environments/:name",
			sends:  "DELETE /projects/group%2Fapp/protected_environments/review%2Fapp",
			status: 204,
			fails:  gitlabci.ErrProtectedEnvironmentDelete,
		},
	},
	{
		method: "ProtectedEnvironments.Delete",
		shows:  "of a group",
		args:   in(group, "production"),
		exchange: exchange{
			op:     "delete protected environment",
			route:  "DELETE /groups/:id/protected_environments/:name",
			sends:  "DELETE /groups/group%2Fsub/protected_environments/production",
			status: 204,
			fails:  gitlabci.ErrProtectedEnvironmentDelete,
		},
	},
}
