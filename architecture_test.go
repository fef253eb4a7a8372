package gitlabci_test

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// layers are the files of the package, the lowest layer first. A file uses those of its own layer and of the layers below, and no two files use
// each other, on whatever way round.
var layers = []struct {
	name  string
	files []string
}{
	{"the engine, which every call goes through", []string{
		"auth.go", "buffer.go", "cause.go", "download.go", "engine.go", "errors.go", "identity.go", "list.go", "message.go", "operation.go", "options.go",
		"request.go", "response.go", "route.go", "scope.go", "secret.go", "setup.go", "upload.go", "validate.go",
	}},
	{"the areas of the API", []string{
		"artifacts.go", "branches.go", "catalog.go", "commit_statuses.go", "deployments.go", "environments.go", "freeze_periods.go", "groups.go",
		"job_token_scope.go", "jobs.go", "lint.go", "merge_requests.go", "merge_trains.go", "pipelines.go", "project_settings.go", "projects.go", "protected_environments.go", "resource_groups.go",
		"runner_controllers.go", "runners.go", "schedules.go", "secure_files.go", "tags.go", "templates.go", "triggers.go", "types.go", "variable_rules.go", "variables.go",
	}},
	{"what is built of several calls", []string{
		"archive.go", "archive_directory.go", "archive_fs.go", "archive_index.go", "effective.go", "effective_expand.go", "effective_ref.go", "effective_result.go", "events.go", "extract.go", "extract_links.go", "flaky.go", "fleet.go", "follow.go", "job_names.go", "outcome.go", "parallel.go", "partfile.go",
		"partfile_age.go", "partfile_lock.go", "pieces.go", "poll.go", "resume.go", "save.go", "stuck.go", "traces.go", "tree.go", "triage.go", "wait.go", "wait_deployment.go", "wait_error.go", "watch.go",
	}},
	{"what knows all of them: the client, and what takes one", []string{"client.go", "do.go", "graphql.go", "poll_for.go", "secret_types.go", "select.go"}},
}

// layerOf returns the place of a file among the layers, and -1 for one that is in none.
func layerOf(file string) int {
	for i, layer := range layers {
		if slices.Contains(layer.files, file) {
			return i
		}
	}
	return -1
}

// usesOf returns for each file of the package the others that declare what it uses, with the names of it: types, functions, methods, fields.
func usesOf(t *testing.T) map[string]map[string][]string {
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range goList(t, "{{join .GoFiles \"\\n\"}}", ".") {
		file, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		files = append(files, file)
	}
	exports := make(map[string]string)
	for _, line := range goList(t, "{{.ImportPath}} {{.Export}}", "-export", "-deps", ".") {
		importPath, file, _ := strings.Cut(line, " ")
		exports[importPath] = file
	}
	compiled := importer.ForCompiler(fset, "gc", func(importPath string) (io.ReadCloser, error) { return os.Open(exports[importPath]) })
	info := &types.Info{Uses: make(map[*ast.Ident]types.Object)}
	config := types.Config{Importer: compiled}
	own, err := config.Check("github.com/gitlabci/gitlabci", fset, files, info)
	require.NoError(t, err, "with a use missing, a ring may be")
	uses := make(map[string]map[string][]string)
	for ident, object := range info.Uses {
		if object.Pkg() != own || !object.Pos().IsValid() {
			continue
		}
		from, to := fset.Position(ident.Pos()).Filename, fset.Position(object.Pos()).Filename
		if from == to {
			continue
		}
		if uses[from] == nil {
			uses[from] = make(map[string][]string)
		}
		if !slices.Contains(uses[from][to], object.Name()) {
			uses[from][to] = append(uses[from][to], object.Name())
		}
	}
	return uses
}

// goList returns the lines that go list prints in a format.
func goList(t *testing.T, format string, args ...string) []string {
	cmd := exec.Command("go", append([]string{"list", "-f", format}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	require.NoError(t, err)
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

// ringsOf returns the sets of files that use each other in a circle.
func ringsOf(uses map[string]map[string][]string) (rings [][]string) {
	reach := make(map[string]map[string]bool)
	for from := range uses {
		seen, left := make(map[string]bool), []string{from}
		for len(left) > 0 {
			at := left[0]
			left = left[1:]
			for to := range uses[at] {
				if !seen[to] {
					seen[to] = true
					left = append(left, to)
				}
			}
		}
		reach[from] = seen
	}
	done := make(map[string]bool)
	for _, file := range slices.Sorted(maps.Keys(uses)) {
		if done[file] || !reach[file][file] {
			continue
		}
		ring := []string{file}
		for _, other := range slices.Sorted(maps.Keys(reach[file])) {
			if other != file && reach[other][file] {
				ring = append(ring, other)
				done[other] = true
			}
		}
		rings = append(rings, ring)
	}
	return rings
}

// TestArchitecture tests that every file is in a layer, uses nothing of the layers above, and is in no ring.
func TestArchitecture(t *testing.T) {
	there, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, file := range there {
		if !strings.HasSuffix(file, "_test.go") && layerOf(file) < 0 {
			t.Errorf("%s is in no layer: add it to the list of this test", file)
		}
	}
	for _, layer := range layers {
		for _, file := range layer.files {
			if !slices.Contains(there, file) {
				t.Errorf("%s is gone: take it from the list of this test", file)
			}
		}
	}
	uses := usesOf(t)
	for _, from := range slices.Sorted(maps.Keys(uses)) {
		for _, to := range slices.Sorted(maps.Keys(uses[from])) {
			own, other := layerOf(from), layerOf(to)
			if other > own && own >= 0 {
				t.Errorf("%s is of %s, and uses %s of %s: %s", from, layers[own].name, to, layers[other].name, strings.Join(uses[from][to], ", "))
			}
		}
	}
	for _, ring := range ringsOf(uses) {
		t.Errorf("%d files use each other in a ring: %s", len(ring), strings.Join(ring, ", "))
		for _, from := range ring {
			for _, to := range ring {
				if names := uses[from][to]; names != nil {
					t.Logf("%s uses %s: %s", from, to, strings.Join(names, ", "))
				}
			}
		}
	}
}
