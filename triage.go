package gitlabci

import (
	"cmp"
	"context"
	"slices"

	"github.com/gitlabci/gitlabci/joblog"
)

// RetryFailedOptions say which failed jobs are worth another attempt: those that pass every field that is set. The zero value retries all
// but those that are allowed to fail.
type RetryFailedOptions struct {
	Reasons     []FailureReason  // only those that failed for one of these, as [FailureReason.Is] takes it
	MaxAttempts int              // only those with fewer attempts than this so far; 0 is no limit
	Match       func(*Job) bool  // only those for which it returns true
	Allowed     bool             // also those that are allowed to fail
	Retry       *RetryJobOptions // passed to [JobsService.Retry] for each of them
}

var (
	retryFailed = &composite{"retry failed jobs", ErrPipelineRetry}
	playOrRetry = &composite{"play or retry job", ErrJobRetry}
	diagnose    = &composite{"diagnose pipeline", ErrPipelineGet}
)

// RetryFailed retries the failed jobs of a pipeline that the options choose, and returns the new jobs: a retried job has a new ID. Where
// there is none to retry, it returns none. Trigger jobs are not retried: for a failure downstream, retry in that pipeline.
//
//	GET /projects/:id/pipelines/:pipeline_id/jobs
//	POST /projects/:id/jobs/:job_id/retry
//
// Where jobs could not be retried, their errors are joined in one that matches [ErrPipelineRetry], and the other jobs are retried all
// the same. No job is retried twice: see [ErrOutcomeUnknown]. It takes a request for each hundred jobs and one for each job that is
// retried.
func (s *PipelinesService) RetryFailed(ctx context.Context, project Project, id int64, options *RetryFailedOptions, opts ...RequestOption) ([]*Job, error) {
	if options == nil {
		options = new(RetryFailedOptions)
	}
	jobs, err := s.attempts(ctx, project, id, opts)
	if err != nil {
		return nil, retryFailed.wrap(err)
	}
	var failed []*Job
	for _, attempts := range jobs {
		job := attempts[len(attempts)-1]
		if options.worth(job, len(attempts)) {
			failed = append(failed, job)
		}
	}
	return retryFailed.each(ctx, failed, func(job *Job) (*Job, error) {
		return (*JobsService)(s).Retry(ctx, project, job.ID, options.Retry, opts...)
	})
}

func (o *RetryFailedOptions) worth(job *Job, attempts int) bool {
	return job.Status == JobFailed &&
		(o.Allowed || !job.AllowFailure) &&
		(len(o.Reasons) == 0 || slices.ContainsFunc(o.Reasons, job.FailureReason.Is)) &&
		(o.MaxAttempts <= 0 || attempts < o.MaxAttempts) &&
		(o.Match == nil || o.Match(job))
}

// attempts are the jobs of a pipeline, by name, each with all its attempts, the oldest first.
func (s *PipelinesService) attempts(ctx context.Context, project Project, id int64, opts []RequestOption) ([][]*Job, error) {
	all, err := s.Jobs(ctx, project, id, &ListPipelineJobsOptions{IncludeRetried: true}, opts...).Collect()
	if err != nil {
		return nil, err
	}
	return groupAttempts(all), nil
}

func groupAttempts(all []*Job) (jobs [][]*Job) {
	slices.SortFunc(all, olderFirst)
	place := make(map[string]int)
	for _, job := range all {
		i, ok := place[job.Name]
		if !ok {
			i = len(jobs)
			place[job.Name] = i
			jobs = append(jobs, nil)
		}
		jobs[i] = append(jobs[i], job)
	}
	return jobs
}

// jobIs is why a job cannot be started.
const jobIs = "the job is %s"

// PlayOrRetryOptions are given to the job in the way that it is started.
type PlayOrRetryOptions struct {
	Play  *PlayJobOptions  // passed to [JobsService.Play]
	Retry *RetryJobOptions // passed to [JobsService.Retry]
}

// PlayOrRetry starts a job in the way that fits its state: a manual or delayed one is played, one that has ended is retried, as a
// new job. It is never started twice: see [ErrOutcomeUnknown]. It takes two requests.
//
//	GET /projects/:id/jobs/:job_id
//	POST /projects/:id/jobs/:job_id/play
//	POST /projects/:id/jobs/:job_id/retry
//
// Its errors match [ErrJobRetry], or [ErrJobPlay] where the job was to be played; both are [ErrRetry]. In any other state, such as
// running or skipped, there is nothing to start: the error matches [ErrConflict], and the job is returned with it.
func (s *JobsService) PlayOrRetry(ctx context.Context, project Project, id int64, options *PlayOrRetryOptions, opts ...RequestOption) (*Job, error) {
	if options == nil {
		options = new(PlayOrRetryOptions)
	}
	job, err := s.Get(ctx, project, id, opts...)
	if err != nil {
		return nil, playOrRetry.wrap(err)
	}
	switch job.Status {
	case JobManual, JobScheduled:
		return s.Play(ctx, project, id, options.Play, opts...)
	case JobSuccess, JobFailed, JobCanceled:
		return s.Retry(ctx, project, id, options.Retry, opts...)
	}
	return job, playOrRetry.refused(ErrConflict, jobIs, job.Status)
}

