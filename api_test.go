package gitlabci_test

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const apiFile = "api.txt"

var updateAPI = flag.Bool("update-api", false, "write "+apiFile)

const modulePath = "github.com/gitlabci/gitlabci"

// TestAPI holds the exported API of the module's packages against its listing, so that no change of it goes unseen.
func TestAPI(t *testing.T) {
	var lines []string
	for _, pkg := range exportData(t, modulePath, modulePath+"/joblog", modulePath+"/gitlabcitest", modulePath+"/webhook") {
		lines = append(lines, listing(pkg)...)
	}
	if *updateAPI {
		require.NoError(t, os.WriteFile(apiFile, []byte(strings.Join(lines, "\n")+"\n"), 0o644))
	}
	text, err := os.ReadFile(apiFile)
	require.NoError(t, err)
	before := apiLines(string(text))
	for _, line := range missing(before, lines) {
		t.Errorf("gone: %s", line)
	}
	for _, line := range missing(lines, before) {
		t.Errorf("new: %s", line)
	}
	if t.Failed() {
		t.Error("tell of it in CHANGELOG.md, and write the listing anew: go test -run TestAPI -update-api .")
	}
}

// TestListing tests what is listed of each kind of declaration.
func TestListing(t *testing.T) {
	const source = `package made
		type Level int
		const ( Low Level = iota + 1; High )
		const Name, hidden = "made", 1
		var Err, count = error(nil), 0
		func Up(by ...Level) (Level, error) { return 0, nil }
		type Options struct { Page int ` + "`url:\"page\" json:\"page,omitzero\"`" + `; secret string; base; Paged }
		type Paged struct { Size int }
		func (Paged) Sized() bool { return true }
		type base struct { Seen bool; count int }
		func (*base) Close() error { return nil }
		func (base) hide() {}
		type Scope interface { Up() Level; down() }
		type Seq[T any] func(yield func(*T, error) bool)
		func (s Seq[T]) Collect() ([]*T, error) { return nil, nil }
		type Alias = Level`
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "made.go", source, parser.SkipObjectResolution)
	require.NoError(t, err)
	pkg, err := new(types.Config).Check("made", fset, []*ast.File{file}, nil)
	require.NoError(t, err)
	require.Equal(t, []string{
		`made: const High Level = 2`,
		`made: const Low Level = 1`,
		`made: const Name = "made"`,
		`made: func (*Options) Close() error`,
		`made: func (Options) Sized() bool`,
		`made: func (Paged) Sized() bool`,
		`made: func (Scope) Up() Level`,
		`made: func (Seq[T]) Collect() ([]*T, error)`,
		`made: func Up(by ...Level) (Level, error)`,
		`made: type Alias = Level`,
		`made: type Level int`,
		`made: type Options struct`,
		`made: type Options struct, Page int json:"page,omitzero"`,
		`made: type Options struct, Paged`,
		`made: type Options struct, Seen bool`,
		`made: type Paged struct`,
		`made: type Paged struct, Size int`,
		`made: type Scope interface, sealed`,
		`made: type Seq[T any] func(yield func(*T, error) bool)`,
		`made: var Err error`,
	}, listing(pkg))
}

// exportData returns packages as the compiler describes them to those that import them.
func exportData(t *testing.T, paths ...string) (packages []*types.Package) {
	t.Helper()
	var stderr bytes.Buffer
	list := exec.CommandContext(t.Context(), "go", append([]string{"list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}"}, paths...)...)
	list.Stderr = &stderr
	out, err := list.Output()
	require.NoError(t, err, stderr.String())
	files := make(map[string]string)
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), " ")
		files[path] = file
	}
	imports := importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) { return os.Open(files[path]) })
	for _, path := range paths {
		pkg, err := imports.Import(path)
		require.NoError(t, err)
		packages = append(packages, pkg)
	}
	return packages
}

