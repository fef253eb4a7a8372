package gitlabcitest

import (
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/gitlabci/gitlabci/internal/codec"
)

// maxQuery is how many characters an operation has at most.
const maxQuery = 10_000

const noGraphQL = "The stand-in does not speak GraphQL. A test in Go can answer for it: see Server.HandleGraphQL."

func registerGraphQL(s *site) {
	s.handle("POST", "/api/graphql", postGraphQL, text("query"), graphQLVariables("variables"), text("operationName")).
		outside().anonymous().scopes("read_api").
		deniedWith(&apiError{status: http.StatusUnauthorized, body: graphQLText("Invalid token")})
}

// graphQLVariables is an object, or one in a text as forms send it.
func graphQLVariables(name string) param {
	return param{name: name, parse: func(raw any) (any, bool) {
		written, ok := raw.(string)
		if !ok {
			return parseObject(raw)
		}
		var members map[string]any
		return members, written == "" || codec.Unmarshal([]byte(written), &members) == nil
	}}
}

func postGraphQL(c *call) error {
	asked := GraphQLRequest{Query: c.text("query"), Variables: c.object("variables"), OperationName: c.text("operationName")}
	if c.user != nil {
		asked.Username = c.user.username
	}
	switch {
	case utf8.RuneCountInString(asked.Query) > maxQuery:
		return c.json(http.StatusUnprocessableEntity, graphQLText("Query too large"))
	case strings.TrimSpace(asked.Query) == "":
		return c.json(http.StatusOK, graphQLText("Unexpected end of document"))
	case c.graphQL == nil:
		return c.json(http.StatusOK, graphQLText(noGraphQL))
	}
	handle := c.graphQL
	c.answer.later = func() error {
		return c.json(http.StatusOK, showGraphQL(handle(asked)))
	}
	return nil
}
