package gitlabci_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

func TestErrorTexts(t *testing.T) {
	const cancel = "gitlabci: cancel pipeline: POST /projects/group%2Fapp/pipelines/7/cancel: "
	for _, test := range []struct {
		name    string
		status  int
		body    string
		headers []string
		want    string
		fields  map[string][]string
	}{
		{"a message", 403, `{"message":"403 Forbidden - job is locked"}`, nil, "403 Forbidden - job is locked", nil},
		{"the status as a message", 404, `{"message":"404 Not Found"}`, nil, "404 Not Found", nil},
		{"the status in lower case", 404, `{"message":"404 Not found"}`, nil, "404 Not found", nil},
		{"what is not found", 404, `{"message":"404 Project Not Found"}`, nil, "404 Project Not Found", nil},
		{"an object of arrays", 400, `{"message":{"base":["Reference not found"]}}`, nil, "400 Bad Request: Reference not found", map[string][]string{"base": {"Reference not found"}}},
		{"several attributes", 400, `{"message":{"value":["is invalid","is too short"],"key":["can't be blank"]}}`, nil,
			"400 Bad Request: key can't be blank; value is invalid, is too short", map[string][]string{"key": {"can't be blank"}, "value": {"is invalid", "is too short"}}},
		{"an object with an error", 429, `{"message":{"error":"This endpoint has been requested too many times. Try again later."}}`, nil,
			"429 Too Many Requests: This endpoint has been requested too many times. Try again later.", map[string][]string{"error": {"This endpoint has been requested too many times. Try again later."}}},
		{"an array", 400, `{"message":["a","b",["c"]]}`, nil, "400 Bad Request: a, b, c", nil},
		{"objects in objects", 400, `{"message":{"cron":{"base":["is odd"]},"n":[1,null,true]}}`, nil, "400 Bad Request: cron is odd; n 1, , true", map[string][]string{"cron": {"is odd"}, "n": {"1", "", "true"}}},
		{"an error", 400, `{"error":"ref is missing, job_id is invalid"}`, nil, "400 Bad Request: ref is missing, job_id is invalid", nil},
		{"an error and its description", 401, `{"error":"invalid_token","error_description":"Token was revoked. You have to re-authorize from the user."}`, nil,
			"401 Unauthorized: invalid_token: Token was revoked. You have to re-authorize from the user.", nil},
		{"an error and a scope", 403, `{"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the access token.","scope":"api read_api"}`, nil,
			"403 Forbidden: insufficient_scope: The request requires higher privileges than provided by the access token.: needs one of the scopes: api read_api", nil},
		{"a message and an error", 400, `{"message":"m","error":"e"}`, nil, "400 Bad Request: m: e", nil},
		{"another object", 400, `{"detail":"what else","code":7}`, nil, "400 Bad Request: code 7; detail what else", nil},
		{"a null message", 400, `{"message":null}`, nil, "400 Bad Request: message", nil},
		{"a number", 400, `{"message":5}`, nil, "400 Bad Request: 5", nil},
		{"plain text", 429, "Retry later\n", []string{"Content-Type: text/plain"}, "429 Too Many Requests: Retry later", nil},
		{"a page", 502, "<!DOCTYPE html>\n<html>\n<head>\n<title>GitLab is not responding (502) &amp; gone</title><style>" + strings.Repeat("x", 5000), []string{"Content-Type: text/html; charset=utf-8"},
			"502 Bad Gateway: GitLab is not responding (502) & gone", nil},
		{"a page that does not say so", 502, "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n", nil, "502 Bad Gateway", nil},
		{"a title in capitals", 502, "<HTML><HEAD><TITLE>Bad Gateway: nobody home</TITLE>", []string{"Content-Type: TEXT/HTML"}, "502 Bad Gateway: nobody home", nil},
		{"a title with attributes", 503, "<html><head>\n<title lang=\"en\"\n data-x='1'>We are\n down</title >", nil, "503 Service Unavailable: We are down", nil},
		{"what is no title", 503, "<html><head><titles>a</titles><titlebar>b</titlebar><Title >c</tItLe>", nil, "503 Service Unavailable: c", nil},
		{"a title without an end", 503, "<html><title>a", nil, "503 Service Unavailable", nil},
		{"a page behind a byte order mark", 503, "\ufeff\r\n<html><title>Down</title>", nil, "503 Service Unavailable: Down", nil},
		{"XML behind a byte order mark", 403, "\ufeff<?xml version='1.0'?><Error><Message xml:lang='en'>Request has expired</Message></Error>", nil, "403 Forbidden: Request has expired", nil},
		{"JSON behind a byte order mark", 404, "\ufeff{\"message\":\"404 Project Not Found\"}", nil, "404 Project Not Found", nil},
		{"text behind a byte order mark", 404, "\ufeffgone", nil, "404 Not Found: gone", nil},
		{"a page without a title", 403, "<p>no", []string{"Content-Type: text/html"}, "403 Forbidden", nil},
		{"an object storage", 403, `<?xml version='1.0' encoding='UTF-8'?><Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>`, []string{"Content-Type: application/xml"},
			"403 Forbidden: Request has expired", nil},
		{"nothing", 403, ``, nil, "403 Forbidden", nil},
		{"null", 403, `null`, nil, "403 Forbidden", nil},
		{"an empty object", 403, `{}`, nil, "403 Forbidden", nil},
		{"a bare number", 400, `17`, nil, "400 Bad Request: 17", nil},
		{"a message beside what it is about", 400, `{"message":{"scheduled_entries":[],"unprocessable_entries":[{"id":1}],"message":"No environments found"}}`, nil,
			"400 Bad Request: No environments found", map[string][]string{"unprocessable_entries": {"id 1"}, "message": {"No environments found"}}},
		{"a bare string", 429, `"This endpoint has been requested too many times."`, nil, "429 Too Many Requests: This endpoint has been requested too many times.", nil},
		{"a bare array", 400, `["a",{"b":"c"}]`, nil, "400 Bad Request: a, b c", nil},
		{"half of JSON", 400, `{"message":"half`, nil, `400 Bad Request: {"message":"half`, nil},
		{"invalid UTF-8", 400, "{\"message\":\"a\xff\xfeb\"}", nil, "400 Bad Request: a\ufffd\ufffdb", nil},
		{"invalid UTF-8 in plain text", 400, "a\xff\xfeb", nil, "400 Bad Request: ab", nil},
		{"escape sequences", 400, `{"message":"a\u001b[31mred\u0007\u0000\r\n\tb\u2028c\u202ed\u200be"}`, nil, "400 Bad Request: a [31mred b c d e", nil},
		{"raw escape sequences", 400, "a\x1b]0;title\x07b\r\nc", nil, "400 Bad Request: a ]0;title b c", nil},
		{"letters of all kinds", 400, `{"message":"日本 é 🚀"}`, nil, "400 Bad Request: 日本 é 🚀", nil},
		{"a line without end", 400, strings.Repeat("long ", 1<<18), nil, "400 Bad Request: " + strings.TrimSpace(strings.Repeat("long ", 410)[:2048]), nil},
		{"a status without a name", 599, ``, nil, "599", nil},
		{"a request id", 404, `{"message":"404 Project Not Found"}`, []string{"X-Request-Id: 01ABC"}, "404 Project Not Found (request 01ABC)", nil},
		{"a request id of evil", 404, ``, []string{"X-Request-Id: 01\tABC" + strings.Repeat("x", 5000)}, "404 Not Found (request 01 ABC" + strings.Repeat("x", 2042) + ")", nil},
		{"attempts", 502, ``, []string{"X-Request-Id: 01ABC"}, "502 Bad Gateway (request 01ABC, 2 attempts)", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			client := through(t, func(r *http.Request) (*http.Response, error) {
				resp := answerTo(r, test.status, test.body)
				for _, line := range test.headers {
					name, value, _ := strings.Cut(line, ": ")
					resp.Header.Set(name, value)
				}
				return resp, nil
			}, gitlabci.WithRetry(gitlabci.RetryPolicy{MaxAttempts: map[bool]int{true: 2, false: 1}[test.name == "attempts"], MinWait: 1, MaxWait: 1}))
			_, err := client.Pipelines.Cancel(t.Context(), wireApp, 7, nil)
			require.EqualError(t, err, cancel+test.want)
			e := failureOf(t, err)
			require.Equal(t, test.fields, e.Fields)
			require.Equal(t, test.status, e.StatusCode)
			require.Equal(t, "cancel pipeline", e.Op)
			require.Equal(t, "POST", e.Method)
			require.Equal(t, "/projects/group%2Fapp/pipelines/7/cancel", e.Path)
			require.Equal(t, "/projects/:id/pipelines/:pipeline_id/cancel", e.Route)
			require.Equal(t, test.body[:min(len(test.body), 64<<10)], string(e.Body))
		})
	}
}

