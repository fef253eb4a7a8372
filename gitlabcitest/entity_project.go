package gitlabcitest

import (
	"path"
	"strings"
)

// projectIdentity is GitLab's entity ProjectIdentity.
type projectIdentity struct {
	ID                int64   `json:"id"`
	Description       *string `json:"description"`
	Name              string  `json:"name"`
	NameWithNamespace string  `json:"name_with_namespace"`
	Path              string  `json:"path"`
	PathWithNamespace string  `json:"path_with_namespace"`
	CreatedAt         *string `json:"created_at"`
}

// basicProject is GitLab's entity BasicProject.
type basicProject struct {
	projectIdentity
	DefaultBranch  string           `json:"default_branch"`
	TagList        []string         `json:"tag_list"`
	Topics         []string         `json:"topics"`
	SSHURLToRepo   string           `json:"ssh_url_to_repo"`
	HTTPURLToRepo  string           `json:"http_url_to_repo"`
	WebURL         string           `json:"web_url"`
	ReadmeURL      *string          `json:"readme_url"`
	ForksCount     int64            `json:"forks_count"`
	AvatarURL      *string          `json:"avatar_url"`
	StarCount      int64            `json:"star_count"`
	LastActivityAt *string          `json:"last_activity_at"`
	Visibility     Visibility       `json:"visibility"`
	Namespace      projectNamespace `json:"namespace"`
}

type projectNamespace struct {
	ID        int64   `json:"id"`
	Name      string  `json:"name"`
	Path      string  `json:"path"`
	Kind      string  `json:"kind"`
	FullPath  string  `json:"full_path"`
	ParentID  *int64  `json:"parent_id"`
	AvatarURL *string `json:"avatar_url"`
	WebURL    string  `json:"web_url"`
}

// fullProject is the answer of GET /projects/:id, its part about CI.
type fullProject struct {
	basicProject
	Archived                    bool   `json:"archived"`
	EmptyRepo                   bool   `json:"empty_repo"`
	JobsEnabled                 bool   `json:"jobs_enabled"`
	BuildsAccessLevel           string `json:"builds_access_level"`
	PublicJobs                  bool   `json:"public_jobs"`
	SharedRunnersEnabled        bool   `json:"shared_runners_enabled"`
	GroupRunnersEnabled         bool   `json:"group_runners_enabled"`
	BuildTimeout                int64  `json:"build_timeout"`
	CIConfigPath                string `json:"ci_config_path"`
	CIJobTokenScopeEnabled      bool   `json:"ci_job_token_scope_enabled"`
	KeepLatestArtifact          bool   `json:"keep_latest_artifact"`
	RestrictUserDefinedVars     bool   `json:"restrict_user_defined_variables"`
	AutoCancelPendingPipelines  string `json:"auto_cancel_pending_pipelines"`
	CIForwardDeploymentEnabled  bool   `json:"ci_forward_deployment_enabled"`
	OnlyAllowMergeIfPipelineOK  bool   `json:"only_allow_merge_if_pipeline_succeeds"`
	ResourceGroupDefaultProcess string `json:"resource_group_default_process_mode"`
}

type groupEntity struct {
	ID          int64      `json:"id"`
	WebURL      string     `json:"web_url"`
	Name        string     `json:"name"`
	Path        string     `json:"path"`
	Description string     `json:"description"`
	Visibility  Visibility `json:"visibility"`
	FullName    string     `json:"full_name"`
	FullPath    string     `json:"full_path"`
	ParentID    *int64     `json:"parent_id"`
	CreatedAt   *string    `json:"created_at"`
}

type commitEntity struct {
	ID               string            `json:"id"`
	ShortID          string            `json:"short_id"`
	CreatedAt        *string           `json:"created_at"`
	ParentIDs        []string          `json:"parent_ids"`
	Title            string            `json:"title"`
	Message          string            `json:"message"`
	AuthorName       string            `json:"author_name"`
	AuthorEmail      string            `json:"author_email"`
	AuthoredDate     *string           `json:"authored_date"`
	CommitterName    string            `json:"committer_name"`
	CommitterEmail   string            `json:"committer_email"`
	CommittedDate    *string           `json:"committed_date"`
	Trailers         map[string]string `json:"trailers"`
	ExtendedTrailers map[string]string `json:"extended_trailers"`
	WebURL           string            `json:"web_url"`
}

