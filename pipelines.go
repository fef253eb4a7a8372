package gitlabci

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// PipelinesService creates, reads and controls pipelines.
//
// GitLab docs: https://docs.gitlab.com/api/pipelines/
type PipelinesService service

// A Pipeline is one run of a project's CI/CD configuration. Lists leave out some of the fields; [PipelinesService.Get] fills them all.
type Pipeline struct {
	ID        int64          `json:"id"`
	IID       int64          `json:"iid"` // counted within the project
	ProjectID int64          `json:"project_id"`
	Name      string         `json:"name"`
	SHA       string         `json:"sha"`
	Ref       string         `json:"ref"`
	Status    PipelineStatus `json:"status"`
	Source    PipelineSource `json:"source"`
	CreatedAt time.Time      `json:"created_at,omitzero"`
	UpdatedAt time.Time      `json:"updated_at,omitzero"`
	WebURL    string         `json:"web_url"`

	BeforeSHA      string          `json:"before_sha"` // forty zeros for the first pipeline of a ref
	Tag            bool            `json:"tag"`
	Archived       bool            `json:"archived"`
	YAMLErrors     string          `json:"yaml_errors"`
	User           UserBasic       `json:"user"`
	StartedAt      time.Time       `json:"started_at,omitzero"`
	FinishedAt     time.Time       `json:"finished_at,omitzero"`
	CommittedAt    time.Time       `json:"committed_at,omitzero"`
	Duration       Seconds         `json:"duration"`                 // of the run, without the queue
	QueuedDuration Seconds         `json:"queued_duration"`          // before the run
	Coverage       *float64        `json:"coverage,omitzero"`        // percent; nil where no job reports any
	DetailedStatus *DetailedStatus `json:"detailed_status,omitzero"` // nil in lists

	Project      *ProjectIdentity      `json:"project,omitzero"`       // of [PipelinesService.ListOwn] only
	MergeRequest *PipelineMergeRequest `json:"merge_request,omitzero"` // of [PipelinesService.ListOwn] only; nil where there is none
}

func (p *Pipeline) identity() identity { return byID(p.ID) }

// DetailedStatus is a status as GitLab's pages show it. It tells more than the status itself: a pipeline that passed with warnings has
// the status success and the group success-with-warnings.
type DetailedStatus struct {
	Icon         string              `json:"icon"`
	Text         string              `json:"text"`
	Label        string              `json:"label"`
	Group        string              `json:"group"`
	Tooltip      string              `json:"tooltip"`
	HasDetails   bool                `json:"has_details"`
	DetailsPath  string              `json:"details_path"`
	Illustration *StatusIllustration `json:"illustration,omitzero"` // nil where there is none
	Favicon      string              `json:"favicon"`
	Action       *StatusAction       `json:"action,omitzero"` // nil where there is nothing to do
}

// StatusIllustration is the picture that GitLab's pages show for a status.
type StatusIllustration struct {
	Image   string `json:"image"`
	Size    string `json:"size"`
	Title   string `json:"title"`
	Content string `json:"content"`
}

// StatusAction is what GitLab's pages offer to do in a status.
type StatusAction struct {
	Icon                string `json:"icon"`
	Title               string `json:"title"`
	Path                string `json:"path"`
	Method              string `json:"method"`
	ButtonTitle         string `json:"button_title"`
	ConfirmationMessage string `json:"confirmation_message"`
}

// PipelineMergeRequest is the merge request that a pipeline ran for.
type PipelineMergeRequest struct {
	IID    int64  `json:"iid"`
	Title  string `json:"title"`
	WebURL string `json:"web_url"`
}

// PipelineScope chooses pipelines of a list.
type PipelineScope string

// Scopes of a list of pipelines.
const (
	PipelineScopeRunning  PipelineScope = "running"
	PipelineScopePending  PipelineScope = "pending"
	PipelineScopeFinished PipelineScope = "finished"
	PipelineScopeBranches PipelineScope = "branches" // the latest of each branch
	PipelineScopeTags     PipelineScope = "tags"     // the latest of each tag
)

