package gitlabci

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// FlakyOptions say which pipelines to look at. The zero value, like nil, means the last 50 of the project.
type FlakyOptions struct {
	Ref         string         // a branch or tag; all if empty
	Source      PipelineSource // what started them; anything if empty
	Last        int            // how many of the newest that have ended; 50 if zero
	Tests       bool           // read the reports of unit tests as well
	Concurrency int            // how many requests are under way at once; 8 if zero
}

func (o *FlakyOptions) validate() error {
	if o.Last < 0 {
		return fmt.Errorf("the field Last is %d", o.Last)
	}
	return nil
}

// Flakiness is how jobs and tests fared over many pipelines.
type Flakiness struct {
	Pipelines int              // how many were read
	Jobs      []*JobFlakiness  // those that failed at least once, the flakiest first
	Tests     []*TestFlakiness // those that failed in some runs and not in others, those that failed most often first
}

// JobFlakiness is how the jobs of a name fared. Attempts that were canceled or skipped, or did not end, do not count.
type JobFlakiness struct {
	Name        string
	Runs        int                   // attempts that succeeded or failed
	Failures    int                   // attempts that failed, also where they were allowed to
	Commits     int                   // on how many commits it ran
	Flaky       int                   // on how many of those it both failed and succeeded, in one pipeline or in several
	MeanTime    time.Duration         // of a run
	LastFailure *Job                  // the newest that failed
	Reasons     map[FailureReason]int // of the failures
}

// TestFlakiness is how one unit test fared: failed in some pipelines, and well in others.
type TestFlakiness struct {
	Suite, Classname, Name string
	Runs                   int
	Failures               int       // failures and errors
	LastFailure            *Pipeline // the newest in which it failed
}

var findFlaky = &composite{"find flaky jobs", ErrPipelineList}

// Flakiness tells which jobs fail on and off, over the last pipelines of a project or a ref that have ended. A job is flaky on a commit
// where one attempt failed and another succeeded with the same code: a retry, or another pipeline. A job that failed and was not tried
// again may be flaky as well: see Failures. Trigger jobs and pipelines downstream are not looked at.
//
//	GET /projects/:id/pipelines
//	GET /projects/:id/pipelines/:pipeline_id/jobs
//	GET /projects/:id/pipelines/:pipeline_id/test_report
//
// A report of tests holds no more than the last attempt of each job, so a test that a retry healed is not among those that fail.
//
// It takes a request for each hundred jobs of each pipeline, and with Tests one more, eight at once. Its errors match [ErrPipelineList].
// What of a pipeline cannot be read is left out and told in the error, beside which stands what came of the others. A [WithResponse] is not
// filled.
func (s *PipelinesService) Flakiness(ctx context.Context, project Project, options *FlakyOptions, opts ...RequestOption) (*Flakiness, error) {
	if options == nil {
		options = new(FlakyOptions)
	}
	if err := options.validate(); err != nil {
		return nil, findFlaky.invalid(err)
	}
	own := withoutReports(opts)
	last := cmp.Or(options.Last, 50)
	list := &ListPipelinesOptions{ListOptions: ListOptions{PerPage: min(last, 100)}, Scope: PipelineScopeFinished, Ref: options.Ref, Source: options.Source}
	pipelines, err := s.List(ctx, project, list, own...).Take(last).Collect()
	if err != nil {
		return nil, findFlaky.wrap(err)
	}
	read := make([]pipelineRead, len(pipelines))
	inParallel(len(pipelines), options.Concurrency, func(i int) {
		r := &read[i]
		r.pipeline = pipelines[i]
		all := &ListPipelineJobsOptions{IncludeRetried: true}
		r.jobs, r.err = s.Jobs(ctx, project, r.pipeline.ID, all, own...).Collect()
		if options.Tests && r.err == nil {
			r.report, r.err = s.TestReport(ctx, project, r.pipeline.ID, own...)
		}
		if r.err != nil {
			r.err = fmt.Errorf("pipeline %d: %w", r.pipeline.ID, r.err)
		}
	})
	return flakinessOf(read)
}

