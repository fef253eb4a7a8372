package demo

import (
	"fmt"

	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// Monorepo are the jobs of a larger pipeline: three services, a child pipeline of browser tests, a job that fails once, one that may fail,
// and jobs that do not wait for the stages before them.
func Monorepo(pace Pace) []gitlabcitest.Job {
	job := func(stage, name string, queue, duration float64) gitlabcitest.Job {
		return gitlabcitest.Job{Stage: stage, Name: name, Queue: pace.seconds(queue), Duration: pace.seconds(duration)}
	}
	flaky := job("test", "integration", 0.15, 0.5)
	flaky.Fails = 1
	audit := job("test", "audit", 0.1, 0.35)
	audit.AllowFailure, audit.Fails = true, 1000
	docs := job("test", "docs", 0.2, 0.6)
	docs.Needs = []string{}
	browsers := job("verify", "browsers", 0.05, 0)
	browsers.Trigger = &gitlabcitest.Downstream{Strategy: gitlabcitest.Depend, Jobs: []gitlabcitest.Job{
		job("browser", "chromium", 0.1, 0.9), job("browser", "firefox", 0.1, 1.1), job("browser", "webkit", 0.35, 0.8),
		job("report", "screenshots", 0.1, 0.2),
	}}
	production := job("deploy", "production", 0.1, 0.4)
	production.When = gitlabcitest.Manual

	jobs := []gitlabcitest.Job{job("build", "cart", 0.1, 0.7), job("build", "price", 0.1, 0.5), job("build", "web", 0.2, 0.9)}
	for i := range 4 {
		jobs = append(jobs, job("test", fmt.Sprintf("unit %d/4", i+1), 0.1+0.12*float64(i), 0.7+0.1*float64((i*3)%4)))
	}
	jobs = append(jobs, flaky, audit, docs, browsers, job("verify", "load", 0.3, 0.9))
	return append(jobs, job("package", "images", 0.1, 0.5), job("package", "charts", 0.1, 0.3), job("deploy", "staging", 0.1, 0.5), production)
}
