package gitlabci

import (
	"cmp"
	"context"
	"errors"
	"fmt"
)

// ArtifactJob is the job whose artifacts were meant, and its project, which need not be the one that was asked.
type ArtifactJob struct {
	Project Project
	Job     *Job
}

// An ArtifactSelector says which job's artifacts are meant: see [ArtifactsOfJob], [ArtifactsOfPipeline],
// [ArtifactsOfLatestSuccessfulPipeline] and [ArtifactsOfDownstream].
type ArtifactSelector func(ctx context.Context, client *Client, project Project, opts []RequestOption) (*ArtifactJob, error)

var selectArtifacts = &composite{"select artifacts", ErrArtifactsGet}

// Select finds the job whose artifacts are meant and tells which it took. Its ID and project go to [JobsService.SaveArtifacts],
// [JobsService.OpenArtifacts] or [JobsService.Artifacts]. The selector says which requests that takes.
//
// Its errors match [ErrArtifactsGet], and [ErrNotFound] where there is no such pipeline or job, or the job has no archive.
func (s *ArtifactsService) Select(ctx context.Context, project Project, selector ArtifactSelector, opts ...RequestOption) (*ArtifactJob, error) {
	if selector == nil {
		return nil, selectArtifacts.invalid(errors.New("the selector is nil"))
	}
	found, err := selector(ctx, clientOf(*s.engine), project, opts)
	if err == nil && (found == nil || found.Job == nil) {
		err = absent("the selector found no job")
	}
	if err == nil && found.Job.ArtifactsFile.Filename == "" {
		err = absent("job %d (%s) has no archive", found.Job.ID, found.Job.Name)
	}
	if err != nil {
		return nil, selectArtifacts.wrap(err)
	}
	return found, nil
}

// ArtifactsOfJob means the artifacts of this job.
//
//	GET /projects/:id/jobs/:job_id
func ArtifactsOfJob(id int64) ArtifactSelector {
	return func(ctx context.Context, client *Client, project Project, opts []RequestOption) (*ArtifactJob, error) {
		job, err := client.Jobs.Get(ctx, project, id, opts...)
		return &ArtifactJob{project, job}, err
	}
}

// ArtifactsOfPipeline means the artifacts of the job of this name in this pipeline: those of its last attempt, whether it succeeded or
// not.
//
//	GET /projects/:id/pipelines/:pipeline_id/jobs
func ArtifactsOfPipeline(pipeline int64, jobName string) ArtifactSelector {
	return func(ctx context.Context, client *Client, project Project, opts []RequestOption) (*ArtifactJob, error) {
		if err := named("job name", jobName); err != nil {
			return nil, err
		}
		for job, err := range client.Pipelines.Jobs(ctx, project, pipeline, nil, opts...) {
			if err != nil || job.Name == jobName {
				return &ArtifactJob{project, job}, err
			}
		}
		return nil, absent("pipeline %d has no job %q", pipeline, jobName)
	}
}

// ArtifactsOfLatestSuccessfulPipeline means the artifacts of the job of this name in the latest pipeline of a branch or tag that
// succeeded. Newer ones that failed or still run are passed over; older ones are not looked at, even if that one did not run the job,
// nor are the pipelines that it started.
//
//	GET /projects/:id/pipelines
//	GET /projects/:id/pipelines/:pipeline_id/jobs
func ArtifactsOfLatestSuccessfulPipeline(ref, jobName string) ArtifactSelector {
	return func(ctx context.Context, client *Client, project Project, opts []RequestOption) (*ArtifactJob, error) {
		if err := cmp.Or(named("ref", ref), named("job name", jobName)); err != nil {
			return nil, err
		}
		latest := &ListPipelinesOptions{ListOptions: ListOptions{Page: 1, PerPage: 1}, Ref: ref, Status: PipelineSuccess}
		for pipeline, err := range client.Pipelines.List(ctx, project, latest, opts...) {
			if err != nil {
				return nil, err
			}
			return ArtifactsOfPipeline(pipeline.ID, jobName)(ctx, client, project, opts)
		}
		return nil, absent("%q has no successful pipeline", ref)
	}
}

// ArtifactsOfDownstream means the artifacts of the job of this name in the pipeline that a trigger job of this pipeline started, in
// whatever project.
//
//	GET /projects/:id/pipelines/:pipeline_id/bridges
//	GET /projects/:id/pipelines/:pipeline_id/jobs
func ArtifactsOfDownstream(pipeline int64, triggerJob, jobName string) ArtifactSelector {
	return func(ctx context.Context, client *Client, project Project, opts []RequestOption) (*ArtifactJob, error) {
		if err := cmp.Or(named("trigger job", triggerJob), named("job name", jobName)); err != nil {
			return nil, err
		}
		for bridge, err := range client.Pipelines.Bridges(ctx, project, pipeline, nil, opts...) {
			if err != nil {
				return nil, err
			}
			down := bridge.DownstreamPipeline
			if bridge.Name == triggerJob && down != nil {
				if down.ProjectID != 0 && down.ProjectID != bridge.Pipeline.ProjectID {
					project = ProjectID(down.ProjectID)
				}
				return ArtifactsOfPipeline(down.ID, jobName)(ctx, client, project, opts)
			}
		}
		return nil, absent("pipeline %d has no trigger job %q that started a pipeline", pipeline, triggerJob)
	}
}

// absent is the error for what was looked for in a list and was not there.
func absent(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrNotFound, fmt.Sprintf(format, args...))
}

// named is [required] for what no request would refuse.
func named(what, name string) error {
	if err := required(what, name); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalidArgument, err)
	}
	return nil
}
