package gitlabci_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

// A methodRow tells of one method how it is called, what that sends, what GitLab answers, and what comes of it. The table below has at
// least one row for each method of each service, and each row goes through all of the tests in this file.
type methodRow struct {
	method string // as in "Pipelines.Create"
	shows  string // what this row shows, where a method has several
	args   []any  // what stands between the context and the request options

	needs    []string // the fields of the options without which nothing is sent
	goesWith []string // the fields without which the others that are set are refused, while nil options are not
	refuses  string   // why nil options are refused, where that is not for a single field

	first    []exchange // what goes before, in calls that take several requests
	exchange            // the request, or the last one
	wraps    string     // the operation that the call is as a whole, where it has its own errors
	wrapped  error      // their sentinel

	nilQuery string // the query and body of the same call with nil options
	nilBody  string

	gives any // the result, collected or read to its end
}

// An exchange is one request and its answer.
type exchange struct {
	op     string // the operation, as in "create pipeline"
	route  string // as in "POST /projects/:id/pipeline"
	sends  string // as it goes over the wire, as in "POST /projects/group%2Fapp/pipeline"
	query  string // readable, not escaped
	body   string
	form   bool // the body goes as a form, of which JSON shows the fields, files among them
	status int  // 200 if 0
	answer string
	fails  error // the sentinel of its errors
}

// in is a list of arguments.
func in(args ...any) []any { return args }

var (
	app     = gitlabci.ProjectPath("group/app")
	group   = gitlabci.GroupPath("group/sub")
	pageTwo = gitlabci.ListOptions{Page: 2, PerPage: 50}
	noon    = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
)

// composites are made of the calls in the table, and tested with what they are made of.
var composites = []string{
	"Pipelines.Wait", "Pipelines.WaitFor", "Pipelines.Watch", "Pipelines.Tree", "Pipelines.FollowTraces", "Pipelines.RetryFailed", "Pipelines.Diagnose", "Pipelines.Stuck",
	"Pipelines.Job", "Pipelines.JobGroup", "Pipelines.PlayJob", "Pipelines.WaitJob", "Pipelines.WaitStage", "Pipelines.WaitPlayable",
	"Jobs.Wait", "Jobs.FollowTrace", "Jobs.PlayOrRetry", "Jobs.SaveArtifacts", "Jobs.OpenArtifacts", "Artifacts.Select", "Runners.Fleet",
}

// othersThatDoNotRepeat and postsThatRepeat are what differs from the rule that GET, PUT and DELETE are sent again while nobody knows whether
// GitLab acted, and others are not.
var othersThatDoNotRepeat = []string{"update protected environment", "delete review apps"}

var postsThatRepeat = []string{
	"cancel pipeline", "cancel job", "keep artifacts", "take ownership of schedule", "stop environment", "stop stale environments", "lint content",
	"update job token scope",
}

// mayBeNothing are the methods of what need not be there: null is nil, without an error.
var mayBeNothing = []string{"ResourceGroups.CurrentJob", "Runners.Verify"}

// parents are what the sentinel of each operation matches besides itself.
var parents = map[error][]error{
	gitlabci.ErrPipelineList:   {gitlabci.ErrList},
	gitlabci.ErrPipelineGet:    {gitlabci.ErrGet},
	gitlabci.ErrPipelineCreate: {gitlabci.ErrCreate},
	gitlabci.ErrPipelineUpdate: {gitlabci.ErrUpdate},
	gitlabci.ErrPipelineCancel: {gitlabci.ErrCancel},
	gitlabci.ErrPipelineRetry:  {gitlabci.ErrRetry},
	gitlabci.ErrPipelinePlay:   {gitlabci.ErrPlay, gitlabci.ErrRetry},
	gitlabci.ErrPipelineDelete: {gitlabci.ErrDelete},

	gitlabci.ErrJobList:   {gitlabci.ErrList},
	gitlabci.ErrJobGet:    {gitlabci.ErrGet},
	gitlabci.ErrJobCancel: {gitlabci.ErrCancel},
	gitlabci.ErrJobRetry:  {gitlabci.ErrRetry},
	gitlabci.ErrJobPlay:   {gitlabci.ErrPlay, gitlabci.ErrRetry},
	gitlabci.ErrJobErase:  {gitlabci.ErrErase, gitlabci.ErrRetry},
	gitlabci.ErrTraceGet:  {gitlabci.ErrGet},

	gitlabci.ErrArtifactsGet:    {gitlabci.ErrGet},
	gitlabci.ErrArtifactsList:   {gitlabci.ErrList},
	gitlabci.ErrArtifactsKeep:   {gitlabci.ErrKeep},
	gitlabci.ErrArtifactsDelete: {gitlabci.ErrDelete},

	gitlabci.ErrRunnerList:       {gitlabci.ErrList},
	gitlabci.ErrRunnerGet:        {gitlabci.ErrGet},
	gitlabci.ErrRunnerCreate:     {gitlabci.ErrCreate},
	gitlabci.ErrRunnerRegister:   {gitlabci.ErrRegister, gitlabci.ErrCreate},
	gitlabci.ErrRunnerVerify:     {gitlabci.ErrVerify},
	gitlabci.ErrRunnerUpdate:     {gitlabci.ErrUpdate},
	gitlabci.ErrRunnerDelete:     {gitlabci.ErrDelete},
	gitlabci.ErrRunnerEnable:     {gitlabci.ErrEnable, gitlabci.ErrCreate},
	gitlabci.ErrRunnerDisable:    {gitlabci.ErrDisable, gitlabci.ErrDelete},
	gitlabci.ErrRunnerResetToken: {gitlabci.ErrResetToken},

	gitlabci.ErrVariableList:   {gitlabci.ErrList},
	gitlabci.ErrVariableGet:    {gitlabci.ErrGet},
	gitlabci.ErrVariableCreate: {gitlabci.ErrCreate},
	gitlabci.ErrVariableUpdate: {gitlabci.ErrUpdate},
	gitlabci.ErrVariableDelete: {gitlabci.ErrDelete},

	gitlabci.ErrTriggerList:   {gitlabci.ErrList},
	gitlabci.ErrTriggerGet:    {gitlabci.ErrGet},
	gitlabci.ErrTriggerCreate: {gitlabci.ErrCreate},
	gitlabci.ErrTriggerUpdate: {gitlabci.ErrUpdate},
	gitlabci.ErrTriggerDelete: {gitlabci.ErrDelete},
	gitlabci.ErrTriggerRun:    {gitlabci.ErrRun, gitlabci.ErrCreate},

	gitlabci.ErrScheduleList:          {gitlabci.ErrList},
	gitlabci.ErrScheduleGet:           {gitlabci.ErrGet},
	gitlabci.ErrScheduleCreate:        {gitlabci.ErrCreate},
	gitlabci.ErrScheduleUpdate:        {gitlabci.ErrUpdate},
	gitlabci.ErrScheduleDelete:        {gitlabci.ErrDelete},
	gitlabci.ErrSchedulePlay:          {gitlabci.ErrPipelinePlay, gitlabci.ErrPlay, gitlabci.ErrRetry},
	gitlabci.ErrScheduleTakeOwnership: {gitlabci.ErrTakeOwnership},

	gitlabci.ErrEnvironmentList:   {gitlabci.ErrList},
	gitlabci.ErrEnvironmentGet:    {gitlabci.ErrGet},
	gitlabci.ErrEnvironmentCreate: {gitlabci.ErrCreate},
	gitlabci.ErrEnvironmentUpdate: {gitlabci.ErrUpdate},
	gitlabci.ErrEnvironmentStop:   {gitlabci.ErrStop},
	gitlabci.ErrEnvironmentDelete: {gitlabci.ErrDelete},

	gitlabci.ErrDeploymentList:        {gitlabci.ErrList},
	gitlabci.ErrDeploymentGet:         {gitlabci.ErrGet},
	gitlabci.ErrDeploymentCreate:      {gitlabci.ErrCreate},
	gitlabci.ErrDeploymentUpdate:      {gitlabci.ErrUpdate},
	gitlabci.ErrDeploymentDelete:      {gitlabci.ErrDelete},
	gitlabci.ErrDeploymentApprovalSet: {gitlabci.ErrSet},
	gitlabci.ErrMergeRequestList:      {gitlabci.ErrList},

	gitlabci.ErrProtectedEnvironmentList:   {gitlabci.ErrList},
	gitlabci.ErrProtectedEnvironmentGet:    {gitlabci.ErrGet},
	gitlabci.ErrProtectedEnvironmentCreate: {gitlabci.ErrCreate},
	gitlabci.ErrProtectedEnvironmentUpdate: {gitlabci.ErrUpdate},
	gitlabci.ErrProtectedEnvironmentDelete: {gitlabci.ErrDelete},

	gitlabci.ErrFreezePeriodList:   {gitlabci.ErrList},
	gitlabci.ErrFreezePeriodGet:    {gitlabci.ErrGet},
	gitlabci.ErrFreezePeriodCreate: {gitlabci.ErrCreate},
	gitlabci.ErrFreezePeriodUpdate: {gitlabci.ErrUpdate},
	gitlabci.ErrFreezePeriodDelete: {gitlabci.ErrDelete},

	gitlabci.ErrResourceGroupList:   {gitlabci.ErrList},
	gitlabci.ErrResourceGroupGet:    {gitlabci.ErrGet},
	gitlabci.ErrResourceGroupUpdate: {gitlabci.ErrUpdate},

	gitlabci.ErrSecureFileList:   {gitlabci.ErrList},
	gitlabci.ErrSecureFileGet:    {gitlabci.ErrGet},
	gitlabci.ErrSecureFileCreate: {gitlabci.ErrCreate},
	gitlabci.ErrSecureFileDelete: {gitlabci.ErrDelete},

	gitlabci.ErrMergeTrainList: {gitlabci.ErrList},
	gitlabci.ErrMergeTrainGet:  {gitlabci.ErrGet},
	gitlabci.ErrMergeTrainAdd:  {gitlabci.ErrAdd, gitlabci.ErrCreate},

	gitlabci.ErrMergeTrainRemove: {gitlabci.ErrRemove, gitlabci.ErrDelete},

	gitlabci.ErrJobTokenScopeGet:    {gitlabci.ErrGet},
	gitlabci.ErrJobTokenScopeUpdate: {gitlabci.ErrUpdate},
	gitlabci.ErrAllowlistList:       {gitlabci.ErrList},
	gitlabci.ErrAllowlistAdd:        {gitlabci.ErrAdd, gitlabci.ErrCreate},
	gitlabci.ErrAllowlistRemove:     {gitlabci.ErrRemove, gitlabci.ErrDelete},

	gitlabci.ErrLintContent: {gitlabci.ErrLint},
	gitlabci.ErrLintProject: {gitlabci.ErrLint},

	gitlabci.ErrCommitStatusList: {gitlabci.ErrList},
	gitlabci.ErrCommitStatusSet:  {gitlabci.ErrSet, gitlabci.ErrCreate},

	gitlabci.ErrTemplateList: {gitlabci.ErrList},
	gitlabci.ErrTemplateGet:  {gitlabci.ErrGet},

	gitlabci.ErrProjectSettingsGet:    {gitlabci.ErrGet},
	gitlabci.ErrProjectSettingsUpdate: {gitlabci.ErrUpdate},

	gitlabci.ErrCatalogPublish: {gitlabci.ErrPublish, gitlabci.ErrCreate},

	gitlabci.ErrProjectList: {gitlabci.ErrList},
	gitlabci.ErrProjectGet:  {gitlabci.ErrGet},
	gitlabci.ErrGroupList:   {gitlabci.ErrList},
	gitlabci.ErrGroupGet:    {gitlabci.ErrGet},
	gitlabci.ErrBranchList:  {gitlabci.ErrList},
	gitlabci.ErrBranchGet:   {gitlabci.ErrGet},
	gitlabci.ErrTagList:     {gitlabci.ErrList},
	gitlabci.ErrTagGet:      {gitlabci.ErrGet},
	gitlabci.ErrTagCreate:   {gitlabci.ErrCreate},

	gitlabci.ErrRunnerControllerList:        {gitlabci.ErrList},
	gitlabci.ErrRunnerControllerGet:         {gitlabci.ErrGet},
	gitlabci.ErrRunnerControllerCreate:      {gitlabci.ErrCreate},
	gitlabci.ErrRunnerControllerUpdate:      {gitlabci.ErrUpdate},
	gitlabci.ErrRunnerControllerDelete:      {gitlabci.ErrDelete},
	gitlabci.ErrRunnerControllerTokenList:   {gitlabci.ErrList},
	gitlabci.ErrRunnerControllerTokenGet:    {gitlabci.ErrGet},
	gitlabci.ErrRunnerControllerTokenCreate: {gitlabci.ErrCreate},
	gitlabci.ErrRunnerControllerTokenRotate: {gitlabci.ErrRotate, gitlabci.ErrCreate},
	gitlabci.ErrRunnerControllerTokenRevoke: {gitlabci.ErrRevoke, gitlabci.ErrDelete},
}

// verbSentinels are all sentinels that the ones above may match.
var verbSentinels = []error{
	gitlabci.ErrList, gitlabci.ErrGet, gitlabci.ErrCreate, gitlabci.ErrUpdate, gitlabci.ErrDelete, gitlabci.ErrCancel, gitlabci.ErrRetry,
	gitlabci.ErrPlay, gitlabci.ErrErase, gitlabci.ErrKeep, gitlabci.ErrRun, gitlabci.ErrRegister, gitlabci.ErrVerify, gitlabci.ErrEnable,
	gitlabci.ErrDisable, gitlabci.ErrResetToken, gitlabci.ErrTakeOwnership, gitlabci.ErrStop, gitlabci.ErrSet,
	gitlabci.ErrAdd, gitlabci.ErrRemove, gitlabci.ErrPublish, gitlabci.ErrLint, gitlabci.ErrRotate, gitlabci.ErrRevoke,
}

var table = slices.Concat(pipelineRows, jobRows, artifactRows, runnerRows, variableRows, triggerRows, scheduleRows,
	environmentRows, deploymentRows, protectedEnvironmentRows, freezePeriodRows, resourceGroupRows, mergeTrainRows, lintRows,
	secureFileRows, jobTokenScopeRows, commitStatusRows, templateRows, projectSettingsRows, catalogRows, runnerControllerRows,
	projectRows, groupRows, branchRows, tagRows)

