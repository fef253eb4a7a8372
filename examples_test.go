package gitlabci_test

import (
	"go/doc"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

// TestEveryServiceHasAnExample tests that each service and each helper has an example, and that each example is run and checked.
func TestEveryServiceHasAnExample(t *testing.T) {
	files, err := filepath.Glob("example_*_test.go")
	require.NoError(t, err)
	shown := make(map[string]bool) // services, and what there are examples of
	for _, file := range append(files, "example_test.go") {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		require.NoError(t, err)
		for _, example := range doc.Examples(parsed) {
			assert.NotEmpty(t, strings.TrimSpace(example.Output), "%s: Example%s prints nothing", file, example.Name)
			owner, _, _ := strings.Cut(example.Name, "_")
			shown[owner], shown[example.Name] = true, true
		}
	}

	services := 0
	for _, field := range reflect.VisibleFields(reflect.TypeFor[gitlabci.Client]()) {
		if field.IsExported() {
			services++
			assert.True(t, shown[field.Type.Elem().Name()], "no example of client.%s", field.Name)
		}
	}
	assert.Greater(t, services, 20)
	for _, helper := range []string{
		"PipelinesService_Wait", "PipelinesService_Watch", "PipelinesService_WaitFor", "PipelinesService_Tree", "PipelinesService_Diagnose",
		"PipelinesService_RetryFailed", "PipelinesService_Play", "PipelinesService_FollowTraces", "JobsService_FollowTrace", "JobsService_Wait",
		"JobsService_PlayOrRetry", "JobsService_OpenArtifacts", "JobsService_SaveArtifacts", "ArtifactsService_Select", "Archive_Extract",
		"PipelinesService_Stuck", "PipelinesService_PlayJob", "PipelinesService_WaitPlayable", "PipelinesService_Flakiness", "DeploymentsService_Wait", "VariablesService_Effective",
		"Client_Do", "Client_GraphQL", "List", "Poll", "WaitError", "WithResponse", "WithTransport", "Error",
	} {
		assert.True(t, shown[helper], "no example of %s", helper)
	}
}
