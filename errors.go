package gitlabci

import (
	"cmp"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gitlabci/gitlabci/internal/transport"
)

// Error is what errors.As finds in the error of every call that failed. Only the outcomes of waiting are of other types: [*PipelineError]
// and [*JobError]. A wait that its context ended has it within a [*WaitError].
//
// It matches, in the sense of errors.Is, the sentinel of its operation ([ErrPipelineCancel]) and that one's parents ([ErrCancel]), the
// sentinel of its status ([ErrNotFound]), what kind of failure it is ([ErrOutcomeUnknown], [ErrDecode], ...) and its cause, as in
// errors.Is(err, context.Canceled).
//
// Its text is one line and holds no query string, header or token, nor the value of a variable; nor do its fields, and the errors that it
// wraps. A cause whose text would tell one is replaced by an error that says the rest, and that matches the same sentinels.
type Error struct {
	Op         string              // the operation, as in "cancel pipeline"
	Method     string              // the HTTP method; empty where no request failed, as when the context of a wait ends
	Route      string              // the route, as in "/projects/:id/pipelines/:pipeline_id/cancel"; empty where Method is
	Path       string              // what fills the route, as in "/projects/group%2Fapp/pipelines/47/cancel"; empty where nothing was to be sent
	StatusCode int                 // the status of the answer to the last attempt; 0 if none came
	Message    string              // what GitLab said, in one line
	Fields     map[string][]string // what GitLab said of single attributes, as in {"ref": {"is missing"}}
	RequestID  string              // GitLab's id of the request, by which its administrators find it in their logs
	RetryAfter time.Duration       // how long GitLab asked to wait; 0 if it did not say
	Attempts   int                 // how often the request was sent; 0 if it never was
	Body       []byte              // the answer, at most 64 KiB of it, without what the request had of secrets
	Err        error               // the cause, if it is not the status

	kinds []error // the sentinels of the operation and of the nature of the failure
	whole bool    // of an operation that consists of several calls: the text leaves the route to theirs
	clean cleaner // of what else becomes part of an error that wraps this one
}

// Error returns the failure in one line.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("gitlabci: ")
	if e.Op != "" {
		b.WriteString(e.Op + ": ")
	}
	if errors.As(e.Err, new(*Error)) {
		return b.String() + e.cause()
	}
	if e.Route != "" && !e.whole {
		b.WriteString(e.Method + " " + cmp.Or(e.Path, e.Route) + ": ")
	}
	b.WriteString(e.reason())
	var notes []string
	if e.RequestID != "" {
		notes = append(notes, "request "+e.RequestID)
	}
	if e.Attempts > 1 {
		notes = append(notes, strconv.Itoa(e.Attempts)+" attempts")
	}
	if len(notes) > 0 {
		b.WriteString(" (" + strings.Join(notes, ", ") + ")")
	}
	return b.String()
}

// reason joins the status, GitLab's message and the cause, whichever there are. A cause that is an *Error says all of it.
func (e *Error) reason() string {
	if errors.As(e.Err, new(*Error)) {
		return e.cause()
	}
	var parts []string
	answer := e.answer()
	if answer != "" {
		parts = append(parts, answer)
	}
	for _, kind := range e.kinds {
		if nature, ok := kind.(*nature); ok {
			parts = append(parts, nature.text)
		}
	}
	if e.Err != nil {
		parts = append(parts, e.cause())
	}
	return strings.Join(parts, ": ")
}

// answer joins the status and GitLab's message, which may begin with the status itself, as in "404 Project Not Found".
func (e *Error) answer() string {
	if e.StatusCode == 0 {
		return e.Message
	}
	code, text := strconv.Itoa(e.StatusCode), http.StatusText(e.StatusCode)
	status := strings.TrimSpace(code + " " + text)
	switch {
	case e.Message == "":
		return status
	case e.Message == code, strings.HasPrefix(e.Message, code+" "):
		return e.Message
	case text != "" && len(e.Message) >= len(text) && strings.EqualFold(e.Message[:len(text)], text):
		return code + " " + e.Message
	}
	return status + ": " + e.Message
}

func (e *Error) cause() string {
	return oneLine(strings.NewReplacer("gitlabci: ", "", "\n", "; ").Replace(strings.TrimSpace(e.Err.Error())))
}

// told marks an error whose texts are cleaned already.
func (e *Error) told() {}

// Unwrap returns the sentinels that the error matches, and its cause.
func (e *Error) Unwrap() []error {
	all := append(make([]error, 0, len(e.kinds)+2), e.kinds...)
	status := statusSentinel(e.StatusCode)
	if status != nil {
		all = append(all, status)
	}
	if e.Err != nil {
		all = append(all, e.Err)
	}
	return all
}