var pipelineRows = []methodRow{
	{
		method: "Pipelines.List",
		args: in(app, &gitlabci.ListPipelinesOptions{
			ListOptions:   pageTwo,
			Scope:         gitlabci.PipelineScopeFinished,
			Status:        gitlabci.PipelineFailed,
			Source:        gitlabci.PipelineSourceParentPipeline,
			Ref:           "feature/x & y",
			SHA:           "a91957a8",
			YAMLErrors:    new(false),
			Username:      "ada",
			Name:          "Nightly build",
			UpdatedAfter:  noon,
			UpdatedBefore: noon.Add(time.Hour),
			CreatedAfter:  noon.Add(1500 * time.Millisecond),
			CreatedBefore: noon.In(time.FixedZone("", 2*60*60)),
			OrderBy:       gitlabci.PipelineOrderUpdatedAt,
			Sort:          gitlabci.SortAsc,
		}),
		exchange: exchange{
			op:    "list pipelines",
			route: "GET /projects/:id/pipelines",
			sends: "GET /projects/group%2Fapp/pipelines",
			query: "page=2&per_page=50&scope=finished&status=failed&source=parent_pipeline&ref=feature/x %26 y&sha=a91957a8&yaml_errors=false" +
				"&username=ada&name=Nightly build&updated_after=2026-03-14T12:00:00Z&updated_before=2026-03-14T13:00:00Z" +
				"&created_after=2026-03-14T12:00:01.5Z&created_before=2026-03-14T14:00:00%2B02:00&order_by=updated_at&sort=asc",
			answer: `[{"id":47,"iid":12,"name":"Nightly build","status":"failed"},{"id":48,"iid":13,"name":null,"status":"beamed"}]`,
			fails:  gitlabci.ErrPipelineList,
		},
		nilQuery: "per_page=100",
		gives: []*gitlabci.Pipeline{
			{ID: 47, IID: 12, Name: "Nightly build", Status: gitlabci.PipelineFailed},
			{ID: 48, IID: 13, Status: "beamed"},
		},
	},
	{
		method: "Pipelines.ListOwn",
		args: in(&gitlabci.ListOwnPipelinesOptions{
			ListOptions:   gitlabci.ListOptions{PerPage: 50},
			Source:        gitlabci.PipelineSourceWeb,
			CreatedAfter:  noon,
			CreatedBefore: noon.Add(time.Hour),
		}),
		exchange: exchange{
			op:    "list own pipelines",
			route: "GET /pipelines",
			sends: "GET /pipelines",
			query: "pagination=keyset&order_by=created_at&sort=desc&per_page=50&source=web" +
				"&created_after=2026-03-14T12:00:00Z&created_before=2026-03-14T13:00:00Z",
			answer: `[{"id":47,"project":{"id":3,"path_with_namespace":"group/app"},"merge_request":{"iid":8,"title":"Fix it"}}]`,
			fails:  gitlabci.ErrPipelineList,
		},
		nilQuery: "pagination=keyset&order_by=created_at&sort=desc&per_page=100",
		gives: []*gitlabci.Pipeline{{
			ID:           47,
			Project:      &gitlabci.ProjectIdentity{ID: 3, PathWithNamespace: "group/app"},
			MergeRequest: &gitlabci.PipelineMergeRequest{IID: 8, Title: "Fix it"},
		}},
	},
	{
		method: "Pipelines.ListForMergeRequest",
		args:   in(app, int64(8), &gitlabci.ListMergeRequestPipelinesOptions{ListOptions: pageTwo}),
		exchange: exchange{
			op:     "list merge request pipelines",
			route:  "GET /projects/:id/merge_requests/:merge_request_iid/pipelines",
			sends:  "GET /projects/group%2Fapp/merge_requests/8/pipelines",
			query:  "page=2&per_page=50",
			answer: `[{"id":77,"ref":"refs/merge-requests/8/head","status":"success"}]`,
			fails:  gitlabci.ErrPipelineList,
		},
		nilQuery: "per_page=100",
		gives:    []*gitlabci.Pipeline{{ID: 77, Ref: "refs/merge-requests/8/head", Status: gitlabci.PipelineSuccess}},
	},
	{
		method: "Pipelines.Get",
		args:   in(app, int64(46)),
		exchange: exchange{
			op:     "get pipeline",
			route:  "GET /projects/:id/pipelines/:pipeline_id",
			sends:  "GET /projects/group%2Fapp/pipelines/46",
			answer: `{"id":46,"status":"running","coverage":"30.5","duration":34.25,"queued_duration":null,"yaml_errors":null,"detailed_status":{"group":"running"}}`,
			fails:  gitlabci.ErrPipelineGet,
		},
		gives: &gitlabci.Pipeline{
			ID: 46, Status: gitlabci.PipelineRunning, Coverage: new(30.5), Duration: 34.25, DetailedStatus: &gitlabci.DetailedStatus{Group: "running"},
		},
	},
	{
		method: "Pipelines.Latest",
		args:   in(app, &gitlabci.LatestPipelineOptions{Ref: "feature/x"}),
		exchange: exchange{
			op:     "get latest pipeline",
			route:  "GET /projects/:id/pipelines/latest",
			sends:  "GET /projects/group%2Fapp/pipelines/latest",
			query:  "ref=feature/x",
			answer: `{"id":287,"ref":"feature/x","tag":false,"before_sha":"0000000000000000000000000000000000000000"}`,
			fails:  gitlabci.ErrPipelineGet,
		},
		gives: &gitlabci.Pipeline{ID: 287, Ref: "feature/x", BeforeSHA: strings.Repeat("0", 40)},
	},
	{
		method: "Pipelines.Create",
		args: in(app, &gitlabci.CreatePipelineOptions{
			Ref: "main",
			Variables: []gitlabci.PipelineVariable{
				{Key: "DEPLOY_ENV", Value: "staging"},
				{Key: "CONFIG", Value: "a: 1\n", VariableType: gitlabci.VariableFile},
			},
			Inputs: map[string]any{"replicas": 3, "canary": false, "regions": []string{"eu", "us"}},
		}),
		needs: []string{"Ref"},
		exchange: exchange{
			op:    "create pipeline",
			route: "POST /projects/:id/pipeline",
			sends: "POST /projects/group%2Fapp/pipeline",
			body: `{"ref":"main",
				"variables":[{"key":"DEPLOY_ENV","value":"staging"},{"key":"CONFIG","value":"a: 1\n","variable_type":"file"}],
				"inputs":{"replicas":3,"canary":false,"regions":["eu","us"]}}`,
			status: 201,
			answer: `{"id":61,"iid":21,"ref":"main","status":"created","created_at":"2026-03-14T12:00:00.000Z","user":{"id":1,"username":"root"}}`,
			fails:  gitlabci.ErrPipelineCreate,
		},
		gives: &gitlabci.Pipeline{
			ID: 61, IID: 21, Ref: "main", Status: gitlabci.PipelineCreated, CreatedAt: noon, User: gitlabci.UserBasic{ID: 1, Username: "root"},
		},
	},
	{
		method: "Pipelines.CreateForMergeRequest",
		args:   in(app, int64(8), (*gitlabci.CreateMergeRequestPipelineOptions)(nil)),
		exchange: exchange{
			op:     "create merge request pipeline",
			route:  "POST /projects/:id/merge_requests/:merge_request_iid/pipelines",
			sends:  "POST /projects/group%2Fapp/merge_requests/8/pipelines",
			status: 201,
			answer: `{"id":2,"ref":"refs/merge-requests/8/head","status":"pending"}`,
			fails:  gitlabci.ErrPipelineCreate,
		},
		gives: &gitlabci.Pipeline{ID: 2, Ref: "refs/merge-requests/8/head", Status: gitlabci.PipelinePending},
	},
	{
		method: "Pipelines.CreateForMergeRequest",
		shows:  "asynchronous: GitLab only takes note",
		args:   in(app, int64(8), &gitlabci.CreateMergeRequestPipelineOptions{Async: true}),
		exchange: exchange{
			op:     "create merge request pipeline",
			route:  "POST /projects/:id/merge_requests/:merge_request_iid/pipelines",
			sends:  "POST /projects/group%2Fapp/merge_requests/8/pipelines",
			body:   `{"async":true}`,
			status: 202,
			fails:  gitlabci.ErrPipelineCreate,
		},
		gives: &gitlabci.Pipeline{},
	},
	{
		method: "Pipelines.Update",
		args:   in(app, int64(46), &gitlabci.UpdatePipelineOptions{Name: "Nightly build"}),
		needs:  []string{"Name"},
		exchange: exchange{
			op:     "update pipeline",
			route:  "PUT /projects/:id/pipelines/:pipeline_id/metadata",
			sends:  "PUT /projects/group%2Fapp/pipelines/46/metadata",
			body:   `{"name":"Nightly build"}`,
			answer: `{"id":46,"name":"Nightly build"}`,
			fails:  gitlabci.ErrPipelineUpdate,
		},
		gives: &gitlabci.Pipeline{ID: 46, Name: "Nightly build"},
	},
	{
		method: "Pipelines.Cancel",
		args:   in(app, int64(46), (*gitlabci.CancelPipelineOptions)(nil)),
		exchange: exchange{
			op:     "cancel pipeline",
			route:  "POST /projects/:id/pipelines/:pipeline_id/cancel",
			sends:  "POST /projects/group%2Fapp/pipelines/46/cancel",
			answer: `{"id":46,"status":"canceling"}`,
			fails:  gitlabci.ErrPipelineCancel,
		},
		gives: &gitlabci.Pipeline{ID: 46, Status: gitlabci.PipelineCanceling},
	},
	{
		method: "Pipelines.Retry",
		args:   in(app, int64(46), (*gitlabci.RetryPipelineOptions)(nil)),
		exchange: exchange{
			op:     "retry pipeline",
			route:  "POST /projects/:id/pipelines/:pipeline_id/retry",
			sends:  "POST /projects/group%2Fapp/pipelines/46/retry",
			status: 201,
			answer: `{"id":46,"status":"pending","finished_at":null}`,
			fails:  gitlabci.ErrPipelineRetry,
		},
		gives: &gitlabci.Pipeline{ID: 46, Status: gitlabci.PipelinePending},
	},
	{
		method: "Pipelines.Play",
		args: in(app, int64(46), &gitlabci.PlayPipelineOptions{
			Variables: []gitlabci.PipelineVariable{{Key: "DEPLOY_ENV", Value: "staging"}},
		}),
		wraps: "play pipeline", wrapped: gitlabci.ErrPipelinePlay,
		first: []exchange{
			{
				op:     "list pipeline jobs",
				route:  "GET /projects/:id/pipelines/:pipeline_id/jobs",
				sends:  "GET /projects/group%2Fapp/pipelines/46/jobs",
				query:  "scope[]=manual&per_page=100",
				answer: `[{"id":9,"name":"production"},{"id":8,"name":"staging"}]`,
				fails:  gitlabci.ErrJobList,
			},
			{
				op:     "list bridges",
				route:  "GET /projects/:id/pipelines/:pipeline_id/bridges",
				sends:  "GET /projects/group%2Fapp/pipelines/46/bridges",
				query:  "scope[]=manual&per_page=100",
				answer: `[{"id":7,"name":"promote","downstream_pipeline":null}]`,
				fails:  gitlabci.ErrJobList,
			},
			{
				op:     "play job",
				route:  "POST /projects/:id/jobs/:job_id/play",
				sends:  "POST /projects/group%2Fapp/jobs/9/play",
				body:   `{"job_variables_attributes":[{"key":"DEPLOY_ENV","value":"staging"}]}`,
				answer: `{"id":9,"status":"pending"}`,
				fails:  gitlabci.ErrJobPlay,
			},
			{
				op:     "play job",
				route:  "POST /projects/:id/jobs/:job_id/play",
				sends:  "POST /projects/group%2Fapp/jobs/8/play",
				body:   `{"job_variables_attributes":[{"key":"DEPLOY_ENV","value":"staging"}]}`,
				answer: `{"id":8,"status":"pending"}`,
				fails:  gitlabci.ErrJobPlay,
			},
		},
		exchange: exchange{
			op:     "play job",
			route:  "POST /projects/:id/jobs/:job_id/play",
			sends:  "POST /projects/group%2Fapp/jobs/7/play",
			body:   `{"job_variables_attributes":[{"key":"DEPLOY_ENV","value":"staging"}]}`,
			answer: `{"id":7,"name":"promote","status":"pending","downstream_pipeline":null}`,
			fails:  gitlabci.ErrJobPlay,
		},
		nilBody: `{}`,
		gives:   []*gitlabci.Job{{ID: 9, Status: gitlabci.JobPending}, {ID: 8, Status: gitlabci.JobPending}, {ID: 7, Name: "promote", Status: gitlabci.JobPending}},
	},
	{
		method: "Pipelines.Delete",
		args:   in(app, int64(46)),
		exchange: exchange{
			op:     "delete pipeline",
			route:  "DELETE /projects/:id/pipelines/:pipeline_id",
			sends:  "DELETE /projects/group%2Fapp/pipelines/46",
			status: 204,
			fails:  gitlabci.ErrPipelineDelete,
		},
	},
	{
		method: "Pipelines.Variables",
		args:   in(app, int64(46)),
		exchange: exchange{
			op:     "get pipeline variables",
			route:  "GET /projects/:id/pipelines/:pipeline_id/variables",
			sends:  "GET /projects/group%2Fapp/pipelines/46/variables",
			answer: `[{"key":"RUN_NIGHTLY_BUILD","variable_type":"env_var","value":"true"},{"key":"foo","value":"bar","raw":true}]`,
			fails:  gitlabci.ErrPipelineGet,
		},
		gives: []*gitlabci.PipelineVariable{
			{Key: "RUN_NIGHTLY_BUILD", Value: "true", VariableType: gitlabci.VariableEnv},
			{Key: "foo", Value: "bar", Raw: true},
		},
	},
	{
		method: "Pipelines.TestReport",
		args:   in(app, int64(46)),
		exchange: exchange{
			op:    "get test report",
			route: "GET /projects/:id/pipelines/:pipeline_id/test_report",
			sends: "GET /projects/group%2Fapp/pipelines/46/test_report",
			answer: `{"total_time":5,"total_count":1,"failed_count":1,"test_suites":[{"name":"unit","test_cases":[
				{"status":"failed","name":"adds","execution_time":0.5,"system_output":{"message":"off by one"},"recent_failures":{"count":3,"base_branch":"main"}}]}]}`,
			fails: gitlabci.ErrPipelineGet,
		},
		gives: &gitlabci.TestReport{TotalTime: 5, TotalCount: 1, FailedCount: 1, TestSuites: []gitlabci.TestSuite{{
			Name: "unit", TestCases: []gitlabci.TestCase{{
				Status: gitlabci.TestCaseFailed, Name: "adds", ExecutionTime: 0.5, SystemOutput: `{"message":"off by one"}`,
				RecentFailures: gitlabci.RecentFailures{Count: 3, BaseBranch: "main"},
			}},
		}}},
	},
	{
		method: "Pipelines.TestReportSummary",
		args:   in(app, int64(46)),
		exchange: exchange{
			op:     "get test report summary",
			route:  "GET /projects/:id/pipelines/:pipeline_id/test_report_summary",
			sends:  "GET /projects/group%2Fapp/pipelines/46/test_report_summary",
			answer: `{"total":{"time":1904,"count":3363,"success":3351,"suite_error":null},"test_suites":[{"name":"test","build_ids":[66004]}]}`,
			fails:  gitlabci.ErrPipelineGet,
		},
		gives: &gitlabci.TestReportSummary{
			Total:      gitlabci.TestReportTotal{Time: 1904, Count: 3363, Success: 3351},
			TestSuites: []gitlabci.TestSuite{{Name: "test", BuildIDs: []int64{66004}}},
		},
	},
	{
		method: "Pipelines.Jobs",
		args: in(app, int64(46), &gitlabci.ListPipelineJobsOptions{
			ListOptions:    pageTwo,
			Scope:          []gitlabci.JobStatus{gitlabci.JobFailed, gitlabci.JobManual},
			IncludeRetried: true,
		}),
		exchange: exchange{
			op:     "list pipeline jobs",
			route:  "GET /projects/:id/pipelines/:pipeline_id/jobs",
			sends:  "GET /projects/group%2Fapp/pipelines/46/jobs",
			query:  "page=2&per_page=50&scope[]=failed&scope[]=manual&include_retried=true",
			answer: `[{"id":7,"name":"teaspoon","stage":"test","status":"failed","failure_reason":"script_failure"}]`,
			fails:  gitlabci.ErrJobList,
		},
		nilQuery: "per_page=100",
		gives: []*gitlabci.Job{
			{ID: 7, Name: "teaspoon", Stage: "test", Status: gitlabci.JobFailed, FailureReason: gitlabci.FailureReasonScript},
		},
	},
	{
		method: "Pipelines.Bridges",
		args: in(app, int64(46), &gitlabci.ListBridgesOptions{
			ListOptions: pageTwo,
			Scope:       []gitlabci.JobStatus{gitlabci.JobPending, gitlabci.JobRunning},

			IncludeRetried: true,
		}),
		exchange: exchange{
			op:     "list bridges",
			route:  "GET /projects/:id/pipelines/:pipeline_id/bridges",
			sends:  "GET /projects/group%2Fapp/pipelines/46/bridges",
			query:  "page=2&per_page=50&scope[]=pending&scope[]=running&include_retried=true",
			answer: `[{"id":7,"name":"deploy","downstream_pipeline":{"id":5,"project_id":4,"status":"pending"}},{"id":6,"downstream_pipeline":null}]`,
			fails:  gitlabci.ErrJobList,
		},
		nilQuery: "per_page=100",
		gives: []*gitlabci.Bridge{
			{ID: 7, Name: "deploy", DownstreamPipeline: &gitlabci.PipelineBasic{ID: 5, ProjectID: 4, Status: gitlabci.PipelinePending}},
			{ID: 6},
		},
	},
}

