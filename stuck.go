package gitlabci

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// StuckReason is why a job does not run.
type StuckReason string

// Reasons why a job does not run.
const (
	StuckReasonNoRunner       StuckReason = "no_runner"       // no runner of the project takes jobs with its tags
	StuckReasonRunnersPaused  StuckReason = "runners_paused"  // all that do are paused
	StuckReasonRunnersOffline StuckReason = "runners_offline" // none of those that do, and are not paused, is online
	StuckReasonRunnersBusy    StuckReason = "runners_busy"    // one is, and has not taken it: it has others, or takes jobs of protected refs alone
	StuckReasonResourceGroup  StuckReason = "resource_group"  // another job holds its resource group
	StuckReasonManual         StuckReason = "manual"          // somebody has to play it
	StuckReasonDelayed        StuckReason = "delayed"         // it starts by itself when its time has come
	StuckReasonApproval       StuckReason = "approval"        // its deployment has to be approved
	StuckReasonUnknown        StuckReason = "unknown"         // GitLab does not tell, or not this token
)

// StuckJob is a job that waits, and what for.
type StuckJob struct {
	Job           *Job
	Reason        StuckReason
	Waited        time.Duration // in its queue; since it was created where it is in none
	ResourceGroup string        // the key of the one that it waits for
	Holder        *Job          // of the resource group; nil where no job holds it any more
	Deployment    *Deployment   // that has to be approved
	Err           error         // why no more is known
}

// String tells in a few words which job waits for what.
func (j *StuckJob) String() string {
	waited := "waits"
	if j.Waited >= time.Second {
		waited = "has waited " + j.Waited.Round(time.Second).String()
	}
	job := cmp.Or(j.Job, new(Job))
	return oneLine(job.Name + " " + waited + " " + j.wants(job))
}

func (j *StuckJob) wants(job *Job) string {
	runner := "for a runner"
	switch len(job.TagList) {
	case 0:
		runner += " that takes jobs without tags"
	case 1:
		runner += " with the tag " + job.TagList[0]
	default:
		runner += " with the tags " + strings.Join(job.TagList, ", ")
	}
	switch j.Reason {
	case StuckReasonNoRunner:
		return runner + ": there is none"
	case StuckReasonRunnersPaused:
		return runner + ": all are paused"
	case StuckReasonRunnersOffline:
		return runner + ": none is online"
	case StuckReasonRunnersBusy:
		return runner
	case StuckReasonResourceGroup:
		if j.Holder != nil {
			return fmt.Sprintf("for the resource group %s, which job %d (%s) holds", j.ResourceGroup, j.Holder.ID, j.Holder.Name)
		}
		return "for the resource group " + j.ResourceGroup
	case StuckReasonManual:
		return "to be played"
	case StuckReasonDelayed:
		return "for its time to start"
	case StuckReasonApproval:
		if j.Deployment == nil {
			return "for an approval"
		}
		return fmt.Sprintf("for %d more approvals of deployment %d to %s", j.Deployment.PendingApprovalCount, j.Deployment.ID, j.Deployment.Environment.Name)
	}
	return fmt.Sprintf("and is %s", job.Status)
}

// StuckOptions say which jobs count as stuck.
type StuckOptions struct {
	MinWait time.Duration // only those that have waited for at least this long
}

var findStuck = &composite{"find stuck jobs", ErrPipelineGet}

