package gitlabci

import (
	"context"
)

// ArtifactsService reads and deletes artifacts that are not named by a job's id: those of a ref, and all of a project. Those of one job are
// with [JobsService].
//
// GitLab docs: https://docs.gitlab.com/api/job_artifacts/
type ArtifactsService service

// DownloadMode is how an archive is sent: by GitLab itself, or by the object storage that it is kept in.
type DownloadMode string

// Modes of a download.
const (
	DownloadModeProxy  DownloadMode = "proxy"  // through GitLab
	DownloadModeDirect DownloadMode = "direct" // from the object storage, where GitLab allows it
)

// ArtifactsOptions choose what to download of a job.
type ArtifactsOptions struct {
	FileType     ArtifactType `url:"file_type,omitempty"`     // the archive if empty; others need GitLab 19.4
	DownloadMode DownloadMode `url:"download_mode,omitempty"` // as GitLab is set up if empty; needs GitLab 19.5
}

// ArtifactsByRefOptions say where to look for the artifacts of a ref.
type ArtifactsByRefOptions struct {
	SearchRecentSuccessfulPipelines bool         `url:"search_recent_successful_pipelines,omitempty"` // not only in the latest; needs GitLab 19.5
	DownloadMode                    DownloadMode `url:"download_mode,omitempty"`                      // as in ArtifactsOptions; needs GitLab 19.5
}

// ArtifactFileByRefOptions say where to look for a file of a ref's artifacts.
type ArtifactFileByRefOptions struct {
	SearchRecentSuccessfulPipelines bool `url:"search_recent_successful_pipelines,omitempty"` // not only in the latest; needs GitLab 19.5
}

// ArtifactTreeOptions say which entries of an archive to list.
type ArtifactTreeOptions struct {
	ListOptions
	Path      string `url:"path,omitempty"`      // a directory; the root if empty
	Recursive bool   `url:"recursive,omitempty"` // also what is in its subdirectories
}

// ArtifactEntry is a file or directory in an archive of artifacts.
type ArtifactEntry struct {
	Name string            `json:"name"`
	Path string            `json:"path"`
	Type ArtifactEntryType `json:"type"`
	Size int64             `json:"size"` // in bytes
	Mode string            `json:"mode"` // as in 100644
}

// ArtifactEntryType is what an entry in an archive is.
type ArtifactEntryType string

// Types of entries.
const (
	ArtifactEntryFile      ArtifactEntryType = "file"
	ArtifactEntryDirectory ArtifactEntryType = "directory"
)

func (e *ArtifactEntry) identity() identity { return byText("path", e.Path) }

// The downloads by ref take the job's name beside their options.
type (
	artifactsByRefQuery struct {
		Job                    string `url:"job"`
		*ArtifactsByRefOptions `url:",omitempty"`
	}
	artifactFileByRefQuery struct {
		Job                       string `url:"job"`
		*ArtifactFileByRefOptions `url:",omitempty"`
	}
)

func (q *artifactsByRefQuery) validate() error    { return required("job name", q.Job) }
func (q *artifactFileByRefQuery) validate() error { return required("job name", q.Job) }

var (
	getArtifacts           = get("get artifacts", "/projects/:id/jobs/:job_id/artifacts", ErrArtifactsGet)
	getArtifactFile        = get("get artifact file", "/projects/:id/jobs/:job_id/artifacts/*artifact_path", ErrArtifactsGet).asFile()
	getArtifactsByRef      = get("get artifacts by ref", "/projects/:id/jobs/artifacts/:ref_name/download", ErrArtifactsGet)
	getArtifactFileByRef   = get("get artifact file by ref", "/projects/:id/jobs/artifacts/:ref_name/raw/*artifact_path", ErrArtifactsGet).asFile()
	listArtifacts          = get("list artifacts", "/projects/:id/jobs/:job_id/artifacts/tree", ErrArtifactsList)
	keepArtifacts          = post("keep artifacts", "/projects/:id/jobs/:job_id/artifacts/keep", ErrArtifactsKeep).repeats()
	deleteArtifacts        = del("delete artifacts", "/projects/:id/jobs/:job_id/artifacts", ErrArtifactsDelete)
	deleteProjectArtifacts = del("delete project artifacts", "/projects/:id/artifacts", ErrArtifactsDelete)
)

// Artifacts downloads the archive of a job's artifacts, or with FileType another file that the job left. Nothing is held in memory.
//
//	GET /projects/:id/jobs/:job_id/artifacts
//
// Its errors, also those of reading, match [ErrArtifactsGet]; [ErrNotFound] where the job has no archive, and [ErrNotGitLab]
// where a page came instead of one. [JobsService.SaveArtifacts] resumes a download that breaks off; here, a Range set with [WithHeader]
// does.
//
// GitLab docs: https://docs.gitlab.com/api/job_artifacts/#download-job-artifacts-by-job-id
func (s *JobsService) Artifacts(ctx context.Context, project Project, id int64, options *ArtifactsOptions, opts ...RequestOption) (*Download, error) {
	return stream(ctx, s.engine, getArtifacts, jobPath(project, id), options, opts)
}

