package gitlabci_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// Start a pipeline, and explain what came of it.
func Example_triggerAndExplain() {
	ctx, client, app, done := standIn(gitlabcitest.Job{Name: "build"}, gitlabcitest.Job{Name: "unit", Fails: 1, Log: "--- FAIL: TestClock\n"})
	defer done()
	trigger, err := client.Triggers.Create(ctx, app, &gitlabci.CreateTriggerOptions{Description: "script"})
	check(err)

	pipeline, err := client.Triggers.Run(ctx, app, &gitlabci.RunTriggerOptions{Token: trigger.Token, Ref: "main"})
	check(err)
	_, err = client.Pipelines.Wait(ctx, app, pipeline.ID, &gitlabci.WaitOptions{Interval: 10 * time.Millisecond})
	fmt.Println(err)
	if errors.Is(err, gitlabci.ErrPipelineFailed) {
		why, err := client.Pipelines.Diagnose(ctx, app, pipeline.ID, nil)
		check(err)
		for _, failed := range why.Jobs {
			fmt.Println(failed.Job.Name, failed.Verdict, failed.Log[0])
		}
	}
	// Output:
	// gitlabci: pipeline 1 failed: unit (script_failure)
	// unit unknown --- FAIL: TestClock
}

// Copy the CI/CD variables of one project to another. Hidden values cannot be read, so they are named instead.
func Example_copyVariables() {
	ctx, client, app, done := standIn()
	defer done()
	other := gitlabci.ProjectPath("group/app") // would be another one
	for key, hidden := range map[string]bool{"DATABASE_URL": false, "API_KEY": true} {
		_, err := client.Variables.Create(ctx, app, &gitlabci.CreateVariableOptions{Key: key, Value: "s3cret-value", MaskedAndHidden: &hidden})
		check(err)
	}

	for variable, err := range client.Variables.List(ctx, app, nil) {
		check(err)
		if variable.Hidden {
			fmt.Println("set by hand:", variable.Key)
			continue
		}
		_, err = client.Variables.Set(ctx, other, &gitlabci.CreateVariableOptions{
			Key: variable.Key, Value: variable.Value, VariableType: variable.VariableType, EnvironmentScope: variable.EnvironmentScope,
			Protected: &variable.Protected, Masked: &variable.Masked, Raw: &variable.Raw, Description: variable.Description,
		})
		check(err)
		fmt.Println("copied:", variable.Key)
	}
	// Unordered output:
	// set by hand: API_KEY
	// copied: DATABASE_URL
}

// Delete the pipelines that ended long ago, all of them, and go on where one cannot be deleted.
func Example_deleteOldPipelines() {
	ctx, client, app, done := standIn(gitlabcitest.Job{Name: "unit"})
	defer done()
	for range 3 {
		_, err := client.Pipelines.Create(ctx, app, &gitlabci.CreatePipelineOptions{Ref: "main"})
		check(err)
	}

	old := &gitlabci.ListPipelinesOptions{UpdatedBefore: time.Now().Add(time.Hour), Scope: gitlabci.PipelineScopeFinished}
	pipelines, err := client.Pipelines.List(ctx, app, old).Collect() // before any is deleted, or pages would shift
	check(err)
	deleted := 0
	for _, pipeline := range pipelines {
		switch err := client.Pipelines.Delete(ctx, app, pipeline.ID); {
		case err == nil, errors.Is(err, gitlabci.ErrNotFound): // somebody else was faster
			deleted++
		default:
			fmt.Println(err) // which names the pipeline
		}
	}
	fmt.Println(deleted, "deleted")
	// Output: 3 deleted
}

// Download an artifact from a pipeline downstream and check it against the checksum beside it.
func Example_artifactWithChecksum() {
	const content = "a program"
	sums := fmt.Sprintf("%x  bin/app\n", sha256.Sum256([]byte(content)))
	ctx, client, app, done := standIn(gitlabcitest.Job{Name: "start", Trigger: &gitlabcitest.Downstream{Strategy: gitlabcitest.Depend, Jobs: []gitlabcitest.Job{
		{Name: "package", Artifacts: map[string]string{"bin/app": content, "SHA256SUMS": sums}},
	}}})
	defer done()
	pipeline, err := client.Pipelines.Create(ctx, app, &gitlabci.CreatePipelineOptions{Ref: "main"})
	check(err)
	_, err = client.Pipelines.Wait(ctx, app, pipeline.ID, &gitlabci.WaitOptions{Downstream: true, Interval: 10 * time.Millisecond})
	check(err)

	found, err := client.Artifacts.Select(ctx, app, gitlabci.ArtifactsOfDownstream(pipeline.ID, "start", "package"))
	check(err)
	archive, err := client.Jobs.OpenArtifacts(ctx, found.Project, found.Job.ID, nil) // of which only what is read is transferred
	check(err)
	defer archive.Close()
	wanted, err := archive.ReadFile("SHA256SUMS")
	check(err)
	file, err := archive.Open("bin/app")
	check(err)
	defer file.Close()
	sum := sha256.New()
	_, err = io.Copy(sum, file)
	check(err)
	fmt.Println(strings.HasPrefix(string(wanted), fmt.Sprintf("%x ", sum.Sum(nil))))
	// Output: true
}

