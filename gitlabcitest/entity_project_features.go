package gitlabcitest

import "fmt"

// projectFeatures are fields of GitLab's entity Project that have nothing to do with CI/CD. Clients read them all the same.
type projectFeatures struct {
	Links                         projectLinks `json:"_links"`
	DescriptionHTML               string       `json:"description_html"`
	UpdatedAt                     *string      `json:"updated_at"`
	CreatorID                     int64        `json:"creator_id"`
	ImportStatus                  string       `json:"import_status"`
	ImportError                   *string      `json:"import_error"`
	OpenIssuesCount               int64        `json:"open_issues_count"`
	PackagesEnabled               bool         `json:"packages_enabled"`
	IssuesEnabled                 bool         `json:"issues_enabled"`
	MergeRequestsEnabled          bool         `json:"merge_requests_enabled"`
	WikiEnabled                   bool         `json:"wiki_enabled"`
	SnippetsEnabled               bool         `json:"snippets_enabled"`
	ContainerRegistryEnabled      bool         `json:"container_registry_enabled"`
	ServiceDeskEnabled            bool         `json:"service_desk_enabled"`
	LFSEnabled                    bool         `json:"lfs_enabled"`
	RequestAccessEnabled          bool         `json:"request_access_enabled"`
	CanCreateMergeRequestIn       bool         `json:"can_create_merge_request_in"`
	IssuesAccessLevel             string       `json:"issues_access_level"`
	RepositoryAccessLevel         string       `json:"repository_access_level"`
	MergeRequestsAccessLevel      string       `json:"merge_requests_access_level"`
	ForkingAccessLevel            string       `json:"forking_access_level"`
	WikiAccessLevel               string       `json:"wiki_access_level"`
	SnippetsAccessLevel           string       `json:"snippets_access_level"`
	PagesAccessLevel              string       `json:"pages_access_level"`
	AnalyticsAccessLevel          string       `json:"analytics_access_level"`
	ContainerRegistryAccessLevel  string       `json:"container_registry_access_level"`
	ReleasesAccessLevel           string       `json:"releases_access_level"`
	EmailsDisabled                bool         `json:"emails_disabled"`
	EmailsEnabled                 bool         `json:"emails_enabled"`
	SharedWithGroups              []struct{}   `json:"shared_with_groups"`
	MergeMethod                   string       `json:"merge_method"`
	SquashOption                  string       `json:"squash_option"`
	AllDiscussionsResolved        bool         `json:"only_allow_merge_if_all_discussions_are_resolved"`
	RemoveSourceBranchAfterMerge  bool         `json:"remove_source_branch_after_merge"`
	PrintingMergeRequestLink      bool         `json:"printing_merge_request_link_enabled"`
	ResolveOutdatedDiffDiscussion bool         `json:"resolve_outdated_diff_discussions"`
	AutocloseReferencedIssues     bool         `json:"autoclose_referenced_issues"`
	SuggestionCommitMessage       *string      `json:"suggestion_commit_message"`
	MergeCommitTemplate           *string      `json:"merge_commit_template"`
	SquashCommitTemplate          *string      `json:"squash_commit_template"`
	ApprovalsBeforeMerge          int64        `json:"approvals_before_merge"`
	Mirror                        bool         `json:"mirror"`
	MarkedForDeletionOn           *string      `json:"marked_for_deletion_on"`
	RepositoryObjectFormat        string       `json:"repository_object_format"`
}

// projectLinks are the URLs of what else there is to ask of a project.
type projectLinks struct {
	Self          string `json:"self"`
	Issues        string `json:"issues"`
	MergeRequests string `json:"merge_requests"`
	RepoBranches  string `json:"repo_branches"`
	Labels        string `json:"labels"`
	Events        string `json:"events"`
	Members       string `json:"members"`
	ClusterAgents string `json:"cluster_agents"`
}

// projectPermissions are the caller's own roles: the one in the project itself, and the highest in its groups.
type projectPermissions struct {
	ProjectAccess *memberAccess `json:"project_access"`
	GroupAccess   *memberAccess `json:"group_access"`
}

type memberAccess struct {
	AccessLevel       AccessLevel `json:"access_level"`
	NotificationLevel int64       `json:"notification_level"`
}

func (c *call) showFeatures(p *project) projectFeatures {
	const enabled = "enabled"
	self := fmt.Sprintf("%s/api/v4/projects/%d", c.base(), p.id)
	return projectFeatures{
		Links: projectLinks{
			Self: self, Issues: self + "/issues", MergeRequests: self + "/merge_requests", RepoBranches: self + "/repository/branches",
			Labels: self + "/labels", Events: self + "/events", Members: self + "/members", ClusterAgents: self + "/cluster_agents",
		},
		UpdatedAt: stamp(p.changedAt), CreatorID: p.creator.id, ImportStatus: "none",
		PackagesEnabled: true, IssuesEnabled: true, MergeRequestsEnabled: true, WikiEnabled: true, SnippetsEnabled: true,
		ContainerRegistryEnabled: true, LFSEnabled: true, RequestAccessEnabled: true, CanCreateMergeRequestIn: c.role(p.path) >= Developer,
		IssuesAccessLevel: enabled, RepositoryAccessLevel: enabled, MergeRequestsAccessLevel: enabled, ForkingAccessLevel: enabled,
		WikiAccessLevel: enabled, SnippetsAccessLevel: enabled, PagesAccessLevel: "private", AnalyticsAccessLevel: enabled,
		ContainerRegistryAccessLevel: enabled, ReleasesAccessLevel: enabled,
		EmailsEnabled: true, SharedWithGroups: []struct{}{}, MergeMethod: "merge", SquashOption: "default_off", RemoveSourceBranchAfterMerge: true,
		PrintingMergeRequestLink: true, AutocloseReferencedIssues: true, RepositoryObjectFormat: "sha1",
	}
}

// showPermissions returns the caller's roles, nil for whom has not said who they are.
func (c *call) showPermissions(p *project) *projectPermissions {
	if c.user == nil {
		return nil
	}
	own, inherited := c.user.levels(p)
	return &projectPermissions{ProjectAccess: showAccess(own), GroupAccess: showAccess(inherited)}
}

func showAccess(level AccessLevel) *memberAccess {
	if level == noAccess {
		return nil
	}
	return &memberAccess{AccessLevel: level, NotificationLevel: 3} // as their own settings have it
}