// PipelineOrder is the order of a list of pipelines.
type PipelineOrder string

// Orders of a list of pipelines.
const (
	PipelineOrderID        PipelineOrder = "id"
	PipelineOrderStatus    PipelineOrder = "status"
	PipelineOrderRef       PipelineOrder = "ref"
	PipelineOrderUpdatedAt PipelineOrder = "updated_at"
	PipelineOrderUserID    PipelineOrder = "user_id"
)

// ListPipelinesOptions say which pipelines of a project to list. A zero field leaves none out.
type ListPipelinesOptions struct {
	ListOptions
	Scope         PipelineScope  `url:"scope,omitempty"`
	Status        PipelineStatus `url:"status,omitempty"`
	Source        PipelineSource `url:"source,omitempty"`
	Ref           string         `url:"ref,omitempty"`
	SHA           string         `url:"sha,omitempty"`
	YAMLErrors    *bool          `url:"yaml_errors,omitempty"` // true: only those whose configuration is not valid; false: only the others
	Username      string         `url:"username,omitempty"`    // of the user who started it
	Name          string         `url:"name,omitempty"`
	UpdatedAfter  time.Time      `url:"updated_after,omitempty" layout:"2006-01-02T15:04:05.999999Z07:00"`
	UpdatedBefore time.Time      `url:"updated_before,omitempty" layout:"2006-01-02T15:04:05.999999Z07:00"`
	CreatedAfter  time.Time      `url:"created_after,omitempty" layout:"2006-01-02T15:04:05.999999Z07:00"`
	CreatedBefore time.Time      `url:"created_before,omitempty" layout:"2006-01-02T15:04:05.999999Z07:00"`
	OrderBy       PipelineOrder  `url:"order_by,omitempty"` // by id if empty
	Sort          Sort           `url:"sort,omitempty"`     // descending if empty
}

// ListOwnPipelinesOptions say which pipelines of the caller to list. A zero field leaves none out. GitLab sends no page numbers with this
// list: Page must be 0.
type ListOwnPipelinesOptions struct {
	ListOptions
	Source        PipelineSource `url:"source,omitempty"`
	CreatedAfter  time.Time      `url:"created_after,omitempty" layout:"2006-01-02T15:04:05.999999Z07:00"`
	CreatedBefore time.Time      `url:"created_before,omitempty" layout:"2006-01-02T15:04:05.999999Z07:00"`
}

func (o *ListOwnPipelinesOptions) validate() error {
	if o.Page != 0 {
		return errors.New("the caller's own pipelines have no page numbers")
	}
	return o.ListOptions.validate()
}

// ListMergeRequestPipelinesOptions say which page of the pipelines of a merge request to read.
type ListMergeRequestPipelinesOptions struct{ ListOptions }

// LatestPipelineOptions say of which ref to read the latest pipeline.
type LatestPipelineOptions struct {
	Ref string `url:"ref,omitempty"` // a branch or tag; the default branch if empty
}

// CreatePipelineOptions describe a pipeline to create.
type CreatePipelineOptions struct {
	Ref       string             `json:"ref"` // required: a branch or tag
	Variables []PipelineVariable `json:"variables,omitzero"`
	Inputs    map[string]any     `json:"inputs,omitzero"` // by name, with values of the types that the configuration's spec:inputs declares
}

func (o *CreatePipelineOptions) validate() error {
	return errors.Join(required("Ref", o.Ref), requireKeys(o.Variables))
}

// CreateMergeRequestPipelineOptions describe a merge request pipeline to create.
type CreateMergeRequestPipelineOptions struct {
	Async bool `json:"async,omitzero"` // answer at once, before the pipeline is created
}

// UpdatePipelineOptions are what can be changed of a pipeline.
type UpdatePipelineOptions struct {
	Name string `json:"name"` // required: the new name
}

func (o *UpdatePipelineOptions) validate() error { return required("Name", o.Name) }

