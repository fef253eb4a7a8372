package conformance_test

import (
	"errors"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/internal/conformance/facts"
)

// counterparts are what python-gitlab's classes, as they are asked for, are called here: attributes as fields, filters and members of
// request bodies as fields of options, methods as methods.
var counterparts = map[string]string{
	"ProjectPipeline.id":              "Pipeline.ID",
	"ProjectPipeline.iid":             "Pipeline.IID",
	"ProjectPipeline.status":          "Pipeline.Status",
	"ProjectPipeline.source":          "Pipeline.Source",
	"ProjectPipeline.ref":             "Pipeline.Ref",
	"ProjectPipeline.sha":             "Pipeline.SHA",
	"ProjectPipeline.before_sha":      "Pipeline.BeforeSHA",
	"ProjectPipeline.tag":             "Pipeline.Tag",
	"ProjectPipeline.yaml_errors":     "Pipeline.YAMLErrors",
	"ProjectPipeline.user":            "Pipeline.User",
	"ProjectPipeline.created_at":      "Pipeline.CreatedAt",
	"ProjectPipeline.updated_at":      "Pipeline.UpdatedAt",
	"ProjectPipeline.started_at":      "Pipeline.StartedAt",
	"ProjectPipeline.finished_at":     "Pipeline.FinishedAt",
	"ProjectPipeline.committed_at":    "Pipeline.CommittedAt",
	"ProjectPipeline.duration":        "Pipeline.Duration",
	"ProjectPipeline.queued_duration": "Pipeline.QueuedDuration",
	"ProjectPipeline.coverage":        "Pipeline.Coverage",
	"ProjectPipeline.web_url":         "Pipeline.WebURL",

	"ProjectPipeline.cancel()":            "Pipelines.Cancel",
	"ProjectPipeline.retry()":             "Pipelines.Retry",
	"ProjectPipeline.play()":              "Pipelines.Play",
	"ProjectPipeline.play(job_variables)": "PlayPipelineOptions.Variables",
	"ProjectPipeline.delete()":            "Pipelines.Delete",

	"ProjectPipelineManager.list()":               "Pipelines.List",
	"ProjectPipelineManager.list(scope)":          "ListPipelinesOptions.Scope",
	"ProjectPipelineManager.list(status)":         "ListPipelinesOptions.Status",
	"ProjectPipelineManager.list(ref)":            "ListPipelinesOptions.Ref",
	"ProjectPipelineManager.list(sha)":            "ListPipelinesOptions.SHA",
	"ProjectPipelineManager.list(yaml_errors)":    "ListPipelinesOptions.YAMLErrors",
	"ProjectPipelineManager.list(name)":           "ListPipelinesOptions.Name",
	"ProjectPipelineManager.list(username)":       "ListPipelinesOptions.Username",
	"ProjectPipelineManager.list(updated_after)":  "ListPipelinesOptions.UpdatedAfter",
	"ProjectPipelineManager.list(updated_before)": "ListPipelinesOptions.UpdatedBefore",
	"ProjectPipelineManager.list(order_by)":       "ListPipelinesOptions.OrderBy",
	"ProjectPipelineManager.list(sort)":           "ListPipelinesOptions.Sort",
	"ProjectPipelineManager.list(source)":         "ListPipelinesOptions.Source",
	"ProjectPipelineManager.create()":             "Pipelines.Create",
	"ProjectPipelineManager.create(ref)":          "CreatePipelineOptions.Ref",
	"ProjectPipelineManager.create(variables)":    "CreatePipelineOptions.Variables",
	"ProjectPipelineManager.get()":                "Pipelines.Get",
	"ProjectPipelineManager.update()":             "Pipelines.Update",
	"ProjectPipelineManager.delete()":             "Pipelines.Delete",

	"ProjectJob.id":                  "Job.ID",
	"ProjectJob.name":                "Job.Name",
	"ProjectJob.stage":               "Job.Stage",
	"ProjectJob.status":              "Job.Status",
	"ProjectJob.created_at":          "Job.CreatedAt",
	"ProjectJob.started_at":          "Job.StartedAt",
	"ProjectJob.finished_at":         "Job.FinishedAt",
	"ProjectJob.duration":            "Job.Duration",
	"ProjectJob.queued_duration":     "Job.QueuedDuration",
	"ProjectJob.user":                "Job.User",
	"ProjectJob.commit":              "Job.Commit",
	"ProjectJob.pipeline":            "Job.Pipeline",
	"ProjectJob.web_url":             "Job.WebURL",
	"ProjectJob.artifacts":           "Job.Artifacts",
	"ProjectJob.artifacts_file":      "Job.ArtifactsFile",
	"ProjectJob.artifacts_expire_at": "Job.ArtifactsExpireAt",
	"ProjectJob.tag_list":            "Job.TagList",
	"ProjectJob.runner":              "Job.Runner",
	"ProjectJob.coverage":            "Job.Coverage",
	"ProjectJob.allow_failure":       "Job.AllowFailure",
	"ProjectJob.failure_reason":      "Job.FailureReason",
	"ProjectJob.erased_at":           "Job.ErasedAt",
	"ProjectJob.erased_by":           "Job.ErasedBy",

	"ProjectJob.cancel()":                       "Jobs.Cancel",
	"ProjectJob.retry()":                        "Jobs.Retry",
	"ProjectJob.play()":                         "Jobs.Play",
	"ProjectJob.play(job_variables_attributes)": "PlayJobOptions.Variables",
	"ProjectJob.erase()":                        "Jobs.Erase",
	"ProjectJob.keep_artifacts()":               "Jobs.KeepArtifacts",
	"ProjectJob.delete_artifacts()":             "Jobs.DeleteArtifacts",
	"ProjectJob.trace()":                        "Jobs.Trace",

	"ProjectJobManager.list()":                "Jobs.List",
	"ProjectJobManager.list(scope)":           "ListJobsOptions.Scope",
	"ProjectJobManager.list(include_retried)": "ListPipelineJobsOptions.IncludeRetried", // which GitLab knows there only
	"ProjectJobManager.get()":                 "Jobs.Get",

	"Runner.id":              "Runner.ID",
	"Runner.description":     "Runner.Description",
	"Runner.active":          "Runner.Active",
	"Runner.paused":          "Runner.Paused",
	"Runner.is_shared":       "Runner.IsShared",
	"Runner.runner_type":     "Runner.RunnerType",
	"Runner.name":            "Runner.Name",
	"Runner.online":          "Runner.Online",
	"Runner.status":          "Runner.Status",
	"Runner.ip_address":      "Runner.IPAddress",
	"Runner.tag_list":        "Runner.TagList",
	"Runner.version":         "Runner.Version",
	"Runner.revision":        "Runner.Revision",
	"Runner.platform":        "Runner.Platform",
	"Runner.architecture":    "Runner.Architecture",
	"Runner.contacted_at":    "Runner.ContactedAt",
	"Runner.token":           "Runner.Token",
	"Runner.locked":          "Runner.Locked",
	"Runner.access_level":    "Runner.AccessLevel",
	"Runner.maximum_timeout": "Runner.MaximumTimeout",
	"Runner.groups":          "Runner.Groups",
	"Runner.projects":        "Runner.Projects",

	"Runner.save()":   "Runners.Update",
	"Runner.delete()": "Runners.Delete",

	"RunnerManager.list()":         "Runners.List",
	"RunnerManager.list(scope)":    "ListRunnersOptions.Scope",
	"RunnerManager.list(type)":     "ListRunnersOptions.Type",
	"RunnerManager.list(status)":   "ListRunnersOptions.Status",
	"RunnerManager.list(paused)":   "ListRunnersOptions.Paused",
	"RunnerManager.list(tag_list)": "ListRunnersOptions.TagList",
	"RunnerManager.get()":          "Runners.Get",
	"RunnerManager.create()":       "Runners.Register",
	"RunnerManager.update()":       "Runners.Update",
	"RunnerManager.delete()":       "Runners.Delete",

	"ProjectRunnerManager.list()":            "Runners.ListForProject",
	"ProjectRunnerManager.create()":          "Runners.Enable",
	"ProjectRunnerManager.create(runner_id)": "Runners.Enable", // its argument
	"ProjectRunnerManager.delete()":          "Runners.Disable",

	"ProjectVariable.key":               "Variable.Key",
	"ProjectVariable.value":             "Variable.Value",
	"ProjectVariable.variable_type":     "Variable.VariableType",
	"ProjectVariable.protected":         "Variable.Protected",
	"ProjectVariable.masked":            "Variable.Masked",
	"ProjectVariable.raw":               "Variable.Raw",
	"ProjectVariable.environment_scope": "Variable.EnvironmentScope",
	"ProjectVariable.description":       "Variable.Description",

	"ProjectVariable.save()":   "Variables.Update",
	"ProjectVariable.delete()": "Variables.Delete",

	"ProjectVariableManager.create()":                  "Variables.Create",
	"ProjectVariableManager.create(key)":               "CreateVariableOptions.Key",
	"ProjectVariableManager.create(value)":             "CreateVariableOptions.Value",
	"ProjectVariableManager.create(variable_type)":     "CreateVariableOptions.VariableType",
	"ProjectVariableManager.create(protected)":         "CreateVariableOptions.Protected",
	"ProjectVariableManager.create(masked)":            "CreateVariableOptions.Masked",
	"ProjectVariableManager.create(raw)":               "CreateVariableOptions.Raw",
	"ProjectVariableManager.create(environment_scope)": "CreateVariableOptions.EnvironmentScope",
	"ProjectVariableManager.create(description)":       "CreateVariableOptions.Description",
	"ProjectVariableManager.list()":                    "Variables.List",
	"ProjectVariableManager.get()":                     "Variables.Get",
	"ProjectVariableManager.update()":                  "Variables.Update",
	"ProjectVariableManager.delete()":                  "Variables.Delete",

	"ProjectTrigger.id":          "Trigger.ID",
	"ProjectTrigger.description": "Trigger.Description",
	"ProjectTrigger.created_at":  "Trigger.CreatedAt",
	"ProjectTrigger.last_used":   "Trigger.LastUsed",
	"ProjectTrigger.token":       "Trigger.Token",
	"ProjectTrigger.updated_at":  "Trigger.UpdatedAt",
	"ProjectTrigger.owner":       "Trigger.Owner",

	"ProjectTrigger.save()":   "Triggers.Update",
	"ProjectTrigger.delete()": "Triggers.Delete",

	"ProjectTriggerManager.create()":            "Triggers.Create",
	"ProjectTriggerManager.create(description)": "CreateTriggerOptions.Description",
	"ProjectTriggerManager.list()":              "Triggers.List",
	"ProjectTriggerManager.get()":               "Triggers.Get",
	"ProjectTriggerManager.update()":            "Triggers.Update",
	"ProjectTriggerManager.delete()":            "Triggers.Delete",

	"ProjectPipelineSchedule.id":            "Schedule.ID",
	"ProjectPipelineSchedule.description":   "Schedule.Description",
	"ProjectPipelineSchedule.ref":           "Schedule.Ref",
	"ProjectPipelineSchedule.cron":          "Schedule.Cron",
	"ProjectPipelineSchedule.cron_timezone": "Schedule.CronTimezone",
	"ProjectPipelineSchedule.next_run_at":   "Schedule.NextRunAt",
	"ProjectPipelineSchedule.active":        "Schedule.Active",
	"ProjectPipelineSchedule.created_at":    "Schedule.CreatedAt",
	"ProjectPipelineSchedule.updated_at":    "Schedule.UpdatedAt",
	"ProjectPipelineSchedule.owner":         "Schedule.Owner",
	"ProjectPipelineSchedule.last_pipeline": "Schedule.LastPipeline",

	"ProjectPipelineSchedule.save()":           "Schedules.Update",
	"ProjectPipelineSchedule.delete()":         "Schedules.Delete",
	"ProjectPipelineSchedule.play()":           "Schedules.Play",
	"ProjectPipelineSchedule.take_ownership()": "Schedules.TakeOwnership",

	"ProjectPipelineScheduleManager.create()":              "Schedules.Create",
	"ProjectPipelineScheduleManager.create(description)":   "CreateScheduleOptions.Description",
	"ProjectPipelineScheduleManager.create(ref)":           "CreateScheduleOptions.Ref",
	"ProjectPipelineScheduleManager.create(cron)":          "CreateScheduleOptions.Cron",
	"ProjectPipelineScheduleManager.create(cron_timezone)": "CreateScheduleOptions.CronTimezone",
	"ProjectPipelineScheduleManager.create(active)":        "CreateScheduleOptions.Active",
	"ProjectPipelineScheduleManager.list()":                "Schedules.List",
	"ProjectPipelineScheduleManager.get()":                 "Schedules.Get",
	"ProjectPipelineScheduleManager.update()":              "Schedules.Update",
	"ProjectPipelineScheduleManager.delete()":              "Schedules.Delete",
}

