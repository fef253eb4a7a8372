package gitlabci_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// selection is a GitLab with pipelines whose jobs left artifacts. Make it in a bubble.
func selection(t *testing.T) (srv *gitlabcitest.Server, project gitlabci.Project) {
	srv = gitlabcitest.New()
	t.Cleanup(srv.Close)
	left := map[string]string{"a": "content"}
	srv.AddProject("group/lib", gitlabcitest.Job{Name: "build", Artifacts: left})
	project = srv.AddProject("group/app",
		gitlabcitest.Job{Name: "build", Stage: "build", Artifacts: left},
		gitlabcitest.Job{Name: "unit", Stage: "test", Artifacts: left, Fails: 1, AllowFailure: true, ArtifactsWhen: gitlabcitest.Always},
		gitlabcitest.Job{Name: "lint", Stage: "test"},
		gitlabcitest.Job{Name: "other project", Stage: "trigger", Trigger: &gitlabcitest.Downstream{Project: "group/lib", Strategy: gitlabcitest.Depend}},
		gitlabcitest.Job{Name: "child", Stage: "trigger", Trigger: &gitlabcitest.Downstream{
			Jobs: []gitlabcitest.Job{{Name: "build", Artifacts: left}}, Strategy: gitlabcitest.Depend}},
	)
	return srv, project
}