var jobRows = []methodRow{
	{
		method: "Jobs.List",
		shows:  "the whole list, by keyset",
		args: in(app, &gitlabci.ListJobsOptions{
			ListOptions: gitlabci.ListOptions{PerPage: 50},
			Scope:       []gitlabci.JobStatus{gitlabci.JobFailed},
			Ref:         "main",
		}),
		exchange: exchange{
			op:     "list jobs",
			route:  "GET /projects/:id/jobs",
			sends:  "GET /projects/group%2Fapp/jobs",
			query:  "pagination=keyset&order_by=id&sort=desc&per_page=50&scope[]=failed&ref=main",
			answer: `[{"id":7,"coverage":null},{"id":6,"coverage":0}]`,
			fails:  gitlabci.ErrJobList,
		},
		nilQuery: "pagination=keyset&order_by=id&sort=desc&per_page=100",
		gives:    []*gitlabci.Job{{ID: 7}, {ID: 6, Coverage: new(0.0)}},
	},
	{
		method: "Jobs.List",
		shows:  "one page of it",
		args:   in(app, &gitlabci.ListJobsOptions{ListOptions: pageTwo, OrderBy: gitlabci.JobOrderID, Sort: gitlabci.SortDesc}),
		exchange: exchange{
			op:     "list jobs",
			route:  "GET /projects/:id/jobs",
			sends:  "GET /projects/group%2Fapp/jobs",
			query:  "page=2&per_page=50&order_by=id&sort=desc",
			answer: `[]`,
			fails:  gitlabci.ErrJobList,
		},
		nilQuery: "pagination=keyset&order_by=id&sort=desc&per_page=100",
		gives:    []*gitlabci.Job(nil),
	},
	{
		method: "Jobs.Get",
		args:   in(app, int64(42)),
		exchange: exchange{
			op:    "get job",
			route: "GET /projects/:id/jobs/:job_id",
			sends: "GET /projects/group%2Fapp/jobs/42",
			answer: `{"id":42,"name":"rspec","status":"success","started_at":"2026-03-14T12:00:00Z","duration":97.5,"tag_list":["docker"],
				"pipeline":{"id":46,"project_id":3},"project":{"ci_job_token_scope_enabled":true},"user":{"id":1,"username":"root","bio":null},
				"artifacts":[{"file_type":"junit","size":1024,"filename":"junit.xml.gz","file_format":"gzip"}],"runner":{"id":5,"name":null}}`,
			fails: gitlabci.ErrJobGet,
		},
		gives: &gitlabci.Job{
			ID: 42, Name: "rspec", Status: gitlabci.JobSuccess, StartedAt: noon, Duration: 97.5, TagList: []string{"docker"},
			Pipeline: gitlabci.PipelineBasic{ID: 46, ProjectID: 3}, Project: gitlabci.JobProject{CIJobTokenScopeEnabled: true},
			User:      gitlabci.User{UserBasic: gitlabci.UserBasic{ID: 1, Username: "root"}},
			Artifacts: []gitlabci.JobArtifact{{FileType: gitlabci.ArtifactJUnit, Size: 1024, Filename: "junit.xml.gz", FileFormat: gitlabci.ArtifactFormatGzip}},
			Runner:    &gitlabci.Runner{ID: 5},
		},
	},
	{
		method: "Jobs.Current",
		exchange: exchange{
			op:     "get current job",
			route:  "GET /job",
			sends:  "GET /job",
			answer: `{"id":42,"status":"running"}`,
			fails:  gitlabci.ErrJobGet,
		},
		gives: &gitlabci.Job{ID: 42, Status: gitlabci.JobRunning},
	},
	{
		method: "Jobs.AllowedAgents",
		exchange: exchange{
			op:    "get allowed agents",
			route: "GET /job/allowed_agents",
			sends: "GET /job/allowed_agents",
			answer: `{"allowed_agents":[{"id":5,"config_project":{"id":1},"configuration":{"default_namespace":"app","access_as":{"agent":{}}}},{"id":6,"configuration":null}],` +
				`"job":{"id":42},"project":{"id":3,"groups":[{"id":9}]},"environment":{"tier":"production"},"user":{"id":2,"username":"ada","roles_in_project":["guest","developer"]}}`,
			fails: gitlabci.ErrJobGet,
		},
		gives: &gitlabci.AllowedAgents{
			AllowedAgents: []gitlabci.AllowedAgent{
				{ID: 5, ConfigProject: gitlabci.ProjectIdentity{ID: 1}, Configuration: map[string]any{"default_namespace": "app", "access_as": map[string]any{"agent": map[string]any{}}}},
				{ID: 6},
			},
			User:        gitlabci.AgentsUser{UserBasic: gitlabci.UserBasic{ID: 2, Username: "ada"}, RolesInProject: []string{"guest", "developer"}},
			Job:         gitlabci.Reference{ID: 42},
			Project:     gitlabci.AgentsProject{ID: 3, Groups: []gitlabci.Reference{{ID: 9}}},
			Environment: gitlabci.AgentsScope{Tier: "production"},
		},
	},
	{
		method: "Jobs.Cancel",
		args:   in(app, int64(42), &gitlabci.CancelJobOptions{Force: true}),
		exchange: exchange{
			op:     "cancel job",
			route:  "POST /projects/:id/jobs/:job_id/cancel",
			sends:  "POST /projects/group%2Fapp/jobs/42/cancel",
			body:   `{"force":true}`,
			status: 201,
			answer: `{"id":42,"status":"canceled"}`,
			fails:  gitlabci.ErrJobCancel,
		},
		gives: &gitlabci.Job{ID: 42, Status: gitlabci.JobCanceled},
	},
	{
		method: "Jobs.Retry",
		args:   in(app, int64(42), &gitlabci.RetryJobOptions{Inputs: map[string]any{"level": "debug"}}),
		exchange: exchange{
			op:     "retry job",
			route:  "POST /projects/:id/jobs/:job_id/retry",
			sends:  "POST /projects/group%2Fapp/jobs/42/retry",
			body:   `{"inputs":{"level":"debug"},"job_inputs":{"level":"debug"}}`,
			status: 201,
			answer: `{"id":43,"status":"pending"}`,
			fails:  gitlabci.ErrJobRetry,
		},
		gives: &gitlabci.Job{ID: 43, Status: gitlabci.JobPending},
	},
	{
		method: "Jobs.Play",
		args: in(app, int64(42), &gitlabci.PlayJobOptions{
			Variables: []gitlabci.PipelineVariable{{Key: "TEST_VAR_1", Value: "test1"}},
			Inputs:    map[string]any{"replicas": 3},
		}),
		exchange: exchange{
			op:     "play job",
			route:  "POST /projects/:id/jobs/:job_id/play",
			sends:  "POST /projects/group%2Fapp/jobs/42/play",
			body:   `{"job_variables_attributes":[{"key":"TEST_VAR_1","value":"test1"}],"job_inputs":{"replicas":3}}`,
			answer: `{"id":42,"status":"pending"}`,
			fails:  gitlabci.ErrJobPlay,
		},
		gives: &gitlabci.Job{ID: 42, Status: gitlabci.JobPending},
	},
	{
		method: "Jobs.Erase",
		args:   in(app, int64(42)),
		exchange: exchange{
			op:     "erase job",
			route:  "POST /projects/:id/jobs/:job_id/erase",
			sends:  "POST /projects/group%2Fapp/jobs/42/erase",
			status: 201,
			answer: `{"id":42,"erased_at":"2026-03-14T12:00:00Z","erased_by":{"id":1}}`,
			fails:  gitlabci.ErrJobErase,
		},
		gives: &gitlabci.Job{ID: 42, ErasedAt: noon, ErasedBy: &gitlabci.UserBasic{ID: 1}},
	},
	{
		method: "Jobs.Trace",
		args:   in(app, int64(42), &gitlabci.TraceOptions{ByteOffset: 1024, ByteLimit: 512_000}),
		exchange: exchange{
			op:     "get trace",
			route:  "GET /projects/:id/jobs/:job_id/trace",
			sends:  "GET /projects/group%2Fapp/jobs/42/trace",
			query:  "byte_offset=1024&byte_limit=512000",
			answer: "\x1b[0KRunning with gitlab-runner\n",
			fails:  gitlabci.ErrTraceGet,
		},
		gives: "\x1b[0KRunning with gitlab-runner\n",
	},
}

var artifactRows = []methodRow{
	{
		method: "Jobs.Artifacts",
		args:   in(app, int64(42), &gitlabci.ArtifactsOptions{FileType: gitlabci.ArtifactJUnit, DownloadMode: gitlabci.DownloadModeProxy}),
		exchange: exchange{
			op:     "get artifacts",
			route:  "GET /projects/:id/jobs/:job_id/artifacts",
			sends:  "GET /projects/group%2Fapp/jobs/42/artifacts",
			query:  "file_type=junit&download_mode=proxy",
			answer: "PK\x03\x04...",
			fails:  gitlabci.ErrArtifactsGet,
		},
		gives: "PK\x03\x04...",
	},
	{
		method: "Jobs.ArtifactFile",
		args:   in(app, int64(42), "build dir/100%/é#?.txt"),
		exchange: exchange{
			op:     "get artifact file",
			route:  "GET /projects/:id/jobs/:job_id/artifacts/*artifact_path",
			sends:  "GET /projects/group%2Fapp/jobs/42/artifacts/build%20dir/100%25/%C3%A9%23%3F.txt",
			answer: "1\n",
			fails:  gitlabci.ErrArtifactsGet,
		},
		gives: "1\n",
	},
	{
		method: "Jobs.ArtifactTree",
		args:   in(app, int64(42), &gitlabci.ArtifactTreeOptions{ListOptions: pageTwo, Path: "coverage/html", Recursive: true}),
		exchange: exchange{
			op:     "list artifacts",
			route:  "GET /projects/:id/jobs/:job_id/artifacts/tree",
			sends:  "GET /projects/group%2Fapp/jobs/42/artifacts/tree",
			query:  "page=2&per_page=50&path=coverage/html&recursive=true",
			answer: `[{"name":"index.html","path":"coverage/html/index.html","type":"file","size":1024,"mode":"100644"}]`,
			fails:  gitlabci.ErrArtifactsList,
		},
		nilQuery: "per_page=100",
		gives:    []*gitlabci.ArtifactEntry{{Name: "index.html", Path: "coverage/html/index.html", Type: gitlabci.ArtifactEntryFile, Size: 1024, Mode: "100644"}},
	},
	{
		method: "Artifacts.ByRef",
		args: in(app, "feature/x", "unit tests: [1/2]", &gitlabci.ArtifactsByRefOptions{
			SearchRecentSuccessfulPipelines: true,
			DownloadMode:                    gitlabci.DownloadModeDirect,
		}),
		exchange: exchange{
			op:     "get artifacts by ref",
			route:  "GET /projects/:id/jobs/artifacts/:ref_name/download",
			sends:  "GET /projects/group%2Fapp/jobs/artifacts/feature%2Fx/download",
			query:  "job=unit tests: [1/2]&search_recent_successful_pipelines=true&download_mode=direct",
			answer: "PK\x03\x04...",
			fails:  gitlabci.ErrArtifactsGet,
		},
		nilQuery: "job=unit tests: [1/2]",
		gives:    "PK\x03\x04...",
	},
	{
		method: "Artifacts.FileByRef",
		args: in(app, "feature/x", "compile", "bin/app", &gitlabci.ArtifactFileByRefOptions{
			SearchRecentSuccessfulPipelines: true,
		}),
		exchange: exchange{
			op:     "get artifact file by ref",
			route:  "GET /projects/:id/jobs/artifacts/:ref_name/raw/*artifact_path",
			sends:  "GET /projects/group%2Fapp/jobs/artifacts/feature%2Fx/raw/bin/app",
			query:  "job=compile&search_recent_successful_pipelines=true",
			answer: "\x7fELF",
			fails:  gitlabci.ErrArtifactsGet,
		},
		nilQuery: "job=compile",
		gives:    "\x7fELF",
	},
	{
		method: "Jobs.KeepArtifacts",
		args:   in(app, int64(42)),
		exchange: exchange{
			op:     "keep artifacts",
			route:  "POST /projects/:id/jobs/:job_id/artifacts/keep",
			sends:  "POST /projects/group%2Fapp/jobs/42/artifacts/keep",
			answer: `{"id":42,"artifacts_expire_at":null,"artifacts_file":{"filename":"artifacts.zip","size":1000}}`,
			fails:  gitlabci.ErrArtifactsKeep,
		},
		gives: &gitlabci.Job{ID: 42, ArtifactsFile: gitlabci.JobArtifactFile{Filename: "artifacts.zip", Size: 1000}},
	},
	{
		method: "Jobs.DeleteArtifacts",
		args:   in(app, int64(42)),
		exchange: exchange{
			op:     "delete artifacts",
			route:  "DELETE /projects/:id/jobs/:job_id/artifacts",
			sends:  "DELETE /projects/group%2Fapp/jobs/42/artifacts",
			status: 204,
			fails:  gitlabci.ErrArtifactsDelete,
		},
	},
	{
		method: "Artifacts.DeleteAll",
		args:   in(app),
		exchange: exchange{
			op:     "delete project artifacts",
			route:  "DELETE /projects/:id/artifacts",
			sends:  "DELETE /projects/group%2Fapp/artifacts",
			status: 202,
			answer: `{"message":"202 Accepted"}`,
			fails:  gitlabci.ErrArtifactsDelete,
		},
	},
}

// chosenRunners are the options of all four lists of runners, and chosenRunnersQuery what they send.
var chosenRunners = &gitlabci.ListRunnersOptions{
	ListOptions:   pageTwo,
	Type:          gitlabci.RunnerTypeProject,
	Status:        gitlabci.RunnerOnline,
	Paused:        new(false),
	TagList:       []string{"docker", "linux"},
	VersionPrefix: "18.",
	Scope:         "online",
}

const chosenRunnersQuery = "page=2&per_page=50&type=project_type&status=online&paused=false&tag_list=docker,linux&version_prefix=18.&scope=online"

