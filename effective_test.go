package gitlabci_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
	"github.com/gitlabci/gitlabci/internal/conformance/facts"
)

const nested = "a/b/app"

// variableWorld is a project in two groups, and what its jobs may get.
type variableWorld struct {
	*testing.T
	srv     *gitlabcitest.Server
	client  *gitlabci.Client
	app     gitlabci.Project
	options *gitlabci.EffectiveOptions
}

func newVariableWorld(t *testing.T, opts ...gitlabcitest.Option) *variableWorld {
	srv := gitlabcitest.New(opts...)
	t.Cleanup(srv.Close)
	app := srv.AddProject(nested, gitlabcitest.Job{Name: "deploy"})
	return &variableWorld{T: t, srv: srv, client: srv.Client(), app: app, options: &gitlabci.EffectiveOptions{Expand: true}}
}

// add adds what a row of the table gives, as in "group:a X=1 [production] protected".
func (w *variableWorld) add(given string) {
	w.Helper()
	words := strings.Fields(given)
	level, group, _ := strings.Cut(words[0], ":")
	switch {
	case level == "merge-request":
		w.srv.AddMergeRequest(w.app, words[1])
		return
	case level == "fork":
		w.srv.Fail("GET", "/projects/:id/merge_requests/:merge_request_iid",
			gitlabcitest.Status(200, `{"id":1,"iid":1,"source_branch":"feature","target_branch":"main","source_project_id":7,"target_project_id":1}`))
		return
	case level == "personal":
		w.srv.Fail("GET", "/projects/:id", gitlabcitest.Status(200, `{"id":1,"default_branch":"main","namespace":{"id":1,"kind":"user","full_path":"ada"}}`))
		return
	case words[1] == "403":
		w.refuse(level, http.StatusForbidden)
		return
	case words[1] == "none":
		w.give(gitlabci.VariableOrigin(level), []gitlabci.PipelineVariable{}...)
		return
	}
	key, value, _ := strings.Cut(words[1], "=")
	o := &gitlabci.CreateVariableOptions{Key: key, Value: gitlabci.Secret(value), Raw: new(slices.Contains(words, "raw"))}
	o.Protected, o.MaskedAndHidden = new(slices.Contains(words, "protected")), new(slices.Contains(words, "hidden"))
	if slices.Contains(words, "file") {
		o.VariableType = gitlabci.VariableFile
	}
	if len(words) > 2 && strings.HasPrefix(words[2], "[") {
		o.EnvironmentScope = strings.Trim(words[2], "[]")
	}
	scope := map[string]gitlabci.Scope{"project": w.app, "group": gitlabci.GroupPath(group), "instance": gitlabci.Instance}[level]
	if scope != nil {
		if scope == gitlabci.Scope(gitlabci.Instance) {
			o.MaskedAndHidden = nil
		}
		_, err := w.client.Variables.Create(w.Context(), scope, o)
		require.NoError(w, err)
		return
	}
	variable := gitlabci.PipelineVariable{Key: key, Value: o.Value}
	switch level {
	case "pipeline":
		pipeline, err := w.client.Pipelines.Create(w.Context(), w.app, &gitlabci.CreatePipelineOptions{Ref: "main", Variables: []gitlabci.PipelineVariable{variable}})
		require.NoError(w, err)
		w.options.Pipeline = pipeline.ID
	case "schedule":
		schedule, err := w.client.Schedules.Create(w.Context(), w.app, &gitlabci.CreateScheduleOptions{Description: "nightly", Ref: "main", Cron: "0 1 * * *"})
		require.NoError(w, err)
		_, err = w.client.Schedules.CreateVariable(w.Context(), w.app, schedule.ID, &gitlabci.CreateScheduleVariableOptions{Key: key, Value: o.Value})
		require.NoError(w, err)
		w.options.Schedule = schedule.ID
	default:
		w.give(gitlabci.VariableOrigin(level), variable)
	}
}

func (w *variableWorld) give(origin gitlabci.VariableOrigin, variables ...gitlabci.PipelineVariable) {
	if w.options.Given == nil {
		w.options.Given = make(map[gitlabci.VariableOrigin][]gitlabci.PipelineVariable)
	}
	w.options.Given[origin] = append(w.options.Given[origin], variables...)
	if w.options.Given[origin] == nil {
		w.options.Given[origin] = []gitlabci.PipelineVariable{}
	}
}

