package gitlabci

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// EffectiveOptions say for which job the variables are worked out.
type EffectiveOptions struct {
	// Ref is the branch or tag that the job runs for, or a full ref such as refs/heads/main, refs/tags/v1 or refs/merge-requests/8/head. Where
	// it is empty, it is that of Pipeline or Schedule, or else the default branch. Of a branch and a tag of one name, the short name is the
	// branch.
	Ref         string
	Environment string // the name of the job's environment, expanded; empty for a job that has none
	Pipeline    int64  // read the ref and the variables of this pipeline
	Schedule    int64  // read the ref and the variables of this schedule

	// Given are variables that no call reads before there is a job: those that a pipeline is to be given, those of the CI configuration, and
	// so on. A list for VariableOriginJob that is empty but not nil is "variables: {}": the job takes none of VariableOriginDefault.
	Given map[VariableOrigin][]PipelineVariable

	Expand bool // expand the references to other variables as GitLab does; what the runner expands stays
}

func (o *EffectiveOptions) validate() error {
	if o.Pipeline < 0 || o.Schedule < 0 {
		return errors.New("the id of the pipeline or schedule is negative")
	}
	for origin, variables := range o.Given {
		switch {
		case slices.Contains(storedOrigins, origin):
			return fmt.Errorf("variables of origin %s are read, and cannot be given", origin)
		case !slices.Contains(variableOrigins, origin):
			return fmt.Errorf("there is no origin %q of variables", string(origin))
		}
		if err := requireKeys(variables); err != nil {
			return err
		}
		seen := make(map[string]bool)
		for i := range variables {
			if seen[variables[i].Key] {
				return fmt.Errorf("variable %s is given twice", variables[i].Key)
			}
			seen[variables[i].Key] = true
		}
	}
	return nil
}

var effectiveVariables = &composite{"work out effective variables", ErrVariableList}

// effectiveProject reads of a project where it stands.
var effectiveProject = get("get project", "/projects/:id", ErrVariableList)

// projectHome is a project with what decides about its variables.
type projectHome struct {
	ProjectBasic
	EmptyRepo                    bool `json:"empty_repo"`
	ProtectMergeRequestPipelines bool `json:"protect_merge_request_pipelines"`
}

// groups are the paths of the groups that a project is in, the nearest first.
func (h *projectHome) groups() (paths []string) {
	if h.Namespace.Kind == "user" {
		return nil
	}
	for at := cmp.Or(h.Namespace.FullPath, parentPath(h.PathWithNamespace)); at != ""; at = parentPath(at) {
		paths = append(paths, at)
	}
	return paths
}

// parentPath is the path of the group that a project or group is in, and empty at the top.
func parentPath(path string) string { return path[:max(0, strings.LastIndexByte(path, '/'))] }

// Effective works out which variables a job would get, where each comes from, which others it hides, and why those do not count:
// because their environment scope does not match, or the ref is not protected.
//
//	GET /projects/:id
//	GET /projects/:id/variables
//	GET /groups/:id/variables
//	GET /admin/ci/variables
//	GET /projects/:id/repository/branches/:branch
//	GET /projects/:id/repository/tags/:tag_name
//	GET /projects/:id/protected_branches
//	GET /projects/:id/protected_tags
//	GET /projects/:id/merge_requests/:merge_request_iid
//	GET /projects/:id/pipelines/:pipeline_id
//	GET /projects/:id/pipelines/:pipeline_id/variables
//	GET /projects/:id/pipeline_schedules/:pipeline_schedule_id
//
// For a project in N groups these are N + 4 requests: the project, then all the others at once. There are more pages where a level has more
// than a hundred variables; one request more for a short ref that is no branch, and for a full one that is not there yet; and two each for a
// merge request and a Pipeline, one for a Schedule. A [WithResponse] is not filled.
//
// A level that the token may not read is no error: it is in [EffectiveVariables].Unread, and every key that it may have is unknown, never
// unset. Variables of projects take a maintainer, those of groups an owner, those of the instance an administrator, so without one a key that
// neither the project nor its groups have is unknown. GitLab tells nobody the variables of policies, and none are taken into account.
// Predefined variables and those of the CI configuration are those of [EffectiveOptions].Given alone.
//
// Its errors match [ErrVariableList], and [ErrNotFound] where there is no such project. Beside one that ended the context stands what was
// read until then.
//
// GitLab docs: https://docs.gitlab.com/ci/variables/#cicd-variable-precedence
func (s *VariablesService) Effective(ctx context.Context, project Project, options *EffectiveOptions, opts ...RequestOption) (*EffectiveVariables, error) {
	options = cmp.Or(options, new(EffectiveOptions))
	if err := options.validate(); err != nil {
		return nil, effectiveVariables.invalid(err)
	}
	r := effectiveReader{s: s, project: project, EffectiveOptions: *options, opts: withoutReports(opts)}
	if err := r.begin(ctx); err != nil {
		return nil, effectiveVariables.wrap(err)
	}
	e := r.read(ctx)
	if err := ctx.Err(); err != nil {
		return e, effectiveVariables.wrap(err)
	}
	return e, nil
}