// CancelPipelineOptions say how to cancel a pipeline. GitLab offers no choice.
type CancelPipelineOptions struct{}

// RetryPipelineOptions say what to retry of a pipeline. GitLab offers no choice.
type RetryPipelineOptions struct{}

// PlayPipelineOptions are given to every job that is played. Trigger jobs take none.
type PlayPipelineOptions struct {
	Variables []PipelineVariable
	Match     func(*Job) bool `json:"-"` // plays only those for which it returns true
}

// TestReport is what the unit tests of a pipeline reported.
type TestReport struct {
	TotalTime    Seconds     `json:"total_time"`
	TotalCount   int         `json:"total_count"`
	SuccessCount int         `json:"success_count"`
	FailedCount  int         `json:"failed_count"`
	SkippedCount int         `json:"skipped_count"`
	ErrorCount   int         `json:"error_count"`
	TestSuites   []TestSuite `json:"test_suites"`
}

func (*TestReport) identity() identity { return byMembers("total_count") }

// TestSuite is what the unit tests of one job reported.
type TestSuite struct {
	Name         string     `json:"name"`
	TotalTime    Seconds    `json:"total_time"`
	TotalCount   int        `json:"total_count"`
	SuccessCount int        `json:"success_count"`
	FailedCount  int        `json:"failed_count"`
	SkippedCount int        `json:"skipped_count"`
	ErrorCount   int        `json:"error_count"`
	SuiteError   string     `json:"suite_error"` // why the report could not be read
	TestCases    []TestCase `json:"test_cases"`  // not in a summary
	BuildIDs     []int64    `json:"build_ids"`   // the jobs that it comes from; in a summary only
}

// TestCase is the result of one unit test.
type TestCase struct {
	Status         TestCaseStatus `json:"status"`
	Name           string         `json:"name"`
	Classname      string         `json:"classname"`
	File           string         `json:"file"`
	ExecutionTime  Seconds        `json:"execution_time"`
	SystemOutput   string         `json:"system_output"` // JSON where the report has an object here
	StackTrace     string         `json:"stack_trace"`
	AttachmentURL  string         `json:"attachment_url"`
	RecentFailures RecentFailures `json:"recent_failures"`
}

// TestCaseStatus is how one unit test ended.
type TestCaseStatus string

// States of a unit test.
const (
	TestCaseSuccess TestCaseStatus = "success"
	TestCaseFailed  TestCaseStatus = "failed"
	TestCaseSkipped TestCaseStatus = "skipped"
	TestCaseError   TestCaseStatus = "error"
)

// RecentFailures counts how often a test failed lately.
type RecentFailures struct {
	Count      int    `json:"count"`
	BaseBranch string `json:"base_branch"`
}

// TestReportSummary is a [TestReport] without its test cases.
type TestReportSummary struct {
	Total      TestReportTotal `json:"total"`
	TestSuites []TestSuite     `json:"test_suites"`
}

func (*TestReportSummary) identity() identity { return byMembers("total") }

// TestReportTotal counts the test cases of a pipeline.
type TestReportTotal struct {
	Time       Seconds `json:"time"`
	Count      int     `json:"count"`
	Success    int     `json:"success"`
	Failed     int     `json:"failed"`
	Skipped    int     `json:"skipped"`
	Error      int     `json:"error"`
	SuiteError string  `json:"suite_error"`
}

