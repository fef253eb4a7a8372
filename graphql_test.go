package gitlabci_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/internal/testnet"
)

// graphQL is a client whose server gives one answer and tells what it was asked.
func graphQL(t *testing.T, code int, answer string, opts ...gitlabci.Option) (client *gitlabci.Client, asked *string) {
	asked = new(string)
	answering := roundTripper(func(r *http.Request) (*http.Response, error) {
		defer r.Body.Close()
		body, err := io.ReadAll(r.Body)
		*asked = r.Method + " " + r.URL.Path + " " + string(body)
		return answerTo(r, code, answer, "Content-Type: application/json", "X-Request-Id: 01ABC"), err
	})
	return clientOf(t, "http://gitlab.test", append(opts, gitlabci.WithHTTPClient(&http.Client{Transport: answering}))...), asked
}

type needs struct {
	Project struct {
		Pipeline struct {
			Coverage float64
			Jobs     struct{ Nodes []struct{ Name string } }
		}
	}
}

func TestGraphQL(t *testing.T) {
	client, asked := graphQL(t, 200, `{"data":{"project":{"pipeline":{"coverage":"81.5","jobs":{"nodes":[{"name":"build"},{"name":"test"}]}}}}}`)
	var out needs
	require.NoError(t, client.GraphQL(t.Context(), "query($p: ID!) { project(fullPath: $p) { id } }", map[string]any{"p": "group/app"}, &out))
	require.Equal(t, `POST /api/graphql {"query":"query($p: ID!) { project(fullPath: $p) { id } }","variables":{"p":"group/app"}}`, *asked)
	require.Len(t, out.Project.Pipeline.Jobs.Nodes, 2)
	require.Equal(t, 81.5, out.Project.Pipeline.Coverage, "read as all answers are")

	require.NoError(t, client.GraphQL(t.Context(), "{ currentUser { id } }", nil, nil))
	require.Equal(t, `POST /api/graphql {"query":"{ currentUser { id } }"}`, *asked)
	for base, path := range map[string]string{"https://gitlab.test/git lab": "/git lab/api/graphql", "https://gitlab.test/a%2Fb/api/v4/": "/a/b/api/graphql"} {
		client, err := gitlabci.NewClient(base, gitlabci.Anonymous(), gitlabci.WithHTTPClient(&http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			require.Equal(t, path, r.URL.Path)
			return answerTo(r, 200, `{"data":{}}`), nil
		})}))
		require.NoError(t, err)
		require.NoError(t, client.GraphQL(t.Context(), "{ a }", nil, nil))
	}
}

func TestGraphQLErrors(t *testing.T) {
	client, _ := graphQL(t, 200, `{"data":{"project":{"pipeline":{"coverage":3}}},"errors":[
		{"message":"No such\npipeline","path":["project","pipelines",0,"id"],"extensions":{"code":"notFound"}},
		{"message":"hush-of-a-token is odd","locations":[{"line":1,"column":2}],"extensions":[]}]}`, gitlabci.WithRetry(gitlabci.RetryPolicy{MaxAttempts: 1}))
	var out needs
	err := client.GraphQL(t.Context(), "mutation { a }", map[string]any{"input": map[string]any{"token": gitlabci.Secret("hush-of-a-token")}}, &out)
	require.EqualError(t, err, "gitlabci: graphql: POST /graphql: 200 OK: project.pipelines.0.id: No such pipeline; [redacted] is odd (request 01ABC)")
	require.NotErrorIs(t, err, gitlabci.ErrOutcomeUnknown, "GitLab answered")
	var failures gitlabci.GraphQLErrors
	require.ErrorAs(t, err, &failures)
	require.Equal(t, gitlabci.GraphQLErrors{
		{Message: "No such pipeline", Path: "project.pipelines.0.id", Code: "notFound"}, {Message: "[redacted] is odd"},
	}, failures)
	var first *gitlabci.GraphQLError
	require.ErrorAs(t, err, &first)
	require.Equal(t, "notFound", first.Code)
	require.EqualValues(t, 3, out.Project.Pipeline.Coverage, "what came beside the errors was decoded")

	for answer, kind := range map[string]error{
		`{}`: gitlabci.ErrDecode, `[]`: gitlabci.ErrDecode, `null`: gitlabci.ErrDecode, `{"data":`: gitlabci.ErrDecode, `{"data":{"project":"x"}}`: gitlabci.ErrDecode,
		`{"message":"gone"}`: gitlabci.ErrDecode,
	} {
		client, _ := graphQL(t, 200, answer)
		err := client.GraphQL(t.Context(), "{ a }", nil, new(needs))
		require.ErrorIs(t, err, kind, answer)
		require.NotErrorIs(t, err, gitlabci.ErrOutcomeUnknown, answer)
		err = client.GraphQL(t.Context(), "mutation { a }", nil, new(needs))
		require.ErrorIs(t, err, gitlabci.ErrOutcomeUnknown, answer)
	}
	for code, kind := range map[int]error{401: gitlabci.ErrUnauthorized, 403: gitlabci.ErrForbidden, 404: gitlabci.ErrNotFound} {
		client, _ := graphQL(t, code, `{"errors":[{"message":"Invalid token"}]}`)
		err := client.GraphQL(t.Context(), "{ a }", nil, new(needs))
		require.ErrorIs(t, err, kind)
		require.ErrorContains(t, err, "Invalid token")
	}
}