// LogValue returns the parts of the error as a group of attributes.
func (e *Error) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("op", e.Op), slog.String("method", e.Method), slog.String("route", e.Route), slog.String("reason", e.reason())}
	if e.Path != "" {
		attrs = append(attrs, slog.String("path", e.Path))
	}
	if e.StatusCode != 0 {
		attrs = append(attrs, slog.Int("status", e.StatusCode))
	}
	if e.RequestID != "" {
		attrs = append(attrs, slog.String("request_id", e.RequestID))
	}
	return slog.GroupValue(append(attrs, slog.Int("attempts", e.Attempts))...)
}

// Sentinels by status.
var (
	ErrBadRequest    = errors.New("bad request")           // 400
	ErrUnauthorized  = errors.New("unauthorized")          // 401
	ErrForbidden     = errors.New("forbidden")             // 403
	ErrNotFound      = errors.New("not found")             // 404
	ErrConflict      = errors.New("conflict")              // 409
	ErrUnprocessable = errors.New("unprocessable content") // 422
	ErrRateLimited   = errors.New("rate limited")          // 429
	ErrServer        = errors.New("server error")          // 5xx
)

func statusSentinel(code int) error {
	switch {
	case code == http.StatusBadRequest:
		return ErrBadRequest
	case code == http.StatusUnauthorized:
		return ErrUnauthorized
	case code == http.StatusForbidden:
		return ErrForbidden
	case code == http.StatusNotFound:
		return ErrNotFound
	case code == http.StatusConflict:
		return ErrConflict
	case code == http.StatusUnprocessableEntity:
		return ErrUnprocessable
	case code == http.StatusTooManyRequests:
		return ErrRateLimited
	case code >= 500 && code < 600:
		return ErrServer
	}
	return nil
}

// Sentinels by the nature of the failure.
var (
	// ErrInvalidArgument says that a call was wrong in itself. Nothing was sent.
	ErrInvalidArgument error = &nature{text: "invalid argument"}
	// ErrDecode says that GitLab answered with a success whose body is not what it should be, such as an object without the id of what was
	// asked for.
	ErrDecode error = &nature{text: "cannot decode the answer"}
	// ErrNotGitLab says that something other than GitLab's API answered, such as a sign-in page or a proxy. It matches [ErrDecode] too.
	ErrNotGitLab error = &nature{"the answer is not GitLab's", ErrDecode}
	// ErrRedirected says that an answer pointed elsewhere and was not followed, so that nothing was sent there.
	ErrRedirected error = &nature{text: "redirected"}
	// ErrOutcomeUnknown says that a call that may not be repeated was sent, and that its outcome is not known: the connection was lost, the
	// context ended, the server failed, or its answer cannot be read. Find out whether it took effect before you repeat it.
	ErrOutcomeUnknown error = &nature{text: "outcome unknown"}
	// ErrAmbiguousVariable says that a key has variables in several environment scopes: name the one that is meant with [VariableKey.In].
	ErrAmbiguousVariable error = &nature{text: "the key has several environment scopes"}
)

// A nature tells what kind of failure an error is; its text becomes part of the error's.
type nature struct {
	text   string
	parent error
}

func (n *nature) Error() string { return n.text }
func (n *nature) Unwrap() error { return n.parent }

// Sentinels by verb, parents of those by operation.
var (
	ErrList          = errors.New("list")
	ErrGet           = errors.New("get")
	ErrCreate        = errors.New("create")
	ErrUpdate        = errors.New("update")
	ErrDelete        = errors.New("delete")
	ErrCancel        = errors.New("cancel")
	ErrRetry         = errors.New("retry")
	ErrPlay          = errors.New("play")
	ErrErase         = errors.New("erase")
	ErrKeep          = errors.New("keep")
	ErrRun           = errors.New("run")
	ErrRegister      = errors.New("register")
	ErrVerify        = errors.New("verify")
	ErrEnable        = errors.New("enable")
	ErrDisable       = errors.New("disable")
	ErrResetToken    = errors.New("reset token")
	ErrTakeOwnership = errors.New("take ownership")
	ErrStop          = errors.New("stop")
	ErrSet           = errors.New("set")
	ErrAdd           = errors.New("add")
	ErrRemove        = errors.New("remove")
	ErrPublish       = errors.New("publish")
	ErrLint          = errors.New("lint")
	ErrRotate        = errors.New("rotate")
	ErrRevoke        = errors.New("revoke")
)