var (
	listPipelines             = get("list pipelines", "/projects/:id/pipelines", ErrPipelineList)
	listOwnPipelines          = get("list own pipelines", "/pipelines", ErrPipelineList).keysetBy("created_at").withoutNumbers()
	listMergeRequestPipelines = get("list merge request pipelines", "/projects/:id/merge_requests/:merge_request_iid/pipelines", ErrPipelineList)
	getPipeline               = get("get pipeline", "/projects/:id/pipelines/:pipeline_id", ErrPipelineGet)
	getLatestPipeline         = get("get latest pipeline", "/projects/:id/pipelines/latest", ErrPipelineGet)
	createPipeline            = post("create pipeline", "/projects/:id/pipeline", ErrPipelineCreate)
	createMergeRequestPipe    = post("create merge request pipeline", "/projects/:id/merge_requests/:merge_request_iid/pipelines", ErrPipelineCreate)
	updatePipeline            = put("update pipeline", "/projects/:id/pipelines/:pipeline_id/metadata", ErrPipelineUpdate)
	cancelPipeline            = post("cancel pipeline", "/projects/:id/pipelines/:pipeline_id/cancel", ErrPipelineCancel).repeats()
	retryPipeline             = post("retry pipeline", "/projects/:id/pipelines/:pipeline_id/retry", ErrPipelineRetry)
	playPipeline              = &composite{"play pipeline", ErrPipelinePlay}
	deletePipeline            = del("delete pipeline", "/projects/:id/pipelines/:pipeline_id", ErrPipelineDelete)
	getPipelineVariables      = get("get pipeline variables", "/projects/:id/pipelines/:pipeline_id/variables", ErrPipelineGet)
	getTestReport             = get("get test report", "/projects/:id/pipelines/:pipeline_id/test_report", ErrPipelineGet)
	getTestReportSummary      = get("get test report summary", "/projects/:id/pipelines/:pipeline_id/test_report_summary", ErrPipelineGet)
)

func pipelinePath(project Project, id int64) path {
	return path{project.name, number("pipeline id", id)}
}

// List lists the pipelines of a project, the newest first. Child pipelines are left out unless Source asks for parent_pipeline.
//
//	GET /projects/:id/pipelines
//
// Its errors match [ErrPipelineList].
//
// GitLab docs: https://docs.gitlab.com/api/pipelines/#list-project-pipelines
func (s *PipelinesService) List(ctx context.Context, project Project, options *ListPipelinesOptions, opts ...RequestOption) Seq[Pipeline] {
	return list[Pipeline](ctx, s.engine, listPipelines, path{project.name}, options, opts)
}

// ListOwn lists the pipelines that the caller started, in all projects, the newest first. It needs GitLab 19.
//
//	GET /pipelines
//
// Its errors match [ErrPipelineList].
//
// GitLab docs: https://docs.gitlab.com/api/pipelines/
func (s *PipelinesService) ListOwn(ctx context.Context, options *ListOwnPipelinesOptions, opts ...RequestOption) Seq[Pipeline] {
	return list[Pipeline](ctx, s.engine, listOwnPipelines, nil, options, opts)
}

// ListForMergeRequest lists the pipelines of a merge request, given by its number in the project, the newest first.
//
//	GET /projects/:id/merge_requests/:merge_request_iid/pipelines
//
// Its errors match [ErrPipelineList].
//
// GitLab docs: https://docs.gitlab.com/api/merge_requests/#list-merge-request-pipelines
func (s *PipelinesService) ListForMergeRequest(ctx context.Context, project Project, iid int64, options *ListMergeRequestPipelinesOptions, opts ...RequestOption) Seq[Pipeline] {
	return list[Pipeline](ctx, s.engine, listMergeRequestPipelines, path{project.name, number("merge request iid", iid)}, options, opts)
}

// Get reads a pipeline, also a child pipeline.
//
//	GET /projects/:id/pipelines/:pipeline_id
//
// Its errors match [ErrPipelineGet], and [ErrNotFound] where there is no such pipeline.
//
// GitLab docs: https://docs.gitlab.com/api/pipelines/#get-a-single-pipeline
func (s *PipelinesService) Get(ctx context.Context, project Project, id int64, opts ...RequestOption) (*Pipeline, error) {
	return do[Pipeline](ctx, s.engine, getPipeline, pipelinePath(project, id), nil, opts)
}

