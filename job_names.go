package gitlabci

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Jobs have numbers, and pipelines are written in names. What is found by name here is the last attempt of that name.

var (
	getJobByName   = &composite{"get job by name", ErrJobGet}
	playJobByName  = &composite{"play job by name", ErrJobPlay}
	waitForNamed   = &composite{"wait for job by name", ErrJobGet}
	waitForStage   = &composite{"wait for stage", ErrJobGet}
	waitUntilReady = &composite{"wait until job is playable", ErrJobGet}
)

// parallelPart is what GitLab appends to the names of jobs that one job of a configuration becomes: a matrix' values or a number.
var parallelPart = regexp.MustCompile(`([\x08\s:]+(\[.*\]|\d+[\s:/\\]+\d+)){1,3}\s*$`)

// Group is the name under which GitLab shows a job together with the others that parallel or parallel:matrix make of it: "test" for
// "test 1/3" and for "test: [linux, amd64]", and the name itself for all others.
func (j *Job) Group() string { return strings.TrimSpace(parallelPart.ReplaceAllString(j.Name, "")) }

// Job finds a job of a pipeline by its name, or by that of its group (see [Job.Group]) where that has no other. Of a job that was retried
// it is the last attempt. It takes a request for each hundred jobs.
//
//	GET /projects/:id/pipelines/:pipeline_id/jobs
//
// Its errors match [ErrJobGet], and [ErrNotFound] where the pipeline has no job of that name, or several of that group. Trigger jobs are no
// jobs: see [PipelinesService.Bridges].
func (s *PipelinesService) Job(ctx context.Context, project Project, id int64, name string, opts ...RequestOption) (*Job, error) {
	jobs, err := s.jobsToName(ctx, getJobByName, project, id, name, opts)
	if err != nil {
		return nil, err
	}
	return oneNamed(getJobByName, jobs, name)
}

// JobGroup finds the jobs of a pipeline that have a name, or whose group does (see [Job.Group]), in the order in which they were created.
// Of jobs that were retried they are the last attempts. It takes a request for each hundred jobs.
//
//	GET /projects/:id/pipelines/:pipeline_id/jobs
//
// Its errors match [ErrJobGet], and [ErrNotFound] where the pipeline has no such job.
func (s *PipelinesService) JobGroup(ctx context.Context, project Project, id int64, name string, opts ...RequestOption) ([]*Job, error) {
	jobs, err := s.jobsToName(ctx, getJobByName, project, id, name, opts)
	if err != nil {
		return nil, err
	}
	named := allNamed(jobs, name)
	if len(named) == 0 {
		return nil, notNamed(getJobByName, jobs, name)
	}
	return named, nil
}

// jobsToName reads the jobs of a pipeline, one of which is to be named.
func (s *PipelinesService) jobsToName(ctx context.Context, call *composite, project Project, id int64, name string, opts []RequestOption) ([]*Job, error) {
	if err := required("name", name); err != nil {
		return nil, call.invalid(err)
	}
	jobs, err := s.Jobs(ctx, project, id, nil, opts...).Collect()
	return jobs, call.wrap(err)
}

// allNamed are the jobs of a name, or else of a group, the oldest first.
func allNamed(jobs []*Job, name string) []*Job {
	var named []*Job
	for _, job := range jobs {
		if job.Name == name {
			return []*Job{job}
		}
		if job.Group() == name {
			named = append(named, job)
		}
	}
	slices.SortFunc(named, olderFirst)
	return named
}

func oneNamed(call *composite, jobs []*Job, name string) (*Job, error) {
	named := allNamed(jobs, name)
	switch len(named) {
	case 1:
		return named[0], nil
	case 0:
		return nil, notNamed(call, jobs, name)
	}
	return nil, call.refused(ErrNotFound, "%q is a group of several jobs: %s", name, namesOf(named))
}

func notNamed(call *composite, jobs []*Job, name string) error {
	if len(jobs) == 0 {
		return call.refused(ErrNotFound, "there is no job %q: the pipeline has no jobs", name)
	}
	return call.refused(ErrNotFound, "there is no job %q among %s", name, namesOf(jobs))
}

