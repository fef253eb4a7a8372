package gitlabci

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"

	"github.com/gitlabci/gitlabci/internal/codec"
	"github.com/gitlabci/gitlabci/internal/transport"
)

// graphQLPath is where GraphQL lies beside the REST API's root, whose last part is its version.
const (
	graphQLPath = "/graphql"
	restVersion = "/v4"
)

// GraphQL sends one operation to GitLab's GraphQL API, for what its REST API does not tell: what a job needs, which pipeline started a child
// pipeline, which inputs a pipeline would take. It has the authentication, retries and errors of all other calls: a query may be repeated, a
// mutation may not. What variables hold is sent as JSON; a [Secret] among them is never printed.
//
//	POST /api/graphql
//
//	var answer struct {
//		Project struct {
//			Pipeline struct {
//				Jobs struct {
//					Nodes []struct {
//						Name  string
//						Needs struct{ Nodes []struct{ Name string } }
//					}
//				}
//			}
//		}
//	}
//	err := client.GraphQL(ctx, `query($project: ID!, $pipeline: CiPipelineID!) {
//		project(fullPath: $project) { pipeline(id: $pipeline) { jobs { nodes { name needs { nodes { name } } } } } }
//	}`, map[string]any{"project": "group/app", "pipeline": "gid://gitlab/Ci::Pipeline/47"}, &answer)
//
// The data of the answer is decoded into what out points to; nil drops it. Where GitLab tells of errors, the call fails, and errors.As finds
// [GraphQLErrors] in its error; data that came beside them is decoded all the same. What a mutation itself tells of errors, in a field of its
// data, is no error of the call. A list is no longer than GitLab's page: ask for its pageInfo, and for the next with after.
//
// GitLab docs: https://docs.gitlab.com/api/graphql/
func (c *Client) GraphQL(ctx context.Context, query string, variables map[string]any, out any, opts ...RequestOption) error {
	op := post("graphql", graphQLPath, nil)
	op.repeatable = !mutates(query)
	pointer := reflect.ValueOf(out)
	switch {
	case strings.TrimSpace(query) == "":
		return op.invalid(missing("query"))
	case out != nil && (pointer.Kind() != reflect.Pointer || pointer.IsNil()):
		return op.invalid(fmt.Errorf("cannot decode into %T", out))
	}
	beside := c.engine
	beside.base.Path, beside.base.RawPath = strings.TrimSuffix(beside.base.Path, restVersion), strings.TrimSuffix(beside.base.RawPath, restVersion)
	r, err := beside.prepare(ctx, op, nil, graphQLRequest{query, variables}, opts)
	if err != nil {
		return err
	}
	var failures GraphQLErrors
	var answer *http.Response
	err = r.fetch(func(resp *http.Response, body []byte) (err error) {
		answer = resp
		failures, err = decodeGraphQL(body, out)
		return err
	})
	if err != nil || failures == nil {
		return err
	}
	failed := r.failed(answer, nil, nil)
	failed.Err = failures.cleaned(r.call.Cleaner())
	return failed
}

type graphQLRequest struct {
	Query     string         `json:"query"`
	Variables map[string]any `json:"variables,omitzero"`
}

// decodeGraphQL decodes an answer's data, and returns what the answer tells of errors.
func decodeGraphQL(body []byte, out any) (GraphQLErrors, error) {
	var answer struct {
		Data   json.RawMessage `json:"data"`
		Errors []struct {
			Message    string `json:"message"`
			Path       []any  `json:"path"`
			Extensions any    `json:"extensions"`
		} `json:"errors"`
	}
	if err := codec.Unmarshal(body, &answer); err != nil {
		return nil, err
	}
	if answer.Data == nil && answer.Errors == nil {
		return nil, errors.New("it has neither data nor errors")
	}
	var failures GraphQLErrors
	for _, e := range answer.Errors {
		failure := &GraphQLError{Message: e.Message}
		parts := make([]string, len(e.Path))
		for i, part := range e.Path {
			parts[i] = fmt.Sprint(part)
		}
		failure.Path = strings.Join(parts, ".")
		if extensions, ok := e.Extensions.(map[string]any); ok {
			failure.Code, _ = extensions["code"].(string)
		}
		failures = append(failures, failure)
	}
	if out == nil || len(answer.Data) == 0 || codec.IsNull(answer.Data) {
		return failures, nil
	}
	return failures, codec.UnmarshalForeign(answer.Data, out)
}

// GraphQLErrors are what an answer of GitLab's GraphQL API tells of errors. They are never empty.
type GraphQLErrors []*GraphQLError

// Error returns the errors in one line.
func (e GraphQLErrors) Error() string {
	texts := make([]string, len(e))
	for i := range e {
		texts[i] = e[i].Error()
	}
	return strings.Join(texts, "; ")
}

// Unwrap returns the single errors.
func (e GraphQLErrors) Unwrap() []error {
	all := make([]error, len(e))
	for i := range e {
		all[i] = e[i]
	}
	return all
}

// cleaned is the same without the secrets of the call, which an answer may repeat.
func (e GraphQLErrors) cleaned(clean transport.Cleaner) GraphQLErrors {
	for i := range e {
		e[i].Message, e[i].Path, e[i].Code = clean.Line(e[i].Message), clean.Line(e[i].Path), clean.Line(e[i].Code)
	}
	return e
}

// A GraphQLError is one of [GraphQLErrors].
type GraphQLError struct {
	Message string
	Path    string // of the field in the answer's data, as in "project.pipeline.jobs.nodes.0.name"; empty if the operation as a whole is wrong
	Code    string // as in "undefinedField", where there is one
}

// Error returns the message, and what it is about.
func (e *GraphQLError) Error() string {
	if e.Path == "" {
		return e.Message
	}
	return e.Path + ": " + e.Message
}

// mutates reports whether a document may hold anything but queries: whether a word outside of all braces, strings and comments says so.
func mutates(document string) bool {
	depth, rest := 0, document
	for rest != "" {
		switch {
		case rest[0] == '#':
			end := strings.IndexAny(rest, "\r\n")
			if end < 0 {
				return false
			}
			rest = rest[end:]
		case strings.HasPrefix(rest, `"""`):
			rest = afterString(rest[3:], `"""`)
		case rest[0] == '"':
			rest = afterString(rest[1:], `"`)
		case isNameByte(rest[0]):
			end := 1
			for end < len(rest) && isNameByte(rest[end]) {
				end++
			}
			word := rest[:end]
			if depth == 0 && (word == "mutation" || word == "subscription") {
				return true
			}
			rest = rest[end:]
		default:
			switch rest[0] {
			case '{', '(', '[':
				depth++
			case '}', ')', ']':
				depth = max(depth-1, 0)
			}
			rest = rest[1:]
		}
	}
	return false
}

// afterString is what follows a string, which a backslash and a quote do not end.
func afterString(text, quote string) string {
	for text != "" {
		switch {
		case strings.HasPrefix(text, quote):
			return text[len(quote):]
		case text[0] == '\\' && strings.HasPrefix(text[1:], quote):
			text = text[1+len(quote):]
		case text[0] == '\\' && len(quote) == 1 && len(text) > 1:
			text = text[2:]
		default:
			text = text[1:]
		}
	}
	return ""
}

func isNameByte(b byte) bool {
	return b == '_' || b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z'
}