// Latest reads the latest pipeline of the newest commit of a branch or tag, or of the default branch.
//
//	GET /projects/:id/pipelines/latest
//
// Its errors match [ErrPipelineGet]. Where the newest commit has no pipeline GitLab answers 403, which is [ErrForbidden].
//
// GitLab docs: https://docs.gitlab.com/api/pipelines/#get-the-latest-pipeline
func (s *PipelinesService) Latest(ctx context.Context, project Project, options *LatestPipelineOptions, opts ...RequestOption) (*Pipeline, error) {
	return do[Pipeline](ctx, s.engine, getLatestPipeline, path{project.name}, options, opts)
}

// Create starts a pipeline on a branch or tag. It is never sent twice: see [ErrOutcomeUnknown].
//
//	POST /projects/:id/pipeline
//
// Its errors match [ErrPipelineCreate]. What GitLab refuses in the configuration, the ref or the variables is [ErrBadRequest], with the
// reasons under Fields["base"] of the [*Error]. Where the outcome is unknown, list the newest pipelines of the ref, or use
// [PipelinesService.WaitFor] with After set to the newest ID that there was before, to see whether it was created.
//
// GitLab docs: https://docs.gitlab.com/api/pipelines/#create-a-new-pipeline
func (s *PipelinesService) Create(ctx context.Context, project Project, options *CreatePipelineOptions, opts ...RequestOption) (*Pipeline, error) {
	return do[Pipeline](ctx, s.engine, createPipeline, path{project.name}, options, opts)
}

// CreateForMergeRequest starts a pipeline for a merge request, given by its number in the project. With Async GitLab creates it later, and
// the pipeline that is returned has no ID yet: [PipelinesService.WaitFor] finds it.
//
//	POST /projects/:id/merge_requests/:merge_request_iid/pipelines
//
// Its errors match [ErrPipelineCreate]. Where the configuration has no job for merge requests GitLab answers 400 or 405.
//
// GitLab docs: https://docs.gitlab.com/api/merge_requests/#create-merge-request-pipeline
func (s *PipelinesService) CreateForMergeRequest(ctx context.Context, project Project, iid int64, options *CreateMergeRequestPipelineOptions, opts ...RequestOption) (*Pipeline, error) {
	return do[Pipeline](ctx, s.engine, createMergeRequestPipe, path{project.name, number("merge request iid", iid)}, options, opts)
}

// Update changes the name of a pipeline, which is all that can be changed of one.
//
//	PUT /projects/:id/pipelines/:pipeline_id/metadata
//
// Its errors match [ErrPipelineUpdate].
//
// GitLab docs: https://docs.gitlab.com/api/pipelines/#update-pipeline-metadata
func (s *PipelinesService) Update(ctx context.Context, project Project, id int64, options *UpdatePipelineOptions, opts ...RequestOption) (*Pipeline, error) {
	return do[Pipeline](ctx, s.engine, updatePipeline, pipelinePath(project, id), options, opts)
}

// Cancel cancels every job of a pipeline that can be cancelled. It succeeds on a finished pipeline too, and returns the pipeline as it
// is just then: jobs that run may take a while to end. Manual jobs stay manual.
//
//	POST /projects/:id/pipelines/:pipeline_id/cancel
//
// Its errors match [ErrPipelineCancel].
//
// GitLab docs: https://docs.gitlab.com/api/pipelines/#cancel-all-jobs-for-a-pipeline
func (s *PipelinesService) Cancel(ctx context.Context, project Project, id int64, options *CancelPipelineOptions, opts ...RequestOption) (*Pipeline, error) {
	return do[Pipeline](ctx, s.engine, cancelPipeline, pipelinePath(project, id), options, opts)
}

// Retry runs the failed and cancelled jobs of a pipeline again, as new jobs, and returns the pipeline. Where there is none to retry it
// succeeds too. It is never sent twice: see [ErrOutcomeUnknown].
//
//	POST /projects/:id/pipelines/:pipeline_id/retry
//
// Its errors match [ErrPipelineRetry].
//
// GitLab docs: https://docs.gitlab.com/api/pipelines/#retry-jobs-in-a-pipeline
func (s *PipelinesService) Retry(ctx context.Context, project Project, id int64, options *RetryPipelineOptions, opts ...RequestOption) (*Pipeline, error) {
	return do[Pipeline](ctx, s.engine, retryPipeline, pipelinePath(project, id), options, opts)
}

