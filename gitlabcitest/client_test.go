package gitlabcitest_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

func TestClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := gitlabcitest.New()
		defer srv.Close()
		client := srv.Client()
		app := srv.AddProject("group/app", gitlabcitest.Job{Name: "unit", Fails: 1, Duration: time.Hour})

		pipeline, err := client.Pipelines.Create(t.Context(), app, &gitlabci.CreatePipelineOptions{Ref: "main"})
		require.NoError(t, err)
		time.Sleep(2 * time.Hour)
		pipeline, err = client.Pipelines.Get(t.Context(), app, pipeline.ID)
		require.NoError(t, err)
		require.Equal(t, gitlabci.PipelineFailed, pipeline.Status)

		sha := srv.AddBranch(app, "feature")
		require.NotEqual(t, sha, srv.Push(app, "feature"))
		latest, err := client.Pipelines.Latest(t.Context(), app, &gitlabci.LatestPipelineOptions{Ref: "feature"})
		require.NoError(t, err)
		require.Equal(t, "push", string(latest.Source))
		require.Equal(t, sha, latest.BeforeSHA)

		srv.AddTag(app, "v1")
		tagged, err := client.Pipelines.Create(t.Context(), app, &gitlabci.CreatePipelineOptions{Ref: "v1"})
		require.NoError(t, err)
		require.True(t, tagged.Tag)

		iid := srv.AddMergeRequest(app, "topic")
		merge, err := client.Pipelines.CreateForMergeRequest(t.Context(), app, iid, nil)
		require.NoError(t, err)
		require.Equal(t, "refs/merge-requests/1/head", merge.Ref)

		srv.Define(app, gitlabcitest.Job{Name: "never", When: gitlabcitest.Never})
		_, err = client.Pipelines.CreateForMergeRequest(t.Context(), app, iid, nil)
		require.Error(t, err)

		srv.Configure(app, gitlabcitest.ProjectSettings{PrivatePipelines: true})
		guest := srv.ClientAs(srv.AddUser("guest", gitlabcitest.Guest.In("group/app")))
		_, err = guest.Pipelines.Get(t.Context(), app, 1)
		require.True(t, errors.Is(err, gitlabci.ErrForbidden), "%v", err)
		srv.AddRoles("guest", gitlabcitest.Reporter.In("group"))
		_, err = guest.Pipelines.Get(t.Context(), app, 1)
		require.NoError(t, err)
	})
}

func TestExampleOfTime(t *testing.T) {
	testSlowPipeline(t)
}