var runnerRows = []methodRow{
	{
		method: "Runners.List",
		args:   in(chosenRunners),
		exchange: exchange{
			op:     "list runners",
			route:  "GET /runners",
			sends:  "GET /runners",
			query:  chosenRunnersQuery,
			answer: `[{"id":6,"description":"test-1","runner_type":"project_type","status":"online","paused":false,"is_shared":false,"ip_address":""}]`,
			fails:  gitlabci.ErrRunnerList,
		},
		nilQuery: "per_page=100",
		gives:    []*gitlabci.Runner{{ID: 6, Description: "test-1", RunnerType: gitlabci.RunnerTypeProject, Status: gitlabci.RunnerOnline}},
	},
	{
		method: "Runners.ListAll",
		args:   in(chosenRunners),
		exchange: exchange{
			op:     "list all runners",
			route:  "GET /runners/all",
			sends:  "GET /runners/all",
			query:  chosenRunnersQuery,
			answer: `[{"id":1,"runner_type":"instance_type","is_shared":true,"online":null}]`,
			fails:  gitlabci.ErrRunnerList,
		},
		nilQuery: "per_page=100",
		gives:    []*gitlabci.Runner{{ID: 1, RunnerType: gitlabci.RunnerTypeInstance, IsShared: true}},
	},
	{
		method: "Runners.ListForProject",
		args:   in(app, chosenRunners),
		exchange: exchange{
			op:     "list project runners",
			route:  "GET /projects/:id/runners",
			sends:  "GET /projects/group%2Fapp/runners",
			query:  chosenRunnersQuery,
			answer: `[{"id":8,"status":"stale","job_execution_status":"idle"}]`,
			fails:  gitlabci.ErrRunnerList,
		},
		nilQuery: "per_page=100",
		gives:    []*gitlabci.Runner{{ID: 8, Status: gitlabci.RunnerStale, JobExecutionStatus: gitlabci.RunnerJobExecutionIdle}},
	},
	{
		method: "Runners.ListForGroup",
		args:   in(group, chosenRunners),
		exchange: exchange{
			op:     "list group runners",
			route:  "GET /groups/:id/runners",
			sends:  "GET /groups/group%2Fsub/runners",
			query:  chosenRunnersQuery,
			answer: `[{"id":3,"runner_type":"group_type","created_by":{"id":1,"username":"root"}}]`,
			fails:  gitlabci.ErrRunnerList,
		},
		nilQuery: "per_page=100",
		gives:    []*gitlabci.Runner{{ID: 3, RunnerType: gitlabci.RunnerTypeGroup, CreatedBy: &gitlabci.UserBasic{ID: 1, Username: "root"}}},
	},
	{
		method: "Runners.Get",
		args:   in(int64(6), &gitlabci.GetRunnerOptions{IncludeProjects: new(false)}),
		exchange: exchange{
			op:     "get runner",
			route:  "GET /runners/:id",
			sends:  "GET /runners/6",
			query:  "include_projects=false",
			answer: `{"id":6,"tag_list":["ruby","mysql"],"access_level":"ref_protected","maximum_timeout":3600,"contacted_at":"2026-03-14T12:00:00Z","version":null}`,
			fails:  gitlabci.ErrRunnerGet,
		},
		gives: &gitlabci.Runner{
			ID: 6, TagList: []string{"ruby", "mysql"}, AccessLevel: gitlabci.RunnerAccessLevelRefProtected, MaximumTimeout: 3600, ContactedAt: noon,
		},
	},
	{
		method: "Runners.Create",
		shows:  "for the instance",
		args: in(&gitlabci.CreateRunnerOptions{
			RunnerType:            gitlabci.RunnerTypeInstance,
			Description:           "builds",
			Paused:                new(true),
			Locked:                new(false),
			RunUntagged:           new(false),
			TagList:               []string{"docker", "linux"},
			AccessLevel:           gitlabci.RunnerAccessLevelNotProtected,
			MaximumTimeout:        3600,
			MaintenanceNote:       "ask ops",
			TokenExpiresAt:        noon,
			TokenRotationDeadline: noon.Add(time.Hour),
		}),
		needs: []string{"RunnerType"},
		exchange: exchange{
			op:    "create runner",
			route: "POST /user/runners",
			sends: "POST /user/runners",
			body: `{"runner_type":"instance_type","description":"builds","paused":true,"locked":false,"run_untagged":false,"tag_list":["docker","linux"],
				"access_level":"not_protected","maximum_timeout":3600,"maintenance_note":"ask ops",
				"token_expires_at":"2026-03-14T12:00:00Z","token_rotation_deadline":"2026-03-14T13:00:00Z"}`,
			status: 201,
			answer: `{"id":9171,"token":"glrt-kyahzxLaj4Dc1jQf4xjX","token_expires_at":null}`,
			fails:  gitlabci.ErrRunnerCreate,
		},
		gives: &gitlabci.RunnerToken{ID: 9171, Token: "glrt-kyahzxLaj4Dc1jQf4xjX"},
	},
	{
		method: "Runners.Create",
		shows:  "for a group",
		args:   in(&gitlabci.CreateRunnerOptions{RunnerType: gitlabci.RunnerTypeGroup, GroupID: 9}),
		needs:  []string{"RunnerType", "GroupID"},
		exchange: exchange{
			op:     "create runner",
			route:  "POST /user/runners",
			sends:  "POST /user/runners",
			body:   `{"runner_type":"group_type","group_id":9}`,
			status: 201,
			answer: `{"id":9172,"token":"glrt-2","token_expires_at":"2026-03-14T12:00:00Z"}`,
			fails:  gitlabci.ErrRunnerCreate,
		},
		gives: &gitlabci.RunnerToken{ID: 9172, Token: "glrt-2", TokenExpiresAt: noon},
	},
	{
		method: "Runners.Create",
		shows:  "for a project",
		args:   in(&gitlabci.CreateRunnerOptions{RunnerType: gitlabci.RunnerTypeProject, ProjectID: 3}),
		needs:  []string{"RunnerType", "ProjectID"},
		exchange: exchange{
			op:     "create runner",
			route:  "POST /user/runners",
			sends:  "POST /user/runners",
			body:   `{"runner_type":"project_type","project_id":3}`,
			status: 201,
			answer: `{"id":9173,"token":"glrt-3"}`,
			fails:  gitlabci.ErrRunnerCreate,
		},
		gives: &gitlabci.RunnerToken{ID: 9173, Token: "glrt-3"},
	},
	{
		method: "Runners.Register",
		args: in(&gitlabci.RegisterRunnerOptions{
			Token:           "GR1348941",
			Description:     "builds",
			Info:            gitlabci.RunnerInfo{Name: "gitlab-runner", Version: "18.0.0", Revision: "535ced5f", Platform: "linux", Architecture: "amd64"},
			Paused:          new(true),
			Active:          new(false),
			Locked:          new(true),
			RunUntagged:     new(false),
			TagList:         []string{"docker"},
			AccessLevel:     gitlabci.RunnerAccessLevelRefProtected,
			MaximumTimeout:  600,
			MaintenanceNote: "ask ops",
			MaintainerNote:  "ask ops",
		}),
		needs: []string{"Token"},
		exchange: exchange{
			op:    "register runner",
			route: "POST /runners",
			sends: "POST /runners",
			body: `{"token":"GR1348941","description":"builds",
				"info":{"name":"gitlab-runner","version":"18.0.0","revision":"535ced5f","platform":"linux","architecture":"amd64"},
				"paused":true,"active":false,"locked":true,"run_untagged":false,"tag_list":["docker"],"access_level":"ref_protected",
				"maximum_timeout":600,"maintenance_note":"ask ops","maintainer_note":"ask ops"}`,
			status: 201,
			answer: `{"id":"12345","token":"6337ff461c94fd3fa32ba3b1ff4125"}`,
			fails:  gitlabci.ErrRunnerRegister,
		},
		gives: &gitlabci.RunnerToken{ID: 12345, Token: "6337ff461c94fd3fa32ba3b1ff4125"},
	},
	{
		method: "Runners.Verify",
		args:   in(gitlabci.Secret("glrt-1"), &gitlabci.VerifyRunnerOptions{SystemID: "s_89e5e9956577"}),
		exchange: exchange{
			op:     "verify runner",
			route:  "POST /runners/verify",
			sends:  "POST /runners/verify",
			body:   `{"token":"glrt-1","system_id":"s_89e5e9956577"}`,
			answer: `{"id":5,"token":"glrt-1","token_expires_at":"2026-03-14T12:00:00.000Z"}`,
			fails:  gitlabci.ErrRunnerVerify,
		},
		nilBody: `{"token":"glrt-1"}`,
		gives:   &gitlabci.RunnerToken{ID: 5, Token: "glrt-1", TokenExpiresAt: noon},
	},
	{
		method: "Runners.Update",
		args: in(int64(6), &gitlabci.UpdateRunnerOptions{
			Description:     new(""),
			Paused:          new(false),
			TagList:         []string{},
			RunUntagged:     new(false),
			Locked:          new(true),
			AccessLevel:     gitlabci.RunnerAccessLevelRefProtected,
			MaximumTimeout:  new(gitlabci.Seconds(600)),
			MaintenanceNote: new("ask ops"),
		}),
		refuses: "nothing to change",
		exchange: exchange{
			op:    "update runner",
			route: "PUT /runners/:id",
			sends: "PUT /runners/6",
			body: `{"description":"","paused":false,"tag_list":[],"run_untagged":false,"locked":true,"access_level":"ref_protected",
				"maximum_timeout":600,"maintenance_note":"ask ops"}`,
			answer: `{"id":6,"maximum_timeout":600,"locked":true}`,
			fails:  gitlabci.ErrRunnerUpdate,
		},
		gives: &gitlabci.Runner{ID: 6, MaximumTimeout: 600, Locked: true},
	},
	{
		method:  "Runners.Update",
		shows:   "what paused replaces",
		args:    in(int64(6), &gitlabci.UpdateRunnerOptions{Active: new(false), Locked: new(false)}),
		refuses: "nothing to change",
		exchange: exchange{
			op:     "update runner",
			route:  "PUT /runners/:id",
			sends:  "PUT /runners/6",
			body:   `{"active":false,"locked":false}`,
			answer: `{"id":6,"active":false,"paused":true}`,
			fails:  gitlabci.ErrRunnerUpdate,
		},
		gives: &gitlabci.Runner{ID: 6, Paused: true},
	},
	{
		method: "Runners.Delete",
		args:   in(int64(6)),
		exchange: exchange{
			op:     "delete runner",
			route:  "DELETE /runners/:id",
			sends:  "DELETE /runners/6",
			status: 204,
			fails:  gitlabci.ErrRunnerDelete,
		},
	},
	{
		method: "Runners.DeleteByToken",
		args:   in(gitlabci.Secret("glrt-1")),
		exchange: exchange{
			op:     "delete runner by token",
			route:  "DELETE /runners",
			sends:  "DELETE /runners",
			query:  "token=glrt-1",
			status: 204,
			fails:  gitlabci.ErrRunnerDelete,
		},
	},
	{
		method: "Runners.Jobs",
		shows:  "the whole list, the oldest first",
		args: in(int64(6), &gitlabci.ListRunnerJobsOptions{
			ListOptions: gitlabci.ListOptions{PerPage: 50},
			SystemID:    "s_89e5e9956577",
			Status:      gitlabci.JobRunning,
			Sort:        gitlabci.SortAsc,
		}),
		exchange: exchange{
			op:     "list runner jobs",
			route:  "GET /runners/:id/jobs",
			sends:  "GET /runners/6/jobs",
			query:  "order_by=id&sort=asc&per_page=50&system_id=s_89e5e9956577&status=running",
			answer: `[{"id":2,"status":"running","project":{"id":1,"path_with_namespace":"group/app"}}]`,
			fails:  gitlabci.ErrJobList,
		},
		nilQuery: "pagination=keyset&order_by=id&sort=desc&per_page=100",
		gives: []*gitlabci.Job{{
			ID: 2, Status: gitlabci.JobRunning,
			Project: gitlabci.JobProject{ProjectIdentity: gitlabci.ProjectIdentity{ID: 1, PathWithNamespace: "group/app"}},
		}},
	},
	{
		method: "Runners.Jobs",
		shows:  "the whole list, by keyset",
		args:   in(int64(6), &gitlabci.ListRunnerJobsOptions{ListOptions: gitlabci.ListOptions{PerPage: 50}}),
		exchange: exchange{
			op:     "list runner jobs",
			route:  "GET /runners/:id/jobs",
			sends:  "GET /runners/6/jobs",
			query:  "pagination=keyset&order_by=id&sort=desc&per_page=50",
			answer: `[{"id":2}]`,
			fails:  gitlabci.ErrJobList,
		},
		nilQuery: "pagination=keyset&order_by=id&sort=desc&per_page=100",
		gives:    []*gitlabci.Job{{ID: 2}},
	},
	{
		method: "Runners.Jobs",
		shows:  "one page of it",
		args:   in(int64(6), &gitlabci.ListRunnerJobsOptions{ListOptions: pageTwo, OrderBy: gitlabci.JobOrderID}),
		exchange: exchange{
			op:     "list runner jobs",
			route:  "GET /runners/:id/jobs",
			sends:  "GET /runners/6/jobs",
			query:  "page=2&per_page=50&order_by=id",
			answer: `[{"id":1}]`,
			fails:  gitlabci.ErrJobList,
		},
		nilQuery: "pagination=keyset&order_by=id&sort=desc&per_page=100",
		gives:    []*gitlabci.Job{{ID: 1}},
	},
	{
		method: "Runners.Projects",
		args:   in(int64(6), &gitlabci.ListRunnerProjectsOptions{ListOptions: pageTwo}),
		exchange: exchange{
			op:     "list runner projects",
			route:  "GET /runners/:id/projects",
			sends:  "GET /runners/6/projects",
			query:  "page=2&per_page=50",
			answer: `[{"id":3,"path_with_namespace":"group/app","namespace":{"id":9,"kind":"group"}}]`,
			fails:  gitlabci.ErrRunnerList,
		},
		nilQuery: "per_page=100",
		gives:    []*gitlabci.RunnerProject{{ID: 3, PathWithNamespace: "group/app", Namespace: gitlabci.Namespace{ID: 9, Kind: "group"}}},
	},
	{
		method: "Runners.Managers",
		args:   in(int64(6)),
		exchange: exchange{
			op:     "list runner managers",
			route:  "GET /runners/:id/managers",
			sends:  "GET /runners/6/managers",
			answer: `[{"id":1,"system_id":"s_89e5e9956577","status":"never_contacted","contacted_at":null}]`,
			fails:  gitlabci.ErrRunnerList,
		},
		gives: []*gitlabci.RunnerManager{{ID: 1, SystemID: "s_89e5e9956577", Status: gitlabci.RunnerNeverContacted}},
	},
	{
		method: "Runners.DeleteManager",
		args:   in(gitlabci.Secret("glrt-1"), "s_89e5e9956577"),
		exchange: exchange{
			op:     "delete runner manager",
			route:  "DELETE /runners/managers",
			sends:  "DELETE /runners/managers",
			query:  "token=glrt-1&system_id=s_89e5e9956577",
			status: 204,
			fails:  gitlabci.ErrRunnerDelete,
		},
	},
	{
		method: "Runners.Enable",
		args:   in(app, int64(6)),
		exchange: exchange{
			op:     "enable runner",
			route:  "POST /projects/:id/runners",
			sends:  "POST /projects/group%2Fapp/runners",
			body:   `{"runner_id":6}`,
			status: 201,
			answer: `{"id":6,"description":"test-1"}`,
			fails:  gitlabci.ErrRunnerEnable,
		},
		gives: &gitlabci.Runner{ID: 6, Description: "test-1"},
	},
	{
		method: "Runners.Disable",
		args:   in(app, int64(6)),
		exchange: exchange{
			op:     "disable runner",
			route:  "DELETE /projects/:id/runners/:runner_id",
			sends:  "DELETE /projects/group%2Fapp/runners/6",
			status: 204,
			fails:  gitlabci.ErrRunnerDisable,
		},
	},
	{
		method: "Runners.ResetToken",
		args:   in(int64(6)),
		exchange: exchange{
			op:     "reset runner token",
			route:  "POST /runners/:id/reset_authentication_token",
			sends:  "POST /runners/6/reset_authentication_token",
			status: 201,
			answer: `{"token":"glrt-2","token_expires_at":"2026-03-14T12:00:00Z"}`,
			fails:  gitlabci.ErrRunnerResetToken,
		},
		gives: &gitlabci.RunnerToken{Token: "glrt-2", TokenExpiresAt: noon},
	},
	{
		method: "Runners.ResetTokenByToken",
		args:   in(gitlabci.Secret("glrt-1")),
		exchange: exchange{
			op:     "reset runner token by token",
			route:  "POST /runners/reset_authentication_token",
			sends:  "POST /runners/reset_authentication_token",
			body:   `{"token":"glrt-1"}`,
			status: 201,
			answer: `{"token":"glrt-2","token_expires_at":null}`,
			fails:  gitlabci.ErrRunnerResetToken,
		},
		gives: &gitlabci.RunnerToken{Token: "glrt-2"},
	},
	{
		method: "Runners.ResetRegistrationToken",
		shows:  "of a project",
		args:   in(app),
		exchange: exchange{
			op:     "reset registration token",
			route:  "POST /projects/:id/runners/reset_registration_token",
			sends:  "POST /projects/group%2Fapp/runners/reset_registration_token",
			status: 201,
			answer: `{"token":"GR1348941p","token_expires_at":"2026-03-14T12:00:00Z"}`,
			fails:  gitlabci.ErrRunnerResetToken,
		},
		gives: &gitlabci.RegistrationToken{Token: "GR1348941p", TokenExpiresAt: noon},
	},
	{
		method: "Runners.ResetRegistrationToken",
		shows:  "of a group",
		args:   in(group),
		exchange: exchange{
			op:     "reset registration token",
			route:  "POST /groups/:id/runners/reset_registration_token",
			sends:  "POST /groups/group%2Fsub/runners/reset_registration_token",
			status: 201,
			answer: `{"token":"GR1348941g"}`,
			fails:  gitlabci.ErrRunnerResetToken,
		},
		gives: &gitlabci.RegistrationToken{Token: "GR1348941g"},
	},
	{
		method: "Runners.ResetRegistrationToken",
		shows:  "of the instance",
		args:   in(gitlabci.Instance),
		exchange: exchange{
			op:     "reset registration token",
			route:  "POST /runners/reset_registration_token",
			sends:  "POST /runners/reset_registration_token",
			status: 201,
			answer: `{"token":"GR1348941i"}`,
			fails:  gitlabci.ErrRunnerResetToken,
		},
		gives: &gitlabci.RegistrationToken{Token: "GR1348941i"},
	},
	{
		method: "Runners.DiscoverRouter",
		args:   in(gitlabci.Secret("glrt-1")),
		exchange: exchange{
			op:     "discover job router",
			route:  "GET /runners/router/discovery",
			sends:  "GET /runners/router/discovery",
			answer: `{"server_url":"wss://kas.example.com"}`,
			fails:  gitlabci.ErrRunnerGet,
		},
		gives: &gitlabci.JobRouter{ServerURL: "wss://kas.example.com"},
	},
}

