package conformance_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// modulePath is the path of this module, the only one besides the standard library whose types may stand in exported signatures.
const modulePath = "github.com/gitlabci/gitlabci"

// sourceFile is a file of the package, its tests excepted.
type sourceFile struct {
	*ast.File
	name    string
	imports map[string]string // paths by the names that the file has for them
}

var fset = token.NewFileSet()

// packageSource is the package as it is written.
var packageSource = sync.OnceValue(func() (files []sourceFile) {
	names, err := filepath.Glob("../../*.go")
	if err != nil {
		panic(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		if err != nil {
			panic(err)
		}
		imports := make(map[string]string)
		for _, spec := range parsed.Imports {
			path, _ := strconv.Unquote(spec.Path.Value)
			local := path[strings.LastIndex(path, "/")+1:]
			if spec.Name != nil {
				local = spec.Name.Name
			}
			imports[local] = path
		}
		files = append(files, sourceFile{parsed, name, imports})
	}
	return files
})

// docReceiver is the name of the type that a method belongs to, without the star and type parameters; empty for a function.
func docReceiver(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return ""
	}
	name := ""
	ast.Inspect(f.Recv.List[0].Type, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && name == "" {
			name = id.Name
		}
		return name == ""
	})
	return name
}

// exportedFuncs are the functions, and methods of exported types, that users of the package see.
func exportedFuncs(yield func(sourceFile, *ast.FuncDecl) bool) {
	for _, file := range packageSource() {
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if ok && f.Name.IsExported() && (f.Recv == nil || ast.IsExported(docReceiver(f))) && !yield(file, f) {
				return
			}
		}
	}
}

// position is the place of a node, for messages.
func position(n ast.Node) string { return fset.Position(n.Pos()).String() }

var endpointLine = regexp.MustCompile(`(?m)^\t((?:GET|HEAD|POST|PUT|PATCH|DELETE) /\S*)$`)

// TestDocsOfMethods tests that the comment of each method names the endpoints that the method calls, and where GitLab documents it.
func TestDocsOfMethods(t *testing.T) {
	t.Parallel()
	sent := make(map[string][]string)
	for _, r := range table {
		for _, e := range r.exchanges() {
			if !slices.Contains(sent[r.method], e.route) {
				sent[r.method] = append(sent[r.method], e.route)
			}
		}
	}
	for _, f := range exportedFuncs {
		service, ok := strings.CutSuffix(docReceiver(f), "Service")
		if !ok || f.Recv == nil {
			continue
		}
		method, doc := service+"."+f.Name.Name, f.Doc.Text()
		if !strings.HasPrefix(doc, f.Name.Name+" ") {
			t.Errorf("%s: the comment of %s does not begin with its name", position(f), method)
		}
		if slices.Contains(composites, method) {
			continue
		}
		var said []string
		for _, line := range endpointLine.FindAllStringSubmatch(doc, -1) {
			said = append(said, line[1])
		}
		slices.Sort(said)
		slices.Sort(sent[method])
		if !slices.Equal(said, sent[method]) {
			t.Errorf("%s: the comment of %s names %q, it sends %q", position(f), method, said, sent[method])
		}
		if !strings.Contains(doc, "\nGitLab docs: https://docs.gitlab.com/") {
			t.Errorf("%s: the comment of %s does not say where GitLab documents it", position(f), method)
		}
	}
}

// TestDocsOfErrors tests that the comment of each method names the sentinels that its errors match.
func TestDocsOfErrors(t *testing.T) {
	t.Parallel()
	names := sentinelNames()
	for _, f := range exportedFuncs {
		service, ok := strings.CutSuffix(docReceiver(f), "Service")
		if !ok || f.Recv == nil {
			continue
		}
		for _, r := range table {
			if r.method != service+"."+f.Name.Name {
				continue
			}
			fails := []error{r.wrapped}
			if r.wraps == "" {
				fails = nil
				for _, e := range r.exchanges() {
					fails = append(fails, e.fails)
				}
			}
			for _, sentinel := range fails {
				name := names[sentinel.Error()]
				if !strings.Contains(f.Doc.Text(), "["+name+"]") {
					t.Errorf("%s: the comment of %s does not name %s", position(f), r.method, name)
				}
			}
		}
	}
}

// TestDocs tests that everything exported has a comment; one of a group serves all constants and variables in it.
func TestDocs(t *testing.T) {
	t.Parallel()
	for _, f := range exportedFuncs {
		if f.Doc.Text() == "" {
			t.Errorf("%s: %s %s has no comment", position(f), docReceiver(f), f.Name.Name)
		}
	}
	for _, file := range packageSource() {
		for _, decl := range file.Decls {
			group, ok := decl.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range group.Specs {
				var names []*ast.Ident
				doc := group.Doc.Text()
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					names = []*ast.Ident{spec.Name}
					if group.Lparen.IsValid() {
						doc = spec.Doc.Text()
					}
					if spec.Name.IsExported() && doc != "" && !regexp.MustCompile(`^(An? )?`+spec.Name.Name+` `).MatchString(doc) {
						t.Errorf("%s: the comment of %s does not begin with its name", position(spec), spec.Name.Name)
					}
				case *ast.ValueSpec:
					names = spec.Names
					doc += spec.Doc.Text()
				}
				for _, name := range names {
					if name.IsExported() && doc == "" {
						t.Errorf("%s: %s has no comment", position(name), name.Name)
					}
				}
			}
		}
	}
}