// PlayJob starts a manual or delayed job of a pipeline that is found as by [PipelinesService.Job]. It is never started twice: see
// [ErrOutcomeUnknown].
//
//	GET /projects/:id/pipelines/:pipeline_id/jobs
//	POST /projects/:id/jobs/:job_id/play
//
// Its errors match [ErrJobPlay]; [ErrNotFound] where the pipeline has no job of that name, or several of that group; and [ErrConflict],
// with the job beside it, where that is in a state in which it cannot be played: see [PipelinesService.WaitPlayable].
func (s *PipelinesService) PlayJob(ctx context.Context, project Project, id int64, name string, options *PlayJobOptions, opts ...RequestOption) (*Job, error) {
	if _, err := checked(options); err != nil {
		return nil, playJobByName.invalid(err)
	}
	jobs, err := s.jobsToName(ctx, playJobByName, project, id, name, opts)
	if err != nil {
		return nil, err
	}
	job, err := oneNamed(playJobByName, jobs, name)
	if err != nil {
		return nil, err
	}
	if !playable(job) {
		return job, playJobByName.refused(ErrConflict, jobIs, job.Status)
	}
	return (*JobsService)(s).Play(ctx, project, job.ID, options, opts...)
}

func playable(job *Job) bool { return job.Status == JobManual || job.Status == JobScheduled }

// WaitJob waits until the job of a name has ended, and returns it as it is then. Where the job is retried meanwhile, the wait goes on with
// the attempt that follows. A manual job that nobody played ends the wait too, unless ThroughManual is set.
//
//	GET /projects/:id/pipelines/:pipeline_id/jobs
//
// The error is nil if the job succeeded. Otherwise it is a [*JobError], or the [*Error] that ended the wait early, which matches [ErrJobGet],
// and [ErrNotFound] where the pipeline has no job of that name, or several of that group; the job beside it is the last that was seen.
// Server errors, lost connections and rate limits on the way do not end the wait. It sends a request for each hundred jobs every few seconds.
func (s *PipelinesService) WaitJob(ctx context.Context, project Project, id int64, name string, options *WaitJobOptions, opts ...RequestOption) (*Job, error) {
	if options == nil {
		options = new(WaitJobOptions)
	}
	job, err := s.waitNamed(ctx, waitForNamed, project, id, name, options, opts, func(job *Job) bool {
		return job.Status.Finished() || job.Status == JobManual && !options.ThroughManual
	})
	if err == nil && jobOutcome(job.Status) != nil {
		return job, &JobError{job}
	}
	return job, err
}

// WaitPlayable waits until the job of a name can be played: until it is manual or delayed, and the jobs before it have ended. A job that was
// played already, or came to an end, is an error.
//
//	GET /projects/:id/pipelines/:pipeline_id/jobs
//
// The error is nil if the job can be played: [JobsService.Play] does it. Where it was skipped or canceled, as after a job before it
// failed, it is a [*JobError]. Any other is an [*Error] that matches [ErrJobGet]; [ErrConflict] where the job runs or has run already; and
// [ErrNotFound] where the pipeline has no job of that name, or several of that group; the job beside it is the last that was seen.
// Server errors, lost connections and rate limits on the way do not end the wait. It sends a request for each hundred jobs every few seconds.
// ThroughManual does nothing here.
func (s *PipelinesService) WaitPlayable(ctx context.Context, project Project, id int64, name string, options *WaitJobOptions, opts ...RequestOption) (*Job, error) {
	job, err := s.waitNamed(ctx, waitUntilReady, project, id, name, options, opts, func(job *Job) bool { return job.Status != JobCreated })
	switch {
	case err != nil || playable(job):
		return job, err
	case job.Status == JobSkipped || job.Status == JobCanceled:
		return job, &JobError{job}
	}
	return job, waitUntilReady.refused(ErrConflict, jobIs, job.Status)
}

// waitNamed waits until the last attempt of a job is as it is wanted.
func (s *PipelinesService) waitNamed(ctx context.Context, call *composite, project Project, id int64, name string, options *WaitJobOptions, opts []RequestOption,
	over func(*Job) bool) (last *Job, err error) {
	if options == nil {
		options = new(WaitJobOptions)
	}
	if err := required("name", name); err != nil {
		return nil, call.invalid(err)
	}
	wait := jobsWait{s: s, call: call, project: project, id: id, options: options, opts: opts}
	var status JobStatus
	err = wait.until(ctx, func(jobs []*Job) (bool, time.Duration, error) {
		job, err := oneNamed(call, jobs, name)
		if err != nil {
			return true, 0, err
		}
		last, wait.of = job, []*Job{job}
		if status != job.Status && options.Progress != nil {
			options.Progress(job)
		}
		status = job.Status
		return over(job), job.Duration.Duration(), nil
	})
	return last, wait.report.of(ctx, WaitError{Job: last}, err)
}

