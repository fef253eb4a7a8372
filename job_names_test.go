package gitlabci_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

func TestJobGroup(t *testing.T) {
	for name, group := range map[string]string{
		"test": "test", "test 1/3": "test", "test: [linux, amd64]": "test", "test:[a]": "test", "test 1 / 3": "test", "test 1:3": "test", "rspec unit pg 12/20": "rspec unit pg",
		"deploy: [eu, 1/2] 3/4": "deploy", "build 1.26": "build 1.26", "v1/2": "v1/2", "test: [a] lint": "test: [a] lint", "[a]": "[a]", "": "", "a b: [c]  ": "a b",
		"test 1\\3": "test",
	} {
		require.Equal(t, group, (&gitlabci.Job{Name: name}).Group(), name)
	}
}

var matrix = []gitlabcitest.Job{
	{Name: "build", Stage: "build"},
	{Name: "test: [linux]", Stage: "test"}, {Name: "test: [windows]", Stage: "test", Fails: 1}, {Name: "lint", Stage: "test", Fails: 9, AllowFailure: true},
	{Name: "gate", Stage: "gate", When: gitlabcitest.Manual, Blocking: true},
	{Name: "rollback", Stage: "gate", When: gitlabcitest.Manual},
	{Name: "deploy", Stage: "deploy", Duration: time.Hour},
}

func TestJobByName(t *testing.T) {
	inBubble(t, matrix, func(l *live) {
		c := l.client.Pipelines
		id := l.start()
		time.Sleep(minutes)
		job, err := c.Job(l.Context(), liveApp, id, "build")
		require.NoError(l, err)
		require.Equal(l, "build", job.Name)
		first, err := c.Job(l.Context(), liveApp, id, "test: [windows]")
		require.NoError(l, err)
		require.Equal(l, gitlabci.JobFailed, first.Status)
		again, err := l.client.Jobs.Retry(l.Context(), liveApp, first.ID, nil)
		require.NoError(l, err)
		job, err = c.Job(l.Context(), liveApp, id, "test: [windows]")
		require.NoError(l, err)
		require.Equal(l, again.ID, job.ID, "the last attempt")

		jobs, err := c.JobGroup(l.Context(), liveApp, id, "test")
		require.NoError(l, err)
		require.Len(l, jobs, 2)
		require.Equal(l, "test: [linux]", jobs[0].Name)
		require.Equal(l, "test: [windows]", jobs[1].Name)
		jobs, err = c.JobGroup(l.Context(), liveApp, id, "test: [linux]")
		require.NoError(l, err)
		require.Len(l, jobs, 1)

		for name, says := range map[string]string{
			"test":  `"test" is a group of several jobs: test: [linux], test: [windows]`,
			"tests": `there is no job "tests" among build, test: [linux], `,
		} {
			_, err = c.Job(l.Context(), liveApp, id, name)
			require.ErrorIs(l, err, gitlabci.ErrNotFound)
			require.ErrorIs(l, err, gitlabci.ErrJobGet)
			require.ErrorContains(l, err, says)
		}
		_, err = c.JobGroup(l.Context(), liveApp, id, "none")
		require.ErrorIs(l, err, gitlabci.ErrNotFound)
		for _, err := range []error{
			ignore(c.Job(l.Context(), liveApp, id, "")), ignore(c.JobGroup(l.Context(), liveApp, id, "")), ignore(c.PlayJob(l.Context(), liveApp, id, "", nil)),
			ignore(c.WaitJob(l.Context(), liveApp, id, "", nil)), ignore(c.WaitPlayable(l.Context(), liveApp, id, "", nil)),
			ignore(c.WaitStage(l.Context(), liveApp, id, "", nil)), ignore(c.Job(l.Context(), liveApp, 0, "build")),
			ignore(c.PlayJob(l.Context(), liveApp, id, "gate", &gitlabci.PlayJobOptions{Variables: []gitlabci.PipelineVariable{{}}})),
		} {
			require.ErrorIs(l, err, gitlabci.ErrInvalidArgument)
		}
		_, err = c.Job(l.Context(), liveApp, 99, "build")
		require.ErrorIs(l, err, gitlabci.ErrNotFound)
	})
}

