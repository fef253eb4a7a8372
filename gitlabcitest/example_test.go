package gitlabcitest_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// A pipeline whose test fails once: the retry succeeds, and the deployment waits to be played.
func Example() {
	ctx := context.Background()
	srv := gitlabcitest.New()
	defer srv.Close()
	app := srv.AddProject("group/app",
		gitlabcitest.Job{Name: "compile", Stage: "build", Duration: time.Millisecond, Queue: time.Millisecond},
		gitlabcitest.Job{Name: "unit", Stage: "test", Duration: time.Millisecond, Queue: time.Millisecond, Fails: 1},
		gitlabcitest.Job{Name: "production", Stage: "deploy", When: gitlabcitest.Manual},
	)

	client := srv.Client()
	options := &gitlabci.WaitOptions{Interval: 10 * time.Millisecond}
	pipeline, err := client.Pipelines.Create(ctx, app, &gitlabci.CreatePipelineOptions{Ref: "main"})
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.Pipelines.Wait(ctx, app, pipeline.ID, options)
	fmt.Println("failed:", errors.Is(err, gitlabci.ErrPipelineFailed))

	if _, err := client.Pipelines.Retry(ctx, app, pipeline.ID, nil); err != nil {
		log.Fatal(err)
	}
	if _, err := client.Pipelines.Wait(ctx, app, pipeline.ID, options); err != nil {
		log.Fatal(err)
	}
	for job, err := range client.Pipelines.Jobs(ctx, app, pipeline.ID, nil) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(job.Name, job.Status)
	}
	// Output:
	// failed: true
	// unit success
	// production manual
	// compile success
}

// The pipeline is created, but the answer is lost: whoever creates it anew without looking has two.
func ExampleServer_Fail() {
	ctx := context.Background()
	srv := gitlabcitest.New()
	defer srv.Close()
	app := srv.AddProject("group/app", gitlabcitest.Job{Name: "unit"})
	srv.Fail("POST", "/projects/:id/pipeline", gitlabcitest.DropAfter())

	client := srv.Client()
	_, err := client.Pipelines.Create(ctx, app, &gitlabci.CreatePipelineOptions{Ref: "main"})
	fmt.Println("outcome unknown:", errors.Is(err, gitlabci.ErrOutcomeUnknown))
	pipelines, err := client.Pipelines.List(ctx, app, nil).Collect()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("pipelines:", len(pipelines))
	// Output:
	// outcome unknown: true
	// pipelines: 1
}

// What arrived: two answers of a proxy were retried.
func ExampleServer_Requests() {
	srv := gitlabcitest.New()
	defer srv.Close()
	app := srv.AddProject("group/app", gitlabcitest.Job{Name: "unit"})
	srv.Fail("GET", "/projects/:id/pipelines", gitlabcitest.HTML(http.StatusBadGateway).Times(2))

	client := srv.Client(gitlabci.WithRetry(gitlabci.RetryPolicy{MinWait: time.Millisecond}))
	if _, err := client.Pipelines.List(context.Background(), app, nil).Collect(); err != nil {
		log.Fatal(err)
	}
	for _, request := range srv.Requests() {
		fmt.Println(request.Method, request.Route, request.Query.Get("per_page"))
	}
	// Output:
	// GET /projects/:id/pipelines 100
	// GET /projects/:id/pipelines 100
	// GET /projects/:id/pipelines 100
}

// A reporter sees a pipeline and may not cancel it.
func ExampleServer_AddUser() {
	ctx := context.Background()
	srv := gitlabcitest.New()
	defer srv.Close()
	app := srv.AddProject("group/app", gitlabcitest.Job{Name: "unit"})
	srv.Push(app, "main")

	grace := srv.ClientAs(srv.AddUser("grace", gitlabcitest.Reporter.In("group")))
	pipeline, err := grace.Pipelines.Latest(ctx, app, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(pipeline.Ref, pipeline.Source)
	_, err = grace.Pipelines.Cancel(ctx, app, pipeline.ID, nil)
	fmt.Println("forbidden:", errors.Is(err, gitlabci.ErrForbidden))
	// Output:
	// main push
	// forbidden: true
}

// A trigger job starts a pipeline of another project, and ends as that does.
func ExampleDownstream() {
	ctx := context.Background()
	srv := gitlabcitest.New()
	defer srv.Close()
	quick := gitlabcitest.Job{Name: "unit", Duration: time.Millisecond, Queue: time.Millisecond}
	srv.AddProject("group/lib", quick)
	app := srv.AddProject("group/app", quick, gitlabcitest.Job{
		Name: "library", Queue: time.Millisecond, Trigger: &gitlabcitest.Downstream{Project: "group/lib", Strategy: gitlabcitest.Depend},
	})

	client := srv.Client()
	pipeline, err := client.Pipelines.Create(ctx, app, &gitlabci.CreatePipelineOptions{Ref: "main"})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := client.Pipelines.Wait(ctx, app, pipeline.ID, &gitlabci.WaitOptions{Interval: 10 * time.Millisecond}); err != nil {
		log.Fatal(err)
	}
	for bridge, err := range client.Pipelines.Bridges(ctx, app, pipeline.ID, nil) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(bridge.Name, bridge.Status, bridge.DownstreamPipeline.Status)
	}
	// Output: library success success
}

// Any client in any language finds the server on a socket.
func ExampleServer_Listen() {
	srv := gitlabcitest.New()
	defer srv.Close()
	url, err := srv.Listen("127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}

	request, err := http.NewRequest(http.MethodGet, url+"/api/v4/version", nil)
	if err != nil {
		log.Fatal(err)
	}
	request.Header.Set("PRIVATE-TOKEN", srv.Token())
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	fmt.Println(response.Status)
	// Output: 200 OK
}

// A test of what asks GraphQL says what GitLab would answer.
func ExampleServer_HandleGraphQL() {
	srv := gitlabcitest.New()
	defer srv.Close()
	srv.HandleGraphQL(func(request gitlabcitest.GraphQLRequest) (any, error) {
		if request.Variables["project"] != "group/app" {
			return nil, &gitlabci.GraphQLError{Message: "No such project", Path: "project"}
		}
		return map[string]any{"project": map[string]any{"name": "app"}}, nil
	})

	const query = `query($project: ID!) { project(fullPath: $project) { name } }`
	var answer struct{ Project struct{ Name string } }
	for _, project := range []string{"group/app", "group/other"} {
		err := srv.Client().GraphQL(context.Background(), query, map[string]any{"project": project}, &answer)
		failure, failed := errors.AsType[*gitlabci.GraphQLError](err)
		fmt.Println(answer.Project.Name, failed, failure)
	}
	// Output:
	// app false <nil>
	// app true project: No such project
}