// newVariable is a variable of a project or group, newVariableBody what creates it, and changes and changesBody what updates it.
var newVariable = &gitlabci.CreateVariableOptions{
	Key:              "DATABASE_URL",
	Value:            "postgres://db",
	VariableType:     gitlabci.VariableFile,
	Protected:        new(true),
	Masked:           new(false),
	MaskedAndHidden:  new(false),
	Raw:              new(true),
	EnvironmentScope: "review/*",
	Description:      "of the review apps",
}

const newVariableBody = `{"key":"DATABASE_URL","value":"postgres://db","variable_type":"file","protected":true,"masked":false,"masked_and_hidden":false,
	"raw":true,"environment_scope":"review/*","description":"of the review apps"}`

var changes = &gitlabci.UpdateVariableOptions{
	Value:            new(gitlabci.Secret("")),
	VariableType:     gitlabci.VariableEnv,
	Protected:        new(false),
	Masked:           new(true),
	Raw:              new(false),
	EnvironmentScope: new("*"),
	Description:      new(""),
}

const changesBody = `{"value":"","variable_type":"env_var","protected":false,"masked":true,"raw":false,"environment_scope":"*","description":""}`

var variableRows = []methodRow{
	{
		method: "Variables.List",
		shows:  "of a project",
		args:   in(app, &gitlabci.ListVariablesOptions{ListOptions: pageTwo}),
		exchange: exchange{
			op:     "list variables",
			route:  "GET /projects/:id/variables",
			sends:  "GET /projects/group%2Fapp/variables",
			query:  "page=2&per_page=50",
			answer: `[{"key":"A","value":"1","environment_scope":"*"},{"key":"A","value":null,"hidden":true,"environment_scope":"production"}]`,
			fails:  gitlabci.ErrVariableList,
		},
		nilQuery: "per_page=100",
		gives: []*gitlabci.Variable{
			{Key: "A", Value: "1", EnvironmentScope: "*"},
			{Key: "A", Hidden: true, EnvironmentScope: "production"},
		},
	},
	{
		method: "Variables.List",
		shows:  "of a group",
		args:   in(group, &gitlabci.ListVariablesOptions{ListOptions: pageTwo}),
		exchange: exchange{
			op:     "list variables",
			route:  "GET /groups/:id/variables",
			sends:  "GET /groups/group%2Fsub/variables",
			query:  "page=2&per_page=50",
			answer: `[{"key":"A","value":"1","protected":true,"description":null}]`,
			fails:  gitlabci.ErrVariableList,
		},
		nilQuery: "per_page=100",
		gives:    []*gitlabci.Variable{{Key: "A", Value: "1", Protected: true}},
	},
	{
		method: "Variables.List",
		shows:  "of the instance",
		args:   in(gitlabci.Instance, &gitlabci.ListVariablesOptions{ListOptions: pageTwo}),
		exchange: exchange{
			op:     "list variables",
			route:  "GET /admin/ci/variables",
			sends:  "GET /admin/ci/variables",
			query:  "page=2&per_page=50",
			answer: `[{"key":"A","value":"1","masked":true,"variable_type":"env_var"}]`,
			fails:  gitlabci.ErrVariableList,
		},
		nilQuery: "per_page=100",
		gives:    []*gitlabci.Variable{{Key: "A", Value: "1", Masked: true, VariableType: gitlabci.VariableEnv}},
	},
	{
		method: "Variables.Get",
		shows:  "of a project",
		args:   in(app, gitlabci.Key("DATABASE_URL").In("review/*")),
		exchange: exchange{
			op:     "get variable",
			route:  "GET /projects/:id/variables/:key",
			sends:  "GET /projects/group%2Fapp/variables/DATABASE_URL",
			query:  "filter[environment_scope]=review/*",
			answer: `{"key":"DATABASE_URL","value":"postgres://db","raw":true,"environment_scope":"review/*"}`,
			fails:  gitlabci.ErrVariableGet,
		},
		gives: &gitlabci.Variable{Key: "DATABASE_URL", Value: "postgres://db", Raw: true, EnvironmentScope: "review/*"},
	},
	{
		method: "Variables.Get",
		shows:  "of a group",
		args:   in(group, gitlabci.Key("DATABASE_URL").In("*")),
		exchange: exchange{
			op:     "get variable",
			route:  "GET /groups/:id/variables/:key",
			sends:  "GET /groups/group%2Fsub/variables/DATABASE_URL",
			query:  "filter[environment_scope]=*",
			answer: `{"key":"DATABASE_URL","environment_scope":"*"}`,
			fails:  gitlabci.ErrVariableGet,
		},
		gives: &gitlabci.Variable{Key: "DATABASE_URL", EnvironmentScope: "*"},
	},
	{
		method: "Variables.Get",
		shows:  "of the instance",
		args:   in(gitlabci.Instance, gitlabci.Key("DATABASE_URL")),
		exchange: exchange{
			op:     "get variable",
			route:  "GET /admin/ci/variables/:key",
			sends:  "GET /admin/ci/variables/DATABASE_URL",
			answer: `{"key":"DATABASE_URL","value":"postgres://db"}`,
			fails:  gitlabci.ErrVariableGet,
		},
		gives: &gitlabci.Variable{Key: "DATABASE_URL", Value: "postgres://db"},
	},
	{
		method: "Variables.Create",
		shows:  "in a project",
		args:   in(app, newVariable),
		needs:  []string{"Key"},
		exchange: exchange{
			op:     "create variable",
			route:  "POST /projects/:id/variables",
			sends:  "POST /projects/group%2Fapp/variables",
			body:   newVariableBody,
			status: 201,
			answer: `{"key":"DATABASE_URL","value":"postgres://db","variable_type":"file"}`,
			fails:  gitlabci.ErrVariableCreate,
		},
		gives: &gitlabci.Variable{Key: "DATABASE_URL", Value: "postgres://db", VariableType: gitlabci.VariableFile},
	},
	{
		method: "Variables.Create",
		shows:  "in a group",
		args:   in(group, newVariable),
		needs:  []string{"Key"},
		exchange: exchange{
			op:     "create variable",
			route:  "POST /groups/:id/variables",
			sends:  "POST /groups/group%2Fsub/variables",
			body:   newVariableBody,
			status: 201,
			answer: `{"key":"DATABASE_URL","hidden":true}`,
			fails:  gitlabci.ErrVariableCreate,
		},
		gives: &gitlabci.Variable{Key: "DATABASE_URL", Hidden: true},
	},
	{
		method: "Variables.Create",
		shows:  "in the instance, with an empty value",
		args: in(gitlabci.Instance, &gitlabci.CreateVariableOptions{
			Key: "EMPTY", VariableType: gitlabci.VariableEnv, Protected: new(true), Masked: new(false), Raw: new(true), Description: "none",
		}),
		needs: []string{"Key"},
		exchange: exchange{
			op:     "create variable",
			route:  "POST /admin/ci/variables",
			sends:  "POST /admin/ci/variables",
			body:   `{"key":"EMPTY","value":"","variable_type":"env_var","protected":true,"masked":false,"raw":true,"description":"none"}`,
			status: 201,
			answer: `{"key":"EMPTY","value":""}`,
			fails:  gitlabci.ErrVariableCreate,
		},
		gives: &gitlabci.Variable{Key: "EMPTY"},
	},
	{
		method:  "Variables.Update",
		shows:   "of a project",
		args:    in(app, gitlabci.Key("DATABASE_URL").In("production"), changes),
		refuses: "nothing to change",
		exchange: exchange{
			op:     "update variable",
			route:  "PUT /projects/:id/variables/:key",
			sends:  "PUT /projects/group%2Fapp/variables/DATABASE_URL",
			query:  "filter[environment_scope]=production",
			body:   changesBody,
			answer: `{"key":"DATABASE_URL","value":"","environment_scope":"*"}`,
			fails:  gitlabci.ErrVariableUpdate,
		},
		nilQuery: "filter[environment_scope]=production",
		gives:    &gitlabci.Variable{Key: "DATABASE_URL", EnvironmentScope: "*"},
	},
	{
		method:  "Variables.Update",
		shows:   "of a group",
		args:    in(group, gitlabci.Key("DATABASE_URL").In("production"), changes),
		refuses: "nothing to change",
		exchange: exchange{
			op:     "update variable",
			route:  "PUT /groups/:id/variables/:key",
			sends:  "PUT /groups/group%2Fsub/variables/DATABASE_URL",
			query:  "filter[environment_scope]=production",
			body:   changesBody,
			answer: `{"key":"DATABASE_URL","masked":true}`,
			fails:  gitlabci.ErrVariableUpdate,
		},
		nilQuery: "filter[environment_scope]=production",
		gives:    &gitlabci.Variable{Key: "DATABASE_URL", Masked: true},
	},
	{
		method:  "Variables.Update",
		shows:   "of the instance",
		args:    in(gitlabci.Instance, gitlabci.Key("DATABASE_URL"), changes),
		refuses: "nothing to change",
		exchange: exchange{
			op:     "update variable",
			route:  "PUT /admin/ci/variables/:key",
			sends:  "PUT /admin/ci/variables/DATABASE_URL",
			body:   changesBody,
			answer: `{"key":"DATABASE_URL","description":""}`,
			fails:  gitlabci.ErrVariableUpdate,
		},
		gives: &gitlabci.Variable{Key: "DATABASE_URL"},
	},
	{
		method: "Variables.Delete",
		shows:  "of a project",
		args:   in(app, gitlabci.Key("DATABASE_URL").In("production")),
		exchange: exchange{
			op:     "delete variable",
			route:  "DELETE /projects/:id/variables/:key",
			sends:  "DELETE /projects/group%2Fapp/variables/DATABASE_URL",
			query:  "filter[environment_scope]=production",
			status: 204,
			fails:  gitlabci.ErrVariableDelete,
		},
	},
	{
		method: "Variables.Delete",
		shows:  "of a group",
		args:   in(group, gitlabci.Key("DATABASE_URL").In("production")),
		exchange: exchange{
			op:     "delete variable",
			route:  "DELETE /groups/:id/variables/:key",
			sends:  "DELETE /groups/group%2Fsub/variables/DATABASE_URL",
			query:  "filter[environment_scope]=production",
			status: 204,
			fails:  gitlabci.ErrVariableDelete,
		},
	},
	{
		method: "Variables.Delete",
		shows:  "of the instance",
		args:   in(gitlabci.Instance, gitlabci.Key("DATABASE_URL")),
		exchange: exchange{
			op:     "delete variable",
			route:  "DELETE /admin/ci/variables/:key",
			sends:  "DELETE /admin/ci/variables/DATABASE_URL",
			answer: `{"key":"DATABASE_URL","value":"postgres://db"}`,
			fails:  gitlabci.ErrVariableDelete,
		},
	},
	{
		method: "Variables.Set",
		shows:  "what is not there yet",
		args:   in(app, newVariable),
		needs:  []string{"Key"},
		exchange: exchange{
			op:     "create variable",
			route:  "POST /projects/:id/variables",
			sends:  "POST /projects/group%2Fapp/variables",
			body:   newVariableBody,
			status: 201,
			answer: `{"key":"DATABASE_URL","value":"postgres://db"}`,
			fails:  gitlabci.ErrVariableCreate,
		},
		gives: &gitlabci.Variable{Key: "DATABASE_URL", Value: "postgres://db"},
	},
	{
		method: "Variables.Set",
		shows:  "what a project has already",
		args:   in(app, newVariable),
		needs:  []string{"Key"},
		first: []exchange{{
			op:     "create variable",
			route:  "POST /projects/:id/variables",
			sends:  "POST /projects/group%2Fapp/variables",
			body:   newVariableBody,
			status: 400,
			answer: `{"message":{"key":["(DATABASE_URL) has already been taken"]}}`,
			fails:  gitlabci.ErrVariableCreate,
		}},
		exchange: exchange{
			op:     "update variable",
			route:  "PUT /projects/:id/variables/:key",
			sends:  "PUT /projects/group%2Fapp/variables/DATABASE_URL",
			query:  "filter[environment_scope]=review/*",
			body:   `{"value":"postgres://db","variable_type":"file","protected":true,"masked":false,"raw":true,"description":"of the review apps"}`,
			answer: `{"key":"DATABASE_URL","value":"postgres://db","environment_scope":"review/*"}`,
			fails:  gitlabci.ErrVariableUpdate,
		},
		gives: &gitlabci.Variable{Key: "DATABASE_URL", Value: "postgres://db", EnvironmentScope: "review/*"},
	},
	{
		method: "Variables.Set",
		shows:  "what a group has already",
		args:   in(group, &gitlabci.CreateVariableOptions{Key: "DATABASE_URL", Value: "postgres://db"}),
		needs:  []string{"Key"},
		first: []exchange{{
			op:     "create variable",
			route:  "POST /groups/:id/variables",
			sends:  "POST /groups/group%2Fsub/variables",
			body:   `{"key":"DATABASE_URL","value":"postgres://db"}`,
			status: 400,
			answer: `{"message":{"key":["(DATABASE_URL) has already been taken"]}}`,
			fails:  gitlabci.ErrVariableCreate,
		}},
		exchange: exchange{
			op:     "update variable",
			route:  "PUT /groups/:id/variables/:key",
			sends:  "PUT /groups/group%2Fsub/variables/DATABASE_URL",
			query:  "filter[environment_scope]=*",
			body:   `{"value":"postgres://db"}`,
			answer: `{"key":"DATABASE_URL","value":"postgres://db"}`,
			fails:  gitlabci.ErrVariableUpdate,
		},
		gives: &gitlabci.Variable{Key: "DATABASE_URL", Value: "postgres://db"},
	},
	{
		method: "Variables.Set",
		shows:  "what the instance has already",
		args:   in(gitlabci.Instance, &gitlabci.CreateVariableOptions{Key: "DATABASE_URL", Value: "postgres://db"}),
		needs:  []string{"Key"},
		first: []exchange{{
			op:     "create variable",
			route:  "POST /admin/ci/variables",
			sends:  "POST /admin/ci/variables",
			body:   `{"key":"DATABASE_URL","value":"postgres://db"}`,
			status: 400,
			answer: `{"message":{"key":["has already been taken"]}}`,
			fails:  gitlabci.ErrVariableCreate,
		}},
		exchange: exchange{
			op:     "update variable",
			route:  "PUT /admin/ci/variables/:key",
			sends:  "PUT /admin/ci/variables/DATABASE_URL",
			body:   `{"value":"postgres://db"}`,
			answer: `{"key":"DATABASE_URL","value":"postgres://db"}`,
			fails:  gitlabci.ErrVariableUpdate,
		},
		gives: &gitlabci.Variable{Key: "DATABASE_URL", Value: "postgres://db"},
	},
}