// Stuck finds the jobs of a pipeline that wait for something other than the jobs before them, the oldest first, and what for: a runner, a
// resource group, somebody who plays them, an approval, their time. A pipeline whose jobs all go on has none. What keeps a pipeline
// downstream is found there.
//
//	GET /projects/:id/pipelines/:pipeline_id/jobs
//	GET /projects/:id/runners
//	GET /runners/:id
//	GET /projects/:id/resource_groups
//	GET /projects/:id/resource_groups/:key/upcoming_jobs
//	GET /projects/:id/resource_groups/:key/current_job
//	GET /projects/:id/deployments
//	GET /projects/:id/deployments/:deployment_id
//
// Its errors match [ErrPipelineGet], and beside one that ended the context stand the jobs that were found. What cannot be found out, as where
// the token may not see the runners, which takes a maintainer, is noted in [StuckJob].Err and is no error of the call.
//
// It takes a request for each hundred jobs; besides, where jobs are pending, one for each combination of tags, and for jobs without tags one
// for each runner that is online; two for each resource group of the project, up to 20, where jobs wait for one; and one for the deployments
// that wait for approval, and each that does, where jobs are manual.
func (s *PipelinesService) Stuck(ctx context.Context, project Project, id int64, options *StuckOptions, opts ...RequestOption) ([]*StuckJob, error) {
	if options == nil {
		options = new(StuckOptions)
	}
	jobs, err := s.Jobs(ctx, project, id, &ListPipelineJobsOptions{Scope: waiting}, opts...).Collect()
	if err != nil {
		return nil, findStuck.wrap(err)
	}
	stuck, err := s.explain(ctx, project, jobs, options.MinWait, opts)
	return stuck, findStuck.wrap(err)
}

// explain finds among jobs those that are stuck, and why. An error says that the context ended.
func (s *PipelinesService) explain(ctx context.Context, project Project, jobs []*Job, minWait time.Duration, opts []RequestOption) (stuck []*StuckJob, err error) {
	search := stuckSearch{s: s, project: project, opts: opts}
	for _, job := range slices.SortedFunc(slices.Values(jobs), olderFirst) {
		found := &StuckJob{Job: job, Waited: cmp.Or(job.QueuedDuration.Duration(), max(0, time.Since(job.CreatedAt)))}
		if found.Waited < minWait {
			continue
		}
		search.explain(ctx, found)
		if err := ctx.Err(); err != nil {
			return stuck, err
		}
		if found.Reason != "" {
			stuck = append(stuck, found)
		}
	}
	return stuck, nil
}

// waiting are the states of jobs that may be stuck.
var waiting = []JobStatus{JobPending, JobWaitingForResource, JobManual, JobScheduled}

// stuckSearch finds out what jobs wait for. What it has learned for one serves the others.
type stuckSearch struct {
	s       *PipelinesService
	project Project
	opts    []RequestOption

	runners     map[string]StuckReason // by tags
	groups      map[int64]*StuckJob    // which resource group a job waits for, and its holder
	deployments map[int64]*Deployment  // that wait for approval, by job
}

func (s *stuckSearch) explain(ctx context.Context, stuck *StuckJob) {
	job := stuck.Job
	switch job.Status {
	case JobPending:
		stuck.Reason, stuck.Err = s.runnersFor(ctx, job.TagList)
	case JobWaitingForResource:
		s.explainResource(ctx, stuck)
	case JobScheduled:
		stuck.Reason = StuckReasonDelayed
	case JobManual:
		stuck.Deployment, stuck.Err = s.blocked(ctx, job)
		switch {
		case stuck.Deployment != nil:
			stuck.Reason = StuckReasonApproval
		case !job.AllowFailure:
			stuck.Reason = StuckReasonManual
		}
	}
	if stuck.Err != nil && stuck.Reason == "" && stuck.Job.Status != JobManual {
		stuck.Reason = StuckReasonUnknown
	}
}

// runnersFor tells why no runner takes jobs with these tags.
func (s *stuckSearch) runnersFor(ctx context.Context, tags []string) (StuckReason, error) {
	key := strings.Join(slices.Sorted(slices.Values(tags)), ",")
	if reason, ok := s.runners[key]; ok {
		return reason, nil
	}
	runners, err := (*RunnersService)(s.s).ListForProject(ctx, s.project, &ListRunnersOptions{TagList: tags}, s.opts...).Collect()
	if err != nil {
		return "", err
	}
	fits := func(r *Runner) (bool, error) { return true, nil }
	if len(tags) == 0 {
		fits = func(r *Runner) (bool, error) { return s.takesUntagged(ctx, r) }
	}
	reason := StuckReasonNoRunner
	for _, runner := range runners {
		better := standing(runner)
		if rank[better] <= rank[reason] {
			continue
		}
		ok, err := fits(runner)
		if err != nil {
			return "", err
		}
		if ok {
			reason = better
		}
	}
	if s.runners == nil {
		s.runners = make(map[string]StuckReason)
	}
	s.runners[key] = reason
	return reason, nil
}

