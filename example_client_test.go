package gitlabci_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"strings"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// An endpoint that has no method yet is called by its path, with the same authentication, retries and errors.
func ExampleClient_Do() {
	ctx, client, _, done := standIn()
	defer done()

	var version struct {
		Version string `json:"version"`
	}
	err := client.Do(ctx, "GET", "version", nil, &version)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(strings.HasPrefix(version.Version, "19."))
	// Output: true
}

// A list that has no method yet: every item of every page.
func ExampleList() {
	ctx, client, app, done := standIn()
	defer done()
	failedPipeline(ctx, client, app)

	type job struct {
		Name   string `json:"name"`
		Status string `json:"status"`
	}
	jobs := gitlabci.List[job](ctx, client, "projects/"+app.Escaped()+"/jobs", url.Values{"scope": {"failed"}})
	for job, err := range jobs {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(job.Name, job.Status)
	}
	// Output: unit failed
}

// What came besides the answer: how many items there are in all, which request it was, how often it was sent.
func ExampleWithResponse() {
	ctx, client, app, done := standIn()
	defer done()
	for range 3 {
		failedPipeline(ctx, client, app)
	}

	var response gitlabci.Response
	latest, err := client.Pipelines.List(ctx, app, nil, gitlabci.WithResponse(&response)).Take(1).Collect()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("pipeline %d of %d in all, status %d, %d attempt\n", latest[0].ID, response.Total, response.StatusCode, response.Attempts)
	// Output: pipeline 3 of 3 in all, status 200, 1 attempt
}

// counter is a transport that counts the attempts at each operation.
type counter struct {
	next     http.RoundTripper
	attempts map[string]int
}

// RoundTrip sees every attempt. The operation holds no id and no secret, so that it may be the name of a metric.
func (c *counter) RoundTrip(request *http.Request) (*http.Response, error) {
	if operation, ok := gitlabci.OperationFrom(request.Context()); ok {
		c.attempts[operation.Name+": "+operation.Method+" "+operation.Route]++
	}
	return c.next.RoundTrip(request)
}

// Metrics and tracing are a transport of your own, around the client's.
func ExampleWithTransport() {
	srv := gitlabcitest.New()
	defer srv.Close()
	app := srv.AddProject("group/app")
	srv.Fail("GET", "/projects/:id/jobs", gitlabcitest.Status(503, "", "Retry-After", "0"))

	metrics := &counter{attempts: make(map[string]int)}
	client := srv.Client(gitlabci.WithTransport(func(next http.RoundTripper) http.RoundTripper {
		metrics.next = next
		return metrics
	}))
	_, err := client.Jobs.List(context.Background(), app, nil).Collect()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(metrics.attempts)
	// Output: map[list jobs: GET /projects/:id/jobs:2]
}
