package gitlabci

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// answers are all types that say what they are known by.
var answers = []identifiable{
	new(AllowedAgents), new(ArtifactEntry), new(Branch), new(Bridge), new(CatalogVersion), new(CommitStatus), new(Deployment), new(DeploymentApproval), new(Environment),
	new(FreezePeriod), new(GroupBasic), new(GroupScopeLink), new(Job), new(JobRouter), new(JobTokenScope), new(LintResult), new(MergeRequest), new(MergeTrainCar),
	new(Pipeline), new(PipelineVariable), new(ProjectBasic), new(ProjectScopeLink), new(ProjectSettings), new(ProtectedEnvironment), new(RegistrationToken),
	new(ResourceGroup), new(ReviewAppsResult), new(Runner), new(RunnerController), new(RunnerControllerScope), new(RunnerControllerScopes),
	new(RunnerControllerToken), new(RunnerManager), new(RunnerToken), new(Schedule), new(SecureFile), new(Tag), new(Template), new(TestReport), new(TestReportSummary),
	new(Trigger), new(Variable), new(instanceVersion), new(protectedName), new(repositoryRef),
}

// Each type is known by members that it has, and by any of them alone.
func TestIdentities(t *testing.T) {
	var declared, listed []string
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, file := range files {
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, method := range regexp.MustCompile(`(?m)^func \((?:\w+ )?\*(\w+)\) identity\(\) identity `).FindAllSubmatch(source, -1) {
			declared = append(declared, string(method[1]))
		}
	}
	for _, answer := range answers {
		listed = append(listed, reflect.TypeOf(answer).Elem().Name())
	}
	require.ElementsMatch(t, declared, listed, "types that have an identity, and those that are tested")

	for _, answer := range answers {
		typ := reflect.TypeOf(answer).Elem()
		members := answer.identity().members
		require.NotEmpty(t, members, typ)
		for member := range strings.FieldsSeq(members) {
			field := memberOf(typ, member)
			require.NotNil(t, field, "%v has no member %s", typ, member)
			sample, err := json.Marshal(sampleOf(field))
			require.NoError(t, err)
			alone := `{"` + member + `":` + string(sample) + `}`
			require.NoError(t, decodeObject([]byte(alone), reflect.New(typ).Interface().(identifiable)), "%v: %s", typ, alone)
		}
		require.Error(t, reflect.New(typ).Interface().(identifiable).identity().check([]byte(`{"else":1}`)), typ)
	}
}

// memberOf is the type of the field for a member, nil if there is none.
func memberOf(typ reflect.Type, member string) reflect.Type {
	for _, field := range reflect.VisibleFields(typ) {
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name == member {
			return field.Type
		}
	}
	return nil
}

// sampleOf is a value of a member as it comes: zero, unless that would be none.
func sampleOf(typ reflect.Type) any {
	switch typ.Kind() {
	case reflect.Int64, reflect.Int:
		return 7
	case reflect.String:
		return "x"
	case reflect.Bool:
		return false
	case reflect.Slice:
		return []any{}
	}
	if typ == reflect.TypeFor[time.Time]() {
		return time.Time{}
	}
	return map[string]any{"id": 7}
}

// What tells items apart costs no more than reading a field.
func TestIdentitiesAllocateNothing(t *testing.T) {
	items := []identifiable{&Job{ID: 1}, &Pipeline{ID: 1}, &Variable{Key: "A", EnvironmentScope: "*"}, &Template{Name: "Go"}, &RunnerToken{Token: "glrt-1"}}
	require.Zero(t, testing.AllocsPerRun(100, func() {
		for _, item := range items {
			if item.identity().check(nil) != nil {
				panic("not identified")
			}
		}
	}))
}