// rank orders what keeps runners from taking a job: the more they could, the higher.
var rank = map[StuckReason]int{StuckReasonNoRunner: 0, StuckReasonRunnersPaused: 1, StuckReasonRunnersOffline: 2, StuckReasonRunnersBusy: 3}

// standing is what keeps a runner from taking a job that it fits.
func standing(r *Runner) StuckReason {
	switch {
	case r.Paused:
		return StuckReasonRunnersPaused
	case r.Status != RunnerOnline && r.Status != RunnerActive && !r.Online:
		return StuckReasonRunnersOffline
	}
	return StuckReasonRunnersBusy
}

// takesUntagged asks what lists leave out.
func (s *stuckSearch) takesUntagged(ctx context.Context, r *Runner) (bool, error) {
	whole, err := (*RunnersService)(s.s).Get(ctx, r.ID, nil, s.opts...)
	if err != nil {
		return false, err
	}
	return whole.RunUntagged, nil
}

// explainResource finds the resource group that a job waits for by who waits for each: a job does not tell.
func (s *stuckSearch) explainResource(ctx context.Context, stuck *StuckJob) {
	if s.groups == nil {
		stuck.Err = s.readGroups(ctx)
		if stuck.Err != nil {
			return
		}
	}
	known, ok := s.groups[stuck.Job.ID]
	if !ok {
		stuck.Err = errors.New("it is upcoming in none of the project's resource groups")
		return
	}
	stuck.Reason, stuck.ResourceGroup, stuck.Holder, stuck.Err = StuckReasonResourceGroup, known.ResourceGroup, known.Holder, known.Err
}

// maxGroups is how many resource groups are looked at. Projects with one for each branch have thousands.
const maxGroups = 20

func (s *stuckSearch) readGroups(ctx context.Context) error {
	groups := make(map[int64]*StuckJob)
	for group, err := range (*ResourceGroupsService)(s.s).List(ctx, s.project, nil, s.opts...).Take(maxGroups) {
		if err != nil {
			return err
		}
		upcoming, err := (*ResourceGroupsService)(s.s).UpcomingJobs(ctx, s.project, group.Key, nil, s.opts...).Collect()
		if err != nil {
			return err
		}
		if len(upcoming) == 0 {
			continue
		}
		found := &StuckJob{ResourceGroup: group.Key}
		found.Holder, found.Err = (*ResourceGroupsService)(s.s).CurrentJob(ctx, s.project, group.Key, s.opts...)
		for _, job := range upcoming {
			groups[job.ID] = found
		}
	}
	s.groups = groups
	return nil
}

// blocked is the deployment that keeps a manual job until it is approved; nil where none does.
func (s *stuckSearch) blocked(ctx context.Context, job *Job) (*Deployment, error) {
	if s.deployments == nil {
		deployments := make(map[int64]*Deployment)
		for deployment, err := range (*DeploymentsService)(s.s).List(ctx, s.project, &ListDeploymentsOptions{Status: DeploymentBlocked}, s.opts...) {
			if err != nil {
				return nil, err
			}
			if deployment.Deployable != nil {
				deployments[deployment.Deployable.ID] = deployment
			}
		}
		s.deployments = deployments
	}
	deployment := s.deployments[job.ID]
	if deployment == nil {
		return nil, nil
	}
	whole, err := (*DeploymentsService)(s.s).Get(ctx, s.project, deployment.ID, s.opts...)
	if err != nil {
		return deployment, err
	}
	return whole, nil
}