// refuse makes the variables of a level fail to be read; those of the nearest group alone.
func (w *variableWorld) refuse(level string, status int) {
	route := map[string]string{
		"project": "/projects/:id/variables", "group": "/groups/a%2Fb/variables", "instance": "/admin/ci/variables", "pipeline": "/projects/:id/pipelines/:pipeline_id/variables",
	}[level]
	w.srv.Fail("GET", route, gitlabcitest.Status(status, `{"message":"no"}`).Forever())
}

func (w *variableWorld) effective() *gitlabci.EffectiveVariables {
	w.Helper()
	all, err := w.client.Variables.Effective(w.Context(), w.app, w.options)
	require.NoError(w, err)
	return all
}

// TestEffectiveVariables holds Effective against what is known of GitLab, case by case.
func TestEffectiveVariables(t *testing.T) {
	cases := facts.Table("effective-variables")
	require.Len(t, cases, 60)
	for _, row := range cases {
		t.Run(row["case"], func(t *testing.T) {
			w := newVariableWorld(t)
			for _, pattern := range strings.Fields(row["protected"]) {
				if tag, ok := strings.CutPrefix(pattern, "tag:"); ok {
					w.srv.ProtectTag(w.app, tag)
				} else {
					w.srv.ProtectBranch(w.app, pattern)
				}
			}
			ref := row["ref"]
			if tag, ok := strings.CutPrefix(ref, "tag:"); ok {
				w.srv.AddTag(w.app, tag)
				ref = tag
			} else if !strings.HasPrefix(ref, "refs/") && ref != "main" {
				w.srv.AddBranch(w.app, ref)
			}
			w.options.Ref, w.options.Environment = ref, row["environment"]
			for given := range strings.SplitSeq(row["given"], "; ") {
				w.add(given)
			}
			all := w.effective()
			got := all.Get(row["key"])
			require.Equal(t, row["state"], string(got.State), all.Explain(row["key"]))
			require.Equal(t, row["value"], string(got.Value))
			if row["origin"] == "" {
				require.Nil(t, got.From)
			} else {
				origin, group, _ := strings.Cut(row["origin"], ":")
				require.Equal(t, origin, string(got.From.Origin))
				require.Equal(t, group, got.From.Group)
				if row["scope"] != "" {
					require.Equal(t, row["scope"], got.From.Variable.EnvironmentScope)
				}
				require.Equal(t, gitlabci.VariableReasonEffective, got.From.Reason)
				require.Contains(t, got.Candidates, got.From)
			}
		})
	}
}

// A level that cannot be read makes unknown what it may have, and nothing else.
func TestEffectiveVariablesOfUnreadLevels(t *testing.T) {
	for _, status := range []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusInternalServerError} {
		w := newVariableWorld(t)
		w.client = w.srv.Client(atOnce)
		for _, given := range []string{"instance ALL=i", "group:a ALL=a", "group:a ABOVE=a", "instance ABOVE=i", "group:a/b NEAR=b", "project ALL=p", "project REFERS=$ABOVE$NOPE$ALL"} {
			w.add(given)
		}
		w.refuse("group", status)
		all := w.effective()
		require.Len(t, all.Unread, 1)
		require.Equal(t, gitlabci.VariableOriginGroup, all.Unread[0].Origin)
		require.Equal(t, "a/b", all.Unread[0].Group)
		require.ErrorIs(t, all.Unread[0].Err, gitlabci.ErrVariableList)
		require.Equal(t, gitlabci.Secret("p"), all.Get("ALL").Value)
		for _, key := range []string{"ABOVE", "NEAR", "NOPE", "REFERS"} {
			require.Equal(t, gitlabci.EffectiveUnknown, all.Get(key).State, "%d %s", status, key)
			require.Empty(t, all.Get(key).Value)
		}
		require.Equal(t, []string{"ABOVE", "NOPE"}, all.Get("REFERS").Unresolved)
		var reasons []gitlabci.VariableReason
		for _, c := range all.Get("ABOVE").Candidates {
			reasons = append(reasons, c.Reason)
		}
		require.Equal(t, []gitlabci.VariableReason{gitlabci.VariableReasonUndecided, gitlabci.VariableReasonShadowed}, reasons)
	}
}

