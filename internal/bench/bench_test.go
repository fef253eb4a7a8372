package bench

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	gitlab "gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/gitlabci/gitlabci"
)

var (
	ctx = context.Background()
	app = gitlabci.ProjectID(42)
)

func BenchmarkJobsPage(b *testing.B) {
	each(b, array(100, jobJSON),
		func(c clients) (int, error) {
			jobs, err := c.ours.Jobs.List(ctx, app, nil).Collect()
			return len(jobs), err
		},
		func(c clients) (int, error) {
			jobs, _, err := c.theirs.Jobs.ListProjectJobs(42, nil)
			return len(jobs), err
		}, 100)
}

func BenchmarkPipelinesPage(b *testing.B) {
	each(b, array(100, pipelineJSON),
		func(c clients) (int, error) {
			pipelines, err := c.ours.Pipelines.List(ctx, app, nil).Collect()
			return len(pipelines), err
		},
		func(c clients) (int, error) {
			pipelines, _, err := c.theirs.Pipelines.ListProjectPipelines(42, nil)
			return len(pipelines), err
		}, 100)
}

func BenchmarkGetJob(b *testing.B) {
	each(b, []byte(jobJSON(8)),
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
		}, 8)
}

func BenchmarkGetTiny(b *testing.B) {
	each(b, []byte(`{"id":8,"status":"running"}`),
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
		}, 8)
}

func BenchmarkCreatePipeline(b *testing.B) {
	each(b, []byte(pipelineJSON(4711)),
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
		}, 4711)
}

func BenchmarkNewClient(b *testing.B) {
	b.Run("gitlabci", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := gitlabci.NewClient("https://gitlab.example.com", gitlabci.PrivateToken(token)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("clientgo", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := gitlab.NewClient(token, gitlab.WithBaseURL("https://gitlab.example.com")); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkListAll reads 5,000 jobs from a server that takes 30 ms for each answer.
func BenchmarkListAll(b *testing.B) {
	const total = 5000
	server := pagedServer(total, 30*time.Millisecond)
	defer server.Close()
	c := newClients(b, server.URL, &http.Transport{MaxIdleConnsPerHost: 100})
	ours := func(o *gitlabci.ListJobsOptions, opts ...gitlabci.RequestOption) func() (int, error) {
		return func() (int, error) {
			n := 0
			for _, err := range c.ours.Jobs.List(ctx, app, o, opts...) {
				if err != nil {
					return n, err
				}
				n++
			}
			return n, nil
		}
	}
	for _, way := range []struct {
		name string
		read func() (int, error)
	}{
		{"gitlabci", ours(nil)},
		{"gitlabci-prefetch", ours(nil, gitlabci.WithPrefetch(8))},
		{"gitlabci-offset-prefetch-8", ours(&gitlabci.ListJobsOptions{OrderBy: "created_at"}, gitlabci.WithPrefetch(8))},
		{"clientgo", func() (int, error) {
			jobs, err := gitlab.ScanAndCollect(func(p gitlab.PaginationOptionFunc) ([]*gitlab.Job, *gitlab.Response, error) {
				return c.theirs.Jobs.ListProjectJobs(42, &gitlab.ListJobsOptions{}, p)
			})
			return len(jobs), err
		}},
	} {
		b.Run(way.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if n, err := way.read(); err != nil || n != total {
					b.Fatalf("%d, %v", n, err)
				}
			}
		})
	}
}

// BenchmarkArtifacts downloads 64 MiB.
func BenchmarkArtifacts(b *testing.B) {
	const size = 64 << 20
	chunk := make([]byte, 1<<20)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Length", strconv.Itoa(size))
		for range size / len(chunk) {
			w.Write(chunk)
		}
	}))
	defer server.Close()
	c := newClients(b, server.URL, &http.Transport{MaxIdleConnsPerHost: 100})
	b.Run("gitlabci", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(size)
		for b.Loop() {
			download, err := c.ours.Jobs.Artifacts(ctx, app, 8, nil)
			if err != nil {
				b.Fatal(err)
			}
			if n, err := io.Copy(io.Discard, download); err != nil || n != size {
				b.Fatal(n, err)
			}
			download.Close()
		}
	})
	b.Run("clientgo", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(size)
		for b.Loop() {
			download, _, err := c.theirs.Jobs.GetJobArtifacts(42, 8)
			if err != nil {
				b.Fatal(err)
			}
			if n, err := io.Copy(io.Discard, download); err != nil || n != size {
				b.Fatal(n, err)
			}
		}
	})
}
