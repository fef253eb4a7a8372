package gitlabcitest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gitlabci/gitlabci"
)

// basicPipeline is GitLab's entity PipelineBasic.
type basicPipeline struct {
	ID        int64                   `json:"id"`
	IID       int64                   `json:"iid"`
	ProjectID int64                   `json:"project_id"`
	SHA       string                  `json:"sha"`
	Ref       string                  `json:"ref"`
	Status    gitlabci.PipelineStatus `json:"status"`
	Source    gitlabci.PipelineSource `json:"source"`
	CreatedAt *string                 `json:"created_at"`
	UpdatedAt *string                 `json:"updated_at"`
	WebURL    string                  `json:"web_url"`
}

// listedPipeline is what GET /projects/:id/pipelines lists.
type listedPipeline struct {
	basicPipeline
	Name *string `json:"name"`
}

// fullPipeline is GitLab's entity PipelineDetail.
type fullPipeline struct {
	basicPipeline
	BeforeSHA      string         `json:"before_sha"`
	Tag            bool           `json:"tag"`
	YAMLErrors     *string        `json:"yaml_errors"`
	User           *basicUser     `json:"user"`
	StartedAt      *string        `json:"started_at"`
	FinishedAt     *string        `json:"finished_at"`
	CommittedAt    *string        `json:"committed_at"`
	Duration       *int64         `json:"duration"`
	QueuedDuration *int64         `json:"queued_duration"`
	Coverage       *string        `json:"coverage"`
	DetailedStatus detailedStatus `json:"detailed_status"`
	Archived       bool           `json:"archived"`
}

// namedPipeline is GitLab's entity PipelineDetailWithName.
type namedPipeline struct {
	fullPipeline
	Name *string `json:"name"`
}

// userPipeline is what GET /pipelines lists.
type userPipeline struct {
	listedPipeline
	Project        projectIdentity       `json:"project"`
	StartedAt      *string               `json:"started_at"`
	FinishedAt     *string               `json:"finished_at"`
	Duration       *int64                `json:"duration"`
	QueuedDuration *int64                `json:"queued_duration"`
	DetailedStatus detailedStatus        `json:"detailed_status"`
	MergeRequest   *pipelineMergeRequest `json:"merge_request,omitzero"`
}

type pipelineMergeRequest struct {
	IID    int64  `json:"iid"`
	Title  string `json:"title"`
	WebURL string `json:"web_url"`
}

type detailedStatus struct {
	Icon         string    `json:"icon"`
	Text         string    `json:"text"`
	Label        string    `json:"label"`
	Group        string    `json:"group"`
	Tooltip      string    `json:"tooltip"`
	HasDetails   bool      `json:"has_details"`
	DetailsPath  string    `json:"details_path"`
	Illustration *struct{} `json:"illustration"`
	Favicon      string    `json:"favicon"`
}

type pipelineVariable struct {
	Key          string `json:"key"`
	VariableType string `json:"variable_type"`
	Value        string `json:"value"`
	Raw          bool   `json:"raw"`
}

func (c *call) showBasicPipeline(p *pipeline) basicPipeline {
	return basicPipeline{
		ID: p.id, IID: p.iid, ProjectID: p.project.id, SHA: p.commit.sha, Ref: p.ref, Status: p.status, Source: p.source,
		CreatedAt: stamp(p.createdAt), UpdatedAt: stamp(p.updatedAt), WebURL: fmt.Sprintf("%s/%s/-/pipelines/%d", c.base(), p.project.path, p.id),
	}
}

func (c *call) showListedPipeline(p *pipeline) listedPipeline {
	return listedPipeline{c.showBasicPipeline(p), optional(p.name)}
}