// A failure that a level has is noted beside the others, however it fails; a project that cannot be read is an error, as is an ended context.
func TestEffectiveVariablesFail(t *testing.T) {
	w := newVariableWorld(t)
	w.add("project X=p")
	w.refuse("pipeline", http.StatusForbidden)
	w.srv.Fail("GET", "/admin/ci/variables", gitlabcitest.HTML(200).Forever())
	pipeline, err := w.client.Pipelines.Create(t.Context(), w.app, &gitlabci.CreatePipelineOptions{Ref: "main"})
	require.NoError(t, err)
	w.options.Pipeline = pipeline.ID
	all := w.effective()
	require.Equal(t, "refs/heads/main", all.Ref)
	require.Len(t, all.Unread, 2)
	require.ErrorIs(t, all.Unread[0].Err, gitlabci.ErrForbidden)
	require.Equal(t, gitlabci.VariableOriginPipeline, all.Unread[0].Origin)
	require.ErrorIs(t, all.Unread[1].Err, gitlabci.ErrNotGitLab)
	require.Equal(t, gitlabci.EffectiveUnknown, all.Get("X").State, "the pipeline may have been given it")

	w.options.Pipeline = pipeline.ID + 1
	_, err = w.client.Variables.Effective(t.Context(), w.app, w.options)
	require.ErrorIs(t, err, gitlabci.ErrNotFound)
	require.ErrorIs(t, err, gitlabci.ErrVariableList)
	_, err = w.client.Variables.Effective(t.Context(), gitlabci.ProjectPath("a/other"), nil)
	require.ErrorIs(t, err, gitlabci.ErrNotFound)
	require.ErrorIs(t, err, gitlabci.ErrVariableList)
	require.ErrorContains(t, err, "work out effective variables")

	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("enough")
	w.options.Pipeline = 0
	client := w.srv.Client(gitlabci.WithTransport(func(next http.RoundTripper) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/variables") {
				cancel(stop)
			}
			return next.RoundTrip(r)
		})
	}))
	all, err = client.Variables.Effective(ctx, w.app, w.options)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, gitlabci.ErrVariableList)
	require.NotNil(t, all)
}

// Whether a ref is protected: what is there says it, what is not there is held against the names that are protected.
func TestEffectiveVariablesByRef(t *testing.T) {
	for ref, want := range map[string]bool{
		"":                      true, // the default branch
		"main":                  true,
		"refs/heads/main":       true,
		"refs/heads/release/9":  true, // not there yet
		"refs/heads/releases":   false,
		"refs/tags/v7":          true,
		"refs/tags/main":        false,
		"feature":               false,
		"v1":                    true,
		"v7":                    false, // short, and neither
		"refs/merge-requests/1": false, // of a branch that is not protected
	} {
		w := newVariableWorld(t)
		w.srv.ProtectBranch(w.app, "release/*")
		w.srv.ProtectTag(w.app, "v*")
		w.srv.AddTag(w.app, "v1")
		w.srv.AddMergeRequest(w.app, "feature")
		w.add("project X=p protected")
		w.options.Ref = ref
		all := w.effective()
		require.NoError(t, all.RefErr, ref)
		require.Equal(t, want, *all.RefProtected, ref)
		require.Equal(t, want, all.Get("X").State == gitlabci.EffectiveKnown, ref)
	}

	// What a branch of an empty repository is, and where GitLab does not say whether a branch is protected.
	w := newVariableWorld(t)
	w.srv.Fail("GET", "/projects/:id", gitlabcitest.Status(200, `{"id":1,"path_with_namespace":"a/b/app","empty_repo":true}`))
	require.ErrorContains(t, w.effective().RefErr, "the repository is empty")
	for ref, want := range map[string]bool{"main": true, "refs/heads/other": false} {
		w.options.Ref = ref
		w.srv.Fail("GET", "/projects/:id/repository/branches/:branch", gitlabcitest.Status(200, `{"name":"x"}`))
		require.Equal(t, want, *w.effective().RefProtected, ref)
	}
	w.srv.Fail("GET", "/projects/:id/protected_branches", gitlabcitest.Status(403, `{}`))
	w.options.Ref = "refs/heads/other"
	require.ErrorIs(t, w.effective().RefErr, gitlabci.ErrForbidden)

	w = newVariableWorld(t)
	w.srv.AddTag(w.app, "v1")
	pipeline, err := w.client.Pipelines.Create(t.Context(), w.app, &gitlabci.CreatePipelineOptions{Ref: "v1"})
	require.NoError(t, err)
	w.options.Pipeline = pipeline.ID
	require.Equal(t, "refs/tags/v1", w.effective().Ref)

	// Pipelines of merge requests need both branches protected, and a user who may merge.
	w = newVariableWorld(t)
	w.srv.AddMergeRequest(w.app, "feature")
	w.options.Ref = "refs/merge-requests/1/merge"
	require.False(t, *w.effective().RefProtected)
	w.options.Ref = "refs/merge-requests/2/head"
	require.ErrorIs(t, w.effective().RefErr, gitlabci.ErrNotFound)
	_, err = w.client.ProjectSettings.Update(t.Context(), w.app, &gitlabci.UpdateProjectSettingsOptions{ProtectMergeRequestPipelines: new(false)})
	require.NoError(t, err)
	w.srv.ProtectBranch(w.app, "feature")
	w.options.Ref = "refs/merge-requests/1/merge"
	require.False(t, *w.effective().RefProtected)

	w = newVariableWorld(t)
	w.add("project X=p [production] protected")
	w.add("project X=q")
	w.add("project Y=y protected")
	w.add("group:a Y=z")
	w.srv.Fail("GET", "/projects/:id/repository/branches/:branch", gitlabcitest.Status(403, `{"message":"403 Forbidden"}`).Forever())
	all := w.effective()
	require.Nil(t, all.RefProtected)
	require.ErrorIs(t, all.RefErr, gitlabci.ErrForbidden)
	require.Equal(t, gitlabci.Secret("q"), all.Get("X").Value, "its scope alone keeps the other from counting")
	require.Equal(t, gitlabci.EffectiveUnknown, all.Get("Y").State)
	require.Contains(t, all.Explain("Y"), "whether the ref is protected could not be found out: 403 Forbidden")
	for _, c := range all.Get("Y").Candidates {
		require.Equal(t, gitlabci.VariableReasonUndecided, c.Reason)
	}
	w.options.Ref = "refs/merge-requests/x"
	require.ErrorContains(t, w.effective().RefErr, "the ref of a merge request has its number")
}