func TestSelectArtifacts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv, project := selection(t)
		c := srv.Client()
		create := func() *gitlabci.Pipeline {
			pipeline, err := c.Pipelines.Create(t.Context(), project, &gitlabci.CreatePipelineOptions{Ref: "main"})
			require.NoError(t, err)
			time.Sleep(time.Hour)
			return pipeline
		}
		job := func(project gitlabci.Project, pipeline int64, name string) *gitlabci.Job {
			for job, err := range c.Pipelines.Jobs(t.Context(), project, pipeline, nil) {
				require.NoError(t, err)
				if job.Name == name {
					return job
				}
			}
			require.Fail(t, "no job", name)
			return nil
		}
		app := project
		takes := func(selector gitlabci.ArtifactSelector, project gitlabci.Project, id int64) {
			t.Helper()
			found, err := c.Artifacts.Select(t.Context(), app, selector)
			require.NoError(t, err)
			require.Equal(t, id, found.Job.ID)
			require.Equal(t, project, found.Project)
			archive, err := c.Jobs.OpenArtifacts(t.Context(), found.Project, found.Job.ID, nil)
			require.NoError(t, err)
			require.Equal(t, "content", string(readAll(t, archive, "a")))
			require.NoError(t, archive.Close())
		}
		refused := func(selector gitlabci.ArtifactSelector, is error, says string) {
			t.Helper()
			found, err := c.Artifacts.Select(t.Context(), project, selector)
			require.Nil(t, found)
			require.ErrorIs(t, err, is)
			require.ErrorIs(t, err, gitlabci.ErrArtifactsGet)
			require.ErrorAs(t, err, new(*gitlabci.Error))
			require.ErrorContains(t, err, "gitlabci: select artifacts: ")
			require.ErrorContains(t, err, says)
		}

		refused(gitlabci.ArtifactsOfLatestSuccessfulPipeline("main", "build"), gitlabci.ErrNotFound, `"main" has no successful pipeline`)
		first := create()

		// By id, whatever project it is.
		build := job(project, first.ID, "build")
		takes(gitlabci.ArtifactsOfJob(build.ID), project, build.ID)
		refused(gitlabci.ArtifactsOfJob(9999), gitlabci.ErrNotFound, "404")
		refused(gitlabci.ArtifactsOfJob(0), gitlabci.ErrInvalidArgument, "id 0 is below 1")
		refused(gitlabci.ArtifactsOfJob(job(project, first.ID, "lint").ID), gitlabci.ErrNotFound, "(lint) has no archive")

		// By pipeline and name: the last attempt, and also one that failed.
		attempt := job(project, first.ID, "unit")
		takes(gitlabci.ArtifactsOfPipeline(first.ID, "unit"), project, attempt.ID)
		retried, err := c.Jobs.Retry(t.Context(), project, attempt.ID, nil)
		require.NoError(t, err)
		refused(gitlabci.ArtifactsOfPipeline(first.ID, "unit"), gitlabci.ErrNotFound, "(unit) has no archive")
		time.Sleep(time.Hour)
		takes(gitlabci.ArtifactsOfPipeline(first.ID, "unit"), project, retried.ID)
		takes(gitlabci.ArtifactsOfJob(attempt.ID), project, attempt.ID)
		refused(gitlabci.ArtifactsOfPipeline(first.ID, "none"), gitlabci.ErrNotFound, `has no job "none"`)
		refused(gitlabci.ArtifactsOfPipeline(9999, "unit"), gitlabci.ErrNotFound, "404")
		refused(gitlabci.ArtifactsOfPipeline(0, "unit"), gitlabci.ErrInvalidArgument, "id 0 is below 1")
		refused(gitlabci.ArtifactsOfPipeline(first.ID, ""), gitlabci.ErrInvalidArgument, "job name")

		// By ref: the latest pipeline that succeeded, and no other.
		takes(gitlabci.ArtifactsOfLatestSuccessfulPipeline("main", "build"), project, build.ID)
		second := create()
		takes(gitlabci.ArtifactsOfLatestSuccessfulPipeline("main", "build"), project, job(project, second.ID, "build").ID)
		srv.Define(project, gitlabcitest.Job{Name: "build", Artifacts: map[string]string{"a": "content"}}, gitlabcitest.Job{Name: "unit", Fails: 1})
		create() // fails
		running, err := c.Pipelines.Create(t.Context(), project, &gitlabci.CreatePipelineOptions{Ref: "main"})
		require.NoError(t, err)
		takes(gitlabci.ArtifactsOfLatestSuccessfulPipeline("main", "build"), project, job(project, second.ID, "build").ID)
		time.Sleep(time.Hour)
		require.NotZero(t, running.ID)
		srv.Define(project, gitlabcitest.Job{Name: "only"})
		create()
		refused(gitlabci.ArtifactsOfLatestSuccessfulPipeline("main", "build"), gitlabci.ErrNotFound, `has no job "build"`)
		refused(gitlabci.ArtifactsOfLatestSuccessfulPipeline("branch", "build"), gitlabci.ErrNotFound, `"branch" has no successful pipeline`)
		refused(gitlabci.ArtifactsOfLatestSuccessfulPipeline("", "build"), gitlabci.ErrInvalidArgument, "ref")
		refused(gitlabci.ArtifactsOfLatestSuccessfulPipeline("main", ""), gitlabci.ErrInvalidArgument, "job name")

		// Downstream, in another project as in the same one.
		bridges, err := c.Pipelines.Bridges(t.Context(), project, first.ID, nil).Collect()
		require.NoError(t, err)
		for _, bridge := range bridges {
			down := bridge.DownstreamPipeline
			where := project
			if bridge.Name == "other project" {
				where = gitlabci.ProjectID(down.ProjectID)
				require.NotEqual(t, bridge.Pipeline.ProjectID, down.ProjectID)
			}
			takes(gitlabci.ArtifactsOfDownstream(first.ID, bridge.Name, "build"), where, job(where, down.ID, "build").ID)
		}
		require.Len(t, bridges, 2)
		refused(gitlabci.ArtifactsOfDownstream(first.ID, "child", "none"), gitlabci.ErrNotFound, `has no job "none"`)
		refused(gitlabci.ArtifactsOfDownstream(first.ID, "none", "build"), gitlabci.ErrNotFound, `no trigger job "none" that started a pipeline`)
		refused(gitlabci.ArtifactsOfDownstream(first.ID, "", "build"), gitlabci.ErrInvalidArgument, "trigger job")
		refused(gitlabci.ArtifactsOfDownstream(first.ID, "child", ""), gitlabci.ErrInvalidArgument, "job name")
		refused(gitlabci.ArtifactsOfDownstream(9999, "child", "build"), gitlabci.ErrNotFound, "404")

		// A selector of one's own.
		own := errors.New("my own")
		refused(nil, gitlabci.ErrInvalidArgument, "the selector is nil")
		refused(selectorOf(nil, own), own, "my own")
		refused(selectorOf(nil, nil), gitlabci.ErrNotFound, "found no job")
		refused(selectorOf(&gitlabci.ArtifactJob{}, nil), gitlabci.ErrNotFound, "found no job")
		takes(selectorOf(&gitlabci.ArtifactJob{Project: project, Job: build}, nil), project, build.ID)

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = c.Artifacts.Select(ctx, project, gitlabci.ArtifactsOfPipeline(first.ID, "unit"))
		require.ErrorIs(t, err, context.Canceled)
		srv.Fail("GET", "/projects/:id/pipelines/:pipeline_id/jobs", gitlabcitest.Status(403, `{"message":"403 Forbidden"}`))
		refused(gitlabci.ArtifactsOfPipeline(first.ID, "unit"), gitlabci.ErrForbidden, "403")
		srv.Fail("GET", "/projects/:id/pipelines/:pipeline_id/bridges", gitlabcitest.Status(403, `{"message":"403 Forbidden"}`))
		refused(gitlabci.ArtifactsOfDownstream(first.ID, "child", "build"), gitlabci.ErrForbidden, "403")
	})
}

func selectorOf(found *gitlabci.ArtifactJob, err error) gitlabci.ArtifactSelector {
	return func(context.Context, *gitlabci.Client, gitlabci.Project, []gitlabci.RequestOption) (*gitlabci.ArtifactJob, error) {
		return found, err
	}
}
