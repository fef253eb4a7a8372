package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// build is what a program that lists pipelines costs to build, the standard library built before.
type build struct {
	compile        time.Duration // of all that is not of the standard library
	size, stripped int64
	modules        int // linked, besides its own
}

type builds struct {
	figures [ways]build
}

// The programs. That by hand has go-retryablehttp, which both clients stand on.
var programs = [ways]struct{ requires, source string }{
	ours: {"github.com/gitlabci/gitlabci", `package main

import (
	"context"
	"fmt"

	"github.com/gitlabci/gitlabci"
)

func main() {
	client, err := gitlabci.NewClient("https://gitlab.example.com", gitlabci.PrivateToken("glpat"))
	if err != nil {
		panic(err)
	}
	for pipeline, err := range client.Pipelines.List(context.Background(), gitlabci.ProjectID(42), nil) {
		if err != nil {
			panic(err)
		}
		fmt.Println(pipeline.ID, pipeline.Status)
	}
}
`},
	theirs: {"gitlab.com/gitlab-org/api/client-go/v2", `package main

import (
	"fmt"

	gitlab "gitlab.com/gitlab-org/api/client-go/v2"
)

func main() {
	client, err := gitlab.NewClient("glpat", gitlab.WithBaseURL("https://gitlab.example.com"))
	if err != nil {
		panic(err)
	}
	pipelines, _, err := client.Pipelines.ListProjectPipelines(42, nil)
	if err != nil {
		panic(err)
	}
	for _, pipeline := range pipelines {
		fmt.Println(pipeline.ID, pipeline.Status)
	}
}
`},
	byHand: {"github.com/hashicorp/go-retryablehttp", `package main

import (
	"encoding/json"
	"fmt"

	"github.com/hashicorp/go-retryablehttp"
)

func main() {
	resp, err := retryablehttp.Get("https://gitlab.example.com/api/v4/projects/42/pipelines")
	if err != nil {
		panic(err)
	}
	defer resp.Body.Close()
	var pipelines []struct {
		ID     int
		Status string
	}
	if err := json.NewDecoder(resp.Body).Decode(&pipelines); err != nil {
		panic(err)
	}
	fmt.Println(pipelines)
}
`},
}

func measureBuilds(rounds int) (b builds) {
	dir := need(os.MkdirTemp("", "bench"))
	defer os.RemoveAll(dir)
	for w := range ways {
		b.figures[w] = measureBuild(filepath.Join(dir, wayNames[w]), programs[w].source, (rounds+2)/3)
	}
	return b
}

// measureBuild builds a program of this module's dependencies, in a place and with a build cache of its own.
func measureBuild(dir, source string, rounds int) (b build) {
	main := filepath.Join(dir, "main.go")
	need(0, os.MkdirAll(dir, 0o755))
	need(0, os.WriteFile(main, []byte(source), 0o644))
	cache := filepath.Join(dir, "cache")
	run := func(args ...string) string {
		command := exec.Command("go", args...)
		command.Env = append(os.Environ(), "GOCACHE="+cache)
		command.Stderr = os.Stderr
		return strings.TrimSpace(string(need(command.Output())))
	}
	packages := strings.Fields(run("list", "-deps", "-f", "{{if .Standard}}{{if ne .ImportPath \"unsafe\"}}{{.ImportPath}}{{end}}{{end}}", main))
	run(append([]string{"build"}, packages...)...)
	modules := make(map[string]bool)
	for _, module := range strings.Fields(run("list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}{{end}}{{end}}", main)) {
		modules[module] = true
	}
	b.modules = len(modules)
	program := filepath.Join(dir, "program")
	var took []time.Duration
	for i := range rounds {
		if i > 0 { // once more, but for the standard library
			run("clean", "-cache")
			run(append([]string{"build"}, packages...)...)
		}
		began := time.Now()
		run("build", "-o", program, main)
		took = append(took, time.Since(began))
	}
	b.compile = time.Duration(median(took, func(d time.Duration) float64 { return float64(d) }))
	b.size = need(os.Stat(program)).Size()
	run("build", "-ldflags=-s -w", "-o", program, main)
	b.stripped = need(os.Stat(program)).Size()
	return b
}