// Sentinels by operation. As in python-gitlab, those of playing and erasing match [ErrRetry] too, and that of playing a schedule
// [ErrPipelinePlay].
var (
	ErrPipelineList   = failureOf("list pipelines", ErrList)
	ErrPipelineGet    = failureOf("get pipeline", ErrGet)
	ErrPipelineCreate = failureOf("create pipeline", ErrCreate)
	ErrPipelineUpdate = failureOf("update pipeline", ErrUpdate)
	ErrPipelineCancel = failureOf("cancel pipeline", ErrCancel)
	ErrPipelineRetry  = failureOf("retry pipeline", ErrRetry)
	ErrPipelinePlay   = failureOf("play pipeline", ErrPlay, ErrRetry)
	ErrPipelineDelete = failureOf("delete pipeline", ErrDelete)

	ErrJobList   = failureOf("list jobs", ErrList)
	ErrJobGet    = failureOf("get job", ErrGet)
	ErrJobCancel = failureOf("cancel job", ErrCancel)
	ErrJobRetry  = failureOf("retry job", ErrRetry)
	ErrJobPlay   = failureOf("play job", ErrPlay, ErrRetry)
	ErrJobErase  = failureOf("erase job", ErrErase, ErrRetry)
	ErrTraceGet  = failureOf("get trace", ErrGet)

	ErrArtifactsGet    = failureOf("get artifacts", ErrGet)
	ErrArtifactsList   = failureOf("list artifacts", ErrList)
	ErrArtifactsKeep   = failureOf("keep artifacts", ErrKeep)
	ErrArtifactsDelete = failureOf("delete artifacts", ErrDelete)

	ErrRunnerList       = failureOf("list runners", ErrList)
	ErrRunnerGet        = failureOf("get runner", ErrGet)
	ErrRunnerCreate     = failureOf("create runner", ErrCreate)
	ErrRunnerRegister   = failureOf("register runner", ErrRegister, ErrCreate)
	ErrRunnerVerify     = failureOf("verify runner", ErrVerify)
	ErrRunnerUpdate     = failureOf("update runner", ErrUpdate)
	ErrRunnerDelete     = failureOf("delete runner", ErrDelete)
	ErrRunnerEnable     = failureOf("enable runner", ErrEnable, ErrCreate)
	ErrRunnerDisable    = failureOf("disable runner", ErrDisable, ErrDelete)
	ErrRunnerResetToken = failureOf("reset runner token", ErrResetToken)

	ErrVariableList   = failureOf("list variables", ErrList)
	ErrVariableGet    = failureOf("get variable", ErrGet)
	ErrVariableCreate = failureOf("create variable", ErrCreate)
	ErrVariableUpdate = failureOf("update variable", ErrUpdate)
	ErrVariableDelete = failureOf("delete variable", ErrDelete)

	ErrTriggerList   = failureOf("list triggers", ErrList)
	ErrTriggerGet    = failureOf("get trigger", ErrGet)
	ErrTriggerCreate = failureOf("create trigger", ErrCreate)
	ErrTriggerUpdate = failureOf("update trigger", ErrUpdate)
	ErrTriggerDelete = failureOf("delete trigger", ErrDelete)
	ErrTriggerRun    = failureOf("run trigger", ErrRun, ErrCreate)

	ErrScheduleList          = failureOf("list schedules", ErrList)
	ErrScheduleGet           = failureOf("get schedule", ErrGet)
	ErrScheduleCreate        = failureOf("create schedule", ErrCreate)
	ErrScheduleUpdate        = failureOf("update schedule", ErrUpdate)
	ErrScheduleDelete        = failureOf("delete schedule", ErrDelete)
	ErrSchedulePlay          = failureOf("play schedule", ErrPipelinePlay)
	ErrScheduleTakeOwnership = failureOf("take ownership of schedule", ErrTakeOwnership)

	ErrEnvironmentList   = failureOf("list environments", ErrList)
	ErrEnvironmentGet    = failureOf("get environment", ErrGet)
	ErrEnvironmentCreate = failureOf("create environment", ErrCreate)
	ErrEnvironmentUpdate = failureOf("update environment", ErrUpdate)
	ErrEnvironmentStop   = failureOf("stop environment", ErrStop)
	ErrEnvironmentDelete = failureOf("delete environment", ErrDelete)

	ErrDeploymentList        = failureOf("list deployments", ErrList)
	ErrDeploymentGet         = failureOf("get deployment", ErrGet)
	ErrDeploymentCreate      = failureOf("create deployment", ErrCreate)
	ErrDeploymentUpdate      = failureOf("update deployment", ErrUpdate)
	ErrDeploymentDelete      = failureOf("delete deployment", ErrDelete)
	ErrDeploymentApprovalSet = failureOf("set deployment approval", ErrSet)
	ErrMergeRequestList      = failureOf("list merge requests", ErrList)

	ErrProtectedEnvironmentList   = failureOf("list protected environments", ErrList)
	ErrProtectedEnvironmentGet    = failureOf("get protected environment", ErrGet)
	ErrProtectedEnvironmentCreate = failureOf("create protected environment", ErrCreate)
	ErrProtectedEnvironmentUpdate = failureOf("update protected environment", ErrUpdate)
	ErrProtectedEnvironmentDelete = failureOf("delete protected environment", ErrDelete)

	ErrFreezePeriodList   = failureOf("list freeze periods", ErrList)
	ErrFreezePeriodGet    = failureOf("get freeze period", ErrGet)
	ErrFreezePeriodCreate = failureOf("create freeze period", ErrCreate)
	ErrFreezePeriodUpdate = failureOf("update freeze period", ErrUpdate)
	ErrFreezePeriodDelete = failureOf("delete freeze period", ErrDelete)

	ErrResourceGroupList   = failureOf("list resource groups", ErrList)
	ErrResourceGroupGet    = failureOf("get resource group", ErrGet)
	ErrResourceGroupUpdate = failureOf("update resource group", ErrUpdate)

	ErrSecureFileList   = failureOf("list secure files", ErrList)
	ErrSecureFileGet    = failureOf("get secure file", ErrGet)
	ErrSecureFileCreate = failureOf("create secure file", ErrCreate)
	ErrSecureFileDelete = failureOf("delete secure file", ErrDelete)

	ErrMergeTrainList = failureOf("list merge trains", ErrList)
	ErrMergeTrainGet  = failureOf("get merge train car", ErrGet)
	ErrMergeTrainAdd  = failureOf("add to merge train", ErrAdd, ErrCreate)

	ErrMergeTrainRemove = failureOf("remove from merge train", ErrRemove, ErrDelete)

	ErrJobTokenScopeGet    = failureOf("get job token scope", ErrGet)
	ErrJobTokenScopeUpdate = failureOf("update job token scope", ErrUpdate)
	ErrAllowlistList       = failureOf("list allowlist", ErrList)
	ErrAllowlistAdd        = failureOf("add to allowlist", ErrAdd, ErrCreate)
	ErrAllowlistRemove     = failureOf("remove from allowlist", ErrRemove, ErrDelete)

	ErrLintContent = failureOf("lint content", ErrLint)
	ErrLintProject = failureOf("lint project", ErrLint)

	ErrCommitStatusList = failureOf("list commit statuses", ErrList)
	ErrCommitStatusSet  = failureOf("set commit status", ErrSet, ErrCreate)

	ErrTemplateList = failureOf("list templates", ErrList)
	ErrTemplateGet  = failureOf("get template", ErrGet)

	ErrProjectSettingsGet    = failureOf("get project settings", ErrGet)
	ErrProjectSettingsUpdate = failureOf("update project settings", ErrUpdate)

	ErrCatalogPublish = failureOf("publish version", ErrPublish, ErrCreate)

	ErrProjectList = failureOf("list projects", ErrList)
	ErrProjectGet  = failureOf("get project", ErrGet)
	ErrGroupList   = failureOf("list groups", ErrList)
	ErrGroupGet    = failureOf("get group", ErrGet)
	ErrBranchList  = failureOf("list branches", ErrList)
	ErrBranchGet   = failureOf("get branch", ErrGet)
	ErrTagList     = failureOf("list tags", ErrList)
	ErrTagGet      = failureOf("get tag", ErrGet)
	ErrTagCreate   = failureOf("create tag", ErrCreate)

	ErrRunnerControllerList        = failureOf("list runner controllers", ErrList)
	ErrRunnerControllerGet         = failureOf("get runner controller", ErrGet)
	ErrRunnerControllerCreate      = failureOf("create runner controller", ErrCreate)
	ErrRunnerControllerUpdate      = failureOf("update runner controller", ErrUpdate)
	ErrRunnerControllerDelete      = failureOf("delete runner controller", ErrDelete)
	ErrRunnerControllerTokenList   = failureOf("list runner controller tokens", ErrList)
	ErrRunnerControllerTokenGet    = failureOf("get runner controller token", ErrGet)
	ErrRunnerControllerTokenCreate = failureOf("create runner controller token", ErrCreate)
	ErrRunnerControllerTokenRotate = failureOf("rotate runner controller token", ErrRotate, ErrCreate)
	ErrRunnerControllerTokenRevoke = failureOf("revoke runner controller token", ErrRevoke, ErrDelete)
)

// A failure is the sentinel of an operation.
type failure struct {
	op      string
	parents []error
}

func failureOf(op string, parents ...error) error { return &failure{op, parents} }
func (f *failure) Error() string                  { return "gitlabci: " + f.op }
func (f *failure) Unwrap() []error                { return f.parents }

// oneLine makes text from outside fit to print.
func oneLine(text string) string { return transport.Line(text) }