// Look through the schedules for those that do nothing: switched off, without an owner, or whose last pipeline failed.
func Example_scheduleAudit() {
	ctx, client, app, done := standIn(gitlabcitest.Job{Name: "nightly", Fails: 1})
	defer done()
	for description, active := range map[string]bool{"nightly": true, "forgotten": false} {
		schedule, err := client.Schedules.Create(ctx, app, &gitlabci.CreateScheduleOptions{
			Description: description, Ref: "main", Cron: "0 2 * * *", Active: &active,
		})
		check(err)
		_, err = client.Schedules.SetVariable(ctx, app, schedule.ID, &gitlabci.CreateScheduleVariableOptions{Key: "LEVEL", Value: "3"})
		check(err)
	}

	for schedule, err := range client.Schedules.List(ctx, app, nil) {
		check(err)
		whole, err := client.Schedules.Get(ctx, app, schedule.ID) // lists leave out the last pipeline and the variables
		check(err)
		switch last := whole.LastPipeline; {
		case !whole.Active:
			fmt.Println(whole.Description, "is switched off, with", len(whole.Variables), "variable")
		case last == nil || last.ID == 0:
			fmt.Println(whole.Description, "has never run; next at", whole.NextRunAt.Format("15:04"))
		case last.Status == gitlabci.PipelineFailed:
			fmt.Println(whole.Description, "failed the last time:", last.WebURL)
		}
	}
	// Unordered output:
	// nightly has never run; next at 02:00
	// forgotten is switched off, with 1 variable
}

// counters count calls by operation and outcome, as a library of metrics does.
type counters struct {
	mu sync.Mutex
	by map[string]int
}

func (c *counters) count(next http.RoundTripper) http.RoundTripper {
	return roundTripperFunc(func(r *http.Request) (*http.Response, error) {
		resp, err := next.RoundTrip(r)
		call, _ := gitlabci.OperationFrom(r.Context())
		outcome := "lost"
		if err == nil {
			outcome = fmt.Sprint(resp.StatusCode)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.by[call.Name+" "+outcome]++
		return resp, err
	})
}

// TestServiceThatWatches is a service that watches many pipelines at once, with a log and with counters, through an outage.
func TestServiceThatWatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := gitlabcitest.New()
		defer srv.Close()
		app := srv.AddProject("group/app", gitlabcitest.Job{Name: "build", Duration: time.Minute}, gitlabcitest.Job{Name: "test", Stage: "verify", Fails: 1, Duration: 10 * time.Minute})
		counted := &counters{by: make(map[string]int)}
		var log strings.Builder
		client := srv.Client(gitlabci.WithTransport(counted.count), gitlabci.WithLogger(slog.New(slog.NewTextHandler(&syncWriter{w: &log}, nil))))

		var watches sync.WaitGroup
		ended := make([]gitlabci.PipelineStatus, 50)
		for i := range ended {
			pipeline, err := client.Pipelines.Create(t.Context(), app, &gitlabci.CreatePipelineOptions{Ref: "main"})
			require.NoError(t, err)
			watches.Go(func() {
				for event, err := range client.Pipelines.Watch(t.Context(), app, pipeline.ID, nil) {
					require.NoError(t, err)
					ended[i] = event.Pipeline.Status
				}
			})
		}
		time.Sleep(2 * time.Minute)
		srv.Fail("GET", "", gitlabcitest.Status(502, "").Forever())
		time.Sleep(3 * time.Minute)
		srv.Heal()
		watches.Wait()

		require.Equal(t, slices.Repeat([]gitlabci.PipelineStatus{gitlabci.PipelineFailed}, 50), ended)
		require.Equal(t, 50, counted.by["create pipeline 201"])
		require.Positive(t, counted.by["list pipeline jobs 502"])
		require.Less(t, counted.by["list pipeline jobs 200"], 50*12*60/5)
		require.Empty(t, log.String(), "no attempt was repeated by a call: the watch is its own retry")
	})
}

type syncWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (s *syncWriter) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(p)
}

