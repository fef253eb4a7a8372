package gitlabcitest

import (
	"cmp"
	"path"
	"strings"

	"github.com/gitlabci/gitlabci"
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

// listedProject is a project in the lists of projects.
type listedProject struct {
	basicProject
	Archived  bool `json:"archived"`
	EmptyRepo bool `json:"empty_repo"`
	openSettings
}

// fullProject is the answer of GET and PUT /projects/:id, its part about CI.
type fullProject struct {
	basicProject
	Archived     bool    `json:"archived"`
	EmptyRepo    bool    `json:"empty_repo"`
	CIConfigPath *string `json:"ci_config_path,omitzero"` // for those who may read the repository
	openSettings
	*fullSettings
	projectFeatures
	Permissions *projectPermissions `json:"permissions,omitzero"` // left out of what a change answers
}

// fullSettings is what maintainers alone are told of a project.
type fullSettings struct {
	maintainerSettings
	CIJobTokenScopeEnabled        bool    `json:"ci_job_token_scope_enabled"` // outbound
	RunnersToken                  *string `json:"runners_token"`
	RunnerTokenExpirationInterval *int64  `json:"runner_token_expiration_interval"`
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
	Stats        *commitStats             `json:"stats,omitzero"`
	Status       *gitlabci.PipelineStatus `json:"status"`
	ProjectID    int64                    `json:"project_id"`
	LastPipeline *basicPipeline           `json:"last_pipeline"`
}

// commitStats are the lines that a commit changed.
type commitStats struct {
	Additions int64 `json:"additions"`
	Deletions int64 `json:"deletions"`
	Total     int64 `json:"total"`
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
		ID: p.id, Description: optional(p.description), Name: p.title(), NameWithNamespace: spaced(p.group.path) + " / " + p.title(),
		Path: p.name, PathWithNamespace: p.path, CreatedAt: stamp(p.createdAt),
	}
}

// spaced is a path as titles show it: "group / app".
func spaced(path string) string {
	return strings.ReplaceAll(path, "/", " / ")
}

func (c *call) showBasicProject(p *project) basicProject {
	url := c.base() + "/" + p.path
	return basicProject{
		projectIdentity: showProjectIdentity(p),
		DefaultBranch:   p.defaultBranch, TagList: append([]string{}, p.topics...), Topics: append([]string{}, p.topics...),
		SSHURLToRepo: "git@gitlab.test:" + p.path + ".git", HTTPURLToRepo: url + ".git", WebURL: url,
		LastActivityAt: stamp(p.lastActivity()), Visibility: p.visibility(),
		Namespace: projectNamespace{
			ID: p.group.id, Name: p.group.name, Path: path.Base(p.group.path), Kind: "group", FullPath: p.group.path,
			ParentID: p.group.parentID(), WebURL: c.base() + "/groups/" + p.group.path,
		},
	}
}

func (c *call) showListedProject(p *project) listedProject {
	return listedProject{basicProject: c.showBasicProject(p), openSettings: p.allSettings().openSettings}
}

func (c *call) showProject(p *project) fullProject {
	all := p.allSettings()
	full := fullProject{basicProject: c.showBasicProject(p), openSettings: all.openSettings, projectFeatures: c.showFeatures(p)}
	if p.codeReadable(c.user) {
		full.CIConfigPath = &all.CIConfigPath
	}
	if c.role(p.path) >= Maintainer {
		full.fullSettings = &fullSettings{maintainerSettings: all.maintainerSettings, RunnersToken: c.runnersToken(p)}
	}
	return full
}

// runnersToken is a project's registration token, which comes into being when it is needed.
func (c *call) runnersToken(p *project) *string {
	if c.registrationOff {
		return nil
	}
	if p.registrationToken == "" {
		p.registrationToken = c.secret(registrationTokenPrefix, 20)
	}
	return &p.registrationToken
}

func (g *group) parentID() *int64 {
	if g.parent == nil {
		return nil
	}
	return &g.parent.id
}

func (c *call) showGroup(g *group) groupEntity {
	return groupEntity{
		ID: g.id, WebURL: c.base() + "/groups/" + g.path, Name: cmp.Or(g.displayName, g.name), Path: g.name, Description: g.description,
		Visibility: cmp.Or(g.visibility, Private),
		FullName:   spaced(g.path), FullPath: g.path, ParentID: g.parentID(), CreatedAt: stamp(g.createdAt),
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
		Name: name, Commit: c.showCommit(p, p.branches[name]), Protected: p.protected.branch(name), Default: name == p.defaultBranch,
		CanPush: c.role(p.path) >= Developer, WebURL: c.base() + "/" + p.path + "/-/tree/" + name,
	}
}