var triggerRows = []methodRow{
	{
		method: "Triggers.List",
		args:   in(app, &gitlabci.ListTriggersOptions{ListOptions: pageTwo}),
		exchange: exchange{
			op:     "list triggers",
			route:  "GET /projects/:id/triggers",
			sends:  "GET /projects/group%2Fapp/triggers",
			query:  "page=2&per_page=50",
			answer: `[{"id":10,"description":"my trigger","token":"6d05","last_used":null,"expires_at":null,"owner":null}]`,
			fails:  gitlabci.ErrTriggerList,
		},
		nilQuery: "per_page=100",
		gives:    []*gitlabci.Trigger{{ID: 10, Description: "my trigger", Token: "6d05"}},
	},
	{
		method: "Triggers.Get",
		args:   in(app, int64(10)),
		exchange: exchange{
			op:     "get trigger",
			route:  "GET /projects/:id/triggers/:trigger_id",
			sends:  "GET /projects/group%2Fapp/triggers/10",
			answer: `{"id":10,"token":"6d056f63e50fe6f8c5f8f4aa10edb7","last_used":"2026-03-14T12:00:00Z","owner":{"id":1}}`,
			fails:  gitlabci.ErrTriggerGet,
		},
		gives: &gitlabci.Trigger{ID: 10, Token: "6d056f63e50fe6f8c5f8f4aa10edb7", LastUsed: noon, Owner: gitlabci.UserBasic{ID: 1}},
	},
	{
		method: "Triggers.Create",
		args:   in(app, &gitlabci.CreateTriggerOptions{Description: "my trigger", ExpiresAt: noon}),
		needs:  []string{"Description"},
		exchange: exchange{
			op:     "create trigger",
			route:  "POST /projects/:id/triggers",
			sends:  "POST /projects/group%2Fapp/triggers",
			body:   `{"description":"my trigger","expires_at":"2026-03-14T12:00:00Z"}`,
			status: 201,
			answer: `{"id":10,"description":"my trigger","expires_at":"2026-03-14T12:00:00Z"}`,
			fails:  gitlabci.ErrTriggerCreate,
		},
		gives: &gitlabci.Trigger{ID: 10, Description: "my trigger", ExpiresAt: noon},
	},
	{
		method: "Triggers.Update",
		args:   in(app, int64(10), &gitlabci.UpdateTriggerOptions{Description: "my new description"}),
		needs:  []string{"Description"},
		exchange: exchange{
			op:     "update trigger",
			route:  "PUT /projects/:id/triggers/:trigger_id",
			sends:  "PUT /projects/group%2Fapp/triggers/10",
			body:   `{"description":"my new description"}`,
			answer: `{"id":10,"description":"my new description"}`,
			fails:  gitlabci.ErrTriggerUpdate,
		},
		gives: &gitlabci.Trigger{ID: 10, Description: "my new description"},
	},
	{
		method: "Triggers.Delete",
		args:   in(app, int64(10)),
		exchange: exchange{
			op:     "delete trigger",
			route:  "DELETE /projects/:id/triggers/:trigger_id",
			sends:  "DELETE /projects/group%2Fapp/triggers/10",
			status: 204,
			fails:  gitlabci.ErrTriggerDelete,
		},
	},
	{
		method: "Triggers.Run",
		args: in(app, &gitlabci.RunTriggerOptions{
			Token:     "glptt-1",
			Ref:       "feature/x",
			Variables: []gitlabci.PipelineVariable{{Key: "VAR1", Value: "value1"}},
			Inputs:    map[string]any{"level": 3},
		}),
		needs: []string{"Token", "Ref"},
		exchange: exchange{
			op:     "run trigger",
			route:  "POST /projects/:id/trigger/pipeline",
			sends:  "POST /projects/group%2Fapp/trigger/pipeline",
			body:   `{"token":"glptt-1","ref":"feature/x","inputs":{"level":3},"variables":{"VAR1":"value1"}}`,
			status: 201,
			answer: `{"id":257,"ref":"feature/x","source":"trigger"}`,
			fails:  gitlabci.ErrTriggerRun,
		},
		gives: &gitlabci.Pipeline{ID: 257, Ref: "feature/x", Source: gitlabci.PipelineSourceTrigger},
	},
}

var scheduleRows = []methodRow{
	{
		method: "Schedules.List",
		args:   in(app, &gitlabci.ListSchedulesOptions{ListOptions: pageTwo, Scope: gitlabci.ScheduleScopeInactive}),
		exchange: exchange{
			op:     "list schedules",
			route:  "GET /projects/:id/pipeline_schedules",
			sends:  "GET /projects/group%2Fapp/pipeline_schedules",
			query:  "page=2&per_page=50&scope=inactive",
			answer: `[{"id":13,"description":"Nightly","cron":"0 2 * * *","active":false,"next_run_at":null,"owner":{"id":1}}]`,
			fails:  gitlabci.ErrScheduleList,
		},
		nilQuery: "per_page=100",
		gives:    []*gitlabci.Schedule{{ID: 13, Description: "Nightly", Cron: "0 2 * * *", Owner: gitlabci.UserBasic{ID: 1}}},
	},
	{
		method: "Schedules.Get",
		args:   in(app, int64(13)),
		exchange: exchange{
			op:    "get schedule",
			route: "GET /projects/:id/pipeline_schedules/:pipeline_schedule_id",
			sends: "GET /projects/group%2Fapp/pipeline_schedules/13",
			answer: `{"id":13,"ref":"refs/heads/main","last_pipeline":{"id":332,"status":"pending"},
				"variables":[{"key":"TEST","variable_type":"env_var","value":"1"}],"inputs":[{"name":"deploy","value":["eu",2,true]}]}`,
			fails: gitlabci.ErrScheduleGet,
		},
		gives: &gitlabci.Schedule{
			ID: 13, Ref: "refs/heads/main", LastPipeline: &gitlabci.PipelineBasic{ID: 332, Status: gitlabci.PipelinePending},
			Variables: []gitlabci.PipelineVariable{{Key: "TEST", Value: "1", VariableType: gitlabci.VariableEnv}},
			Inputs:    []gitlabci.ScheduleInput{{Name: "deploy", Value: []any{"eu", 2.0, true}}},
		},
	},
	{
		method: "Schedules.Create",
		args: in(app, &gitlabci.CreateScheduleOptions{
			Description:  "Nightly",
			Ref:          "main",
			Cron:         "0 2 * * *",
			CronTimezone: "Europe/Berlin",
			Active:       new(false),
			Inputs:       []gitlabci.ScheduleInput{{Name: "deploy", Value: false}},
		}),
		needs: []string{"Description", "Ref", "Cron"},
		exchange: exchange{
			op:    "create schedule",
			route: "POST /projects/:id/pipeline_schedules",
			sends: "POST /projects/group%2Fapp/pipeline_schedules",
			body: `{"description":"Nightly","ref":"main","cron":"0 2 * * *","cron_timezone":"Europe/Berlin","active":false,
				"inputs":[{"name":"deploy","value":false}]}`,
			status: 201,
			answer: `{"id":14,"description":"Nightly","next_run_at":"2026-03-14T12:00:00Z","last_pipeline":null}`,
			fails:  gitlabci.ErrScheduleCreate,
		},
		gives: &gitlabci.Schedule{ID: 14, Description: "Nightly", NextRunAt: noon},
	},
	{
		method: "Schedules.Update",
		args: in(app, int64(13), &gitlabci.UpdateScheduleOptions{
			Description:  "Weekly",
			Ref:          "main",
			Cron:         "0 2 * * 1",
			CronTimezone: "UTC",
			Active:       new(true),
			Inputs:       []gitlabci.ScheduleInput{{Name: "deploy", Destroy: true}, {Name: "level", Value: 3}},
		}),
		refuses: "nothing to change",
		exchange: exchange{
			op:    "update schedule",
			route: "PUT /projects/:id/pipeline_schedules/:pipeline_schedule_id",
			sends: "PUT /projects/group%2Fapp/pipeline_schedules/13",
			body: `{"description":"Weekly","ref":"main","cron":"0 2 * * 1","cron_timezone":"UTC","active":true,
				"inputs":[{"name":"deploy","destroy":true},{"name":"level","value":3}]}`,
			answer: `{"id":13,"description":"Weekly","active":true}`,
			fails:  gitlabci.ErrScheduleUpdate,
		},
		gives: &gitlabci.Schedule{ID: 13, Description: "Weekly", Active: true},
	},
	{
		method: "Schedules.Delete",
		args:   in(app, int64(13)),
		exchange: exchange{
			op:     "delete schedule",
			route:  "DELETE /projects/:id/pipeline_schedules/:pipeline_schedule_id",
			sends:  "DELETE /projects/group%2Fapp/pipeline_schedules/13",
			status: 204,
			fails:  gitlabci.ErrScheduleDelete,
		},
	},
	{
		method: "Schedules.Play",
		args:   in(app, int64(13), (*gitlabci.PlayScheduleOptions)(nil)),
		exchange: exchange{
			op:     "play schedule",
			route:  "POST /projects/:id/pipeline_schedules/:pipeline_schedule_id/play",
			sends:  "POST /projects/group%2Fapp/pipeline_schedules/13/play",
			status: 201,
			answer: `{"message":"201 Created"}`,
			fails:  gitlabci.ErrSchedulePlay,
		},
	},
	{
		method: "Schedules.TakeOwnership",
		args:   in(app, int64(13)),
		exchange: exchange{
			op:     "take ownership of schedule",
			route:  "POST /projects/:id/pipeline_schedules/:pipeline_schedule_id/take_ownership",
			sends:  "POST /projects/group%2Fapp/pipeline_schedules/13/take_ownership",
			status: 201,
			answer: `{"id":13,"owner":{"id":50,"username":"ada"}}`,
			fails:  gitlabci.ErrScheduleTakeOwnership,
		},
		gives: &gitlabci.Schedule{ID: 13, Owner: gitlabci.UserBasic{ID: 50, Username: "ada"}},
	},
	{
		method: "Schedules.Pipelines",
		args: in(app, int64(13), &gitlabci.ListSchedulePipelinesOptions{
			ListOptions:   pageTwo,
			Scope:         gitlabci.PipelineScopeRunning,
			Status:        gitlabci.PipelineRunning,
			UpdatedAfter:  noon,
			UpdatedBefore: noon.Add(time.Hour),
			CreatedAfter:  noon,
			CreatedBefore: noon.Add(time.Hour),
			Sort:          gitlabci.SortDesc,
		}),
		exchange: exchange{
			op:    "list schedule pipelines",
			route: "GET /projects/:id/pipeline_schedules/:pipeline_schedule_id/pipelines",
			sends: "GET /projects/group%2Fapp/pipeline_schedules/13/pipelines",
			query: "page=2&per_page=50&scope=running&status=running&updated_after=2026-03-14T12:00:00Z&updated_before=2026-03-14T13:00:00Z" +
				"&created_after=2026-03-14T12:00:00Z&created_before=2026-03-14T13:00:00Z&sort=desc",
			answer: `[{"id":48,"source":"schedule"}]`,
			fails:  gitlabci.ErrPipelineList,
		},
		nilQuery: "per_page=100",
		gives:    []*gitlabci.Pipeline{{ID: 48, Source: gitlabci.PipelineSourceSchedule}},
	},
	{
		method: "Schedules.GetVariable",
		args:   in(app, int64(13), "NEW VARIABLE"),
		exchange: exchange{
			op:     "get schedule variable",
			route:  "GET /projects/:id/pipeline_schedules/:pipeline_schedule_id/variables/:key",
			sends:  "GET /projects/group%2Fapp/pipeline_schedules/13/variables/NEW%20VARIABLE",
			answer: `{"key":"NEW VARIABLE","value":"new value","variable_type":"file"}`,
			fails:  gitlabci.ErrVariableGet,
		},
		gives: &gitlabci.PipelineVariable{Key: "NEW VARIABLE", Value: "new value", VariableType: gitlabci.VariableFile},
	},
	{
		method: "Schedules.CreateVariable",
		args: in(app, int64(13), &gitlabci.CreateScheduleVariableOptions{
			Key: "NEW_VARIABLE", Value: "new value", VariableType: gitlabci.VariableFile,
		}),
		needs: []string{"Key"},
		exchange: exchange{
			op:     "create schedule variable",
			route:  "POST /projects/:id/pipeline_schedules/:pipeline_schedule_id/variables",
			sends:  "POST /projects/group%2Fapp/pipeline_schedules/13/variables",
			body:   `{"key":"NEW_VARIABLE","value":"new value","variable_type":"file"}`,
			status: 201,
			answer: `{"key":"NEW_VARIABLE","value":"new value"}`,
			fails:  gitlabci.ErrVariableCreate,
		},
		gives: &gitlabci.PipelineVariable{Key: "NEW_VARIABLE", Value: "new value"},
	},
	{
		method: "Schedules.UpdateVariable",
		args: in(app, int64(13), "NEW_VARIABLE", &gitlabci.UpdateScheduleVariableOptions{
			Value: new(gitlabci.Secret("")), VariableType: gitlabci.VariableEnv,
		}),
		refuses: "nothing to change",
		exchange: exchange{
			op:     "update schedule variable",
			route:  "PUT /projects/:id/pipeline_schedules/:pipeline_schedule_id/variables/:key",
			sends:  "PUT /projects/group%2Fapp/pipeline_schedules/13/variables/NEW_VARIABLE",
			body:   `{"value":"","variable_type":"env_var"}`,
			answer: `{"key":"NEW_VARIABLE","value":""}`,
			fails:  gitlabci.ErrVariableUpdate,
		},
		gives: &gitlabci.PipelineVariable{Key: "NEW_VARIABLE"},
	},
	{
		method: "Schedules.SetVariable",
		shows:  "what is new",
		args:   in(app, int64(13), &gitlabci.CreateScheduleVariableOptions{Key: "LEVEL", Value: "3", VariableType: gitlabci.VariableFile}),
		needs:  []string{"Key"},
		exchange: exchange{
			op:     "create schedule variable",
			route:  "POST /projects/:id/pipeline_schedules/:pipeline_schedule_id/variables",
			sends:  "POST /projects/group%2Fapp/pipeline_schedules/13/variables",
			body:   `{"key":"LEVEL","value":"3","variable_type":"file"}`,
			status: 201,
			answer: `{"key":"LEVEL","value":"3","variable_type":"file"}`,
			fails:  gitlabci.ErrVariableCreate,
		},
		gives: &gitlabci.PipelineVariable{Key: "LEVEL", Value: "3", VariableType: gitlabci.VariableFile},
	},
	{
		method: "Schedules.SetVariable",
		shows:  "what the schedule has already",
		args:   in(app, int64(13), &gitlabci.CreateScheduleVariableOptions{Key: "LEVEL", Value: "3", VariableType: gitlabci.VariableFile}),
		needs:  []string{"Key"},
		first: []exchange{{
			op:     "create schedule variable",
			route:  "POST /projects/:id/pipeline_schedules/:pipeline_schedule_id/variables",
			sends:  "POST /projects/group%2Fapp/pipeline_schedules/13/variables",
			body:   `{"key":"LEVEL","value":"3","variable_type":"file"}`,
			status: 400,
			answer: `{"message":{"key":["has already been taken"]}}`,
			fails:  gitlabci.ErrVariableCreate,
		}},
		exchange: exchange{
			op:     "update schedule variable",
			route:  "PUT /projects/:id/pipeline_schedules/:pipeline_schedule_id/variables/:key",
			sends:  "PUT /projects/group%2Fapp/pipeline_schedules/13/variables/LEVEL",
			body:   `{"value":"3","variable_type":"file"}`,
			answer: `{"key":"LEVEL","value":"3","variable_type":"file"}`,
			fails:  gitlabci.ErrVariableUpdate,
		},
		gives: &gitlabci.PipelineVariable{Key: "LEVEL", Value: "3", VariableType: gitlabci.VariableFile},
	},
	{
		method: "Schedules.DeleteVariable",
		args:   in(app, int64(13), "NEW_VARIABLE"),
		exchange: exchange{
			op:     "delete schedule variable",
			route:  "DELETE /projects/:id/pipeline_schedules/:pipeline_schedule_id/variables/:key",
			sends:  "DELETE /projects/group%2Fapp/pipeline_schedules/13/variables/NEW_VARIABLE",
			status: 202,
			answer: `{"key":"NEW_VARIABLE","value":"updated value"}`,
			fails:  gitlabci.ErrVariableDelete,
		},
	},
}

// neverSet are fields of options that no row sets, and why.
var neverSet = map[string]string{
	"Pipelines.ListOwn Page": "this list has no page numbers, and refuses one",
	"Pipelines.Play Match":   "has a test of its own",
}

// makesNoDifference are fields of options that ask for what comes without them, too.
var makesNoDifference = []string{"Jobs.List OrderBy", "Runners.Jobs OrderBy"}

func (r *methodRow) name() string {
	if r.shows == "" {
		return r.method
	}
	return r.method + ", " + r.shows
}

// exchanges are all requests of the row, in order.
func (r *methodRow) exchanges() []exchange { return append(slices.Clone(r.first), r.exchange) }

// repeatable reports whether a request may be sent again while nobody knows whether GitLab acted on it.
func (e *exchange) repeatable() bool {
	if verb, _, _ := strings.Cut(e.route, " "); verb == http.MethodPost || verb == http.MethodPatch {
		return slices.Contains(postsThatRepeat, e.op)
	}
	return !slices.Contains(othersThatDoNotRepeat, e.op)
}

// methodsOf are the methods of all services of the client, as in "Pipelines.Create", with their types.
func methodsOf() map[string]reflect.Type {
	methods := make(map[string]reflect.Type)
	client := reflect.TypeFor[gitlabci.Client]()
	for i := range client.NumField() {
		field := client.Field(i)
		if !field.IsExported() || field.Type.Kind() != reflect.Pointer || !strings.HasSuffix(field.Type.Elem().Name(), "Service") {
			continue
		}
		for j := range field.Type.NumMethod() {
			method := field.Type.Method(j)
			methods[field.Name+"."+method.Name] = method.Type // its first argument is the service
		}
	}
	return methods
}

