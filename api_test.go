package gitlabci_test

import (
	"bytes"
	"flag"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const apiFile = "api.txt"

var updateAPI = flag.Bool("update-api", false, "write "+apiFile)

// TestAPI holds the exported API of the module's packages against its listing, so that no change of it goes unseen.
func TestAPI(t *testing.T) {
	var lines []string
	for _, dir := range []string{".", "joblog", "gitlabcitest"} {
		lines = append(lines, exported(t, dir)...)
	}
	want := strings.Join(lines, "\n") + "\n"
	if *updateAPI {
		require.NoError(t, os.WriteFile(apiFile, []byte(want), 0o644))
	}
	listing, err := os.ReadFile(apiFile)
	require.NoError(t, err)
	before := strings.Split(strings.TrimSuffix(string(listing), "\n"), "\n")
	for _, line := range before {
		if !slices.Contains(lines, line) {
			t.Errorf("gone: %s", line)
		}
	}
	for _, line := range lines {
		if !slices.Contains(before, line) {
			t.Errorf("new: %s", line)
		}
	}
	if t.Failed() {
		t.Error("tell of it in CHANGELOG.md, and write the listing anew: go test -run TestAPI -update-api .")
	}
}

// exported lists what a package exports, a line for each declaration, field and method, in order.
func exported(t *testing.T, dir string) (lines []string) {
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	fset := token.NewFileSet()
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		say := func(parts ...any) {
			var b strings.Builder
			b.WriteString(file.Name.Name + ": ")
			for _, part := range parts {
				if text, ok := part.(string); ok {
					b.WriteString(text)
					continue
				}
				var code bytes.Buffer
				require.NoError(t, printer.Fprint(&code, fset, part))
				b.WriteString(strings.Join(strings.Fields(code.String()), " "))
			}
			if line := b.String(); !slices.Contains(lines, line) { // of files for different systems, one suffices
				lines = append(lines, line)
			}
		}
		for _, decl := range file.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				if decl.Name.IsExported() && (decl.Recv == nil || ast.IsExported(receiver(decl.Recv.List[0].Type))) {
					say(&ast.FuncDecl{Recv: decl.Recv, Name: decl.Name, Type: decl.Type})
				}
			case *ast.GenDecl:
				for _, spec := range decl.Specs {
					switch spec := spec.(type) {
					case *ast.ValueSpec:
						for i, ident := range spec.Names {
							switch {
							case !ident.IsExported():
							case decl.Tok == token.CONST && i < len(spec.Values) && spec.Type != nil:
								say("const ", ident, " ", spec.Type, " = ", spec.Values[i])
							default:
								say(decl.Tok.String()+" ", ident)
							}
						}
					case *ast.TypeSpec:
						if spec.Name.IsExported() {
							sayType(spec, say)
						}
					}
				}
			}
		}
	}
	slices.Sort(lines)
	return lines
}

// receiver names the type of a method.
func receiver(expr ast.Expr) string {
	switch expr := expr.(type) {
	case *ast.StarExpr:
		return receiver(expr.X)
	case *ast.IndexExpr:
		return receiver(expr.X)
	case *ast.Ident:
		return expr.Name
	}
	return ""
}

// sayType tells a type, and of a struct its exported fields.
func sayType(spec *ast.TypeSpec, say func(...any)) {
	fields, ok := spec.Type.(*ast.StructType)
	if !ok {
		say("type ", &ast.TypeSpec{Name: spec.Name, TypeParams: spec.TypeParams, Assign: spec.Assign, Type: spec.Type})
		return
	}
	say("type ", spec.Name, " struct")
	for _, field := range fields.Fields.List {
		if len(field.Names) == 0 {
			say("type ", spec.Name, " struct, ", field.Type)
		}
		for _, name := range field.Names {
			if name.IsExported() {
				say("type ", spec.Name, " struct, ", name, " ", field.Type)
			}
		}
	}
}