// DiagnoseOptions say how much of the logs and of the pipelines downstream to read.
type DiagnoseOptions struct {
	Lines int          // how many lines of each log to read; 10 if zero, none if negative
	Tree  *TreeOptions // how far downstream to go; IncludeRetried is always on
}

// Diagnosis is what made a pipeline fail.
type Diagnosis struct {
	Tree    *PipelineTree   // the pipeline and all downstream ones, every attempt included
	Jobs    []*JobDiagnosis // the jobs whose last attempt failed, without those that are allowed to fail
	Flaky   []*JobDiagnosis // the jobs that succeeded after an attempt that failed
	Bridges []*Bridge       // the trigger jobs whose last attempt failed, without those that are allowed to; what they started is in the tree
}

// JobDiagnosis is a job that failed at least once, and what is known of why.
type JobDiagnosis struct {
	Project  Project
	Pipeline *Pipeline
	Job      *Job // its last attempt
	Attempts int  // how many there were
	Verdict  Verdict
	Log      []string // the last lines of the log that matter, as [joblog.Tail] finds them; none for the jobs of Flaky
	LogErr   error    // why the log could not be read, or not to its end
}

// Verdict is what the attempts of a job tell of its failure.
type Verdict string

// Verdicts, by the attempts that succeeded or failed; those that were canceled do not count.
const (
	VerdictUnknown Verdict = "unknown" // no more than one attempt came to an end: there is nothing to compare
	VerdictReal    Verdict = "real"    // every attempt failed, for the same reason
	VerdictFlaky   Verdict = "flaky"   // one attempt succeeded and another failed, or they failed for different reasons
)

// verdict judges by the attempts that were not cut short.
func verdict(attempts []*Job) Verdict {
	outcomes := make(map[string]bool)
	n := 0
	for _, job := range attempts {
		if job.Status == JobSuccess || job.Status == JobFailed {
			outcomes[string(job.Status)+string(job.FailureReason)] = true
			n++
		}
	}
	switch {
	case len(outcomes) > 1:
		return VerdictFlaky
	case n > 1:
		return VerdictReal
	}
	return VerdictUnknown
}

// Diagnose tells which jobs made a pipeline fail, downstream ones included, for what reason, whether other attempts did better, and what
// their logs said last. A pipeline without failures has a diagnosis without jobs. Pipelines downstream of a trigger job that is allowed to
// fail are left out, since they made nothing fail. A log that cannot be read is noted in [JobDiagnosis].LogErr and is no error of the call.
//
//	GET /projects/:id/pipelines/:pipeline_id
//	GET /projects/:id/pipelines/:pipeline_id/jobs
//	GET /projects/:id/pipelines/:pipeline_id/bridges
//	GET /projects/:id/jobs/:job_id/trace
//
// Its errors match [ErrPipelineGet]; the diagnosis is never nil, and with an error it tells of what could be read. It takes the
// requests of [PipelinesService.Tree] and one for each job that failed, whose log is read to its end but not kept.
func (s *PipelinesService) Diagnose(ctx context.Context, project Project, id int64, options *DiagnoseOptions, opts ...RequestOption) (*Diagnosis, error) {
	if options == nil {
		options = new(DiagnoseOptions)
	}
	var how TreeOptions
	if options.Tree != nil {
		how = *options.Tree
	}
	how.IncludeRetried = true
	tree, err := s.Tree(ctx, project, id, &how, opts...)
	d := &Diagnosis{Tree: tree}
	if tree != nil {
		d.judge()
	}
	if options.Lines >= 0 {
		own := withoutReports(opts)
		inParallel(len(d.Jobs), how.Concurrency, func(i int) {
			d.Jobs[i].Log, d.Jobs[i].LogErr = s.lastLines(ctx, d.Jobs[i], cmp.Or(options.Lines, 10), own)
		})
	}
	if err == nil {
		err = ctx.Err() // what it kept from being read is more than a log or two
	}
	return d, diagnose.wrap(err)
}

// judge finds in the tree what failed and what is flaky.
func (d *Diagnosis) judge() {
	for tree := range d.Tree.Pipelines() {
		if tree.excused {
			continue
		}
		var all []*Job
		for _, node := range tree.Children {
			switch {
			case node.Job != nil:
				all = append(all, node.Job)
			case node.Status == JobFailed && !node.AllowFailure && !tree.retried(node):
				d.Bridges = append(d.Bridges, node.Bridge)
			}
		}
		for _, attempts := range groupAttempts(all) {
			n := len(attempts)
			job := &JobDiagnosis{Project: tree.Project, Pipeline: tree.Pipeline, Job: attempts[n-1], Attempts: n, Verdict: verdict(attempts)}
			switch {
			case job.Job.Status == JobFailed && !job.Job.AllowFailure:
				d.Jobs = append(d.Jobs, job)
			case job.Job.Status == JobSuccess && job.Verdict == VerdictFlaky:
				d.Flaky = append(d.Flaky, job)
			}
		}
	}
}

// lastLines reads a log for its last lines that mean something, holding no more than those.
func (s *PipelinesService) lastLines(ctx context.Context, job *JobDiagnosis, n int, opts []RequestOption) (texts []string, err error) {
	log, err := (*JobsService)(s).Trace(ctx, job.Project, job.Job.ID, nil, opts...)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	lines, err := joblog.Tail(log, n)
	for _, line := range lines {
		texts = append(texts, line.Text)
	}
	return texts, err
}