func TestEveryMethodHasARow(t *testing.T) {
	t.Parallel()
	methods, rows := methodsOf(), make(map[string]bool)
	for _, r := range table {
		rows[r.method] = true
		if methods[r.method] == nil {
			t.Errorf("%s has a row in the table, but there is no such method", r.method)
		}
		if slices.Contains(composites, r.method) {
			t.Errorf("%s has a row in the table and stands among the composites too", r.method)
		}
	}
	for _, method := range slices.Sorted(maps.Keys(methods)) {
		if !rows[method] && !slices.Contains(composites, method) {
			t.Errorf("%s has no row in the table", method)
		}
	}
}

func TestEveryMethodTakesContextAndOptions(t *testing.T) {
	t.Parallel()
	for method, typ := range methodsOf() {
		require.Equal(t, reflect.TypeFor[context.Context](), typ.In(1), "%s: the context comes first", method)
		require.True(t, typ.IsVariadic(), "%s: request options come last", method)
		require.Equal(t, reflect.TypeFor[[]gitlabci.RequestOption](), typ.In(typ.NumIn()-1), "%s: request options come last", method)
	}
}

func TestEveryOptionHasARow(t *testing.T) {
	t.Parallel()
	all, set := make(map[string]bool), make(map[string]bool)
	for _, r := range table {
		typ := methodsOf()[r.method]
		for i := range typ.NumIn() {
			if isOptions(typ.In(i)) {
				for name := range fieldsOf(reflect.New(typ.In(i).Elem()).Elem()) {
					all[r.method+" "+name] = true
				}
			}
		}
		if i := r.optionsAt(); i >= 0 {
			for name, field := range fieldsOf(reflect.ValueOf(r.args[i]).Elem()) {
				if !field.IsZero() {
					set[r.method+" "+name] = true
				}
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		switch {
		case !set[name] && neverSet[name] == "":
			t.Errorf("%s is set in no row", name)
		case set[name] && neverSet[name] != "":
			t.Errorf("%s is set, although it %s", name, neverSet[name])
		}
	}
}

func isOptions(t reflect.Type) bool {
	return t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Struct && strings.HasSuffix(t.Elem().Name(), "Options")
}

// optionsAt is where the options stand among the arguments; -1 if there are none.
func (r *methodRow) optionsAt() int {
	return slices.IndexFunc(r.args, func(arg any) bool { return isOptions(reflect.TypeOf(arg)) && !reflect.ValueOf(arg).IsNil() })
}

// fieldsOf are the fields of options, those of embedded structs among them.
func fieldsOf(options reflect.Value) map[string]reflect.Value {
	fields := make(map[string]reflect.Value)
	for i := range options.NumField() {
		if field := options.Type().Field(i); field.Anonymous {
			maps.Copy(fields, fieldsOf(options.Field(i)))
		} else {
			fields[field.Name] = options.Field(i)
		}
	}
	return fields
}

// with are the arguments of the row with another one in place of the one at i.
func (r *methodRow) with(i int, arg any) []any {
	args := slices.Clone(r.args)
	args[i] = arg
	return args
}

// without are the arguments of the row with a field of the options left empty.
func (r *methodRow) without(field string) []any {
	i := r.optionsAt()
	options := reflect.New(reflect.TypeOf(r.args[i]).Elem())
	options.Elem().Set(reflect.ValueOf(r.args[i]).Elem())
	fieldsOf(options.Elem())[field].SetZero()
	return r.with(i, options.Interface())
}

// An office answers for GitLab as the exchanges of a row say, and keeps what it was sent. Each call finds it below a path of its own.
type office struct {
	url  string
	http *http.Client

	mu    sync.Mutex
	calls map[string]*officeCall
}

// An officeCall is one call of a method: what is to come of it, and what did.
type officeCall struct {
	exchanges []exchange
	mishap    *mishap

	requests   []received
	operations []gitlabci.Operation
}

// A mishap is an answer in place of the one that the row has for the exchange at the index.
type mishap struct {
	at          int
	status      int
	contentType string
	body        string
}

// A received request is what came over the wire.
type received struct{ line, query, contentType, token, body string }

func newOffice(t *testing.T) *office {
	o := &office{http: &http.Client{Transport: &http.Transport{}}, calls: make(map[string]*officeCall)}
	srv := httptest.NewServer(o)
	o.url = srv.URL
	t.Cleanup(func() {
		o.http.CloseIdleConnections()
		srv.Close()
	})
	return o
}

func (o *office) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	prefix, path, _ := strings.Cut(r.RequestURI, "/api/v4")
	path, query, _ := strings.Cut(path, "?")
	body, _ := io.ReadAll(r.Body)

	o.mu.Lock()
	defer o.mu.Unlock()
	c := o.calls[prefix]
	line := r.Method + " " + path
	i := slices.IndexFunc(c.exchanges, func(e exchange) bool { return e.sends == line })
	contentType := r.Header.Get("Content-Type")
	if i >= 0 && c.exchanges[i].form {
		contentType, body = shownForm(contentType, body)
	}
	c.requests = append(c.requests, received{line, query, contentType, r.Header.Get("Private-Token"), string(body)})
	w.Header().Set("X-Request-Id", "01JPRJ")
	switch {
	case i < 0:
		w.WriteHeader(http.StatusTeapot)
	case c.mishap != nil && c.mishap.at == i:
		w.Header().Set("Content-Type", c.mishap.contentType)
		w.WriteHeader(c.mishap.status)
		io.WriteString(w, c.mishap.body)
	default:
		w.Header().Set("Content-Type", "application/json")
		if answer := c.exchanges[i].answer; answer != "" && answer != "null" && answer[0] != '{' && answer[0] != '[' {
			w.Header().Set("Content-Type", "application/octet-stream")
		}
		w.WriteHeader(max(c.exchanges[i].status, http.StatusOK))
		io.WriteString(w, c.exchanges[i].answer)
	}
}

// shownForm shows a form as the table has it. What is none stays as it is.
func shownForm(contentType string, body []byte) (shownType string, shown []byte) {
	mediaType, params, _ := mime.ParseMediaType(contentType)
	if mediaType != "multipart/form-data" {
		return contentType, body
	}
	fields := make(map[string]string)
	form := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	for {
		part, err := form.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return contentType, body
		}
		value, _ := io.ReadAll(part)
		fields[part.FormName()] = string(value)
	}
	shown, _ = json.Marshal(fields)
	return "application/json", shown
}

// seen are the operations that the transport of the client was asked to carry.
func (c *officeCall) seen(next http.RoundTripper) http.RoundTripper {
	return transportFunc(func(req *http.Request) (*http.Response, error) {
		op, _ := gitlabci.OperationFrom(req.Context())
		c.operations = append(c.operations, op)
		return next.RoundTrip(req)
	})
}

type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// content is a file among options, which each call opens anew.
type content string

func (content) Read([]byte) (int, error) { panic("not opened") }

// opened are options with their file opened.
func opened(arg any) any {
	o, ok := arg.(*gitlabci.CreateSecureFileOptions)
	if !ok || o == nil {
		return arg
	}
	if text, ok := o.File.(content); ok {
		o = &gitlabci.CreateSecureFileOptions{Name: o.Name, File: strings.NewReader(string(text))}
	}
	return o
}

// call calls the method of a row with these arguments.
func (o *office) call(t *testing.T, ctx context.Context, r *methodRow, args []any, f *mishap) (*officeCall, any, error) {
	t.Helper()
	c := &officeCall{exchanges: r.exchanges(), mishap: f}
	o.mu.Lock()
	prefix := fmt.Sprintf("/%d", len(o.calls))
	o.calls[prefix] = c
	o.mu.Unlock()
	client, err := gitlabci.NewClient(o.url+prefix, gitlabci.PrivateToken("glpat-1"), gitlabci.WithHTTPClient(o.http), gitlabci.WithTransport(c.seen),
		gitlabci.WithRetry(gitlabci.RetryPolicy{MaxAttempts: 3, MinWait: time.Millisecond, MaxWait: time.Millisecond}))
	require.NoError(t, err)
	result, err := invoke(ctx, client, r.method, args)
	return c, result, err
}

// invoke calls a method by its name. A list is collected, a download is read to its end.
func invoke(ctx context.Context, client *gitlabci.Client, method string, args []any) (any, error) {
	service, name, _ := strings.Cut(method, ".")
	f := reflect.ValueOf(client).Elem().FieldByName(service).MethodByName(name)
	values := []reflect.Value{reflect.ValueOf(ctx)}
	for i, arg := range args {
		if arg == nil {
			values = append(values, reflect.Zero(f.Type().In(i+1)))
		} else {
			values = append(values, reflect.ValueOf(opened(arg)))
		}
	}
	results := f.Call(values)
	if collect := results[0].MethodByName("Collect"); results[0].Kind() == reflect.Func && collect.IsValid() {
		results = collect.Call(nil)
	}
	err, _ := results[len(results)-1].Interface().(error)
	if len(results) == 1 {
		return nil, err
	}
	if body, ok := results[0].Interface().(io.ReadCloser); ok && err == nil {
		text, err := io.ReadAll(body)
		return string(text), errors.Join(err, body.Close())
	}
	return results[0].Interface(), err
}

func TestMethods(t *testing.T) {
	t.Parallel()
	for _, r := range table {
		t.Run(r.name(), func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			r.testWire(t, o)
			r.testNilOptions(t, o)
			r.testEmptyFields(t, o)
			r.testRefusals(t, o)
			r.testEndedContext(t, o)
			r.testStatus(t, o)
			r.testGarbled(t, o)
			r.testRepeating(t, o)
		})
	}
}

// TestUpdatesChangeSomething tests that an update which changes nothing is refused, whatever it updates: testRefusals
// sees it refused.
func TestUpdatesChangeSomething(t *testing.T) {
	updates := 0
	for _, r := range table {
		if strings.Contains(r.method, ".Update") {
			updates++
			require.True(t, r.needs != nil || r.refuses == "nothing to change", r.name())
		}
	}
	require.Greater(t, updates, 10)
}

// testWire tests what is sent, which operation it is said to be, and the result.
func (r *methodRow) testWire(t *testing.T, o *office) {
	c, result, err := o.call(t, t.Context(), r, r.args, nil)
	require.NoError(t, err)
	require.Equal(t, r.gives, result)
	exchanges := r.exchanges()
	require.Len(t, c.requests, len(exchanges))
	for i, e := range exchanges {
		c.requests[i].require(t, e.sends, e.query, e.wireBody(e.body))
		verb, route, _ := strings.Cut(e.route, " ")
		require.Equal(t, gitlabci.Operation{Name: e.op, Method: verb, Route: route}, c.operations[i])
		require.Regexp(t, routePattern(e.route), e.sends, "the route fits the path")
	}
}

// wireBody is what is sent for a body of the table: what may not be repeated always has one.
func (e exchange) wireBody(body string) string {
	if body == "" && !e.repeatable() && !strings.HasPrefix(e.sends, "DELETE ") {
		return "{}"
	}
	return body
}

func (req received) require(t *testing.T, line, query, body string) {
	t.Helper()
	require.Equal(t, line, req.line)
	require.Equal(t, "glpat-1", req.token)
	sent, err := url.ParseQuery(req.query)
	require.NoError(t, err)
	require.Equal(t, readableQuery(t, query), sent)
	if body == "" {
		require.Empty(t, req.body)
		require.Empty(t, req.contentType)
		return
	}
	require.Equal(t, "application/json", req.contentType)
	require.JSONEq(t, body, req.body)
}

// readableQuery reads a query as the table has it: only what would end a value is escaped.
func readableQuery(t *testing.T, query string) url.Values {
	values := make(url.Values)
	for parameter := range strings.SplitSeq(query, "&") {
		if name, value, ok := strings.Cut(parameter, "="); ok {
			value, err := url.PathUnescape(value)
			require.NoError(t, err)
			values.Add(name, value)
		}
	}
	return values
}

var routePlaceholder = regexp.MustCompile(`[:*]\w+`)

// routePattern is what the paths of a route look like.
func routePattern(route string) *regexp.Regexp {
	return regexp.MustCompile("^" + routePlaceholder.ReplaceAllStringFunc(route, func(name string) string {
		if name[0] == '*' {
			return ".+"
		}
		return "[^/]+"
	}) + "$")
}

// testNilOptions tests that options which may be nil may be.
func (r *methodRow) testNilOptions(t *testing.T, o *office) {
	i := r.optionsAt()
	if i < 0 || r.needs != nil || r.refuses != "" {
		return
	}
	c, _, err := o.call(t, t.Context(), r, r.with(i, reflect.Zero(reflect.TypeOf(r.args[i])).Interface()), nil)
	require.NoError(t, err)
	c.requests[len(c.requests)-1].require(t, r.sends, r.nilQuery, r.wireBody(r.nilBody))
}

// testEmptyFields tests that each field of the options that is set is sent, or needed.
func (r *methodRow) testEmptyFields(t *testing.T, o *office) {
	i := r.optionsAt()
	if i < 0 {
		return
	}
	complete, _, err := o.call(t, t.Context(), r, r.args, nil)
	require.NoError(t, err)
	for name, value := range fieldsOf(reflect.ValueOf(r.args[i]).Elem()) {
		if value.IsZero() {
			continue
		}
		c, _, err := o.call(t, t.Context(), r, r.without(name), nil)
		if slices.Contains(r.needs, name) || slices.Contains(r.goesWith, name) {
			r.requireRefused(t, c, err)
			require.ErrorContains(t, err, name)
			continue
		}
		require.NoError(t, err, "without %s", name)
		if !slices.Contains(makesNoDifference, r.method+" "+name) {
			require.NotEqual(t, complete.requests, c.requests, "%s makes no difference", name)
		}
	}
}

// testRefusals tests that each argument that names nothing is refused before anything is sent.
func (r *methodRow) testRefusals(t *testing.T, o *office) {
	typ := methodsOf()[r.method]
	require.Equal(t, typ.NumIn()-3, len(r.args), "arguments of %s", r.method)
	for i, arg := range r.args {
		var wrong []any
		switch arg := arg.(type) {
		case int64:
			wrong = in(int64(0), int64(-1))
		case string:
			wrong = in("")
		case gitlabci.Secret:
			wrong = in(gitlabci.Secret(""))
		case gitlabci.VariableKey:
			wrong = in(gitlabci.VariableKey{}, gitlabci.Key("").In("production"))
		case gitlabci.Project:
			wrong = in(gitlabci.Project{}, gitlabci.ProjectID(0), gitlabci.ProjectID(-1), gitlabci.ProjectPath(""))
		case gitlabci.Group:
			wrong = in(gitlabci.Group{}, gitlabci.GroupID(0), gitlabci.GroupID(-1), gitlabci.GroupPath(""))
		default:
			if isOptions(reflect.TypeOf(arg)) && (r.needs != nil || r.refuses != "") {
				empty := reflect.TypeOf(arg)
				wrong = in(reflect.Zero(empty).Interface(), reflect.New(empty.Elem()).Interface())
			}
		}
		if typ.In(i+2) == reflect.TypeFor[gitlabci.Scope]() {
			wrong = append(wrong, nil)
			if !r.hasInstance() {
				wrong = append(wrong, gitlabci.Instance)
			}
		}
		for _, arg := range wrong {
			c, _, err := o.call(t, t.Context(), r, r.with(i, arg), nil)
			if arg == nil || arg == any(gitlabci.Instance) {
				require.ErrorIs(t, err, gitlabci.ErrInvalidArgument)
				require.ErrorIs(t, err, r.exchanges()[0].fails)
				require.Empty(t, c.requests, "something was sent")
				continue // no scope, no route
			}
			r.requireRefused(t, c, err)
			if r.refuses != "" && isOptions(reflect.TypeOf(arg)) {
				require.ErrorContains(t, err, r.refuses)
			}
		}
	}
}

// hasInstance reports whether the method has a row for the instance.
func (r *methodRow) hasInstance() bool {
	return slices.ContainsFunc(table, func(other methodRow) bool {
		return other.method == r.method && slices.Contains(other.args, any(gitlabci.Instance))
	})
}

func (r *methodRow) requireRefused(t *testing.T, c *officeCall, err error) {
	t.Helper()
	require.ErrorIs(t, err, gitlabci.ErrInvalidArgument)
	require.Empty(t, c.requests, "something was sent")
	e := r.requireFailed(t, err, r.exchanges()[0])
	require.Zero(t, e.StatusCode)
	require.Zero(t, e.Attempts)
	require.NotErrorIs(t, err, gitlabci.ErrOutcomeUnknown)
}