// fullCommit is the answer of GET /projects/:id/repository/commits/:sha.
type fullCommit struct {
	commitEntity
	Status       *status        `json:"status"`
	ProjectID    int64          `json:"project_id"`
	LastPipeline *basicPipeline `json:"last_pipeline"`
}

type branchEntity struct {
	Name               string       `json:"name"`
	Commit             commitEntity `json:"commit"`
	Merged             bool         `json:"merged"`
	Protected          bool         `json:"protected"`
	DevelopersCanPush  bool         `json:"developers_can_push"`
	DevelopersCanMerge bool         `json:"developers_can_merge"`
	CanPush            bool         `json:"can_push"`
	Default            bool         `json:"default"`
	WebURL             string       `json:"web_url"`
}

func showProjectIdentity(p *project) projectIdentity {
	return projectIdentity{
		ID: p.id, Name: p.name, NameWithNamespace: spaced(p.path), Path: p.name, PathWithNamespace: p.path, CreatedAt: stamp(p.createdAt),
	}
}

// spaced is a path as titles show it: "group / app".
func spaced(path string) string {
	return strings.ReplaceAll(path, "/", " / ")
}

func (p *project) visibility() Visibility {
	if p.Visibility == "" {
		return Private
	}
	return p.Visibility
}

func (c *call) showBasicProject(p *project) basicProject {
	url := c.base() + "/" + p.path
	return basicProject{
		projectIdentity: showProjectIdentity(p),
		DefaultBranch:   p.defaultBranch, TagList: []string{}, Topics: []string{},
		SSHURLToRepo: "git@gitlab.test:" + p.path + ".git", HTTPURLToRepo: url + ".git", WebURL: url,
		LastActivityAt: stamp(p.createdAt), Visibility: p.visibility(),
		Namespace: projectNamespace{
			ID: p.group.id, Name: p.group.name, Path: path.Base(p.group.path), Kind: "group", FullPath: p.group.path,
			ParentID: p.group.parentID(), WebURL: c.base() + "/groups/" + p.group.path,
		},
	}
}

func (c *call) showProject(p *project) fullProject {
	return fullProject{
		basicProject: c.showBasicProject(p), JobsEnabled: true, BuildsAccessLevel: "enabled", PublicJobs: !p.PrivatePipelines,
		SharedRunnersEnabled: true, GroupRunnersEnabled: true, BuildTimeout: 3600, CIJobTokenScopeEnabled: false,
		RestrictUserDefinedVars: p.PipelineVariablesRole > Developer, AutoCancelPendingPipelines: "enabled",
		CIForwardDeploymentEnabled: true, ResourceGroupDefaultProcess: "unordered",
	}
}

func (g *group) parentID() *int64 {
	if g.parent == nil {
		return nil
	}
	return &g.parent.id
}

func (c *call) showGroup(g *group) groupEntity {
	return groupEntity{
		ID: g.id, WebURL: c.base() + "/groups/" + g.path, Name: g.name, Path: g.name, Visibility: Private,
		FullName: spaced(g.path), FullPath: g.path, ParentID: g.parentID(), CreatedAt: stamp(g.createdAt),
	}
}

func (c *call) showCommit(p *project, k *commit) commitEntity {
	email := k.author.username + "@example.com"
	return commitEntity{
		ID: k.sha, ShortID: k.sha[:8], CreatedAt: stamp(k.createdAt), ParentIDs: k.parentSHAs(), Title: k.message, Message: k.message + "\n",
		AuthorName: k.author.name, AuthorEmail: email, AuthoredDate: stamp(k.createdAt),
		CommitterName: k.author.name, CommitterEmail: email, CommittedDate: stamp(k.createdAt),
		WebURL: c.base() + "/" + p.path + "/-/commit/" + k.sha,
	}
}

func (c *call) showBranch(p *project, name string) branchEntity {
	return branchEntity{
		Name: name, Commit: c.showCommit(p, p.branches[name]), Protected: name == p.defaultBranch, Default: name == p.defaultBranch,
		CanPush: c.role(p.path) >= Developer, WebURL: c.base() + "/" + p.path + "/-/tree/" + name,
	}
}
