package main

import (
	"fmt"
	"go/version"
	"runtime"
	"slices"
	"testing"

	gitlab "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/gitlabci/gitlabci"
)

// way is one of the ways to do the same.
type way int

const (
	ours   way = iota
	theirs     // client-go
	byHand     // net/http and encoding/json
	ways
)

var wayNames = [ways]string{"gitlabci", "client-go", "by hand"}

// A callCase is a call that all ways can do. The answer comes from memory, so that only the client is measured.
type callCase struct {
	name string
	body []byte
	do   [ways]func(clients) (int, error)
	want int
	goal goal
}

// A goal is how much of the peer's time, B/op and allocs/op ours may take, and how many allocations at most. What is 0 does not count.
type goal struct {
	time, bytes, allocs float64
	maxAllocs           int64
}

var app = gitlabci.ProjectID(42)

// getJob reads a job in each of the ways.
var getJob = [ways]func(clients) (int, error){
	func(c clients) (int, error) {
		job, err := c.ours.Jobs.Get(ctx, app, 8)
		if err != nil {
			return 0, err
		}
		return int(job.ID), nil
	},
	func(c clients) (int, error) {
		job, _, err := c.theirs.Jobs.GetJob(42, 8)
		if err != nil {
			return 0, err
		}
		return int(job.ID), nil
	},
	func(c clients) (int, error) {
		var job gitlabci.Job
		err := c.get("/projects/42/jobs/8", &job)
		return int(job.ID), err
	},
}

func callCases() []callCase {
	jobs := goal{time: 0.40, bytes: 0.28, allocs: 0.45}
	pipelines := goal{time: 0.45, bytes: 0.36, allocs: 0.25}
	job := goal{bytes: 0.5, allocs: 0.6}
	if version.Compare(runtime.Version(), "go1.27") >= 0 { // whose encoding/json is a new one, which lifts the peer too
		jobs, pipelines, job = goal{time: 0.65}, goal{}, goal{}
	}
	return []callCase{
		{"page of 100 jobs", array(100, jobJSON), [ways]func(clients) (int, error){
			func(c clients) (int, error) { return count(c.ours.Jobs.List(ctx, app, nil)) },
			func(c clients) (int, error) {
				jobs, _, err := c.theirs.Jobs.ListProjectJobs(42, nil)
				return len(jobs), err
			},
			func(c clients) (int, error) {
				var jobs []gitlabci.Job
				err := c.get("/projects/42/jobs?per_page=100", &jobs)
				return len(jobs), err
			},
		}, 100, jobs},
		{"page of 100 pipelines", array(100, pipelineJSON), [ways]func(clients) (int, error){
			func(c clients) (int, error) { return count(c.ours.Pipelines.List(ctx, app, nil)) },
			func(c clients) (int, error) {
				pipelines, _, err := c.theirs.Pipelines.ListProjectPipelines(42, nil)
				return len(pipelines), err
			},
			func(c clients) (int, error) {
				var pipelines []gitlabci.Pipeline
				err := c.get("/projects/42/pipelines?per_page=100", &pipelines)
				return len(pipelines), err
			},
		}, 100, pipelines},
		{"one job", []byte(jobJSON(8)), getJob, 8, job},
		{"smallest GET", []byte(`{"id":8,"status":"running"}`), getJob, 8, goal{time: 0.95, maxAllocs: 45}},
		{"create a pipeline", []byte(pipelineJSON(4711)), [ways]func(clients) (int, error){
			func(c clients) (int, error) {
				p, err := c.ours.Pipelines.Create(ctx, app, &gitlabci.CreatePipelineOptions{
					Ref: "main", Variables: []gitlabci.PipelineVariable{{Key: "DEPLOY_ENV", Value: "staging"}},
				})
				if err != nil {
					return 0, err
				}
				return int(p.ID), nil
			},
			func(c clients) (int, error) {
				p, _, err := c.theirs.Pipelines.CreatePipeline(42, &gitlab.CreatePipelineOptions{
					Ref: new("main"), Variables: &[]*gitlab.PipelineVariableOptions{{Key: new("DEPLOY_ENV"), Value: new("staging")}},
				})
				if err != nil {
					return 0, err
				}
				return int(p.ID), nil
			},
			nil,
		}, 4711, goal{}},
		{"new client", nil, [ways]func(clients) (int, error){
			func(clients) (int, error) {
				_, err := gitlabci.NewClient("https://gitlab.example.com", gitlabci.PrivateToken(token))
				return 0, err
			},
			func(clients) (int, error) {
				_, err := gitlab.NewClient(token, gitlab.WithBaseURL("https://gitlab.example.com"))
				return 0, err
			},
			nil,
		}, 0, goal{}},
	}
}

func count[T any](items gitlabci.Seq[T]) (n int, err error) {
	for _, err := range items {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// benchmark measures one way of a case.
func (c *callCase) benchmark(w way) func(*testing.B) {
	subject := newClients("http://gitlab.example.com", canned(c.body))
	return func(b *testing.B) {
		need(c.do[w](subject)) // fills the caches that last
		b.ReportAllocs()
		for b.Loop() {
			if got, err := c.do[w](subject); err != nil || got != c.want {
				b.Fatalf("%d, %v", got, err)
			}
		}
	}
}

// callResult are the medians of a case.
type callResult struct {
	callCase
	figures [ways]figures
}

// figures are the cost of one call: time in nanoseconds, bytes and allocations.
type figures struct{ time, bytes, allocs float64 }

func measureCalls(cases []callCase, rounds int) (results []callResult) {
	samples := make([][ways][]testing.BenchmarkResult, len(cases))
	for range rounds {
		for i := range cases {
			for w := range ways {
				if cases[i].do[w] != nil {
					samples[i][w] = append(samples[i][w], testing.Benchmark(cases[i].benchmark(w)))
				}
			}
		}
	}
	for i := range cases {
		r := callResult{callCase: cases[i]}
		for w := range ways {
			r.figures[w] = figures{
				median(samples[i][w], func(b testing.BenchmarkResult) float64 { return float64(b.T.Nanoseconds()) / float64(b.N) }),
				median(samples[i][w], func(b testing.BenchmarkResult) float64 { return float64(b.AllocedBytesPerOp()) }),
				median(samples[i][w], func(b testing.BenchmarkResult) float64 { return float64(b.AllocsPerOp()) }),
			}
		}
		results = append(results, r)
	}
	return results
}

// median is that of what value makes of the samples; 0 without any.
func median[T any](samples []T, value func(T) float64) float64 {
	if len(samples) == 0 {
		return 0
	}
	values := make([]float64, len(samples))
	for i := range samples {
		values[i] = value(samples[i])
	}
	slices.Sort(values)
	return (values[(len(values)-1)/2] + values[len(values)/2]) / 2
}

// misses are the goals that a case misses: of time, and of what hardly varies.
func (r *callResult) misses() (time, space []string) {
	check := func(into *[]string, what string, got, most float64) {
		if most > 0 && got > most {
			*into = append(*into, fmt.Sprintf("%s %.2fx, at most %.2fx", what, got, most))
		}
	}
	mine, peer := r.figures[ours], r.figures[theirs]
	check(&time, "time", mine.time/peer.time, r.goal.time)
	check(&space, "B", mine.bytes/peer.bytes, r.goal.bytes)
	check(&space, "allocs", mine.allocs/peer.allocs, r.goal.allocs)
	if r.goal.maxAllocs > 0 && mine.allocs > float64(r.goal.maxAllocs) {
		space = append(space, fmt.Sprintf("%.0f allocs, at most %d", mine.allocs, r.goal.maxAllocs))
	}
	return time, space
}