// deploy is a bot: it starts a pipeline, retries what failed for want of a runner, plays the gate and waits for the deployment.
func deploy(ctx context.Context, client *gitlabci.Client, app gitlabci.Project) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Hour)
	defer cancel()
	pipeline, err := client.Pipelines.Create(ctx, app, &gitlabci.CreatePipelineOptions{Ref: "main"})
	if err != nil {
		return err
	}
	_, err = client.Pipelines.Wait(ctx, app, pipeline.ID, nil)
	if errors.Is(err, gitlabci.ErrPipelineFailed) {
		again := &gitlabci.RetryFailedOptions{Reasons: []gitlabci.FailureReason{gitlabci.FailureReasonRunnerSystem}, MaxAttempts: 2}
		retried, failure := client.Pipelines.RetryFailed(ctx, app, pipeline.ID, again)
		if failure != nil || len(retried) == 0 {
			return errors.Join(err, failure)
		}
		_, err = client.Pipelines.Wait(ctx, app, pipeline.ID, nil)
	}
	if !errors.Is(err, gitlabci.ErrPipelineBlocked) {
		return err
	}
	if _, err := client.Pipelines.PlayJob(ctx, app, pipeline.ID, "gate", nil); err != nil {
		return err
	}
	_, err = client.Pipelines.WaitJob(ctx, app, pipeline.ID, "deploy", nil)
	return err
}

// TestDeployBot tests the bot against whatever may happen, hours in no time.
func TestDeployBot(t *testing.T) {
	build := gitlabcitest.Job{Name: "build", Stage: "build", Duration: 10 * time.Minute}
	rest := []gitlabcitest.Job{{Name: "gate", Stage: "gate", When: gitlabcitest.Manual, Blocking: true}, {Name: "deploy", Stage: "deploy", Duration: time.Minute}}
	with := func(change func(*gitlabcitest.Job)) []gitlabcitest.Job {
		job := build
		change(&job)
		return append([]gitlabcitest.Job{job}, rest...)
	}
	for name, test := range map[string]struct {
		jobs    []gitlabcitest.Job
		happens func(*gitlabcitest.Server, *gitlabci.Client)
		is      error
		says    string
	}{
		"success":  {jobs: with(func(*gitlabcitest.Job) {})},
		"flaky":    {jobs: with(func(j *gitlabcitest.Job) { j.Fails, j.FailureReason = 1, gitlabci.FailureReasonRunnerSystem })},
		"broken":   {jobs: with(func(j *gitlabcitest.Job) { j.Fails = 9 }), is: gitlabci.ErrPipelineFailed, says: "build (script_failure)"},
		"hopeless": {jobs: with(func(j *gitlabcitest.Job) { j.Fails, j.FailureReason = 9, gitlabci.FailureReasonRunnerSystem }), is: gitlabci.ErrPipelineFailed},
		"forbidden": {
			jobs: with(func(*gitlabcitest.Job) {}), is: gitlabci.ErrForbidden, says: "POST /projects/group%2Fapp/pipeline: 403",
			happens: func(srv *gitlabcitest.Server, _ *gitlabci.Client) {
				srv.Fail("POST", "/projects/:id/pipeline", gitlabcitest.Status(403, ""))
			},
		},
		"an outage": {
			jobs: with(func(*gitlabcitest.Job) {}),
			happens: func(srv *gitlabcitest.Server, _ *gitlabci.Client) {
				time.AfterFunc(5*time.Minute, func() { srv.Fail("", "", gitlabcitest.Status(503, "").Forever()) })
				time.AfterFunc(9*time.Minute, srv.Heal)
			},
		},
		"the answer to the create is lost": {
			jobs: with(func(*gitlabcitest.Job) {}), is: gitlabci.ErrOutcomeUnknown,
			happens: func(srv *gitlabcitest.Server, _ *gitlabci.Client) {
				srv.Fail("POST", "/projects/:id/pipeline", gitlabcitest.DropAfter())
			},
		},
		"no runner": {
			jobs: with(func(j *gitlabcitest.Job) { j.Tags = []string{"gpu"} }), is: context.DeadlineExceeded, says: "build has waited ",
			happens: func(_ *gitlabcitest.Server, client *gitlabci.Client) {
				_, err := client.Runners.Update(context.Background(), 1, &gitlabci.UpdateRunnerOptions{Paused: new(true)})
				check(err)
			},
		},
		"nobody may pass the gate": {
			jobs: with(func(*gitlabcitest.Job) {}), is: gitlabci.ErrJobPlay, says: "/play: 403",
			happens: func(srv *gitlabcitest.Server, _ *gitlabci.Client) {
				srv.Fail("POST", "/projects/:id/jobs/:job_id/play", gitlabcitest.Status(403, ""))
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := gitlabcitest.New()
				defer srv.Close()
				app := srv.AddProject("group/app", test.jobs...)
				if test.happens != nil {
					test.happens(srv, srv.Client())
				}
				err := deploy(t.Context(), srv.Client(), app)
				if test.is == nil {
					require.NoError(t, err)
				} else {
					require.ErrorIs(t, err, test.is)
					require.ErrorContains(t, err, test.says)
				}
				creates := 0
				for _, r := range srv.Requests() {
					if r.Method == "POST" && r.Route == "/projects/:id/pipeline" {
						creates++
					}
				}
				require.Equal(t, 1, creates, "never twice")
			})
		})
	}
}
