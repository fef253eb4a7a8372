package conformance_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// TestEveryMethodIsServed tests that the stand-in has an endpoint for each request of the table, and takes none of them for another one.
func TestEveryMethodIsServed(t *testing.T) {
	t.Parallel()
	srv := gitlabcitest.New()
	defer srv.Close()
	client := srv.HTTPClient()
	for i := range table {
		for _, e := range table[i].exchanges() {
			verb, path, _ := strings.Cut(e.sends, " ")
			req, err := http.NewRequestWithContext(t.Context(), verb, srv.URL()+"/api/v4"+path, nil)
			require.NoError(t, err)
			req.Header.Set("Private-Token", srv.Token())
			srv.ResetRequests()
			resp, err := client.Do(req)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			requests := srv.Requests()
			require.Len(t, requests, 1)
			if served := verb + " " + requests[0].Route; bareRoute(served) != bareRoute(e.route) {
				t.Errorf("%s sends %s to %s, which the stand-in serves as %q", table[i].name(), e.sends, e.route, served)
			}
		}
	}
}

// bareRoute is a route as in "GET /projects/:id", without the names of its placeholders.
func bareRoute(route string) string {
	verb, path, _ := strings.Cut(route, " ")
	return bare(verb, path)
}

// withoutExample are services whose examples are yet to be written.
var withoutExample = []string{
	"Artifacts", "Catalog", "CommitStatuses", "Environments", "FreezePeriods", "JobTokenScope", "Lint", "MergeTrains", "ProjectSettings",
	"ProtectedEnvironments", "ResourceGroups", "RunnerControllers", "Templates",
}

// TestEveryServiceHasAnExample tests that the documentation of each service shows how it is used.
func TestEveryServiceHasAnExample(t *testing.T) {
	t.Parallel()
	shown := make(map[string]bool)
	paths, err := filepath.Glob("../../*_test.go")
	require.NoError(t, err)
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && strings.HasPrefix(f.Name.Name, "Example") {
				service, _, _ := strings.Cut(strings.TrimPrefix(f.Name.Name, "Example"), "Service")
				shown[service] = true
			}
		}
	}
	services := make(map[string]bool)
	for method := range methodsOf() {
		service, _, _ := strings.Cut(method, ".")
		services[service] = true
	}
	require.Greater(t, len(services), 20)
	for service := range services {
		switch known := slices.Contains(withoutExample, service); {
		case !shown[service] && !known:
			t.Errorf("no Example%sService_Method shows the service", service)
		case shown[service] && known:
			t.Errorf("%s has an example: it is to be taken from withoutExample", service)
		}
	}
}