// Play starts every manual job and trigger job of a pipeline that Match lets through, and returns those that did start. Without Match that is all
// of them, the rollback and the clean-up beside the deployment: to play one, name it to [PipelinesService.PlayJob]. A pipeline without manual
// jobs has none to return. GitLab has no call for it: the manual jobs are listed and played one after the other.
//
//	GET /projects/:id/pipelines/:pipeline_id/jobs
//	GET /projects/:id/pipelines/:pipeline_id/bridges
//	POST /projects/:id/jobs/:job_id/play
//
// A trigger job is among the results with those fields that a [Bridge] shares with a [Job]; [PipelinesService.Bridges] tells what it
// started.
//
// Where jobs could not be played, their errors are joined in one that matches [ErrPipelinePlay], and the other jobs are played all
// the same. No job is played twice: see [ErrOutcomeUnknown].
//
// GitLab docs: https://docs.gitlab.com/api/jobs/#run-a-job
func (s *PipelinesService) Play(ctx context.Context, project Project, id int64, options *PlayPipelineOptions, opts ...RequestOption) ([]*Job, error) {
	var play PlayJobOptions
	if options != nil {
		play.Variables = options.Variables
	}
	if err := play.validate(); err != nil {
		return nil, playPipeline.invalid(err)
	}
	manual, err := s.Jobs(ctx, project, id, &ListPipelineJobsOptions{Scope: []JobStatus{JobManual}}, opts...).Collect()
	if err != nil {
		return nil, playPipeline.wrap(err)
	}
	for bridge, err := range s.Bridges(ctx, project, id, &ListBridgesOptions{Scope: []JobStatus{JobManual}}, opts...) {
		if err != nil {
			return nil, playPipeline.wrap(err)
		}
		manual = append(manual, bridge.asJob())
	}
	if options != nil && options.Match != nil {
		manual = slices.DeleteFunc(manual, func(job *Job) bool { return !options.Match(job) })
	}
	return playPipeline.each(ctx, manual, func(job *Job) (*Job, error) {
		return (*JobsService)(s).Play(ctx, project, job.ID, &play, opts...)
	})
}

// each starts jobs, one after the other, and returns those that did start. The failures of the others are joined.
func (c *composite) each(ctx context.Context, jobs []*Job, start func(*Job) (*Job, error)) (started []*Job, err error) {
	var failures []error
	for _, job := range jobs {
		again, err := start(job)
		switch {
		case err == nil:
			started = append(started, again)
		case ctx.Err() != nil:
			failures = append(failures, err) // each of those that are left would only say so again
			return started, c.wrap(errors.Join(failures...))
		default:
			failures = append(failures, fmt.Errorf("job %d (%s): %w", job.ID, job.Name, err))
		}
	}
	return started, c.wrap(errors.Join(failures...))
}

// Delete deletes a pipeline with its jobs, logs and artifacts. It needs the role of an owner.
//
//	DELETE /projects/:id/pipelines/:pipeline_id
//
// Its errors match [ErrPipelineDelete], and [ErrConflict] while GitLab refreshes the project's statistics.
//
// GitLab docs: https://docs.gitlab.com/api/pipelines/#delete-a-pipeline
func (s *PipelinesService) Delete(ctx context.Context, project Project, id int64, opts ...RequestOption) error {
	return exec(ctx, s.engine, deletePipeline, pipelinePath(project, id), nil, opts)
}

// Variables reads the variables that were given to a pipeline. Of a pipeline that was given none there are none.
//
//	GET /projects/:id/pipelines/:pipeline_id/variables
//
// Its errors match [ErrPipelineGet].
//
// GitLab docs: https://docs.gitlab.com/api/pipelines/#get-variables-of-a-pipeline
func (s *PipelinesService) Variables(ctx context.Context, project Project, id int64, opts ...RequestOption) ([]*PipelineVariable, error) {
	return slice[PipelineVariable](ctx, s.engine, getPipelineVariables, pipelinePath(project, id), nil, opts)
}