// gaps are the lines of asked-for-gaps.tsv, which speak of what is asked for and python-gitlab does not have or do, and what meets
// them here.
var gaps = map[string][]string{
	"ProjectPipeline.play(job_variables)":                                           {"Pipelines.Play", "PlayPipelineOptions.Variables"},
	"ProjectJob.play(job_variables_attributes=[...])":                               {"PlayJobOptions.Variables"},
	"ProjectPipelineManager as CRUDMixin: update()":                                 {"Pipelines.Update", "UpdatePipelineOptions.Name"},
	"ProjectPipelineManager.list(updated_after, updated_before)":                    {"ListPipelinesOptions.UpdatedAfter", "ListPipelinesOptions.UpdatedBefore"},
	"ProjectJobManager.list(include_retried)":                                       {"ListPipelineJobsOptions.IncludeRetried"},
	"project.pipelines ... for job in pipeline.jobs.list(): job.delete_artifacts()": {"Pipelines.Jobs -> Seq[Job]", "Jobs.DeleteArtifacts"},
	"ProjectJob.play() -> dict":                                                     {"Jobs.Play -> *Job"},
	"ProjectJob.erase() -> dict":                                                    {"Jobs.Erase -> *Job"},
	"ProjectJob.keep_artifacts() -> dict":                                           {"Jobs.KeepArtifacts -> *Job"},
	"ProjectJob.delete_artifacts() -> dict":                                         {"Jobs.DeleteArtifacts -> error"},
	"ProjectPipelineSchedule.take_ownership() -> dict":                              {"Schedules.TakeOwnership -> *Schedule"},
	"ProjectPipelineSchedule.play() raises / keeps the schedule":                    {"Schedules.Play -> error"},
	"Runner list scope offline":                                                     {"ListRunnersOptions.Scope", "ListRunnersOptions.Status"},
	"ProjectRunner: plain object":                                                   {"Runners.Enable", "Runners.Disable"},
	"pipeline attribute committed_at; source, status values":                        {"Pipeline.CommittedAt", "Pipeline.Source", "Pipeline.Status"},
}