func TestPlayJob(t *testing.T) {
	inBubble(t, matrix, func(l *live) {
		c := l.client.Pipelines
		id := l.start()
		job, err := c.PlayJob(l.Context(), liveApp, id, "gate", nil)
		require.ErrorIs(l, err, gitlabci.ErrConflict)
		require.ErrorIs(l, err, gitlabci.ErrJobPlay)
		require.ErrorContains(l, err, "the job is created")
		require.Equal(l, "gate", job.Name)

		windows, err := c.WaitJob(l.Context(), liveApp, id, "test: [windows]", nil)
		require.ErrorIs(l, err, gitlabci.ErrJobFailed)
		_, err = l.client.Jobs.Retry(l.Context(), liveApp, windows.ID, nil)
		require.NoError(l, err)
		job, err = c.WaitPlayable(l.Context(), liveApp, id, "gate", nil)
		require.NoError(l, err)
		require.Equal(l, gitlabci.JobManual, job.Status)
		l.forget()
		played, err := c.PlayJob(l.Context(), liveApp, id, "gate", &gitlabci.PlayJobOptions{Variables: []gitlabci.PipelineVariable{{Key: "A", Value: "1"}}})
		require.NoError(l, err)
		require.Equal(l, job.ID, played.ID)
		require.Equal(l, map[string]int{"GET " + jobsRoute: 1, "POST /projects/:id/jobs/:job_id/play": 1}, l.routes())
		job, err = c.WaitJob(l.Context(), liveApp, id, "deploy", nil)
		require.NoError(l, err)
		require.Equal(l, gitlabci.JobSuccess, job.Status)
		rollback, err := c.Job(l.Context(), liveApp, id, "rollback")
		require.NoError(l, err)
		require.Equal(l, gitlabci.JobManual, rollback.Status, "left alone")

		_, err = c.PlayJob(l.Context(), liveApp, id, "deploy", nil)
		require.ErrorContains(l, err, "the job is success")
		_, err = c.WaitPlayable(l.Context(), liveApp, id, "deploy", nil)
		require.ErrorIs(l, err, gitlabci.ErrConflict)
	})
}

// TestPlayMatches plays what is meant, and neither the rollback nor the clean-up.
func TestPlayMatches(t *testing.T) {
	inBubble(t, []gitlabcitest.Job{
		{Name: "deploy", When: gitlabcitest.Manual}, {Name: "rollback", When: gitlabcitest.Manual},
		{Name: "start", When: gitlabcitest.Manual, Trigger: &gitlabcitest.Downstream{Jobs: []gitlabcitest.Job{{Name: "a"}}}},
	}, func(l *live) {
		id := l.start()
		time.Sleep(minutes)
		var asked []string
		played, err := l.client.Pipelines.Play(l.Context(), liveApp, id, &gitlabci.PlayPipelineOptions{Match: func(j *gitlabci.Job) bool {
			asked = append(asked, j.Name+" "+string(j.Status))
			return j.Name != "rollback"
		}})
		require.NoError(l, err)
		require.ElementsMatch(l, []string{"deploy manual", "rollback manual", "start manual"}, asked)
		require.Len(l, played, 2)
		time.Sleep(minutes)
		require.Equal(l, gitlabci.JobManual, l.job("rollback").Status)
		require.Equal(l, gitlabci.JobSuccess, l.job("deploy").Status)
	})
}

func TestWaitJobFollowsRetries(t *testing.T) {
	inBubble(t, []gitlabcitest.Job{{Name: "flaky", Duration: 10 * time.Minute}}, func(l *live) {
		id := l.start()
		var told []gitlabci.JobStatus
		var before int64
		job, err := l.client.Pipelines.WaitJob(l.Context(), liveApp, id, "flaky", &gitlabci.WaitJobOptions{Progress: func(j *gitlabci.Job) {
			told = append(told, j.Status)
			if j.Status == gitlabci.JobRunning && before == 0 {
				before = j.ID
				_, err := l.client.Jobs.Cancel(l.Context(), liveApp, j.ID, nil)
				require.NoError(l, err)
				_, err = l.client.Jobs.Retry(l.Context(), liveApp, j.ID, nil)
				require.NoError(l, err)
			}
		}})
		require.NoError(l, err)
		require.NotEqual(l, before, job.ID)
		require.Equal(l, gitlabci.JobSuccess, told[len(told)-1])
	})
}

