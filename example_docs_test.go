package gitlabci_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
	"github.com/gitlabci/gitlabci/internal/testnet"
)

// These are snippets of the README and of docs that are no example of one method.

func Example_listAllPages() {
	ctx, client, app, done := standIn()
	defer done()
	failedPipeline(ctx, client, app)

	failed := func() error {
		for job, err := range client.Jobs.List(ctx, app, &gitlabci.ListJobsOptions{Scope: []gitlabci.JobStatus{gitlabci.JobFailed}}) {
			if err != nil {
				return err
			}
			fmt.Println(job.Name)
		}
		return nil
	}
	check(failed())
	// Output: unit
}

func Example_errors() {
	ctx, client, _, done := standIn()
	defer done()
	app, id := gitlabci.ProjectPath("group/gone"), int64(42)

	_, err := client.Jobs.Retry(ctx, app, id, nil)
	var failed *gitlabci.Error
	if errors.Is(err, gitlabci.ErrNotFound) && errors.As(err, &failed) {
		fmt.Println(failed.Message) // "404 Project Not Found", or what else is not there
	} else if errors.Is(err, gitlabci.ErrJobRetry) {
		fmt.Println(err)
	}
	// Output: 404 Project Not Found
}

func Example_diagnose() {
	ctx, client, app, done := standIn()
	defer done()

	pipeline, err := client.Pipelines.Create(ctx, app, &gitlabci.CreatePipelineOptions{
		Ref:       "main",
		Variables: []gitlabci.PipelineVariable{{Key: "DEPLOY_ENV", Value: "staging"}},
	})
	check(err) // which ends the program if there is an error
	_, err = client.Pipelines.Wait(ctx, app, pipeline.ID, nil)
	if errors.Is(err, gitlabci.ErrPipelineFailed) {
		why, err := client.Pipelines.Diagnose(ctx, app, pipeline.ID, nil)
		check(err)
		for _, failed := range why.Jobs {
			fmt.Println(failed.Job.Name, failed.Job.FailureReason, strings.Join(failed.Log, "\n"))
		}
	} else {
		check(err) // it was canceled or skipped, waits for a manual job, or the wait ended early
	}
	// Output:
	// unit script_failure --- FAIL: TestClock (0.00s)
	//     clock_test.go:12: it is late
	// ERROR: Job failed: exit code 1
}

// TestARetryAfterALostAnswer is the test that the README shows.
func TestARetryAfterALostAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // in which time passes at once
		srv := gitlabcitest.New() // in memory, without a port
		defer srv.Close()
		app := srv.AddProject("group/app", gitlabcitest.Job{Name: "unit", Duration: time.Hour, Fails: 1})
		srv.Fail("POST", "/projects/:id/pipeline", gitlabcitest.DropAfter()) // the pipeline starts, but the answer is lost
		client := srv.Client()

		_, err := client.Pipelines.Create(t.Context(), app, &gitlabci.CreatePipelineOptions{Ref: "main"})
		require.ErrorIs(t, err, gitlabci.ErrOutcomeUnknown)
		pipeline, err := client.Pipelines.Latest(t.Context(), app, nil)
		require.NoError(t, err)
		_, err = client.Pipelines.Wait(t.Context(), app, pipeline.ID, nil)
		require.ErrorIs(t, err, gitlabci.ErrPipelineFailed)
		_, err = client.Pipelines.RetryFailed(t.Context(), app, pipeline.ID, nil)
		require.NoError(t, err)
		_, err = client.Pipelines.Wait(t.Context(), app, pipeline.ID, nil)
		require.NoError(t, err) // two hours later
	})
}

// TestComingFromALoop runs what docs say in place of a loop that waits.
func TestComingFromALoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, client, app, done := standIn()
		defer done()
		pipeline, err := client.Pipelines.Create(ctx, app, &gitlabci.CreatePipelineOptions{Ref: "main"})
		require.NoError(t, err)

		pipeline, err = client.Pipelines.Wait(ctx, app, pipeline.ID, nil)
		if errors.Is(err, gitlabci.ErrPipelineFailed) {
			fmt.Println("failed:", pipeline.WebURL)
		}
		require.ErrorIs(t, err, gitlabci.ErrPipelineFailed)
		require.Equal(t, gitlabci.PipelineFailed, pipeline.Status)
	})
}

// TestConnecting runs what the README shows of connecting.
func TestConnecting(t *testing.T) {
	srv := gitlabcitest.New()
	defer srv.Close()
	t.Setenv("GITLAB_TOKEN", srv.Token())
	t.Setenv("CI_PROJECT_ID", "42")
	token, proxy, companyCA := srv.Token(), "http://proxy.example.com:3128", caFile(t, testnet.Identity())
	keepToken := func(context.Context) (string, error) { return token, nil }
	var counted []string
	count := func(operation string, status int) { counted = append(counted, fmt.Sprint(operation, " ", status)) }

	byToken, err := gitlabci.NewClient("https://gitlab.example.com", gitlabci.PrivateToken(token)) // or OAuthToken, JobToken, Anonymous
	check(err)
	client, err := gitlabci.NewClientFromEnv() // CI_API_V4_URL and CI_JOB_TOKEN in a CI/CD job, or GITLAB_URL and GITLAB_TOKEN
	check(err)
	app, err := gitlabci.ProjectFromEnv() // GITLAB_PROJECT, or CI_PROJECT_ID in a CI/CD job
	check(err)
	bot := client.WithAuth(gitlabci.OAuthTokenSource(keepToken)) // shares the connections

	require.Equal(t, "42", app.String())
	require.NotNil(t, byToken)
	require.NotNil(t, bot)

	metrics := func(next http.RoundTripper) http.RoundTripper {
		return roundTripperFunc(func(r *http.Request) (*http.Response, error) {
			resp, err := next.RoundTrip(r)
			if call, ok := gitlabci.OperationFrom(r.Context()); ok && err == nil {
				count(call.Name, resp.StatusCode) // "create pipeline", 201
			}
			return resp, err
		})
	}

	client, err = gitlabci.NewClient("https://gitlab.example.com", gitlabci.PrivateToken(token),
		gitlabci.WithCAFile(companyCA),      // an authority of your own; NewClientFromEnv trusts CI_SERVER_TLS_CA_FILE
		gitlabci.WithProxy(proxy),           // without it, that of HTTPS_PROXY
		gitlabci.WithLogger(slog.Default()), // each attempt: its call, path, status and duration, no query, header or body
		gitlabci.WithTransport(metrics),     // each attempt as well; OperationFrom(r.Context()) is its call, as in "create pipeline"
		gitlabci.WithRetry(gitlabci.RetryPolicy{MaxAttempts: 8, MaxRateLimitWait: 5 * time.Minute}),
	)
	require.NoError(t, err)
	require.NotNil(t, client)
	client = srv.Client(gitlabci.WithTransport(metrics))
	_, err = client.Pipelines.Create(t.Context(), srv.AddProject("group/app", gitlabcitest.Job{Name: "unit"}), &gitlabci.CreatePipelineOptions{Ref: "main"})
	require.NoError(t, err)
	require.Equal(t, []string{"create pipeline 201"}, counted)
}

type roundTripperFunc func(*http.Request) (*http.Response, error)

func (f roundTripperFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