// resultTypes are the types by their names that stand in signatures of methods or in each other.
func resultTypes() map[string]reflect.Type {
	types := make(map[string]reflect.Type)
	for _, method := range methodsOf() {
		for i := 1; i < method.NumIn(); i++ {
			addTypes(types, method.In(i))
		}
		for i := range method.NumOut() {
			addTypes(types, method.Out(i))
		}
	}
	return types
}

// addTypes adds the structs that a type is made of.
func addTypes(types map[string]reflect.Type, typ reflect.Type) {
	switch typ.Kind() {
	case reflect.Pointer, reflect.Slice:
		addTypes(types, typ.Elem())
	case reflect.Func: // a Seq of pointers
		if collect, ok := typ.MethodByName("Collect"); ok {
			addTypes(types, collect.Type.Out(0))
		}
	case reflect.Struct:
		if types[typ.Name()] == nil {
			types[typ.Name()] = typ
			for i := range typ.NumField() {
				addTypes(types, typ.Field(i).Type)
			}
		}
	}
}

// requireExists tests that there is a method, as in "Jobs.Play" or "Jobs.Play -> *Job", or a field, as in "Job.Name". It gives the
// field's type.
func requireExists(t *testing.T, types map[string]reflect.Type, asked, name string) reflect.Type {
	t.Helper()
	name, result, _ := strings.Cut(name, " -> ")
	if method := methodsOf()[name]; method != nil {
		got := method.Out(0).String()
		for _, prefix := range []string{modulePath + ".", "gitlabci."} {
			got = strings.ReplaceAll(got, prefix, "")
		}
		if result != "" {
			require.Equal(t, result, got, asked)
		}
		return nil
	}
	owner, field, _ := strings.Cut(name, ".")
	if typ := types[owner]; typ != nil {
		if f, ok := typ.FieldByName(field); ok {
			return f.Type
		}
	}
	t.Errorf("%s is to be %s, which does not exist", asked, name)
	return nil
}

