package gitlabci_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

func TestScopesPrint(t *testing.T) {
	require.Equal(t, "group/app 42 group 7 instance", fmt.Sprint(wireApp, " ", gitlabci.ProjectID(42), " ", wireGroup, " ", gitlabci.GroupID(7), " ", gitlabci.Instance))
}

func TestNobodyIsNamed(t *testing.T) {
	p := newPathServer(t, "")
	ctx := t.Context()
	for name, err := range map[string]error{
		"zero project":      ignore(p.Jobs.Get(ctx, gitlabci.Project{}, 7)),
		"zero group":        ignore(p.Variables.Get(ctx, gitlabci.Group{}, gitlabci.Key("K"))),
		"no scope":          ignore(p.Variables.Get(ctx, nil, gitlabci.Key("K"))),
		"no scope to set":   ignore(p.Variables.Set(ctx, nil, &gitlabci.CreateVariableOptions{Key: "K"})),
		"no scope to reset": ignore(p.Runners.ResetRegistrationToken(ctx, nil)),
		"project 0":         ignore(p.Jobs.Get(ctx, gitlabci.ProjectID(0), 7)),
		"project -1":        ignore(p.Jobs.Get(ctx, gitlabci.ProjectID(-1), 7)),
		"job 0":             ignore(p.Jobs.Get(ctx, wireApp, 0)),
		"job -7":            drain(p.Jobs.Trace(ctx, wireApp, -7, nil)),
		"pipeline 0":        p.Pipelines.Delete(ctx, wireApp, 0),
		"list of nobody":    ignore(p.Jobs.List(ctx, gitlabci.Project{}, nil).Collect()),
	} {
		require.ErrorIs(t, err, gitlabci.ErrInvalidArgument, name)
		require.NotErrorIs(t, err, gitlabci.ErrOutcomeUnknown, name)
		require.Zero(t, failureOf(t, err).Attempts, name)
	}
	require.Zero(t, p.requests)
}