// testEndedContext tests that nothing is sent once the context has ended.
func (r *methodRow) testEndedContext(t *testing.T, o *office) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c, _, err := o.call(t, ctx, r, r.args, nil)
	require.ErrorIs(t, err, context.Canceled)
	require.Empty(t, c.requests, "something was sent")
	e := r.requireFailed(t, err, r.exchanges()[0])
	require.Zero(t, e.Attempts)
	require.NotErrorIs(t, err, gitlabci.ErrOutcomeUnknown)
}

// requireFailed tests that the error is an *Error of the request and matches its operation and that one's verbSentinels, and to no
// others. It returns the error of the request.
func (r *methodRow) requireFailed(t *testing.T, err error, e exchange) *gitlabci.Error {
	t.Helper()
	var failed *gitlabci.Error
	require.ErrorAs(t, err, &failed)
	kinds := []error{e.fails}
	if r.wraps != "" {
		require.Equal(t, r.wraps, failed.Op)
		kinds = append(kinds, r.wrapped)
		if cause := (*gitlabci.Error)(nil); errors.As(failed.Err, &cause) { // else it was refused as a whole
			failed = cause
		}
	}
	if r.wraps == "" || failed.Op != r.wraps {
		verb, route, _ := strings.Cut(e.route, " ")
		require.Equal(t, []string{e.op, verb, route}, []string{failed.Op, failed.Method, failed.Route})
	}
	for _, kind := range kinds {
		require.ErrorIs(t, err, kind)
		require.Contains(t, parents, kind, "sentinel without known parents")
		kinds = append(kinds, parents[kind]...)
	}
	for _, verb := range verbSentinels {
		require.Equal(t, slices.Contains(kinds, verb), errors.Is(err, verb), "matches %q", verb)
	}
	require.NotContains(t, err.Error(), "\n")
	require.NotContains(t, err.Error(), "glpat-1")
	return failed
}

// testStatus tests what becomes of answers that are no success, to each request of the call.
func (r *methodRow) testStatus(t *testing.T, o *office) {
	for i, e := range r.exchanges() {
		for _, f := range []struct {
			mishap
			message string
			kind    error
		}{
			{mishap{at: i, status: 403, body: `{"message":"403 Forbidden - not you"}`}, "403 Forbidden - not you", gitlabci.ErrForbidden},
			{mishap{at: i, status: 404, body: `{"message":"404 Project Not Found"}`}, "404 Project Not Found", gitlabci.ErrNotFound},
			{mishap{at: i, status: 422, body: `{"message":{"base":["No stages"]}}`}, "No stages", gitlabci.ErrUnprocessable},
			{mishap{at: i, status: 400, body: `{"error":"ref is missing"}`}, "ref is missing", gitlabci.ErrBadRequest},
		} {
			f.contentType = "application/json"
			c, result, err := o.call(t, t.Context(), r, r.args, &f.mishap)
			failed := r.requireFailed(t, err, e)
			require.ErrorIs(t, err, f.kind)
			require.Equal(t, f.status, failed.StatusCode)
			require.Equal(t, f.message, failed.Message)
			require.Equal(t, "01JPRJ", failed.RequestID)
			require.Equal(t, 1, failed.Attempts)
			require.ErrorContains(t, err, f.message)
			require.Equal(t, 1, c.count(e.sends))
			require.NotErrorIs(t, err, gitlabci.ErrOutcomeUnknown)
			if r.first == nil {
				requireNothing(t, result)
			}
		}
	}
}

func requireNothing(t *testing.T, result any) {
	t.Helper()
	if v := reflect.ValueOf(result); v.IsValid() && !v.IsZero() {
		t.Errorf("beside the error came %v", result)
	}
}

func (c *officeCall) count(line string) (n int) {
	for _, r := range c.requests {
		if r.line == line {
			n++
		}
	}
	return n
}

const signIn = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>"

// testGarbled tests answers whose status is a success and whose body is not what it should be.
func (r *methodRow) testGarbled(t *testing.T, o *office) {
	const jsonType = "application/json"
	for i, e := range r.exchanges() {
		signInPage := mishap{at: i, status: 200, contentType: "text/html; charset=utf-8", body: signIn}
		var garbled, fine []mishap
		switch r.decodes(e) {
		case "object":
			for _, body := range []string{`{"id":47,"na`, "null", "{}", " ", `[{"id":47}]`, `{"id":{}}{`} {
				f := mishap{at: i, status: 200, contentType: jsonType, body: body}
				if (body == "null" || body == " ") && slices.Contains(mayBeNothing, r.method) {
					fine = append(fine, f)
				} else {
					garbled = append(garbled, f)
				}
			}
			garbled = append(garbled, signInPage)
			if !slices.Contains(mayBeNothing, r.method) {
				garbled = append(garbled, mishap{at: i, status: 204})
			}
		case "array":
			for _, body := range []string{`[{"id":47},{"id`, "null", "{}", " ", `{"id":47}`, `[null]`, `[{}]`} {
				garbled = append(garbled, mishap{at: i, status: 200, contentType: jsonType, body: body})
			}
			garbled = append(garbled, signInPage, mishap{at: i, status: 204})
		case "nothing":
			garbled = append(garbled, signInPage)
			fine = append(fine, mishap{at: i, status: 204}, mishap{at: i, status: 200, contentType: jsonType, body: "null"})
		case "data":
			garbled = append(garbled, signInPage)
		case "file": // may be a page
			fine = append(fine, signInPage)
		}
		for _, f := range garbled {
			c, result, err := o.call(t, t.Context(), r, r.args, &f)
			require.ErrorIs(t, err, gitlabci.ErrDecode, "%q", f.body)
			require.Equal(t, f.body == signIn, errors.Is(err, gitlabci.ErrNotGitLab), "%q", f.body)
			failed := r.requireFailed(t, err, e)
			require.Equal(t, f.status, failed.StatusCode)
			require.Equal(t, 1, c.count(e.sends), "a success was asked for again")
			if r.first == nil && r.decodes(e) != "array" { // of lists, what came before the fault stands
				requireNothing(t, result)
			}
		}
		for _, f := range fine {
			_, _, err := o.call(t, t.Context(), r, r.args, &f)
			require.NoError(t, err, "%d %q", f.status, f.body)
		}
	}
}

// decodes is what the method makes of an answer: an object, an array, nothing, or a download of data or of a file.
func (r *methodRow) decodes(e exchange) string {
	result := methodsOf()[r.method].Out(0)
	switch {
	case strings.Contains(e.route, "*artifact_path"):
		return "file"
	case result == reflect.TypeFor[error]():
		return "nothing"
	case result.Implements(reflect.TypeFor[io.Reader]()):
		return "data"
	case e.answer == "" || e.answer == "null" || e.answer[0] == '{':
		return "object"
	}
	return "array"
}

// testRepeating tests that what may be sent again is, and all else is not.
func (r *methodRow) testRepeating(t *testing.T, o *office) {
	for i, e := range r.exchanges() {
		c, _, err := o.call(t, t.Context(), r, r.args, &mishap{at: i, status: 503, contentType: "application/json", body: `{"message":"503 Service Unavailable"}`})
		failed := r.requireFailed(t, err, e)
		require.ErrorIs(t, err, gitlabci.ErrServer)
		want := 1
		if e.repeatable() {
			want = 3
		}
		require.Equal(t, want, c.count(e.sends), "requests")
		require.Equal(t, want, failed.Attempts)
		require.Equal(t, !e.repeatable(), errors.Is(err, gitlabci.ErrOutcomeUnknown), "the outcome is unknown")
	}
}

// TestRefusedOptions tests options that are wrong in themselves, beyond fields that are missing.
func TestRefusedOptions(t *testing.T) {
	t.Parallel()
	nameless := []gitlabci.PipelineVariable{{Key: "A"}, {Value: "1"}}
	for _, r := range []struct {
		method string
		args   []any
		says   string
	}{
		{"Pipelines.List", in(app, &gitlabci.ListPipelinesOptions{ListOptions: gitlabci.ListOptions{Page: -1}}), "page -1"},
		{"Pipelines.List", in(app, &gitlabci.ListPipelinesOptions{ListOptions: gitlabci.ListOptions{PerPage: -1}}), "-1 items"},
		{"Pipelines.List", in(app, &gitlabci.ListPipelinesOptions{ListOptions: gitlabci.ListOptions{PerPage: 101}}), "101 items"},
		{"Pipelines.ListOwn", in(&gitlabci.ListOwnPipelinesOptions{ListOptions: gitlabci.ListOptions{Page: 1}}), "no page numbers"},
		{"Pipelines.ListOwn", in(&gitlabci.ListOwnPipelinesOptions{ListOptions: gitlabci.ListOptions{PerPage: 101}}), "101 items"},
		{"Jobs.List", in(app, &gitlabci.ListJobsOptions{Sort: gitlabci.SortAsc}), `direction "asc"`},
		{"Jobs.List", in(app, &gitlabci.ListJobsOptions{Sort: "DESC"}), `direction "DESC"`},
		{"Jobs.List", in(app, &gitlabci.ListJobsOptions{ListOptions: gitlabci.ListOptions{PerPage: 101}}), "101 items"},
		{"Pipelines.Create", in(app, &gitlabci.CreatePipelineOptions{Ref: "main", Variables: nameless}), "variable 1 has no key"},
		{"Pipelines.Play", in(app, int64(46), &gitlabci.PlayPipelineOptions{Variables: nameless}), "variable 1 has no key"},
		{"Jobs.Play", in(app, int64(42), &gitlabci.PlayJobOptions{Variables: nameless}), "variable 1 has no key"},
		{"Jobs.Trace", in(app, int64(42), &gitlabci.TraceOptions{ByteOffset: -1}), "from byte -1"},
		{"Jobs.Trace", in(app, int64(42), &gitlabci.TraceOptions{ByteLimit: -1}), "-1 bytes"},
		{"Jobs.Trace", in(app, int64(42), &gitlabci.TraceOptions{ByteLimit: 512_001}), "512001 bytes"},
		{"Runners.Update", in(int64(6), &gitlabci.UpdateRunnerOptions{Active: new(true), Paused: new(false)}), "exclude each other"},
		{"Schedules.Create", in(app, &gitlabci.CreateScheduleOptions{
			Description: "a", Ref: "main", Cron: "0 2 * * *", Inputs: []gitlabci.ScheduleInput{{Value: 1}},
		}), "input 0 has no name"},
		{"Schedules.Update", in(app, int64(13), &gitlabci.UpdateScheduleOptions{Inputs: []gitlabci.ScheduleInput{{Value: 1}}}), "input 0 has no name"},
		{"Environments.List", in(app, &gitlabci.ListEnvironmentsOptions{Name: "review/1", Search: "review"}), "exclude each other"},
		{"Environments.List", in(app, &gitlabci.ListEnvironmentsOptions{ListOptions: gitlabci.ListOptions{Page: -1}}), "page -1"},
		{"Environments.DeleteReviewApps", in(app, &gitlabci.DeleteReviewAppsOptions{Limit: -1}), "not between 1 and 1000"},
		{"Environments.DeleteReviewApps", in(app, &gitlabci.DeleteReviewAppsOptions{Limit: 1001}), "not between 1 and 1000"},
		{"Deployments.List", in(app, &gitlabci.ListDeploymentsOptions{UpdatedBefore: noon, OrderBy: gitlabci.DeploymentOrderIID}), "need OrderBy"},
		{"Deployments.List", in(app, &gitlabci.ListDeploymentsOptions{
			FinishedBefore: noon, OrderBy: gitlabci.DeploymentOrderFinishedAt, Status: gitlabci.DeploymentFailed,
		}), "Status DeploymentSuccess"},
		{"Deployments.List", in(app, &gitlabci.ListDeploymentsOptions{ListOptions: gitlabci.ListOptions{PerPage: 101}}), "101 items"},
		{"ProtectedEnvironments.Create", in(app, &gitlabci.CreateProtectedEnvironmentOptions{
			Name: "production", DeployAccessLevels: []gitlabci.DeployAccessLevelOptions{{UserID: 5}, {}},
		}), "deploy access level 1 names nobody"},
		{"ProtectedEnvironments.Update", in(app, "production", &gitlabci.UpdateProtectedEnvironmentOptions{
			ApprovalRules: []gitlabci.ApprovalRuleOptions{{ID: 38}, {RequiredApprovals: 2}},
		}), "approval rule 1 names nobody"},
		{"ProjectSettings.Update", in(app, &gitlabci.UpdateProjectSettingsOptions{CIDefaultGitDepth: new(-1)}), "CIDefaultGitDepth -1 is not between 0 and 1000"},
		{"ProjectSettings.Update", in(app, &gitlabci.UpdateProjectSettingsOptions{CIDefaultGitDepth: new(1001)}), "CIDefaultGitDepth 1001"},
		{"ProjectSettings.Update", in(app, &gitlabci.UpdateProjectSettingsOptions{BuildTimeout: -600}), "BuildTimeout -10m0s is not between 10m0s and a month"},
		{"ProjectSettings.Update", in(app, &gitlabci.UpdateProjectSettingsOptions{BuildTimeout: 599}), "BuildTimeout 9m59s"},
		{"ProjectSettings.Update", in(app, &gitlabci.UpdateProjectSettingsOptions{BuildTimeout: 2_629_746}), "BuildTimeout 730h29m6s"},
		{"ProjectSettings.Update", in(app, &gitlabci.UpdateProjectSettingsOptions{CIDeletePipelinesInSeconds: new(gitlabci.Seconds(86_399))}), "CIDeletePipelinesInSeconds 23h59m59s"},
		{"ProjectSettings.Update", in(app, &gitlabci.UpdateProjectSettingsOptions{CIDeletePipelinesInSeconds: new(gitlabci.Seconds(-1))}), "CIDeletePipelinesInSeconds -1s"},
		{"Lint.Project", in(app, &gitlabci.LintProjectOptions{ContentRef: "main", SHA: "a91957a8"}), "exclude each other"},
		{"Lint.Project", in(app, &gitlabci.LintProjectOptions{DryRunRef: "main", Ref: "main"}), "exclude each other"},
		{"Triggers.Run", in(app, &gitlabci.RunTriggerOptions{Token: "t", Ref: "main", Variables: nameless}), "variable 1 has no key"},
		{"Triggers.Run", in(app, &gitlabci.RunTriggerOptions{Token: "t", Ref: "main", Variables: []gitlabci.PipelineVariable{
			{Key: "A"}, {Key: "B", VariableType: gitlabci.VariableFile},
		}}), `variable 1 is of type "file"`},
		{"Triggers.Run", in(app, &gitlabci.RunTriggerOptions{Token: "t", Ref: "main", Variables: []gitlabci.PipelineVariable{
			{Key: "A", Value: "1", VariableType: gitlabci.VariableEnv}, {Key: "A", Value: "2"},
		}}), "variable 1 has the key of one before it"},
	} {
		o := newOffice(t)
		row := methodRow{method: r.method}
		c, _, err := o.call(t, t.Context(), &row, r.args, nil)
		require.ErrorIs(t, err, gitlabci.ErrInvalidArgument, "%s", r.says)
		require.ErrorContains(t, err, r.says)
		require.Empty(t, c.requests, "something was sent")
	}
}

// TestResultsAsJSON tests that a result of which little is known marshals without times that never were, and that one of which all is known
// keeps it.
func TestResultsAsJSON(t *testing.T) {
	t.Parallel()
	seen := make(map[reflect.Type]bool)
	for _, r := range table {
		typ := reflect.TypeOf(r.gives)
		for typ != nil && (typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice) {
			typ = typ.Elem()
		}
		if typ == nil || typ.Kind() != reflect.Struct {
			continue
		}
		seen[typ] = true
		empty, err := json.Marshal(reflect.New(typ).Interface())
		require.NoError(t, err, r.method)
		require.NotContains(t, string(empty), "0001-01-01", r.method)
		before, err := json.Marshal(r.gives)
		require.NoError(t, err, r.method)
		again := reflect.New(reflect.TypeOf(r.gives))
		require.NoError(t, json.Unmarshal(before, again.Interface()), r.method)
		require.Equal(t, r.gives, again.Elem().Interface(), r.method)
	}
	t.Logf("%d types", len(seen))
}