func (c *call) showPipeline(p *pipeline) fullPipeline {
	before := zeroSHA
	if p.source == gitlabci.PipelineSourcePush {
		before = p.commit.parentSHA()
	}
	return fullPipeline{
		basicPipeline: c.showBasicPipeline(p), BeforeSHA: before, Tag: p.tag, User: c.showBasicUser(p.user),
		StartedAt: stamp(p.startedAt), FinishedAt: stamp(p.finishedAt), Duration: wholeSeconds(p.duration), QueuedDuration: p.queuedDuration(),
		Coverage: p.coverage(), DetailedStatus: c.showDetailedStatus(p),
	}
}

func (c *call) showNamedPipeline(p *pipeline) namedPipeline {
	return namedPipeline{c.showPipeline(p), optional(p.name)}
}

func (c *call) showUserPipeline(p *pipeline) userPipeline {
	shown := userPipeline{
		listedPipeline: c.showListedPipeline(p), Project: showProjectIdentity(p.project),
		StartedAt: stamp(p.startedAt), FinishedAt: stamp(p.finishedAt), Duration: wholeSeconds(p.duration), QueuedDuration: p.queuedDuration(),
		DetailedStatus: c.showDetailedStatus(p),
	}
	if mr := p.mergeRequest; mr != nil {
		shown.MergeRequest = &pipelineMergeRequest{mr.iid, mr.title, c.mergeRequestURL(p.project, mr)}
	}
	return shown
}

func showVariable(v variable) pipelineVariable {
	return pipelineVariable{Key: v.key, VariableType: v.kind, Value: v.value, Raw: v.raw}
}

// wholeSeconds is a duration as pipelines have it: whole seconds, null for none.
func wholeSeconds(d time.Duration) *int64 {
	if d == 0 {
		return nil
	}
	return new(int64(d / time.Second))
}

func (p *pipeline) queuedDuration() *int64 {
	if p.startedAt.IsZero() {
		return nil
	}
	return optional(int64(p.startedAt.Sub(p.createdAt) / time.Second))
}

// coverage is the mean of the jobs that have one, a string with two decimals.
func (p *pipeline) coverage() *string {
	sum, n := 0.0, 0
	for _, j := range p.current() {
		if value := j.coverage(); value != nil {
			sum, n = sum+*value, n+1
		}
	}
	if n == 0 {
		return nil
	}
	return new(fmt.Sprintf("%.2f", sum/float64(n)))
}

// labels are the words for a status where they differ from its name: icon, text, label and group.
var labels = map[gitlabci.PipelineStatus][4]string{
	gitlabci.PipelineSuccess:            {"status_success", "passed", "passed", "success"},
	statusWarning:                       {"status_warning", "warning", "passed with warnings", "success-with-warnings"},
	gitlabci.PipelineManual:             {"status_manual", "blocked", "waiting for manual action", "manual"},
	gitlabci.PipelineScheduled:          {"status_scheduled", "delayed", "waiting for delayed job", "scheduled"},
	gitlabci.PipelineWaitingForResource: {"status_pending", "waiting", "waiting for resource", "waiting-for-resource"},
	gitlabci.PipelineWaitingForCallback: {"status_pending", "waiting", "waiting for callback", "waiting-for-callback"},
	gitlabci.PipelineCanceling:          {"status_canceled", "canceling", "canceling", "canceling"},
}

func (c *call) showDetailedStatus(p *pipeline) detailedStatus {
	s := p.status
	warns := func(j *job) bool {
		return j.allowFailure && (j.status == gitlabci.JobFailed || j.status == gitlabci.JobCanceled)
	}
	if s == gitlabci.PipelineSuccess && slices.ContainsFunc(p.current(), warns) {
		s = statusWarning
	}
	words, ok := labels[s]
	if !ok {
		words = [4]string{"status_" + string(s), string(s), string(s), string(s)}
	}
	return detailedStatus{
		Icon: words[0], Text: words[1], Label: words[2], Group: words[3], Tooltip: words[2],
		DetailsPath: fmt.Sprintf("%s/%s/-/pipelines/%d", c.basePath(), p.project.path, p.id),
		Favicon:     "/assets/ci_favicons/favicon_" + strings.ReplaceAll(words[0], "status_warning", "status_success") + ".png",
	}
}