// TestEverythingAskedForIsHere tests that each class, attribute, method, filter and member of a body that is asked for has its
// counterpart, and that each value that an attribute or filter is said to have has a constant.
func TestEverythingAskedForIsHere(t *testing.T) {
	t.Parallel()
	types, asked := resultTypes(), make(map[string]bool)
	for _, row := range facts.Table("asked-for") {
		name := row["asked"]
		asked[name] = true
		here, ok := counterparts[name]
		if !ok {
			t.Errorf("%s has no counterpart", name)
			continue
		}
		field := requireExists(t, types, name, here)
		if row["values"] != "" {
			requireConstants(t, name, field, row["values"])
		}
	}
	for name := range counterparts {
		if !asked[name] {
			t.Errorf("%s is not asked for", name)
		}
	}
	require.Greater(t, len(asked), 150)
}

func TestEveryGapIsClosed(t *testing.T) {
	t.Parallel()
	types := resultTypes()
	rows := facts.Table("asked-for-gaps")
	for _, row := range rows {
		if len(gaps[row["asked"]]) == 0 {
			t.Errorf("nothing meets %s", row["asked"])
		}
		for _, name := range gaps[row["asked"]] {
			requireExists(t, types, row["asked"], name)
		}
	}
	require.Len(t, gaps, len(rows))
}