// TestSignatures tests that no exported declaration speaks of another module's types, and no exported function of any, which
// [gitlabci.Client.Do] and [gitlabci.Client.GraphQL] alone may.
func TestSignatures(t *testing.T) {
	t.Parallel()
	for file, f := range exportedFuncs {
		file.requireOwnTypes(t, f.Name.Name, f.Type)
		if docReceiver(f) == "Client" && (f.Name.Name == "Do" || f.Name.Name == "GraphQL") {
			continue
		}
		requireNoAny(t, f.Name.Name, f.Type)
	}
	for _, file := range packageSource() {
		for _, decl := range file.Decls {
			group, ok := decl.(*ast.GenDecl)
			if !ok || group.Tok == token.IMPORT {
				continue
			}
			for _, spec := range group.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					if spec.Name.IsExported() {
						file.requireOwnTypes(t, spec.Name.Name, exportedPart(spec.Type))
						if f, ok := spec.Type.(*ast.FuncType); ok {
							requireNoAny(t, spec.Name.Name, f)
						}
					}
				case *ast.ValueSpec:
					if spec.Type != nil && slices.ContainsFunc(spec.Names, (*ast.Ident).IsExported) {
						file.requireOwnTypes(t, spec.Names[0].Name, spec.Type)
					}
				}
			}
		}
	}
}

func requireNoAny(t *testing.T, name string, f *ast.FuncType) {
	t.Helper()
	for _, list := range []*ast.FieldList{f.Params, f.Results} {
		if list == nil {
			continue
		}
		ast.Inspect(list, func(n ast.Node) bool {
			id, isName := n.(*ast.Ident)
			literal, isInterface := n.(*ast.InterfaceType)
			if isName && id.Name == "any" || isInterface && len(literal.Methods.List) == 0 {
				t.Errorf("%s: the signature of %s takes or gives anything", position(n), name)
			}
			return true
		})
	}
}

// exportedPart is what users see of a type: a struct without its unexported fields.
func exportedPart(expr ast.Expr) ast.Node {
	s, ok := expr.(*ast.StructType)
	if !ok {
		return expr
	}
	seen := &ast.FieldList{}
	for _, field := range s.Fields.List {
		if len(field.Names) == 0 || slices.ContainsFunc(field.Names, (*ast.Ident).IsExported) {
			seen.List = append(seen.List, field)
		}
	}
	return &ast.StructType{Struct: s.Struct, Fields: seen}
}

func (file sourceFile) requireOwnTypes(t *testing.T, name string, n ast.Node) {
	t.Helper()
	ast.Inspect(n, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if pkg, ok := selector.X.(*ast.Ident); ok {
			path := file.imports[pkg.Name]
			if strings.Contains(strings.SplitN(path, "/", 2)[0], ".") && path != modulePath && !strings.HasPrefix(path, modulePath+"/") ||
				strings.HasPrefix(path, modulePath+"/internal/") {
				t.Errorf("%s: %s.%s of %s in the declaration of %s", position(n), pkg.Name, selector.Sel.Name, path, name)
			}
		}
		return true
	})
}

// TestContextsAreTheCallers tests that the package makes up no context of its own.
func TestContextsAreTheCallers(t *testing.T) {
	t.Parallel()
	for _, file := range packageSource() {
		ast.Inspect(file.File, func(n ast.Node) bool {
			if selector, ok := n.(*ast.SelectorExpr); ok {
				pkg, ok := selector.X.(*ast.Ident)
				if ok && file.imports[pkg.Name] == "context" && slices.Contains([]string{"Background", "TODO", "WithoutCancel"}, selector.Sel.Name) {
					t.Errorf("%s: context.%s", position(n), selector.Sel.Name)
				}
			}
			return true
		})
	}
}

// TestOneStatement tests that the methods in the table are one statement each, but for those that say why not.
func TestOneStatement(t *testing.T) {
	t.Parallel()
	longer := map[string]string{
		"Pipelines.Play":        "several requests",
		"Variables.Set":         "several requests",
		"Schedules.SetVariable": "several requests",
		"SecureFiles.Download":  "several requests",
		"Jobs.Trace":            "hides the rest of a download",
		"Runners.Verify":        "has its token beside the options",
	}
	for _, f := range exportedFuncs {
		service, ok := strings.CutSuffix(docReceiver(f), "Service")
		method := service + "." + f.Name.Name
		if !ok || slices.Contains(composites, method) {
			continue
		}
		require.Equal(t, longer[method] == "", len(f.Body.List) == 1, "%s: statements of %s", position(f), method)
	}
}
