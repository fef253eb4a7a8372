package gitlabcitest

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

// graphQL sends a body to the GraphQL API.
func (r *rig) graphQL(body string) reply {
	r.Helper()
	return r.page("POST", "/api/graphql", strings.NewReader(body), "Content-Type", "application/json", "Private-Token", r.token)
}

func TestGraphQLIsNotSpoken(t *testing.T) {
	r := newRig(t)
	const query = `{"query":"{ currentUser { id } }"}`
	r.graphQL(query).is(200, `{"errors":[{"message":"`+noGraphQL+`"}]}`)
	r.as("").graphQL(query).is(200)
	r.as("guess").graphQL(query).is(401, `{"errors":[{"message":"Invalid token"}]}`)
	r.as(r.AddToken("root", Token{Scopes: []string{"read_user"}})).graphQL(query).is(401)
	r.graphQL(`{}`).is(200, `{"errors":[{"message":"Unexpected end of document"}]}`)
	r.graphQL(`{"query":"`+strings.Repeat("x", maxQuery+1)+`"}`).is(422, `{"errors":[{"message":"Query too large"}]}`)

	err := r.Client().GraphQL(t.Context(), "{ currentUser { id } }", nil, nil)
	failures, ok := errors.AsType[gitlabci.GraphQLErrors](err)
	require.True(t, ok, err)
	require.Equal(t, noGraphQL, failures[0].Message)
}

func TestHandleGraphQL(t *testing.T) {
	r := newRig(t)
	app := r.AddProject("group/app", Job{Name: "a"})
	var asked GraphQLRequest
	r.HandleGraphQL(func(request GraphQLRequest) (any, error) {
		asked = request
		r.Push(app, "main") // the server is there for it
		return map[string]any{"project": map[string]any{"id": "gid://gitlab/Project/1"}}, nil
	})
	var out struct{ Project struct{ ID string } }
	client := r.ClientAs(r.AddUser("dev", Developer.In("group")))
	require.NoError(t, client.GraphQL(t.Context(), "query($p: ID!) { project(fullPath: $p) { id } }", map[string]any{"p": "group/app"}, &out))
	require.Equal(t, "gid://gitlab/Project/1", out.Project.ID)
	require.Equal(t, GraphQLRequest{
		Query: "query($p: ID!) { project(fullPath: $p) { id } }", Variables: map[string]any{"p": "group/app"}, Username: "dev",
	}, asked)
	require.Len(t, r.get("/projects/1/pipelines").array(), 1)
	r.graphQL(`{"query":"{ a }","variables":"{\"n\":1}","operationName":"A"}`).is(200)
	require.Equal(t, GraphQLRequest{Query: "{ a }", Variables: map[string]any{"n": 1.0}, OperationName: "A", Username: "root"}, asked)

	tests := []struct {
		name   string
		data   any
		err    error
		answer string
	}{
		{"nothing", nil, nil, `{"data":null}`},
		{"no members", map[string]any{}, nil, `{"data":{}}`},
		{"a text", nil, errors.New("no such field"), `{"errors":[{"message":"no such field"}]}`},
		{"one error", nil, &gitlabci.GraphQLError{Message: "m", Code: "undefinedField"}, `{"errors":[{"message":"m","extensions":{"code":"undefinedField"}}]}`},
		{"data and errors", map[string]any{"a": nil}, gitlabci.GraphQLErrors{{Message: "m", Path: "a.0.b"}, {Message: "n"}},
			`{"data":{"a":null},"errors":[{"message":"m","path":["a",0,"b"]},{"message":"n"}]}`},
		{"what is no JSON", func() {}, nil, `{"message":"500 Internal Server Error"}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r.HandleGraphQL(func(GraphQLRequest) (any, error) { return test.data, test.err })
			require.Equal(t, test.answer, r.in(t).graphQL(`{"query":"{ a }"}`).body)
		})
	}
	r.HandleGraphQL(func(GraphQLRequest) (any, error) {
		return nil, gitlabci.GraphQLErrors{{Message: "No such pipeline", Path: "project.pipelines.0.id", Code: "notFound"}}
	})
	err := client.GraphQL(t.Context(), "{ a }", nil, nil)
	failure, ok := errors.AsType[*gitlabci.GraphQLError](err)
	require.True(t, ok, err)
	require.Equal(t, &gitlabci.GraphQLError{Message: "No such pipeline", Path: "project.pipelines.0.id", Code: "notFound"}, failure)
	r.HandleGraphQL(nil)
	require.ErrorContains(t, client.GraphQL(t.Context(), "{ a }", nil, nil), noGraphQL)
}
