package gitlabci_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// engine are the files that every call goes through. They know each other in one direction only, and no API area.
var engine = []string{
	"auth.go", "buffer.go", "cause.go", "download.go", "engine.go", "errors.go", "identity.go", "list.go", "message.go", "operation.go", "options.go", "request.go",
	"response.go", "route.go", "scope.go", "secret.go", "upload.go", "validate.go",
}

// joins is the file that joins everything: the client and its services. Everything may use it.
const joins = "client.go"

// nameless stands for a package that is imported: what is in it does not matter here.
type nameless struct{}

func (nameless) Import(importPath string) (*types.Package, error) {
	p := types.NewPackage(importPath, strings.TrimPrefix(path.Base(importPath), "go-"))
	p.MarkComplete()
	return p, nil
}

// usesOf tells for each file of the package which others declare what it uses: types, functions, methods, fields, all of it.
func usesOf(t *testing.T) map[string]map[string]bool {
	names, err := filepath.Glob("*.go")
	require.NoError(t, err)
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		require.NoError(t, err)
		file, err := parser.ParseFile(fset, name, source, parser.SkipObjectResolution)
		require.NoError(t, err)
		files = append(files, file)
	}
	info := &types.Info{Uses: make(map[*ast.Ident]types.Object), Selections: make(map[*ast.SelectorExpr]*types.Selection)}
	config := types.Config{Importer: nameless{}, Error: func(error) {}} // what is imported is not there
	own, _ := config.Check("github.com/gitlabci/gitlabci", fset, files, info)
	uses := make(map[string]map[string]bool)
	for ident, object := range info.Uses {
		if object.Pkg() != own || !object.Pos().IsValid() {
			continue
		}
		from, to := fset.Position(ident.Pos()).Filename, fset.Position(object.Pos()).Filename
		if from == to || to == joins {
			continue
		}
		if uses[from] == nil {
			uses[from] = make(map[string]bool)
		}
		uses[from][to] = true
	}
	return uses
}

// rings are the sets of files that use each other in a circle.
func rings(uses map[string]map[string]bool) (found [][]string) {
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
		found = append(found, ring)
	}
	return found
}

// TestArchitecture tests that the files of the engine are in an order, and use no file that stands on them.
func TestArchitecture(t *testing.T) {
	uses := usesOf(t)
	delete(uses, joins)
	for _, file := range engine {
		_, err := os.Stat(file)
		require.NoError(t, err)
		for _, to := range slices.Sorted(maps.Keys(uses[file])) {
			if !slices.Contains(engine, to) {
				t.Errorf("%s is of the engine and uses %s, which is not", file, to)
			}
		}
	}
	inEngine := make(map[string]map[string]bool)
	for _, file := range engine {
		inEngine[file] = uses[file]
	}
	for _, ring := range rings(inEngine) {
		t.Errorf("files of the engine use each other in a ring: %s", strings.Join(ring, ", "))
		for _, file := range ring {
			for _, other := range ring {
				if uses[file][other] {
					t.Logf("%s uses %s", file, other)
				}
			}
		}
	}
	t.Logf("%d files, rings: %v", len(uses), rings(uses))
}