// What refers to a hidden variable, or to one that is ambiguous, is unknown. What the runner expands stays, and is told.
func TestEffectiveVariablesExpanded(t *testing.T) {
	w := newVariableWorld(t)
	for _, given := range []string{
		"project HIDDEN=12345678 hidden", "project TWO=1 [f*]", "project TWO=2 [*t]", "project A=$HIDDEN-a", "project B=${A}b", "project C=$TWO",
		"project D=$E.$F.$D.$G", "project E=$F.$NOPE raw", "project F=$G file", "group:a G=%H%", "group:a H=${}$$G$H", "group:a/b D=low",
	} {
		w.add(given)
	}
	w.options.Environment = "ft"
	all := w.effective()
	require.Empty(t, all.Circle)
	for _, key := range []string{"A", "B", "C"} {
		require.Equal(t, gitlabci.EffectiveUnknown, all.Get(key).State, key)
		require.Empty(t, all.Get(key).Value, key)
	}
	require.Equal(t, []string{"HIDDEN"}, all.Get("B").Unresolved)
	require.Equal(t, []string{"TWO"}, all.Get("C").Unresolved)
	require.Equal(t, "$E.$F.low.${}$$G$H", string(all.Get("D").Value))
	require.Equal(t, []string{"E", "F", "H"}, all.Get("D").Unresolved)
	require.Equal(t, "${}$$G$H", string(all.Get("F").Value))
	w.options.Expand = false
	require.Equal(t, "$HIDDEN-a", string(w.effective().Get("A").Value))
}

// Variables of a schedule that this token may not see are unknown, and with them all that is below; a schedule without any has none.
func TestEffectiveVariablesOfSchedules(t *testing.T) {
	w := newVariableWorld(t)
	schedule, err := w.client.Schedules.Create(t.Context(), w.app, &gitlabci.CreateScheduleOptions{Description: "nightly", Ref: "refs/heads/main", Cron: "0 1 * * *"})
	require.NoError(t, err)
	w.options.Schedule = schedule.ID
	all := w.effective()
	require.Empty(t, all.Unread)
	require.Equal(t, "refs/heads/main", all.Ref)

	w.client = w.srv.ClientAs(w.srv.AddUser("developer", gitlabcitest.Developer.In("a")))
	all = w.effective()
	require.Equal(t, gitlabci.VariableOriginSchedule, all.Unread[0].Origin)
	require.ErrorContains(t, all.Unread[0].Err, "does not show the variables of the schedule")
	require.Len(t, all.Unread, 5, "all levels that are read")
	require.Equal(t, gitlabci.EffectiveUnknown, all.Get("X").State)
}