// pipelineRead is what was read of a pipeline.
type pipelineRead struct {
	pipeline *Pipeline
	jobs     []*Job
	report   *TestReport
	err      error
}

// flakinessOf counts what was read, the newest pipelines first.
func flakinessOf(read []pipelineRead) (*Flakiness, error) {
	var found Flakiness
	var failures []error
	jobs, tests := newTally[string](), newTally[testKey]()
	for _, r := range read {
		if r.err != nil {
			failures = append(failures, r.err)
		}
		if r.jobs == nil && r.err != nil {
			continue
		}
		found.Pipelines++
		for _, job := range r.jobs {
			if job.Status == JobSuccess || job.Status == JobFailed {
				jobs.count(job.Name, r.pipeline.SHA, job.Status == JobFailed, occurrence{r.pipeline, job})
			}
		}
		if r.report == nil {
			continue
		}
		for _, suite := range r.report.TestSuites {
			for _, test := range suite.TestCases {
				if test.Status != TestCaseSkipped {
					failed := test.Status == TestCaseFailed || test.Status == TestCaseError
					tests.count(testKey{suite.Name, test.Classname, test.Name}, r.pipeline.SHA, failed, occurrence{r.pipeline, nil})
				}
			}
		}
	}
	for name, t := range jobs.all {
		if t.failures > 0 {
			found.Jobs = append(found.Jobs, t.job(name))
		}
	}
	slices.SortFunc(found.Jobs, func(a, b *JobFlakiness) int {
		return cmp.Or(cmp.Compare(b.Flaky, a.Flaky), cmp.Compare(b.Failures, a.Failures), cmp.Compare(a.Name, b.Name))
	})
	for key, t := range tests.all {
		if t.failures > 0 && t.failures < t.runs {
			found.Tests = append(found.Tests, &TestFlakiness{key.suite, key.class, key.name, t.runs, t.failures, t.lastFailure.pipeline})
		}
	}
	slices.SortFunc(found.Tests, func(a, b *TestFlakiness) int {
		return cmp.Or(cmp.Compare(b.Failures, a.Failures), cmp.Compare(a.Suite, b.Suite), cmp.Compare(a.Classname, b.Classname), cmp.Compare(a.Name, b.Name))
	})
	return &found, findFlaky.wrap(errors.Join(failures...))
}

type testKey struct{ suite, class, name string }

// tally counts how what has a name fared.
type tally[K comparable] struct{ all map[K]*tallied }

func newTally[K comparable]() tally[K] { return tally[K]{make(map[K]*tallied)} }

// occurrence is where something ran.
type occurrence struct {
	pipeline *Pipeline
	job      *Job
}

type tallied struct {
	runs, failures int
	commits        map[string][2]bool // by commit, whether it succeeded and whether it failed
	took           time.Duration
	lastFailure    occurrence
	reasons        map[FailureReason]int
}

func (t tally[K]) count(key K, sha string, failed bool, where occurrence) {
	of := t.all[key]
	if of == nil {
		of = &tallied{commits: make(map[string][2]bool), reasons: make(map[FailureReason]int)}
		t.all[key] = of
	}
	of.runs++
	fared := of.commits[sha]
	if failed {
		of.failures++
		fared[1] = true
		last := of.lastFailure
		if last.pipeline == nil || last.job != nil && where.job.ID > last.job.ID {
			of.lastFailure = where
		}
	} else {
		fared[0] = true
	}
	of.commits[sha] = fared
	if where.job != nil {
		of.took += where.job.Duration.Duration()
		if failed {
			of.reasons[where.job.FailureReason]++
		}
	}
}

func (t *tallied) job(name string) *JobFlakiness {
	flaky := 0
	for _, fared := range t.commits {
		if fared[0] && fared[1] {
			flaky++
		}
	}
	return &JobFlakiness{
		Name: name, Runs: t.runs, Failures: t.failures, Commits: len(t.commits), Flaky: flaky, MeanTime: t.took / time.Duration(t.runs),
		LastFailure: t.lastFailure.job, Reasons: t.reasons,
	}
}