func TestTextsOfOtherFailures(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	ok := func(status int, body, contentType string) *gitlabci.Client {
		return through(t, func(r *http.Request) (*http.Response, error) {
			return answerTo(r, status, body, "Content-Type: "+contentType), nil
		})
	}
	lose := through(t, func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF })
	for want, err := range map[string]error{
		"get job: GET /projects/:id/jobs/:job_id: invalid argument: job id 0 is below 1":                                                                ignore(lose.Jobs.Get(ctx, wireApp, 0)),
		"get job: GET /projects/:id/jobs/:job_id: invalid argument: no project or group is named":                                                       ignore(lose.Jobs.Get(ctx, gitlabci.Project{}, 1)),
		"create pipeline: POST /projects/:id/pipeline: invalid argument: Ref is missing":                                                                ignore(lose.Pipelines.Create(ctx, wireApp, nil)),
		"run trigger: POST /projects/:id/trigger/pipeline: invalid argument: Token is missing; Ref is missing":                                          ignore(lose.Triggers.Run(ctx, wireApp, nil)),
		"get job: GET /projects/group%2Fapp/jobs/1: context canceled":                                                                                   ignore(lose.Jobs.Get(ctx, wireApp, 1)),
		"retry job: POST /projects/group%2Fapp/jobs/1/retry: outcome unknown: unexpected EOF":                                                           ignore(lose.Jobs.Retry(t.Context(), wireApp, 1, nil)),
		"get job: GET /projects/group%2Fapp/jobs/1: 200 OK: the answer is not GitLab's: text/html: \"<html><title>Sign in</title>\"":                    ignore(ok(200, "<html><title>Sign in</title>", "text/html").Jobs.Get(t.Context(), wireApp, 1)),
		"get job: GET /projects/group%2Fapp/jobs/1: 200 OK: the answer is not GitLab's: text/plain: \"hello\"":                                          ignore(ok(200, "hello", "text/plain").Jobs.Get(t.Context(), wireApp, 1)),
		"get job: GET /projects/group%2Fapp/jobs/1: 200 OK: cannot decode the answer: the answer is empty":                                              ignore(ok(200, "null", "application/json").Jobs.Get(t.Context(), wireApp, 1)),
		"retry job: POST /projects/group%2Fapp/jobs/1/retry: 201 Created: outcome unknown: cannot decode the answer: the answer is empty":               ignore(ok(201, "{}", "application/json").Jobs.Retry(t.Context(), wireApp, 1, nil)),
		"get job: GET /projects/group%2Fapp/jobs/1: 200 OK: the answer is not GitLab's: text/plain: \"<html>\"":                                         ignore(ok(200, "\ufeff<html>", "text/plain").Jobs.Get(t.Context(), wireApp, 1)),
		"get job: GET /projects/group%2Fapp/jobs/1: 200 OK: x: cannot decode the answer: it has no id, but message, token":                              ignore(ok(200, "\ufeff{\"message\":\"x\",\"token\":\"glrt-1\"}", "text/plain").Jobs.Get(t.Context(), wireApp, 1)),
		"list jobs: GET /projects/group%2Fapp/jobs: 200 OK: cannot decode the answer: element 1: it has no id":                                          ignore(ok(200, "[{\"id\":1},{\"error\":\"x\"}]", "application/json").Jobs.List(t.Context(), wireApp, nil).Collect()),
		"get test report: GET /projects/group%2Fapp/pipelines/1/test_report: 200 OK: cannot decode the answer: it has no total_count, but id":           ignore(ok(200, "{\"id\":1}", "application/json").Pipelines.TestReport(t.Context(), wireApp, 1)),
		"retry job: POST /projects/group%2Fapp/jobs/1/retry: 500 Internal Server Error: outcome unknown":                                                ignore(ok(500, "", "application/json").Jobs.Retry(t.Context(), wireApp, 1, nil)),
		"play schedule: POST /projects/group%2Fapp/pipeline_schedules/1/play: 200 OK: outcome unknown: the answer is not GitLab's: a page came instead": ok(200, "<html>", "text/html").Schedules.Play(t.Context(), wireApp, 1, nil),
		"new client: invalid argument: auth is nil: use Anonymous() to call without a token":                                                            ignore(gitlabci.NewClient("", nil)),
	} {
		require.EqualError(t, err, "gitlabci: "+want)
	}
	require.NotPanics(t, func() { _ = new(gitlabci.Error).Error() })
}