// effectiveReader reads what the variables of a job are worked out of.
type effectiveReader struct {
	EffectiveOptions
	s       *VariablesService
	project Project
	opts    []RequestOption
	home    *projectHome
	levels  []*variableLevel // the highest first
}

// begin reads what tells which levels there are.
func (r *effectiveReader) begin(ctx context.Context) (err error) {
	r.home, err = do[projectHome](ctx, r.s.engine, effectiveProject, r.project.path(), nil, r.opts)
	if err != nil {
		return err
	}
	pipeline, schedule := new(Pipeline), new(Schedule)
	if r.Pipeline != 0 {
		pipeline, err = (*PipelinesService)(r.s).Get(ctx, r.project, r.Pipeline, r.opts...)
		if err != nil {
			return err
		}
	}
	if r.Schedule != 0 {
		schedule, err = (*SchedulesService)(r.s).Get(ctx, r.project, r.Schedule, r.opts...)
		if err != nil {
			return err
		}
	}
	r.Ref = cmp.Or(r.Ref, fullRef(pipeline), schedule.Ref)
	if r.Ref == "" && r.home.DefaultBranch != "" {
		r.Ref = headsPrefix + r.home.DefaultBranch
	}
	for _, origin := range variableOrigins {
		r.enter(origin, schedule)
	}
	return nil
}

// enter adds the levels of an origin: what was given before what is read.
func (r *effectiveReader) enter(origin VariableOrigin, schedule *Schedule) {
	given, ofJob := r.Given[origin], r.Given[VariableOriginJob]
	if origin == VariableOriginDefault && ofJob != nil && len(ofJob) == 0 {
		return
	}
	if len(given) > 0 {
		r.levels = append(r.levels, &variableLevel{origin: origin, variables: stored(given)})
	}
	scoped := func(scope Scope) func(context.Context) ([]*Variable, error) {
		return func(ctx context.Context) ([]*Variable, error) { return r.s.List(ctx, scope, nil, r.opts...).Collect() }
	}
	switch {
	case origin == VariableOriginSchedule && r.Schedule != 0:
		level := &variableLevel{origin: origin, variables: stored(schedule.Variables)}
		if schedule.Variables == nil {
			level.err = errVariablesWithheld
		}
		r.levels = append(r.levels, level)
	case origin == VariableOriginPipeline && r.Pipeline != 0:
		r.levels = append(r.levels, &variableLevel{origin: origin, read: func(ctx context.Context) ([]*Variable, error) {
			given, err := (*PipelinesService)(r.s).Variables(ctx, r.project, r.Pipeline, r.opts...)
			variables := make([]PipelineVariable, len(given))
			for i := range given {
				variables[i] = *given[i]
			}
			return stored(variables), err
		}})
	case origin == VariableOriginProject:
		r.levels = append(r.levels, &variableLevel{origin: origin, read: scoped(r.project)})
	case origin == VariableOriginGroup:
		for _, group := range r.home.groups() {
			r.levels = append(r.levels, &variableLevel{origin: origin, group: group, read: scoped(GroupPath(group))})
		}
	case origin == VariableOriginInstance:
		r.levels = append(r.levels, &variableLevel{origin: origin, read: scoped(Instance)})
	}
}

var errVariablesWithheld = errors.New("GitLab does not show the variables of the schedule to this token")

// stored are variables that were given to a pipeline or job in the form of those that GitLab keeps.
func stored(given []PipelineVariable) (variables []*Variable) {
	for _, v := range given {
		variables = append(variables, &Variable{Key: v.Key, Value: v.Value, VariableType: cmp.Or(v.VariableType, VariableEnv), Raw: v.Raw})
	}
	return variables
}

// read reads all levels and whether the ref is protected, at once, and works out what the job gets.
func (r *effectiveReader) read(ctx context.Context) *EffectiveVariables {
	e := &EffectiveVariables{Ref: r.Ref, Environment: r.Environment}
	refs := refReader{r.s.engine, r.project, r.home.EmptyRepo, r.home.ProtectMergeRequestPipelines, r.opts}
	inParallel(1+len(r.levels), 0, func(i int) {
		if i == 0 {
			e.RefProtected, e.RefErr = refs.isProtected(ctx, r.Ref)
			return
		}
		level := r.levels[i-1]
		if level.read != nil {
			level.variables, level.err = level.read(ctx)
		}
	})
	keys := make(map[string]bool)
	for _, level := range r.levels {
		if level.err != nil {
			e.Unread = append(e.Unread, &UnreadVariables{level.origin, level.group, level.err})
		}
		for _, v := range level.variables {
			keys[v.Key] = true
		}
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		e.Variables = append(e.Variables, e.decide(key, r.levels))
	}
	if r.Expand {
		e.expand()
	}
	return e
}