func TestWaitPlayableInVain(t *testing.T) {
	inBubble(t, []gitlabcitest.Job{{Name: "build", Stage: "build", Fails: 9}, {Name: "deploy", Stage: "deploy", When: gitlabcitest.Manual}}, func(l *live) {
		id := l.start()
		job, err := l.client.Pipelines.WaitPlayable(l.Context(), liveApp, id, "deploy", nil)
		require.ErrorIs(l, err, gitlabci.ErrJobSkipped)
		require.Equal(l, "deploy", job.Name)
		_, err = l.client.Pipelines.WaitPlayable(l.Context(), liveApp, id, "none", nil)
		require.ErrorIs(l, err, gitlabci.ErrNotFound)

		ctx, cancel := context.WithTimeout(l.Context(), time.Second/10)
		defer cancel()
		job, err = l.client.Pipelines.WaitPlayable(ctx, liveApp, l.start(), "deploy", nil)
		require.ErrorIs(l, err, context.DeadlineExceeded)
		require.ErrorIs(l, err, gitlabci.ErrJobGet)
		require.Equal(l, gitlabci.JobCreated, job.Status, "the last that was seen")
	})
}

func TestWaitStage(t *testing.T) {
	inBubble(t, matrix, func(l *live) {
		c := l.client.Pipelines
		id := l.start()
		changes := 0
		jobs, err := c.WaitStage(l.Context(), liveApp, id, "test", &gitlabci.WaitJobOptions{Progress: func(*gitlabci.Job) { changes++ }})
		require.ErrorIs(l, err, gitlabci.ErrJobFailed)
		require.ErrorContains(l, err, "(test: [windows]) failed: script_failure")
		require.NotContains(l, err.Error(), "lint", "which may fail")
		require.Len(l, jobs, 3)
		require.GreaterOrEqual(l, changes, 6)
		_, err = l.client.Jobs.Retry(l.Context(), liveApp, jobs[1].ID, nil)
		require.NoError(l, err)
		jobs, err = c.WaitStage(l.Context(), liveApp, id, "test", nil)
		require.NoError(l, err)
		require.Equal(l, gitlabci.JobFailed, jobs[1].Status, "lint, which is older than what was retried")

		jobs, err = c.WaitStage(l.Context(), liveApp, id, "gate", nil)
		require.ErrorIs(l, err, gitlabci.ErrJobBlocked)
		require.Len(l, jobs, 2)
		go func() {
			time.Sleep(time.Hour)
			_, err := c.PlayJob(l.Context(), liveApp, id, "gate", nil)
			require.NoError(l, err)
		}()
		_, err = c.WaitStage(l.Context(), liveApp, id, "gate", &gitlabci.WaitJobOptions{ThroughManual: true})
		require.NoError(l, err, "the rollback may be left alone")

		_, err = c.WaitStage(l.Context(), liveApp, id, "none", nil)
		require.ErrorIs(l, err, gitlabci.ErrNotFound)
		require.ErrorContains(l, err, `no job of the pipeline is of stage "none"`)
	})
}

// TestWaitsByNameSurvive outages, as all waits do.
func TestWaitsByNameSurvive(t *testing.T) {
	inBubble(t, []gitlabcitest.Job{{Name: "build", Duration: time.Minute}}, func(l *live) {
		id := l.start()
		l.srv.Fail("GET", jobsRoute, gitlabcitest.Status(502, "").Times(3), gitlabcitest.DropBefore(), gitlabcitest.TooManyRequests(20*time.Second))
		job, err := l.client.Pipelines.WaitJob(l.Context(), liveApp, id, "build", nil)
		require.NoError(l, err)
		require.Equal(l, gitlabci.JobSuccess, job.Status)
		l.srv.Fail("GET", jobsRoute, gitlabcitest.Status(502, "").Forever())
		_, err = l.client.Pipelines.WaitStage(l.Context(), liveApp, id, "test", &gitlabci.WaitJobOptions{Patience: time.Minute})
		require.ErrorContains(l, err, "GitLab is out of reach for 1m")
	})
}