func TestStatusSentinels(t *testing.T) {
	all := map[int]error{400: gitlabci.ErrBadRequest, 401: gitlabci.ErrUnauthorized, 403: gitlabci.ErrForbidden, 404: gitlabci.ErrNotFound, 409: gitlabci.ErrConflict,
		422: gitlabci.ErrUnprocessable, 429: gitlabci.ErrRateLimited}
	for status := 300; status < 620; status++ {
		_, err := through(t, func(r *http.Request) (*http.Response, error) { return answerTo(r, status, ""), nil }).Jobs.Get(t.Context(), wireApp, 1, gitlabci.WithoutRetry())
		for code, sentinel := range all {
			require.Equal(t, code == status, errors.Is(err, sentinel), status)
		}
		require.Equal(t, status >= 500 && status < 600, errors.Is(err, gitlabci.ErrServer), status)
	}
}

func TestSentinelsAndTheirParents(t *testing.T) {
	parents := map[error][]error{
		gitlabci.ErrPipelineList: {gitlabci.ErrList}, gitlabci.ErrPipelineGet: {gitlabci.ErrGet}, gitlabci.ErrPipelineCreate: {gitlabci.ErrCreate},
		gitlabci.ErrPipelineUpdate: {gitlabci.ErrUpdate}, gitlabci.ErrPipelineCancel: {gitlabci.ErrCancel}, gitlabci.ErrPipelineRetry: {gitlabci.ErrRetry},
		gitlabci.ErrPipelinePlay: {gitlabci.ErrPlay, gitlabci.ErrRetry}, gitlabci.ErrPipelineDelete: {gitlabci.ErrDelete},
		gitlabci.ErrJobList: {gitlabci.ErrList}, gitlabci.ErrJobGet: {gitlabci.ErrGet}, gitlabci.ErrJobCancel: {gitlabci.ErrCancel}, gitlabci.ErrJobRetry: {gitlabci.ErrRetry},
		gitlabci.ErrJobPlay: {gitlabci.ErrPlay, gitlabci.ErrRetry}, gitlabci.ErrJobErase: {gitlabci.ErrErase, gitlabci.ErrRetry}, gitlabci.ErrTraceGet: {gitlabci.ErrGet},
		gitlabci.ErrArtifactsGet: {gitlabci.ErrGet}, gitlabci.ErrArtifactsList: {gitlabci.ErrList}, gitlabci.ErrArtifactsKeep: {gitlabci.ErrKeep}, gitlabci.ErrArtifactsDelete: {gitlabci.ErrDelete},
		gitlabci.ErrRunnerList: {gitlabci.ErrList}, gitlabci.ErrRunnerGet: {gitlabci.ErrGet}, gitlabci.ErrRunnerCreate: {gitlabci.ErrCreate},
		gitlabci.ErrRunnerRegister: {gitlabci.ErrRegister, gitlabci.ErrCreate}, gitlabci.ErrRunnerVerify: {gitlabci.ErrVerify}, gitlabci.ErrRunnerUpdate: {gitlabci.ErrUpdate},
		gitlabci.ErrRunnerDelete: {gitlabci.ErrDelete}, gitlabci.ErrRunnerEnable: {gitlabci.ErrEnable, gitlabci.ErrCreate}, gitlabci.ErrRunnerDisable: {gitlabci.ErrDisable, gitlabci.ErrDelete},
		gitlabci.ErrRunnerResetToken: {gitlabci.ErrResetToken},
		gitlabci.ErrVariableList:     {gitlabci.ErrList}, gitlabci.ErrVariableGet: {gitlabci.ErrGet}, gitlabci.ErrVariableCreate: {gitlabci.ErrCreate},
		gitlabci.ErrVariableUpdate: {gitlabci.ErrUpdate}, gitlabci.ErrVariableDelete: {gitlabci.ErrDelete},
		gitlabci.ErrTriggerList: {gitlabci.ErrList}, gitlabci.ErrTriggerGet: {gitlabci.ErrGet}, gitlabci.ErrTriggerCreate: {gitlabci.ErrCreate},
		gitlabci.ErrTriggerUpdate: {gitlabci.ErrUpdate}, gitlabci.ErrTriggerDelete: {gitlabci.ErrDelete}, gitlabci.ErrTriggerRun: {gitlabci.ErrRun, gitlabci.ErrCreate},
		gitlabci.ErrScheduleList: {gitlabci.ErrList}, gitlabci.ErrScheduleGet: {gitlabci.ErrGet}, gitlabci.ErrScheduleCreate: {gitlabci.ErrCreate},
		gitlabci.ErrScheduleUpdate: {gitlabci.ErrUpdate}, gitlabci.ErrScheduleDelete: {gitlabci.ErrDelete}, gitlabci.ErrSchedulePlay: {gitlabci.ErrPipelinePlay, gitlabci.ErrPlay, gitlabci.ErrRetry},
		gitlabci.ErrScheduleTakeOwnership: {gitlabci.ErrTakeOwnership},
		gitlabci.ErrNotGitLab:             {gitlabci.ErrDecode},
	}
	verbs := []error{gitlabci.ErrList, gitlabci.ErrGet, gitlabci.ErrCreate, gitlabci.ErrUpdate, gitlabci.ErrDelete, gitlabci.ErrCancel, gitlabci.ErrRetry, gitlabci.ErrPlay, gitlabci.ErrErase,
		gitlabci.ErrKeep, gitlabci.ErrRun, gitlabci.ErrRegister, gitlabci.ErrVerify, gitlabci.ErrEnable, gitlabci.ErrDisable, gitlabci.ErrResetToken, gitlabci.ErrTakeOwnership, gitlabci.ErrDecode}
	texts := map[string]bool{}
	for sentinel, its := range parents {
		require.False(t, texts[sentinel.Error()], "%v twice", sentinel)
		texts[sentinel.Error()] = true
		for _, verb := range verbs {
			want := false
			for _, parent := range its {
				want = want || parent == verb
			}
			require.Equal(t, want, errors.Is(sentinel, verb), "%v and %v", sentinel, verb)
		}
		for other := range parents {
			require.Equal(t, sentinel == other || slices.Contains(its, other), errors.Is(sentinel, other), "%v and %v", sentinel, other)
		}
	}
	for _, call := range onceCalls {
		if call.failure == nil {
			continue
		}
		client := through(t, func(r *http.Request) (*http.Response, error) { return answerTo(r, 403, ""), nil })
		err := call.do(t.Context(), client)
		require.ErrorIs(t, err, call.failure, call.name)
		require.ErrorIs(t, err, gitlabci.ErrForbidden)
		require.NotErrorIs(t, err, gitlabci.ErrOutcomeUnknown, "it was refused")
		for _, parent := range parents[call.failure] {
			require.ErrorIs(t, err, parent, call.name)
		}
		wrapped := fmt.Errorf("deploying: %w", err)
		require.ErrorIs(t, wrapped, call.failure)
		require.Equal(t, 403, failureOf(t, wrapped).StatusCode)
	}
}

