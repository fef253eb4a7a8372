package gitlabci_test

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"log"
	"os"
	"path/filepath"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// The archive is saved whole or not at all, and what was interrupted goes on where it was.
func ExampleJobsService_SaveArtifacts() {
	ctx, client, app, done := standIn()
	defer done()
	failedPipeline(ctx, client, app)
	jobs, err := client.Jobs.List(ctx, app, &gitlabci.ListJobsOptions{Scope: []gitlabci.JobStatus{gitlabci.JobSuccess}}).Collect()
	check(err)
	job := jobs[0]
	dir, err := os.MkdirTemp("", "")
	check(err)
	defer os.RemoveAll(dir)

	err = client.Jobs.SaveArtifacts(ctx, app, job.ID, filepath.Join(dir, "artifacts.zip"), nil)
	check(err)

	archive, err := client.Jobs.OpenArtifacts(ctx, app, job.ID, nil)
	check(err)
	defer archive.Close()
	program, err := fs.ReadFile(archive, "bin/app")
	check(err)
	fmt.Printf("%s", program)
	// Output: #!/bin/true
}

// An archive is a file system, of which no more is downloaded than is read.
func ExampleJobsService_OpenArtifacts() {
	ctx, client, app, done := standIn(gitlabcitest.Job{Name: "compile", Artifacts: map[string]string{
		"bin/app": "#!/bin/true\n", "docs/index.html": "<h1>App</h1>\n",
	}})
	defer done()
	job := finishedJob(ctx, client, app)

	archive, err := client.Jobs.OpenArtifacts(ctx, app, job.ID, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer archive.Close()
	pages, err := fs.Glob(archive, "docs/*.html")
	if err != nil {
		log.Fatal(err)
	}
	for _, page := range pages {
		content, err := archive.ReadFile(page)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s: %s", page, content)
	}
	// Output: docs/index.html: <h1>App</h1>
}

func ExampleArchive_Extract() {
	ctx, client, app, done := standIn()
	defer done()
	failedPipeline(ctx, client, app)
	jobs, err := client.Jobs.List(ctx, app, &gitlabci.ListJobsOptions{Scope: []gitlabci.JobStatus{gitlabci.JobSuccess}}).Collect()
	check(err)
	dir, err := os.MkdirTemp("", "")
	check(err)
	defer os.RemoveAll(dir)

	archive, err := client.Jobs.OpenArtifacts(ctx, app, jobs[0].ID, nil)
	check(err)
	defer archive.Close()
	err = archive.Extract(dir, &gitlabci.ExtractOptions{
		Links:   gitlabci.MakeLinks, // such as those of node_modules/.bin
		Skipped: func(name string, reason error) { fmt.Printf("%s is left out: %v\n", name, reason) },
	})
	check(err)
	program, err := os.ReadFile(filepath.Join(dir, "bin", "app"))
	check(err)
	fmt.Printf("%s", program)
	// Output: #!/bin/true
}

// The artifacts of a job in a pipeline that another one started, without the ids on the way.
func ExampleArtifactsService_Select() {
	ctx, client, app, done := standIn(gitlabcitest.Job{Name: "images", Trigger: &gitlabcitest.Downstream{
		Strategy: gitlabcitest.Depend, Jobs: []gitlabcitest.Job{{Name: "arm64", Artifacts: map[string]string{"digest": "sha256:5f2c7a19\n"}}},
	}})
	defer done()
	pipeline := finishedPipeline(ctx, client, app)

	found, err := client.Artifacts.Select(ctx, app, gitlabci.ArtifactsOfDownstream(pipeline.ID, "images", "arm64"))
	if err != nil {
		log.Fatal(err)
	}
	file, err := client.Jobs.ArtifactFile(ctx, found.Project, found.Job.ID, "digest")
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	if _, err := io.Copy(os.Stdout, file); err != nil {
		log.Fatal(err)
	}
	// Output: sha256:5f2c7a19
}

// A file of the latest pipeline of a branch that succeeded.
func ExampleArtifactsService_FileByRef() {
	ctx, client, app, done := standIn(gitlabcitest.Job{Name: "compile", Artifacts: map[string]string{"VERSION": "1.4.0\n"}})
	defer done()
	finishedPipeline(ctx, client, app)

	file, err := client.Artifacts.FileByRef(ctx, app, "main", "compile", "VERSION", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	if _, err := io.Copy(os.Stdout, file); err != nil {
		log.Fatal(err)
	}
	// Output: 1.4.0
}

// finishedPipeline is a pipeline of group/app that succeeded.
func finishedPipeline(ctx context.Context, client *gitlabci.Client, app gitlabci.Project) *gitlabci.Pipeline {
	pipeline, err := client.Pipelines.Create(ctx, app, &gitlabci.CreatePipelineOptions{Ref: "main"})
	check(err)
	pipeline, err = client.Pipelines.Wait(ctx, app, pipeline.ID, &gitlabci.WaitOptions{Downstream: true})
	check(err)
	return pipeline
}

// finishedJob is the job of such a pipeline.
func finishedJob(ctx context.Context, client *gitlabci.Client, app gitlabci.Project) *gitlabci.Job {
	jobs, err := client.Pipelines.Jobs(ctx, app, finishedPipeline(ctx, client, app).ID, nil).Collect()
	check(err)
	return jobs[0]
}