// elsewhere are the classes of python-gitlab whose calls are not GitLab's CI/CD.
var elsewhere = regexp.MustCompile(`Cluster|Package|^ProjectMergeRequest$`)

// TestEveryCallIsHere tests that each request that python-gitlab's CI/CD methods make is made by a method here.
func TestEveryCallIsHere(t *testing.T) {
	t.Parallel()
	count := 0
	for _, row := range facts.Table("python-gitlab") {
		verb := row["method"]
		if verb == "HEAD" || elsewhere.MatchString(row["class"]) {
			continue // of HEAD, Client.Do is the counterpart
		}
		count++
		if called := bare(verb, row["path"]); len(sentTo(called)) == 0 && noMethod[called] == "" {
			t.Errorf("%s.%s: no method calls %s", row["class"], row["operation"], called)
		}
	}
	require.Greater(t, count, 130)
}

// TestExceptionsAskedFor tests that the exceptions that are asked for have sentinels with the same hierarchy: cancelling matches
// ErrCancel, and retrying, playing and erasing ErrRetry.
func TestExceptionsAskedFor(t *testing.T) {
	t.Parallel()
	parents := map[string]error{"GitlabCancelError": gitlabci.ErrCancel, "GitlabRetryError": gitlabci.ErrRetry}
	sentinels := map[string]error{
		"GitlabPipelineCancelError": gitlabci.ErrPipelineCancel,
		"GitlabPipelineRetryError":  gitlabci.ErrPipelineRetry,
		"GitlabPipelinePlayError":   gitlabci.ErrPipelinePlay,
		"GitlabJobCancelError":      gitlabci.ErrJobCancel,
		"GitlabJobRetryError":       gitlabci.ErrJobRetry,
		"GitlabJobPlayError":        gitlabci.ErrJobPlay,
		"GitlabJobEraseError":       gitlabci.ErrJobErase,
	}
	exceptions := facts.Table("exceptions")
	require.Len(t, sentinels, len(exceptions))
	for _, row := range exceptions {
		exception, base := row["class"], row["base"]
		sentinel := sentinels[exception]
		require.NotNil(t, sentinel, exception)
		require.Contains(t, parents, base, exception)
		for other, parent := range parents {
			require.Equal(t, other == base, errors.Is(sentinel, parent), exception)
		}
		require.True(t, slices.ContainsFunc(table, func(r methodRow) bool { return r.fails == sentinel || r.wrapped == sentinel }), exception)
	}
}
