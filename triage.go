package gitlabci

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/gitlabci/gitlabci/joblog"
)

// RetryFailedOptions say which failed jobs are worth another attempt. The zero value retries all that were not allowed to fail.
type RetryFailedOptions struct {
	Reasons     []FailureReason  // only those that failed for one of these
	MaxAttempts int              // only those with fewer attempts than this so far; 0 is no limit
	Match       func(*Job) bool  // only those that it approves of
	Allowed     bool             // also those that are allowed to fail
	Retry       *RetryJobOptions // given to each
}

var (
	retryFailed = &operation{"retry failed jobs", http.MethodPost, "/projects/:id/jobs/:job_id/retry", ErrPipelineRetry, once, ""}
	playOrRetry = &operation{"play or retry job", http.MethodGet, "/projects/:id/jobs/:job_id", ErrJobRetry, once, ""}
	diagnose    = &operation{"diagnose pipeline", http.MethodGet, "/projects/:id/pipelines/:pipeline_id", ErrPipelineGet, repeatable, ""}
)

// RetryFailed retries the jobs of a pipeline that failed and are worth it, and returns the new jobs: a retried job has a new ID. Where
// no job is, it returns none. Trigger jobs are not retried: what failed downstream is retried there.
//
// Where jobs could not be retried, their errors are joined in one that answers to [ErrPipelineRetry], and the others are retried all the
// same. No job is retried twice: see [ErrOutcomeUnknown]. It takes a request for each hundred jobs and one for each job that is retried.
func (s *PipelinesService) RetryFailed(ctx context.Context, project Project, id int64, o *RetryFailedOptions, opts ...RequestOption) ([]*Job, error) {
	if o == nil {
		o = new(RetryFailedOptions)
	}
	jobs, err := s.attempts(ctx, project, id, opts)
	if err != nil {
		return nil, retryFailed.wrap(err)
	}
	var retried []*Job
	var failures []error
	for _, attempts := range jobs {
		if job := attempts[len(attempts)-1]; o.worth(job, len(attempts)) {
			again, err := s.client.Jobs.Retry(ctx, project, job.ID, o.Retry, opts...)
			switch {
			case err == nil:
				retried = append(retried, again)
			case ctx.Err() != nil:
				failures = append(failures, err) // each of the others would only say so again
				return retried, retryFailed.wrap(errors.Join(failures...))
			default:
				failures = append(failures, fmt.Errorf("job %d (%s): %w", job.ID, job.Name, err))
			}
		}
	}
	return retried, retryFailed.wrap(errors.Join(failures...))
}

func (o *RetryFailedOptions) worth(job *Job, attempts int) bool {
	return job.Status == JobFailed &&
		(o.Allowed || !job.AllowFailure) &&
		(len(o.Reasons) == 0 || slices.Contains(o.Reasons, job.FailureReason)) &&
		(o.MaxAttempts <= 0 || attempts < o.MaxAttempts) &&
		(o.Match == nil || o.Match(job))
}

// attempts are the jobs of a pipeline, by name, each with all its attempts, the oldest first.
func (s *PipelinesService) attempts(ctx context.Context, project Project, id int64, opts []RequestOption) ([][]*Job, error) {
	all, err := s.Jobs(ctx, project, id, &ListPipelineJobsOptions{IncludeRetried: new(true)}, opts...).Collect()
	if err != nil {
		return nil, err
	}
	return groupAttempts(all), nil
}