// WaitStage waits until all jobs of a stage of a pipeline have ended, and returns them as they are then, the oldest first. Manual jobs that
// may be left alone do not count; one that blocks the pipeline ends the wait too, unless ThroughManual is set. Trigger jobs are no jobs.
//
//	GET /projects/:id/pipelines/:pipeline_id/jobs
//
// The error is nil if every job succeeded or was allowed to fail. Otherwise it holds a [*JobError] for each other one; or it is the
// [*Error] that ended the wait early, which matches [ErrJobGet], and [ErrNotFound] where no job of the pipeline is of that stage; the jobs
// beside it are the last that were seen. Server errors, lost connections and rate limits on the way do not end the wait. It sends a request
// for each hundred jobs every few seconds. Progress is called for each change of a job of the stage.
func (s *PipelinesService) WaitStage(ctx context.Context, project Project, id int64, stage string, options *WaitJobOptions, opts ...RequestOption) (last []*Job, err error) {
	if options == nil {
		options = new(WaitJobOptions)
	}
	if err := required("stage", stage); err != nil {
		return nil, waitForStage.invalid(err)
	}
	wait := jobsWait{s: s, call: waitForStage, project: project, id: id, options: options, opts: opts}
	statuses := make(map[int64]JobStatus)
	err = wait.until(ctx, func(jobs []*Job) (over bool, ran time.Duration, err error) {
		of := slices.DeleteFunc(slices.Clone(jobs), func(j *Job) bool { return j.Stage != stage })
		if len(of) == 0 {
			return true, 0, waitForStage.refused(ErrNotFound, "no job of the pipeline is of stage %q", stage)
		}
		slices.SortFunc(of, olderFirst)
		last, wait.of, over = of, of, true
		for _, job := range of {
			if statuses[job.ID] != job.Status && options.Progress != nil {
				options.Progress(job)
			}
			statuses[job.ID] = job.Status
			ran = max(ran, job.Duration.Duration())
			over = over && (job.Status.Finished() || job.Status == JobManual && (job.AllowFailure || !options.ThroughManual))
		}
		return over, ran, nil
	})
	if err != nil {
		if len(last) > 0 {
			err = wait.report.of(ctx, WaitError{Stage: stage}, err)
		}
		return last, err
	}
	var failures []error
	for _, job := range last {
		if jobOutcome(job.Status) != nil && !job.AllowFailure {
			failures = append(failures, &JobError{job})
		}
	}
	return last, errors.Join(failures...)
}

// jobsWait waits for jobs of a pipeline.
type jobsWait struct {
	s       *PipelinesService
	call    *composite
	project Project
	id      int64
	options *WaitJobOptions
	opts    []RequestOption

	of     []*Job // what is waited for, as it was last seen
	report *waitReport
}

// until reads the jobs of the pipeline until judge says that the wait is over, or else for how long what is waited for has run.
func (w *jobsWait) until(ctx context.Context, judge func([]*Job) (bool, time.Duration, error)) error {
	poll := newWaitPoller(w.call, w.options.Interval, w.options.Patience, w.s.engine.policy.MaxRateLimitWait)
	w.report = poll.reportOn(func(ctx context.Context) ([]*Job, []*StuckJob) {
		stuck, _ := w.s.explain(ctx, w.project, w.of, 0, poll.options(w.opts))
		return runningOf(w.of), stuck
	})
	defer poll.events.listen(w.options.Events, func(source EventSource, notify func()) func() {
		return source.OnJobsOf(w.id, func(int64, JobStatus) { notify() })
	})()
	for {
		jobs, err := insist(ctx, poll, w.opts, func(opts ...RequestOption) Seq[Job] { return w.s.Jobs(ctx, w.project, w.id, nil, opts...) })
		if err != nil {
			return err
		}
		var over bool
		var ran time.Duration
		if len(jobs) > 0 { // or else GitLab is creating them
			over, ran, err = judge(jobs)
		}
		if over {
			return err
		}
		if err := poll.restAfter(ctx, ran); err != nil {
			return err
		}
	}
}