// Effective and the stand-in, which computes what its jobs get by itself, agree about any variables.
func TestEffectiveVariablesAreThoseOfJobs(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 5))
	pick := func(from ...string) string { return from[random.IntN(len(from))] }
	counts := make(map[gitlabci.EffectiveState]int)
	for range 60 {
		w := newVariableWorld(t)
		environment := pick("", "production", "review/a", "review/ab")
		w.srv.Define(w.app, gitlabcitest.Job{Name: "deploy", Environment: environment})
		w.srv.ProtectBranch(w.app, "rel*")
		ref := pick("main", "feature", "release")
		w.srv.AddBranch(w.app, ref)
		for i := range 30 {
			o := &gitlabci.CreateVariableOptions{Key: pick("A", "B", "C", "D"), Value: gitlabci.Secret(fmt.Sprint("value", i)), Protected: new(random.IntN(3) == 0)}
			scope := []gitlabci.Scope{w.app, gitlabci.GroupPath("a/b"), gitlabci.GroupPath("a"), gitlabci.Instance}[random.IntN(4)]
			if scope != gitlabci.Scope(gitlabci.Instance) {
				o.EnvironmentScope = pick("*", "production", "review/*", "review/a*", "**", "p", "review/ab", "*b", "r*x*b", "r*v*b")
			}
			_, err := w.client.Variables.Set(t.Context(), scope, o)
			require.NoError(t, err)
		}
		given := []gitlabci.PipelineVariable{{Key: pick("A", "B", "C", "D", "E"), Value: "given"}}
		pipeline, err := w.client.Pipelines.Create(t.Context(), w.app, &gitlabci.CreatePipelineOptions{Ref: ref, Variables: given})
		require.NoError(t, err)
		job, err := w.client.Pipelines.Job(t.Context(), w.app, pipeline.ID, "deploy")
		require.NoError(t, err)
		want := w.srv.JobVariables(job.ID)
		w.options.Pipeline, w.options.Environment = pipeline.ID, environment
		all := w.effective()
		for _, key := range []string{"A", "B", "C", "D", "E"} {
			got := all.Get(key)
			counts[got.State]++
			value, set := want[key]
			switch got.State {
			case gitlabci.EffectiveKnown:
				require.Equal(t, value, string(got.Value), all.Explain(key))
			case gitlabci.EffectiveUnset:
				require.False(t, set, all.Explain(key))
			case gitlabci.EffectiveAmbiguous:
				require.True(t, slices.ContainsFunc(got.Candidates, func(c *gitlabci.VariableCandidate) bool {
					return c.Reason == gitlabci.VariableReasonAmbiguous && string(c.Variable.Value) == value
				}), all.Explain(key))
			default:
				require.Fail(t, "nothing is unknown here", all.Explain(key))
			}
		}
	}
	require.Greater(t, counts[gitlabci.EffectiveKnown], 100)
	require.Greater(t, counts[gitlabci.EffectiveUnset], 10)
	require.Greater(t, counts[gitlabci.EffectiveAmbiguous], 5)
}

// Effective takes N + 4 requests for N groups, and what is under way at once is what comes after the first.
func TestEffectiveVariablesAreBounded(t *testing.T) {
	for depth := range 6 {
		srv := gitlabcitest.New()
		app := srv.AddProject(strings.Repeat("g/", depth+1) + "app")
		_, err := srv.Client().Variables.Effective(t.Context(), app, nil)
		require.NoError(t, err)
		require.Len(t, srv.Requests(), depth+1+4)
		srv.Close()
	}
}

func TestEffectiveOptionsRefused(t *testing.T) {
	w := newVariableWorld(t)
	x := []gitlabci.PipelineVariable{{Key: "X", Value: hush}}
	for want, options := range map[string]*gitlabci.EffectiveOptions{
		"negative":           {Pipeline: -1},
		"is negative":        {Schedule: -1},
		"cannot be given":    {Given: map[gitlabci.VariableOrigin][]gitlabci.PipelineVariable{gitlabci.VariableOriginGroup: x}},
		"no origin \"yaml\"": {Given: map[gitlabci.VariableOrigin][]gitlabci.PipelineVariable{"yaml": x}},
		"variable 0 has no":  {Given: map[gitlabci.VariableOrigin][]gitlabci.PipelineVariable{gitlabci.VariableOriginJob: {{}}}},
		"X is given twice":   {Given: map[gitlabci.VariableOrigin][]gitlabci.PipelineVariable{gitlabci.VariableOriginJob: append(x, x...)}},
	} {
		_, err := w.client.Variables.Effective(t.Context(), w.app, options)
		require.ErrorIs(t, err, gitlabci.ErrInvalidArgument)
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), hush)
	}
	require.Empty(t, w.srv.Requests())
}