func groupAttempts(all []*Job) (jobs [][]*Job) {
	slices.SortFunc(all, func(a, b *Job) int { return cmp.Compare(a.ID, b.ID) })
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

// PlayOrRetry starts a job in the way that fits its state: a manual or delayed one is played, one that has ended is retried, which gives
// a new job. It is never started twice: see [ErrOutcomeUnknown]. It takes two requests.
//
// Its errors answer to [ErrJobRetry], and to [ErrJobPlay] where the job was to be played. In any other state, as while it runs or where it
// was skipped, there is nothing to start: the error is [ErrConflict], and the job is returned beside it.
func (s *JobsService) PlayOrRetry(ctx context.Context, project Project, id int64, opts ...RequestOption) (*Job, error) {
	job, err := s.Get(ctx, project, id, opts...)
	if err != nil {
		return nil, playOrRetry.wrap(err)
	}
	switch job.Status {
	case JobManual, JobScheduled:
		return s.Play(ctx, project, id, nil, opts...)
	case JobSuccess, JobFailed, JobCanceled:
		return s.Retry(ctx, project, id, nil, opts...)
	}
	return job, &Error{Op: playOrRetry.name, Message: fmt.Sprintf("the job is %s", job.Status), kinds: append(playOrRetry.kinds(), ErrConflict)}
}

// DiagnoseOptions say how closely to look.
type DiagnoseOptions struct {
	Lines int          // of each log; 10 if zero, none if negative
	Tree  *TreeOptions // how far downstream to go
}

// Diagnosis is why a pipeline failed.
type Diagnosis struct {
	Tree    *PipelineTree   // the pipeline and all downstream ones, every attempt included
	Jobs    []*JobDiagnosis // the jobs that failed and were not allowed to
	Flaky   []*JobDiagnosis // the jobs that succeeded after an attempt that failed
	Bridges []*Bridge       // the trigger jobs that failed and were not allowed to; what they started, if anything, is in the tree
}

// JobDiagnosis is why a job failed.
type JobDiagnosis struct {
	Project  Project
	Pipeline *Pipeline
	Job      *Job // its last attempt
	Attempts int  // how many there were
	Verdict  Verdict
	Log      []string // the last lines of the log that mean something; not of flaky jobs
	LogErr   error    // why there are none
}

// Verdict is what the attempts of a job tell of its failure.
type Verdict string

// Verdicts.
const (
	VerdictUnknown Verdict = "unknown" // one attempt ran to its end
	VerdictReal    Verdict = "real"    // every attempt failed, for the same reason
	VerdictFlaky   Verdict = "flaky"   // an attempt succeeded, or they failed for different reasons
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

// Diagnose tells which jobs of a pipeline failed, also downstream, why, whether other attempts did better, and what their logs said last.
// A pipeline without failures has a diagnosis without jobs. What a trigger job started that is allowed to fail made nothing fail, and is
// left out. A log that cannot be read is noted with its job, and is no error.
//
// Its errors answer to [ErrPipelineGet]; the diagnosis beside an error tells of what could be read. It takes the requests of
// [PipelinesService.Tree] and one for each job that failed, whose log is read to its end but not kept.
func (s *PipelinesService) Diagnose(ctx context.Context, project Project, id int64, o *DiagnoseOptions, opts ...RequestOption) (*Diagnosis, error) {
	if o == nil {
		o = new(DiagnoseOptions)
	}
	var how TreeOptions
	if o.Tree != nil {
		how = *o.Tree
	}
	how.IncludeRetried = true
	tree, err := s.Tree(ctx, project, id, &how, opts...)
	d := &Diagnosis{Tree: tree}
	if tree != nil {
		d.judge()
	}
	if o.Lines >= 0 {
		for _, job := range d.Jobs {
			job.Log, job.LogErr = s.lastLines(ctx, job, cmp.Or(o.Lines, 10), opts)
		}
	}
	if err == nil {
		err = ctx.Err() // what it kept from being read is more than a log or two
	}
	return d, diagnose.wrap(err)
}

// judge finds in the tree what failed and what is flaky.
func (d *Diagnosis) judge() {
	for tree := range d.Tree.Pipelines() {
		if tree.allowedToFail {
			continue
		}
		var all []*Job
		for _, node := range tree.Children {
			switch {
			case node.Job != nil:
				all = append(all, node.Job)
			case node.Status == JobFailed && !node.AllowFailure:
				d.Bridges = append(d.Bridges, node.Bridge)
			}
		}
		for _, attempts := range groupAttempts(all) {
			job := &JobDiagnosis{Project: tree.Project, Pipeline: tree.Pipeline, Job: attempts[len(attempts)-1], Attempts: len(attempts), Verdict: verdict(attempts)}
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
	log, err := s.client.Jobs.Trace(ctx, job.Project, job.Job.ID, nil, opts...)
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