// ArtifactFile downloads one file out of a job's archive, given by its path in it.
//
//	GET /projects/:id/jobs/:job_id/artifacts/*artifact_path
//
// Its errors, also those of reading, match [ErrArtifactsGet], and [ErrNotFound] where there is no such file.
//
// GitLab docs: https://docs.gitlab.com/api/job_artifacts/#download-a-single-artifact-file-by-job-id
func (s *JobsService) ArtifactFile(ctx context.Context, project Project, id int64, path string, opts ...RequestOption) (*Download, error) {
	return stream(ctx, s.engine, getArtifactFile, append(jobPath(project, id), filePath("artifact path", path)), nil, opts)
}

// ArtifactTree lists the files and directories in a job's archive, without transferring it. It needs GitLab 19.5;
// [JobsService.OpenArtifacts] does the same with any.
//
//	GET /projects/:id/jobs/:job_id/artifacts/tree
//
// Its errors match [ErrArtifactsList], and [ErrNotFound] where the job has no archive.
//
// GitLab docs: https://docs.gitlab.com/api/job_artifacts/
func (s *JobsService) ArtifactTree(ctx context.Context, project Project, id int64, options *ArtifactTreeOptions, opts ...RequestOption) Seq[ArtifactEntry] {
	return list[ArtifactEntry](ctx, s.engine, listArtifacts, jobPath(project, id), options, opts)
}

// ByRef downloads the archive that the job of this name left in the latest successful pipeline of a branch or tag. A newer
// pipeline that failed or still runs is passed over.
//
//	GET /projects/:id/jobs/artifacts/:ref_name/download
//
// Its errors, also those of reading, match [ErrArtifactsGet]; [ErrNotFound] where that pipeline, or that job in it, does not
// exist.
//
// GitLab docs: https://docs.gitlab.com/api/job_artifacts/#download-job-artifacts-by-reference-name
func (s *ArtifactsService) ByRef(ctx context.Context, project Project, ref, jobName string, options *ArtifactsByRefOptions, opts ...RequestOption) (*Download, error) {
	return stream(ctx, s.engine, getArtifactsByRef, path{project.name, name("ref", ref)}, &artifactsByRefQuery{jobName, options}, opts)
}

// FileByRef downloads one file out of the archive that the job of this name left in the latest successful pipeline of a branch
// or tag.
//
//	GET /projects/:id/jobs/artifacts/:ref_name/raw/*artifact_path
//
// Its errors, also those of reading, match [ErrArtifactsGet]; [ErrNotFound] where that pipeline, that job in it, or that file
// does not exist.
//
// GitLab docs: https://docs.gitlab.com/api/job_artifacts/#download-a-single-artifact-file-by-reference-name
func (s *ArtifactsService) FileByRef(ctx context.Context, project Project, ref, jobName, file string, options *ArtifactFileByRefOptions, opts ...RequestOption) (*Download, error) {
	return stream(ctx, s.engine, getArtifactFileByRef, path{project.name, name("ref", ref), filePath("artifact path", file)}, &artifactFileByRefQuery{jobName, options}, opts)
}

// KeepArtifacts keeps a job's artifacts from expiring, and returns the job.
//
//	POST /projects/:id/jobs/:job_id/artifacts/keep
//
// Its errors match [ErrArtifactsKeep], and [ErrNotFound] where the job has no artifacts.
//
// GitLab docs: https://docs.gitlab.com/api/job_artifacts/#keep-job-artifacts
func (s *JobsService) KeepArtifacts(ctx context.Context, project Project, id int64, opts ...RequestOption) (*Job, error) {
	return do[Job](ctx, s.engine, keepArtifacts, jobPath(project, id), nil, opts)
}

// DeleteArtifacts deletes a job's artifacts; its log stays.
//
//	DELETE /projects/:id/jobs/:job_id/artifacts
//
// Its errors match [ErrArtifactsDelete].
//
// GitLab docs: https://docs.gitlab.com/api/job_artifacts/#delete-job-artifacts
func (s *JobsService) DeleteArtifacts(ctx context.Context, project Project, id int64, opts ...RequestOption) error {
	return exec(ctx, s.engine, deleteArtifacts, jobPath(project, id), nil, opts)
}

// DeleteAll lets the artifacts of all jobs of a project expire, but for those of the latest successful pipelines where the
// project keeps them. GitLab deletes them later.
//
//	DELETE /projects/:id/artifacts
//
// Its errors match [ErrArtifactsDelete].
//
// GitLab docs: https://docs.gitlab.com/api/job_artifacts/#delete-job-artifacts
func (s *ArtifactsService) DeleteAll(ctx context.Context, project Project, opts ...RequestOption) error {
	return exec(ctx, s.engine, deleteProjectArtifacts, path{project.name}, nil, opts)
}