// TestReport reads what the unit tests of a pipeline reported, test by test, up to 64 MiB of it. Without any report all its counts are 0.
//
//	GET /projects/:id/pipelines/:pipeline_id/test_report
//
// Its errors match [ErrPipelineGet].
//
// GitLab docs: https://docs.gitlab.com/api/pipelines/#get-a-test-report-for-a-pipeline
func (s *PipelinesService) TestReport(ctx context.Context, project Project, id int64, opts ...RequestOption) (*TestReport, error) {
	return do[TestReport](ctx, s.engine, getTestReport, pipelinePath(project, id), nil, roomy(opts))
}

// TestReportSummary reads how many unit tests of a pipeline passed and failed. Without any report all its counts are 0.
//
//	GET /projects/:id/pipelines/:pipeline_id/test_report_summary
//
// Its errors match [ErrPipelineGet].
//
// GitLab docs: https://docs.gitlab.com/api/pipelines/#get-a-test-report-summary-for-a-pipeline
func (s *PipelinesService) TestReportSummary(ctx context.Context, project Project, id int64, opts ...RequestOption) (*TestReportSummary, error) {
	return do[TestReportSummary](ctx, s.engine, getTestReportSummary, pipelinePath(project, id), nil, opts)
}

// Jobs lists the jobs of a pipeline, the newest first. Attempts that were retried are left out unless IncludeRetried is set; trigger
// jobs are listed by [PipelinesService.Bridges].
//
//	GET /projects/:id/pipelines/:pipeline_id/jobs
//
// Its errors match [ErrJobList].
//
// GitLab docs: https://docs.gitlab.com/api/jobs/#list-pipeline-jobs
func (s *PipelinesService) Jobs(ctx context.Context, project Project, id int64, options *ListPipelineJobsOptions, opts ...RequestOption) Seq[Job] {
	return list[Job](ctx, s.engine, listPipelineJobs, pipelinePath(project, id), options, opts)
}

// Bridges lists the trigger jobs of a pipeline, the newest first: those that start a downstream pipeline. Attempts that were retried are left
// out unless IncludeRetried is set.
//
//	GET /projects/:id/pipelines/:pipeline_id/bridges
//
// Since GitLab 19.2 that is the deprecated name of GET /projects/:id/pipelines/:pipeline_id/trigger_jobs, which is asked for where the
// former is not found. Its errors match [ErrJobList].
//
// GitLab docs: https://docs.gitlab.com/api/jobs/#list-pipeline-trigger-jobs
func (s *PipelinesService) Bridges(ctx context.Context, project Project, id int64, options *ListBridgesOptions, opts ...RequestOption) Seq[Bridge] {
	return orElse(list[Bridge](ctx, s.engine, listBridges, pipelinePath(project, id), options, opts),
		list[Bridge](ctx, s.engine, listTriggerJobs, pipelinePath(project, id), options, opts))
}

// orElse returns a list under the one or the other of its names: the newer one where the older is not there. Where neither is, what the list
// belongs to is not there.
func orElse[T any](older, newer Seq[T]) Seq[T] {
	return func(yield func(*T, error) bool) {
		var gone error
		begun := false
		older(func(item *T, err error) bool {
			if !begun && notThere(err) {
				gone = err
				return false
			}
			begun = true
			return yield(item, err)
		})
		if gone == nil {
			return
		}
		newer(func(item *T, err error) bool {
			if !begun && notThere(err) {
				err = gone
			}
			begun = true
			return yield(item, err)
		})
	}
}

// notThere reports whether GitLab answered that there is no such endpoint, or no such thing. Where it is the project it says so.
func notThere(err error) bool {
	e := (*Error)(nil)
	return errors.As(err, &e) && (e.StatusCode == http.StatusGone || e.StatusCode == http.StatusNotFound && e.Message != "404 Project Not Found")
}
