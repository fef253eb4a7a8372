package gitlabcitest

import (
	"fmt"
	"slices"

	"github.com/gitlabci/gitlabci"
)

// runnerEntity is GitLab's entity Runner.
type runnerEntity struct {
	ID                 int64                 `json:"id"`
	UUID               string                `json:"uuid,omitzero"` // not where jobs bear the entity
	Description        *string               `json:"description"`
	IPAddress          string                `json:"ip_address"` // empty since 17.0
	Active             bool                  `json:"active"`
	Paused             bool                  `json:"paused"`
	IsShared           bool                  `json:"is_shared"`
	RunnerType         gitlabci.RunnerType   `json:"runner_type"`
	Name               *string               `json:"name"`
	Online             *bool                 `json:"online"`
	CreatedBy          *basicUser            `json:"created_by"`
	CreatedAt          *string               `json:"created_at"`
	Status             gitlabci.RunnerStatus `json:"status"`
	JobExecutionStatus string                `json:"job_execution_status"`
}

// fullRunner is GitLab's entity RunnerDetails.
type fullRunner struct {
	runnerEntity
	TagList         []string       `json:"tag_list"`
	RunUntagged     bool           `json:"run_untagged"`
	Locked          bool           `json:"locked"`
	MaximumTimeout  *int64         `json:"maximum_timeout"`
	AccessLevel     string         `json:"access_level"`
	Version         *string        `json:"version"` // null since 17.0, as the three after it
	Revision        *string        `json:"revision"`
	Platform        *string        `json:"platform"`
	Architecture    *string        `json:"architecture"`
	ContactedAt     *string        `json:"contacted_at"`
	MaintenanceNote *string        `json:"maintenance_note"`
	Projects        []basicProject `json:"projects,omitzero"`
	Groups          []basicGroup   `json:"groups,omitzero"`
}

// basicGroup is GitLab's entity BasicGroupDetails.
type basicGroup struct {
	ID     int64  `json:"id"`
	WebURL string `json:"web_url"`
	Name   string `json:"name"`
}

// managerEntity is GitLab's entity RunnerManager.
type managerEntity struct {
	ID                 int64                 `json:"id"`
	SystemID           string                `json:"system_id"`
	Version            *string               `json:"version"`
	Revision           *string               `json:"revision"`
	Platform           *string               `json:"platform"`
	Architecture       *string               `json:"architecture"`
	CreatedAt          *string               `json:"created_at"`
	ContactedAt        *string               `json:"contacted_at"`
	IPAddress          *string               `json:"ip_address"`
	Status             gitlabci.RunnerStatus `json:"status"`
	JobExecutionStatus string                `json:"job_execution_status"`
}

// runnerRegistration is GitLab's entity RunnerRegistrationDetails.
type runnerRegistration struct {
	ID             int64   `json:"id"`
	Token          string  `json:"token"`
	TokenExpiresAt *string `json:"token_expires_at"`
}

// newToken is GitLab's entity ResetTokenResult.
type newToken struct {
	Token          string  `json:"token"`
	TokenExpiresAt *string `json:"token_expires_at"`
}

// runnerJob is GitLab's entity JobBasicWithProject.
type runnerJob struct {
	basicJob
	Project projectIdentity `json:"project"`
}

func (c *call) showRunner(r *runner) *runnerEntity {
	if r == nil {
		return nil
	}
	status := r.status(c.now)
	shown := &runnerEntity{
		ID: r.id, Description: optional(r.description), Active: !r.paused, Paused: r.paused,
		IsShared: r.kind() == gitlabci.RunnerTypeInstance, RunnerType: r.kind(),
		Name: optional(r.name), CreatedBy: c.showBasicUser(r.creator), CreatedAt: stamp(r.createdAt), Status: status,
		JobExecutionStatus: executionStatus(len(r.running) > 0),
	}
	if status != gitlabci.RunnerNeverContacted {
		shown.Online = new(status == gitlabci.RunnerOnline)
	}
	return shown
}

// showListedRunner is showRunner as the endpoints of runners themselves show it.
func (c *call) showListedRunner(r *runner) *runnerEntity {
	shown := c.showRunner(r)
	if c.version.atLeast(19, 5) {
		shown.UUID = fmt.Sprintf("5f0c1a52-7b1e-4c43-9d6a-%012x", r.id)
	}
	return shown
}

func executionStatus(active bool) string {
	if active {
		return "active"
	}
	return "idle"
}

func (c *call) showFullRunner(r *runner) fullRunner {
	full := fullRunner{
		runnerEntity: *c.showListedRunner(r), TagList: r.tags, RunUntagged: r.runUntagged, Locked: r.locked, MaximumTimeout: optional(r.maxTimeout),
		AccessLevel: "not_protected", ContactedAt: stamp(r.contactedAt(c.now)), MaintenanceNote: optional(r.note),
	}
	if r.protected {
		full.AccessLevel = "ref_protected"
	}
	if !c.has("include_projects") || c.boolean("include_projects") {
		full.Projects = shown(c.projectsOf(r), c.showBasicProject)
	}
	if g := r.group; g != nil {
		full.Groups = []basicGroup{c.showBasicGroup(g)}
	}
	return full
}

func (c *call) showBasicGroup(g *group) basicGroup {
	return basicGroup{g.id, c.base() + "/groups/" + g.path, g.name}
}

// showManager shows the process of a runner, null where it is gone.
func (c *call) showManager(r *runner, m *manager) *managerEntity {
	if m == nil {
		return nil
	}
	busy := false
	for _, j := range r.running {
		busy = busy || j.manager == m
	}
	return &managerEntity{
		ID: m.id, SystemID: m.systemID, Version: optional(m.version), Revision: optional(m.revision), Platform: optional(m.platform),
		Architecture: optional(m.arch), CreatedAt: stamp(m.createdAt), ContactedAt: stamp(m.contactedAt(c.now)), IPAddress: new("127.0.0.1"),
		Status: m.status(c.now), JobExecutionStatus: executionStatus(busy),
	}
}

func showRegistration(r *runner) runnerRegistration {
	return runnerRegistration{ID: r.id, Token: r.token, TokenExpiresAt: stamp(r.expiresAt)}
}

func (c *call) showRunnerJob(j *job) runnerJob {
	return runnerJob{basicJob: c.showBasicJob(j), Project: showProjectIdentity(j.project)}
}

// projectsOf are the projects of a runner that the caller sees.
func (c *call) projectsOf(r *runner) []*project {
	return slices.DeleteFunc(slices.Clone(r.projects), func(p *project) bool { return !p.visible(c.user) })
}

// routerEntity is GitLab's entity JobRouter::DiscoveryInformation.
type routerEntity struct {
	ServerURL string `json:"server_url"`
}
