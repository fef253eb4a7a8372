package gitlabcitest

import (
	"fmt"

	"github.com/gitlabci/gitlabci"
)

// basicJob is GitLab's entity JobBasic, without the project.
type basicJob struct {
	ID             int64                   `json:"id"`
	Status         gitlabci.JobStatus      `json:"status"`
	Stage          string                  `json:"stage"`
	Name           string                  `json:"name"`
	Ref            string                  `json:"ref"`
	Tag            bool                    `json:"tag"`
	Coverage       *float64                `json:"coverage"`
	AllowFailure   bool                    `json:"allow_failure"`
	CreatedAt      *string                 `json:"created_at"`
	StartedAt      *string                 `json:"started_at"`
	FinishedAt     *string                 `json:"finished_at"`
	ErasedAt       *string                 `json:"erased_at"`
	Duration       *float64                `json:"duration"`
	QueuedDuration *float64                `json:"queued_duration"`
	User           *fullUser               `json:"user"`
	Commit         commitEntity            `json:"commit"`
	Pipeline       basicPipeline           `json:"pipeline"`
	FailureReason  gitlabci.FailureReason  `json:"failure_reason,omitzero"`
	WebURL         string                  `json:"web_url"`
	Source         gitlabci.PipelineSource `json:"source"`
	Project        jobProject              `json:"project"`
	Archived       bool                    `json:"archived"`
}

type jobProject struct {
	CIJobTokenScopeEnabled bool `json:"ci_job_token_scope_enabled"`
}

// fullJob is GitLab's entity Job.
type fullJob struct {
	basicJob
	ArtifactsFile     *artifactFile    `json:"artifacts_file,omitzero"`
	Artifacts         []artifactEntity `json:"artifacts"`
	Runner            *runnerEntity    `json:"runner"`
	RunnerManager     *managerEntity   `json:"runner_manager"`
	ArtifactsExpireAt *string          `json:"artifacts_expire_at"`
	TagList           []string         `json:"tag_list"`
}

// bridgeEntity is GitLab's entity Bridge.
type bridgeEntity struct {
	basicJob
	DownstreamPipeline *basicPipeline `json:"downstream_pipeline"`
}

type artifactFile struct {
	Filename string `json:"filename"`
	Size     int64  `json:"size"`
}

type artifactEntity struct {
	FileType   string  `json:"file_type"`
	Size       int64   `json:"size"`
	Filename   string  `json:"filename"`
	FileFormat *string `json:"file_format"`
}

// treeEntity is an element of GET /projects/:id/jobs/:job_id/artifacts/tree.
type treeEntity struct {
	Name string `json:"name"`
	Path string `json:"path"`
	Type string `json:"type"`
	Size int    `json:"size"`
	Mode string `json:"mode"`
}

func (c *call) showBasicJob(j *job) basicJob {
	shown := basicJob{
		ID: j.id, Status: j.status, Stage: j.spec.Stage, Name: j.spec.Name, Ref: j.pipeline.ref, Tag: j.pipeline.tag,
		Coverage: j.coverage(), AllowFailure: j.allowFailure,
		CreatedAt: stamp(j.createdAt), StartedAt: stamp(j.startedAt), FinishedAt: stamp(j.finishedAt), ErasedAt: stamp(j.erasedAt),
		Duration: j.duration(c.now), QueuedDuration: j.queuedDuration(c.now),
		User: c.showUser(j.user), Commit: c.showCommit(j.project, j.pipeline.commit), Pipeline: c.showBasicPipeline(j.pipeline),
		WebURL: fmt.Sprintf("%s/%s/-/jobs/%d", c.base(), j.project.path, j.id), Source: j.pipeline.source,
	}
	if j.status == gitlabci.JobFailed {
		shown.FailureReason = j.failureReason
	}
	return shown
}

func (c *call) showJob(j *job) fullJob {
	shown := fullJob{basicJob: c.showBasicJob(j), Artifacts: []artifactEntity{}, TagList: append([]string{}, j.spec.Tags...)}
	shown.Runner, shown.RunnerManager = c.showRunner(j.runner), c.showManager(j.runner, j.manager)
	if a := j.available(c.now); a != nil {
		shown.ArtifactsExpireAt = stamp(a.expireAt)
		if a.archive != nil {
			size := int64(len(a.archive))
			shown.ArtifactsFile = &artifactFile{Filename: archiveName, Size: size}
			shown.Artifacts = append(shown.Artifacts,
				artifactEntity{"archive", size, archiveName, new("zip")},
				artifactEntity{"metadata", int64(len(a.metadata)), "metadata.gz", new("gzip")})
		}
		for _, r := range a.reports {
			shown.Artifacts = append(shown.Artifacts, artifactEntity{r.fileType, int64(len(r.content)), r.filename, new(r.format)})
		}
	}
	if log := j.trace(c.now); j.status.Finished() && log != "" {
		shown.Artifacts = append(shown.Artifacts, artifactEntity{"trace", int64(len(log)), "job.log", nil})
	}
	return shown
}

func (c *call) showBridge(j *job) bridgeEntity {
	shown := bridgeEntity{basicJob: c.showBasicJob(j)}
	if j.downstream != nil {
		shown.DownstreamPipeline = new(c.showBasicPipeline(j.downstream))
	}
	return shown
}

// coverage is known once the job is over.
func (j *job) coverage() *float64 {
	if j.status != gitlabci.JobSuccess && j.status != gitlabci.JobFailed {
		return nil
	}
	return j.spec.Coverage
}

// showEither shows a job or a trigger job, each in its form.
func (c *call) showEither(j *job) any {
	if j.bridge() {
		return c.showBridge(j)
	}
	return c.showJob(j)
}