func TestAmbiguousVariable(t *testing.T) {
	client := through(t, func(r *http.Request) (*http.Response, error) {
		return answerTo(r, 409, `{"message":"There are multiple variables with provided parameters. Please use 'filter[environment_scope]'"}`), nil
	})
	_, err := client.Variables.Get(t.Context(), wireApp, gitlabci.Key("K"))
	require.ErrorIs(t, err, gitlabci.ErrAmbiguousVariable)
	require.ErrorIs(t, err, gitlabci.ErrConflict)
	require.ErrorIs(t, err, gitlabci.ErrVariableGet)
}

func TestErrorInALog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := through(t, func(r *http.Request) (*http.Response, error) {
			return answerTo(r, 429, "Retry later", "Retry-After: 90", "X-Request-Id: 01ABC"), nil
		})
		_, err := client.Pipelines.Cancel(t.Context(), wireApp, 7, nil)
		var out bytes.Buffer
		slog.New(slog.NewJSONHandler(&out, nil)).Error("failed", "err", err)
		var record struct{ Err map[string]any }
		require.NoError(t, json.Unmarshal(out.Bytes(), &record))
		require.Equal(t, map[string]any{
			"op": "cancel pipeline", "method": "POST", "route": "/projects/:id/pipelines/:pipeline_id/cancel", "path": "/projects/group%2Fapp/pipelines/7/cancel", "reason": "429 Too Many Requests: Retry later",
			"status": 429.0, "request_id": "01ABC", "attempts": 1.0,
		}, record.Err)
		require.Equal(t, 90*time.Second, failureOf(t, err).RetryAfter)
	})
}
