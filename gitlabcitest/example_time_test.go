package gitlabcitest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// testSlowPipeline is a test whose clock is that of a bubble: two hours pass in an instant. The server is created and closed inside it.
func testSlowPipeline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := gitlabcitest.New()
		defer srv.Close()
		app := srv.AddProject("group/app",
			gitlabcitest.Job{Name: "unit", Stage: "test", Duration: 2 * time.Hour},
			gitlabcitest.Job{Name: "production", Stage: "deploy", When: gitlabcitest.Delayed, StartIn: 30 * time.Minute},
		)

		client, began := srv.Client(), time.Now()
		pipeline, err := client.Pipelines.Create(t.Context(), app, &gitlabci.CreatePipelineOptions{Ref: "main"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Pipelines.Wait(t.Context(), app, pipeline.ID, nil); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < 150*time.Minute {
			t.Errorf("the pipeline was over after %s", took)
		}
	})
}

// In a bubble of testing/synctest, hours of pipeline pass in an instant. This is the body of a test.
func Example_time() {
	var t *testing.T // the test's

	testSlowPipeline(t)
}
