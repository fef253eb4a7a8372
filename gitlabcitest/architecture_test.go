package gitlabcitest

import (
	"go/ast"
	"go/importer"
	"go/parser"
	gotoken "go/token"
	"go/types"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// floors are those of the package, from the bottom up. A file belongs to one by its name or by what its name begins with, and uses what is on
// its own floor and below.
var floors = []struct {
	name   string
	files  []string
	prefix string
}{
	{name: "vocabulary", files: []string{"spec.go"}},
	{name: "world", files: []string{"world.go"}, prefix: "world_"},
	{name: "http", prefix: "http_"},
	{name: "entity", prefix: "entity_"},
	{name: "api", prefix: "api_"},
	{name: "face", files: []string{"server.go", "client.go", "options.go", "faults.go", "memory.go", "tls.go"}},
}

// ofTests are the files of tests that are not named after the file whose tests they hold.
var ofTests = []string{"architecture_test.go", "contract_test.go", "example_test.go", "example_time_test.go", "rig_test.go"}

// floorOf returns the number of a file's floor, below 0 where it has none.
func floorOf(file string) int {
	for i, floor := range floors {
		if slices.Contains(floor.files, file) || floor.prefix != "" && strings.HasPrefix(file, floor.prefix) {
			return i
		}
	}
	return -1
}

// TestFloors tests that each file has a floor and uses nothing of those above.
func TestFloors(t *testing.T) {
	names, err := filepath.Glob("*.go")
	require.NoError(t, err)
	fset := gotoken.NewFileSet()
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			_, err := os.Stat(strings.TrimSuffix(name, "_test.go") + ".go")
			if err != nil && !slices.Contains(ofTests, name) {
				t.Errorf("%s is not named after a file whose tests it holds", name)
			}
			continue
		}
		file, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		if floorOf(name) < 0 {
			t.Errorf("%s is on no floor", name)
		}
		files = append(files, file)
	}
	info := &types.Info{Uses: make(map[*ast.Ident]types.Object)}
	config := types.Config{Importer: importer.ForCompiler(fset, "source", nil)}
	own, err := config.Check("github.com/gitlabci/gitlabci/gitlabcitest", fset, files, info)
	require.NoError(t, err)

	upward := make(map[string]bool)
	for ident, object := range info.Uses {
		if object.Pkg() != own || !object.Pos().IsValid() {
			continue
		}
		from, to := fset.Position(ident.Pos()), fset.Position(object.Pos()).Filename
		if floorOf(from.Filename) < floorOf(to) {
			upward[from.String()+" uses "+object.Name()+" of "+to] = true
		}
	}
	for _, use := range slices.Sorted(maps.Keys(upward)) {
		t.Errorf("%s, which is on a floor above", use)
	}
}

// TestWorldKnowsNoHTTP tests what the world and its vocabulary import.
func TestWorldKnowsNoHTTP(t *testing.T) {
	names, err := filepath.Glob("*.go")
	require.NoError(t, err)
	checked := 0
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") || floorOf(name) > floorOf("world.go") {
			continue
		}
		checked++
		file, err := parser.ParseFile(gotoken.NewFileSet(), name, nil, parser.ImportsOnly)
		require.NoError(t, err)
		for _, spec := range file.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			require.NoError(t, err)
			if path == "net" || path == "net/http" {
				t.Errorf("%s imports %s", name, path)
			}
		}
	}
	require.Greater(t, checked, 30)
}
