package gitlabcitest

import (
	"errors"
	"strconv"
	"strings"

	"github.com/gitlabci/gitlabci"
)

// graphQLAnswer is what a GraphQL operation is answered with.
type graphQLAnswer struct {
	Data   *any           `json:"data,omitzero"`
	Errors []graphQLError `json:"errors,omitzero"`
}

type graphQLError struct {
	Message    string             `json:"message"`
	Path       []any              `json:"path,omitzero"`
	Extensions *graphQLExtensions `json:"extensions,omitzero"`
}

type graphQLExtensions struct {
	Code string `json:"code"`
}

// graphQLText is an answer that tells of one error.
func graphQLText(text string) graphQLAnswer {
	return graphQLAnswer{Errors: []graphQLError{{Message: text}}}
}

// showGraphQL shows data, and the errors that there are in err.
func showGraphQL(data any, err error) graphQLAnswer {
	shown := graphQLAnswer{}
	if data != nil || err == nil {
		shown.Data = &data
	}
	all, ok := errors.AsType[gitlabci.GraphQLErrors](err)
	switch one, single := errors.AsType[*gitlabci.GraphQLError](err); {
	case ok:
	case single:
		all = gitlabci.GraphQLErrors{one}
	case err != nil:
		all = gitlabci.GraphQLErrors{{Message: err.Error()}}
	}
	for _, e := range all {
		told := graphQLError{Message: e.Message, Path: graphQLPath(e.Path)}
		if e.Code != "" {
			told.Extensions = &graphQLExtensions{e.Code}
		}
		shown.Errors = append(shown.Errors, told)
	}
	return shown
}

// graphQLPath is a path such as project.jobs.0 as GraphQL writes it: fields are texts, and elements of lists numbers.
func graphQLPath(path string) []any {
	if path == "" {
		return nil
	}
	var parts []any
	for part := range strings.SplitSeq(path, ".") {
		if n, err := strconv.Atoi(part); err == nil {
			parts = append(parts, n)
		} else {
			parts = append(parts, part)
		}
	}
	return parts
}