// listing tells what a package exports, a line for each constant, variable, function, type, field and method, in order. A method or field that
// comes from an embedded type is listed as the type's own: it makes no difference to those who use it.
func listing(pkg *types.Package) (lines []string) {
	short := func(other *types.Package) string {
		if other == pkg {
			return ""
		}
		return other.Name()
	}
	say := func(format string, args ...any) { lines = append(lines, pkg.Name()+": "+fmt.Sprintf(format, args...)) }
	for _, name := range pkg.Scope().Names() {
		object := pkg.Scope().Lookup(name)
		if !object.Exported() {
			continue
		}
		typ := types.TypeString(object.Type(), short)
		switch object := object.(type) {
		case *types.Const:
			if basic, ok := object.Type().(*types.Basic); ok && basic.Info()&types.IsUntyped != 0 {
				say("const %s = %s", name, object.Val().ExactString())
			} else {
				say("const %s %s = %s", name, typ, object.Val().ExactString())
			}
		case *types.Var:
			say("var %s %s", name, typ)
		case *types.Func:
			say("func %s%s", name, strings.TrimPrefix(typ, "func"))
		case *types.TypeName:
			sayType(object, short, say)
		}
	}
	slices.Sort(lines)
	return lines
}

// sayType tells a type: its underlying type, but for structs and interfaces their exported members alone, and the methods of its pointer.
func sayType(object *types.TypeName, short types.Qualifier, say func(string, ...any)) {
	name := object.Name()
	switch underlying := object.Type().Underlying().(type) {
	case *types.Struct:
		say("type %s struct", name)
		sayFields(name, underlying, short, say)
	case *types.Interface:
		sealed := ""
		for method := range underlying.Methods() {
			if !method.Exported() {
				sealed = ", sealed"
			}
		}
		say("type %s interface%s", name, sealed)
	default:
		say("%s", types.ObjectString(object, short))
	}
	if object.IsAlias() {
		return
	}
	receiver := name
	if named, ok := object.Type().(*types.Named); ok && named.TypeParams().Len() > 0 {
		var params []string
		for param := range named.TypeParams().TypeParams() {
			params = append(params, param.Obj().Name())
		}
		receiver += "[" + strings.Join(params, ", ") + "]"
	}
	values := types.NewMethodSet(object.Type())
	all := values
	if !types.IsInterface(object.Type()) {
		all = types.NewMethodSet(types.NewPointer(object.Type()))
	}
	for selection := range all.Methods() {
		method := selection.Obj()
		if !method.Exported() {
			continue
		}
		star := "*"
		if values.Lookup(method.Pkg(), method.Name()) != nil {
			star = ""
		}
		say("func (%s%s) %s%s", star, receiver, method.Name(), strings.TrimPrefix(types.TypeString(selection.Type(), short), "func"))
	}
}

func sayFields(name string, fields *types.Struct, short types.Qualifier, say func(string, ...any)) {
	for i := range fields.NumFields() {
		field := fields.Field(i)
		inner, isStruct := field.Type().Underlying().(*types.Struct)
		switch {
		case field.Exported():
			tag := ""
			if value, ok := reflect.StructTag(fields.Tag(i)).Lookup("json"); ok {
				tag = fmt.Sprintf(" json:%q", value)
			}
			if field.Embedded() {
				say("type %s struct, %s%s", name, types.TypeString(field.Type(), short), tag)
			} else {
				say("type %s struct, %s %s%s", name, field.Name(), types.TypeString(field.Type(), short), tag)
			}
		case field.Embedded() && isStruct:
			sayFields(name, inner, short, say)
		}
	}
}

// apiLines are the lines of a listing.
func apiLines(text string) []string { return strings.Split(strings.TrimSuffix(text, "\n"), "\n") }

// missing are the lines that others do not have.
func missing(lines, others []string) (found []string) {
	there := make(map[string]bool)
	for _, line := range others {
		there[line] = true
	}
	for _, line := range lines {
		if !there[line] {
			found = append(found, line)
		}
	}
	return found
}