// What is printed and explained tells where a value comes from, and never the value.
func TestEffectiveVariablesExplained(t *testing.T) {
	w := newVariableWorld(t)
	w.srv.AddBranch(w.app, "feature")
	for _, given := range []string{
		"project X=HUSH-123 protected", "project X=HUSH-123 [production]", "group:a/b X=HUSH-123", "group:a X=HUSH-123 [*] raw", "instance X=HUSH-123",
		"project H=HUSH-123 hidden", "project A=HUSH-1 [f*]", "project A=HUSH-2 [*t]", "project R=$NOPE$X", "project P=HUSH-123 protected", "project P=HUSH-123 [x] file",
	} {
		w.add(given)
	}
	w.options.Ref, w.options.Environment = "feature", "ft"
	all := w.effective()
	for key, want := range map[string]string{
		"X": "X comes from group a/b\n" +
			"  project, protected: the ref feature is not protected\n" +
			"  project, scope production: the environment is ft\n" +
			"  group a, raw: a higher origin has the key, or a better scope\n" +
			"  instance: a higher origin has the key, or a better scope",
		"H":    "H comes from project, hidden: its value is not shown to anybody",
		"A":    "A is ambiguous: several scopes match as well\n  project, scope f*: another scope matches as well\n  project, scope *t: another scope matches as well",
		"R":    "R comes from project\n  not expanded in it: NOPE",
		"P":    "P is unset\n  project, protected: the ref feature is not protected\n  project, scope x, file: the environment is ft",
		"NONE": "NONE is unset",
	} {
		require.Equal(t, want, all.Explain(key))
	}
	w.refuse("instance", http.StatusForbidden)
	w.options.Environment = ""
	w.add("project C=$D")
	w.add("project D=$C")
	all = w.effective()
	require.Equal(t, "P is unknown\n  project, protected: the ref feature is not protected\n  project, scope x, file: the job has no environment\n"+
		"  instance could not be read: 403 Forbidden: no; it may have the key\n  nothing is expanded: C, D refer to each other in a circle", all.Explain("P"))
	require.Equal(t, []string{"C", "D"}, all.Circle)
	require.Equal(t, "X comes from group a/b", fmt.Sprint(all.Get("X")))
	require.Equal(t, "instance could not be read: 403 Forbidden: no", fmt.Sprint(all.Unread[0]))
	w.give(gitlabci.VariableOriginJob, gitlabci.PipelineVariable{Key: "X", Value: "HUSH-123"})
	printed := prints(all) + prints(*w.options)
	for _, v := range all.Variables {
		printed += prints(v)
	}
	require.NotContains(t, printed, "HUSH")
}

// A level of several pages of which one cannot be read is unknown, but for what it surely hides.
func TestEffectiveVariablesOfHalfALevel(t *testing.T) {
	w := newVariableWorld(t)
	w.srv.Fail("GET", "/groups/a%2Fb/variables", gitlabcitest.Status(200, `[{"key":"X","value":"1","environment_scope":"*"}]`,
		"Link", `<`+w.srv.URL()+`/api/v4/groups/a%2Fb/variables?page=2&per_page=100>; rel="next"`), gitlabcitest.Status(403, `{}`))
	w.add("group:a X=2")
	w.add("group:a Y=3")
	all := w.effective()
	require.Len(t, all.Unread, 1)
	require.Equal(t, gitlabci.EffectiveUnknown, all.Get("X").State)
	var reasons []gitlabci.VariableReason
	for _, c := range all.Get("X").Candidates {
		reasons = append(reasons, c.Reason)
	}
	require.Equal(t, []gitlabci.VariableReason{gitlabci.VariableReasonUndecided, gitlabci.VariableReasonShadowed}, reasons)
	require.Equal(t, gitlabci.EffectiveUnknown, all.Get("Y").State)
}