func TestGraphQLRefusesArguments(t *testing.T) {
	client, asked := graphQL(t, 200, `{"data":{}}`)
	var none context.Context
	for _, err := range []error{
		client.GraphQL(t.Context(), " \n", nil, nil), client.GraphQL(t.Context(), "{ a }", nil, needs{}), client.GraphQL(t.Context(), "{ a }", nil, (*needs)(nil)),
		client.GraphQL(t.Context(), "{ a }", map[string]any{"f": func() {}}, nil), client.GraphQL(none, "{ a }", nil, nil), client.GraphQL(t.Context(), "\xff", nil, nil),
	} {
		require.ErrorIs(t, err, gitlabci.ErrInvalidArgument)
	}
	require.Empty(t, *asked)
}

// TestGraphQLMutationsAreSentOnce: only what is known to be a query is sent again, over every protocol.
func TestGraphQLMutationsAreSentOnce(t *testing.T) {
	for document, repeatable := range map[string]bool{
		`{ project { id } }`:                                true,
		`query { mutation }`:                                true,
		"# mutation\nquery Q($mutation: ID) { a }":          true,
		`query { a(text: "} mutation {") }`:                 true,
		`query { a(text: "\"} mutation { \\") { b } }`:      true,
		`query { a(text: """ "} mutation \""" { """) }`:     true,
		"query { a }\nfragment F on mutations { b }":        true,
		`mutation { a }`:                                    false,
		"\ufeff mutation M { a }":                           false,
		"# query\r mutation { a }":                          false,
		"query { a }mutation{ b }":                          false,
		`subscription { a }`:                                false,
		"fragment F on T { a } mutation { ...F }":           false,
		`query { a(t: "\\") } mutation { b(t: "x") }`:       false,
		`query { a(t: """x""") } mutation { b(t: "x") }`:    false,
		`query { a } } mutation { b }`:                      false,
		"query { a(x: [1, 2]) @skip(if: true) } mutation{}": false,
	} {
		for _, p := range testnet.Protocols {
			t.Run(p.Name+" "+document, inTime(func(t *testing.T) {
				var sent atomic.Int32
				w := p.Handle(t, func(w http.ResponseWriter, r *http.Request) {
					io.Copy(io.Discard, r.Body)
					sent.Add(1)
					w.WriteHeader(http.StatusBadGateway)
				})
				err := clientOf(t, w.URL(), gitlabci.WithHTTPClient(w.Client)).GraphQL(t.Context(), document, nil, nil)
				require.ErrorIs(t, err, gitlabci.ErrServer)
				require.Equal(t, !repeatable, errors.Is(err, gitlabci.ErrOutcomeUnknown))
				require.EqualValues(t, map[bool]int{true: 5, false: 1}[repeatable], sent.Load())
			}))
		}
	}
}

// FuzzGraphQLMutations: what does not hold the word is repeated, and what begins with it is not.
func FuzzGraphQLMutations(f *testing.F) {
	for _, seed := range []string{"mutation", "{mutation}", `"""\"""mutation`, "#\nmutation", `"\`, "}mutation"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, document string) {
		if strings.TrimSpace(document) == "" || !utf8.ValidString(document) {
			return
		}
		sent := 0
		client := through(t, func(r *http.Request) (*http.Response, error) {
			sent++
			return nil, io.ErrUnexpectedEOF
		}, atOnce)
		err := client.GraphQL(t.Context(), document, nil, nil)
		require.Error(t, err)
		if !slices.ContainsFunc([]string{"mutation", "subscription"}, func(word string) bool { return strings.Contains(document, word) }) {
			require.Greater(t, sent, 1)
		}
		if strings.HasPrefix(document, "mutation ") {
			require.Equal(t, 1, sent)
		}
	})
}

// FuzzGraphQLAnswers reads any answer without a panic, and never tells a secret.
func FuzzGraphQLAnswers(f *testing.F) {
	for _, seed := range []string{`{"data":{}}`, `{"errors":[{"message":"hush","path":[1,"a",{}]}]}`, `{"errors":[null]}`, `{"data":null,"errors":[]}`, `{"errors":{}}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, answer string) {
		client, _ := graphQL(t, 200, answer)
		var out any
		err := client.GraphQL(t.Context(), "{ a }", map[string]any{"a": gitlabci.Secret("hush-hush")}, &out)
		if err != nil {
			require.NotContains(t, err.Error(), "hush-hush")
		}
		if json.Valid([]byte(answer)) && strings.HasPrefix(answer, `{"data":{}}`) {
			require.NoError(t, err)
		}
	})
}
