package conformance_test

import (
	"go/ast"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/internal/conformance/facts"
)

// taggedField is the type of the field that has this name in JSON or in a query, also in embedded structs and in lists of structs.
func taggedField(typ reflect.Type, name string) (reflect.Type, bool) {
	for i := range typ.NumField() {
		field := typ.Field(i)
		if field.Anonymous {
			if inner, ok := taggedField(field.Type, name); ok {
				return inner, true
			}
		}
		for _, key := range []string{"json", "url"} {
			if tag, _, _ := strings.Cut(field.Tag.Get(key), ","); tag == name && tag != "" {
				return field.Type, true
			}
		}
	}
	return nil, false
}

// constants are the values of the string constants of the package, by the names of their types.
var constants = sync.OnceValue(func() map[string][]string {
	values := make(map[string][]string)
	for _, file := range packageSource() {
		ast.Inspect(file.File, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			typ, isNamed := spec.Type.(*ast.Ident)
			literal, isLiteral := spec.Values[0].(*ast.BasicLit)
			if isNamed && isLiteral {
				if value, err := strconv.Unquote(literal.Value); err == nil {
					values[typ.Name] = append(values[typ.Name], value)
				}
			}
			return true
		})
	}
	return values
})

// noConstants are what has values that are known and no constants for them, and why.
var noConstants = map[string]string{
	"POST /groups/:/protected_environments name":         "the name of an environment in projects",
	"GET /projects/:/deployments/:/merge_requests scope": "known by its newer names",
	"GET /projects/:/deployments/:/merge_requests wip":   "deprecated",
	"UserBasic.state": "of GitLab's users; what it may be is not written down",
	"User.state":      "of GitLab's users; what it may be is not written down",
}

// requireConstants tests that a type has constants for values such as "raw|zip|gzip".
func requireConstants(t *testing.T, what string, typ reflect.Type, values string) {
	t.Helper()
	for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
		typ = typ.Elem()
	}
	if noConstants[typ.Name()] != "" || noConstants[what] != "" {
		return
	}
	if typ.Kind() != reflect.String || typ.PkgPath() == "" {
		t.Errorf("%s is a %s, and may be %s", what, typ, values)
		return
	}
	for value := range strings.SplitSeq(values, "|") {
		if !slices.Contains(constants()[typ.Name()], value) {
			t.Errorf("%s has no constant for %q", typ.Name(), value)
		}
	}
}

// objects are the types of the objects in the contract.
var objects = map[string][]reflect.Type{
	"PipelineBasic":          {reflect.TypeFor[gitlabci.PipelineBasic](), reflect.TypeFor[gitlabci.Pipeline]()},
	"Pipeline":               {reflect.TypeFor[gitlabci.Pipeline]()},
	"PipelineDetail":         {reflect.TypeFor[gitlabci.Pipeline]()},
	"PipelineDetailWithName": {reflect.TypeFor[gitlabci.Pipeline]()},
	"UserPipeline":           {reflect.TypeFor[gitlabci.Pipeline]()},
	"DetailedStatus":         {reflect.TypeFor[gitlabci.DetailedStatus]()},
	"UserBasic":              {reflect.TypeFor[gitlabci.UserBasic]()},
	"User":                   {reflect.TypeFor[gitlabci.User]()},
	"Commit":                 {reflect.TypeFor[gitlabci.Commit]()},
	"JobBasic":               {reflect.TypeFor[gitlabci.Job]()},
	"Job":                    {reflect.TypeFor[gitlabci.Job]()},
	"JobBasicWithProject":    {reflect.TypeFor[gitlabci.Job]()},
	"Bridge":                 {reflect.TypeFor[gitlabci.Bridge]()},
	"JobArtifactFile":        {reflect.TypeFor[gitlabci.JobArtifactFile]()},
	"JobArtifact":            {reflect.TypeFor[gitlabci.JobArtifact]()},
	"PipelineVariable":       {reflect.TypeFor[gitlabci.PipelineVariable]()},
	"TestReport":             {reflect.TypeFor[gitlabci.TestReport]()},
	"TestSuite":              {reflect.TypeFor[gitlabci.TestSuite]()},
	"TestCase":               {reflect.TypeFor[gitlabci.TestCase]()},
	"TestReportSummary":      {reflect.TypeFor[gitlabci.TestReportSummary]()},
	"TestSuiteSummary":       {reflect.TypeFor[gitlabci.TestSuite]()},
	"Runner":                 {reflect.TypeFor[gitlabci.Runner]()},
	"RunnerDetail":           {reflect.TypeFor[gitlabci.Runner]()},
	"RunnerManager":          {reflect.TypeFor[gitlabci.RunnerManager]()},
	"RunnerRegistration":     {reflect.TypeFor[gitlabci.RunnerToken]()},
	"ResetToken":             {reflect.TypeFor[gitlabci.RunnerToken](), reflect.TypeFor[gitlabci.RegistrationToken]()},
	"Variable (project)":     {reflect.TypeFor[gitlabci.Variable]()},
	"Variable (group)":       {reflect.TypeFor[gitlabci.Variable]()},
	"Variable (instance)":    {reflect.TypeFor[gitlabci.Variable]()},
	"ScheduleVariable":       {reflect.TypeFor[gitlabci.PipelineVariable]()},
	"Trigger":                {reflect.TypeFor[gitlabci.Trigger]()},
	"Schedule":               {reflect.TypeFor[gitlabci.Schedule]()},
	"ScheduleDetail":         {reflect.TypeFor[gitlabci.Schedule]()},
	"BasicProject":           {reflect.TypeFor[gitlabci.RunnerProject]()},
	"BasicGroup":             {reflect.TypeFor[gitlabci.GroupBasic]()},
	"LintResult":             {reflect.TypeFor[gitlabci.LintResult]()},
	"LintInclude":            {reflect.TypeFor[gitlabci.LintInclude]()},
	"LintJob":                {reflect.TypeFor[gitlabci.LintJob]()},
	"JobTokenScope":          {reflect.TypeFor[gitlabci.JobTokenScope]()},
	"ProjectScopeLink":       {reflect.TypeFor[gitlabci.ProjectScopeLink]()},
	"GroupScopeLink":         {reflect.TypeFor[gitlabci.GroupScopeLink]()},
	"ResourceGroup":          {reflect.TypeFor[gitlabci.ResourceGroup]()},
	"SecureFile":             {reflect.TypeFor[gitlabci.SecureFile]()},
	"Environment":            {reflect.TypeFor[gitlabci.Environment]()},
	"EnvironmentDetail":      {reflect.TypeFor[gitlabci.Environment]()},
	"EnvironmentBasic":       {reflect.TypeFor[gitlabci.EnvironmentBasic]()},
	"ReviewAppsResult":       {reflect.TypeFor[gitlabci.ReviewAppsResult]()},
	"Deployment":             {reflect.TypeFor[gitlabci.Deployment]()},
	"DeploymentApproval":     {reflect.TypeFor[gitlabci.DeploymentApproval]()},
	"ProtectedEnvironment":   {reflect.TypeFor[gitlabci.ProtectedEnvironment]()},
	"DeployAccessLevel":      {reflect.TypeFor[gitlabci.DeployAccessLevel]()},
	"ApprovalRule":           {reflect.TypeFor[gitlabci.ApprovalRule]()},
	"FreezePeriod":           {reflect.TypeFor[gitlabci.FreezePeriod]()},
	"MergeTrainCar":          {reflect.TypeFor[gitlabci.MergeTrainCar]()},
	"TemplateListItem":       {reflect.TypeFor[gitlabci.Template]()},
	"Template":               {reflect.TypeFor[gitlabci.Template]()},
}

// otherObjects are those that are no result.
var otherObjects = []string{"Message", "Error"} // read by parseMessage

// enums are the types of the enumerations in the contract; empty for those that have no names there.
var enums = map[string]string{
	"pipeline_status":             "PipelineStatus",
	"job_status":                  "JobStatus",
	"job_scope (list filter)":     "JobStatus",
	"pipeline_scope":              "PipelineScope",
	"pipeline_order_by":           "PipelineOrder",
	"sort":                        "Sort",
	"pipeline_source":             "PipelineSource",
	"job_failure_reason":          "FailureReason",
	"active_statuses":             "JobStatus",
	"completed_statuses":          "JobStatus",
	"cancelable_statuses":         "JobStatus",
	"runner_type":                 "RunnerType",
	"runner_status":               "RunnerStatus",
	"runner_job_execution_status": "RunnerJobExecutionStatus",
	"runner_access_level":         "RunnerAccessLevel",
	"variable_type":               "VariableType",
	"schedule_scope":              "ScheduleScope",

	"resource_group_process_mode":  "ProcessMode",
	"environment_states":           "EnvironmentState",
	"environment_tier":             "EnvironmentTier",
	"auto_stop_setting":            "AutoStopSetting",
	"deployment_status":            "DeploymentStatus",
	"deployment_status (settable)": "DeploymentStatus",
	"deployment_order_by":          "DeploymentOrder",
	"approval_status":              "DeploymentApprovalStatus",
	"merge_train_scope":            "MergeTrainScope",
	"merge_train_status":           "MergeTrainStatus",

	"pipeline_failure_reason (not in REST body)": "",
	"protected_access_level":                     "", // numbers
	"group_inheritance_type":                     "", // numbers
}

// TestEveryFieldIsThere tests that each member of an object of the contract has a field of a type that fits, and each value that it
// may have a constant.
func TestEveryFieldIsThere(t *testing.T) {
	t.Parallel()
	count := 0
	for _, row := range facts.Table("fields") {
		object, name := row["object"], row["field"]
		if object == "(enum)" {
			requireEnum(t, name, row["values"])
			continue
		}
		types := objects[object]
		if types == nil && !slices.Contains(otherObjects, object) {
			t.Errorf("nothing is known of the object %s", object)
		}
		for _, typ := range types {
			count++
			requireField(t, object, name, row["type"], row["values"], typ)
		}
	}
	require.Greater(t, count, 380)
}

func requireEnum(t *testing.T, name, values string) {
	t.Helper()
	typ, ok := enums[name]
	if !ok {
		t.Errorf("nothing is known of the enumeration %s", name)
	}
	if typ == "" {
		return
	}
	for value := range strings.SplitSeq(values, "|") {
		if !slices.Contains(constants()[typ], value) {
			t.Errorf("%s has no constant for %q", typ, value)
		}
	}
}

func requireField(t *testing.T, object, name, contractType, values string, typ reflect.Type) {
	t.Helper()
	field, ok := taggedField(typ, name)
	if !ok {
		t.Errorf("%s of %s has no field in %s", name, object, typ)
		return
	}
	if !fits(contractType, field) {
		t.Errorf("%s of %s is %s, and a %s in %s", name, object, contractType, field, typ)
	}
	if values != "" {
		requireConstants(t, typ.Name()+"."+name, field, values)
	}
}

// fits reports whether a Go type can hold what the contract calls by this name.
func fits(contractType string, typ reflect.Type) bool {
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	isTime := typ == reflect.TypeFor[time.Time]()
	switch contractType {
	case "integer":
		return typ.Kind() >= reflect.Int && typ.Kind() <= reflect.Int64 || typ == reflect.TypeFor[gitlabci.Seconds]()
	case "number", "string|number":
		return typ.Kind() == reflect.Float64
	case "string", "string|object":
		return typ.Kind() == reflect.String
	case "boolean":
		return typ.Kind() == reflect.Bool
	case "datetime":
		return isTime
	case "any":
		return typ.Kind() == reflect.Interface
	}
	if strings.HasPrefix(contractType, "array") {
		return typ.Kind() == reflect.Slice
	}
	return !isTime && (typ.Kind() == reflect.Struct || typ.Kind() == reflect.Map)
}

// schemas are the types of the objects in GitLab 19.5's own description that have a name of their own there.
var schemas = map[string][]reflect.Type{
	"APIEntitiesUserBasic":                   objects["UserBasic"],
	"APIEntitiesUser":                        objects["User"],
	"APIEntitiesCommit":                      objects["Commit"],
	"APIEntitiesProjectIdentity":             {reflect.TypeFor[gitlabci.ProjectIdentity]()},
	"DetailedStatusEntity":                   objects["DetailedStatus"],
	"APIEntitiesCiPipelineBasic":             objects["PipelineBasic"],
	"APIEntitiesCiPipeline":                  objects["Pipeline"],
	"APIEntitiesCiPipelineWithMetadata":      objects["Pipeline"],
	"APIEntitiesCiPipelineMergeRequest":      {reflect.TypeFor[gitlabci.PipelineMergeRequest]()},
	"APIEntitiesCiUserPipeline":              objects["UserPipeline"],
	"APIEntitiesCiJobBasic":                  objects["Job"],
	"APIEntitiesCiJobArtifactFile":           objects["JobArtifactFile"],
	"APIEntitiesCiJobArtifact":               objects["JobArtifact"],
	"APIEntitiesCiRunner":                    objects["Runner"],
	"APIEntitiesCiRunnerManager":             objects["RunnerManager"],
	"APIEntitiesCiJob":                       objects["Job"],
	"APIEntitiesCiJobBasicWithProject":       objects["Job"],
	"APIEntitiesCiBridge":                    objects["Bridge"],
	"APIEntitiesCiJobArtifactEntry":          {reflect.TypeFor[gitlabci.ArtifactEntry]()},
	"TestCaseEntity":                         objects["TestCase"],
	"TestSuiteEntity":                        objects["TestSuite"],
	"TestReportEntity":                       objects["TestReport"],
	"TestSuiteSummaryEntity":                 objects["TestSuite"],
	"TestReportSummaryEntity":                objects["TestReportSummary"],
	"APIEntitiesCiVariable":                  {reflect.TypeFor[gitlabci.Variable]()},
	"APIEntitiesTrigger":                     objects["Trigger"],
	"APIEntitiesCiInput":                     {reflect.TypeFor[gitlabci.ScheduleInput]()},
	"APIEntitiesCiPipelineSchedule":          objects["Schedule"],
	"APIEntitiesCiPipelineScheduleDetails":   objects["Schedule"],
	"APIEntitiesCiRunnerDetails":             objects["Runner"],
	"APIEntitiesCiRunnerRegistrationDetails": objects["RunnerRegistration"],
	"APIEntitiesCiResetTokenResult":          objects["ResetToken"],
	"APIEntitiesNamespaceBasic":              {reflect.TypeFor[gitlabci.Namespace]()},
	"APIEntitiesBasicProjectDetails":         objects["BasicProject"],
	"APIEntitiesBasicGroupDetails":           objects["BasicGroup"],
	"APIEntitiesCustomAttribute":             {reflect.TypeFor[gitlabci.CustomAttribute]()},

	"APIEntitiesCiSecureFile":                                objects["SecureFile"],
	"APIEntitiesCiJobRouterDiscoveryInformation":             {reflect.TypeFor[gitlabci.JobRouter]()},
	"APIEntitiesCiResourceGroup":                             objects["ResourceGroup"],
	"APIEntitiesCiCatalogResourcesVersion":                   {reflect.TypeFor[gitlabci.CatalogVersion]()},
	"APIEntitiesCiLintResult":                                objects["LintResult"],
	"APIEntitiesCiLintResultInclude":                         objects["LintInclude"],
	"APIEntitiesProjectJobTokenScope":                        objects["JobTokenScope"],
	"APIEntitiesProjectScopeLink":                            objects["ProjectScopeLink"],
	"APIEntitiesGroupScopeLink":                              objects["GroupScopeLink"],
	"APIEntitiesEnvironmentBasic":                            objects["EnvironmentBasic"],
	"APIEntitiesEnvironment":                                 objects["EnvironmentDetail"],
	"APIEntitiesClustersAgent":                               {reflect.TypeFor[gitlabci.ClusterAgent]()},
	"APIEntitiesDeployment":                                  objects["Deployment"],
	"APIEntitiesDeploymentExtended":                          objects["Deployment"],
	"APIEntitiesDeploymentsApproval":                         objects["DeploymentApproval"],
	"APIEntitiesDeploymentsApprovalSummary":                  {reflect.TypeFor[gitlabci.DeploymentApprovalSummary]()},
	"APIEntitiesProtectedEnvironment":                        objects["ProtectedEnvironment"],
	"APIEntitiesProtectedEnvironmentsApprovalRule":           objects["ApprovalRule"],
	"APIEntitiesProtectedEnvironmentsApprovalRuleForSummary": {reflect.TypeFor[gitlabci.DeploymentApprovalRule]()},
	"APIEntitiesProtectedEnvironmentsDeployAccessLevel":      objects["DeployAccessLevel"],
	"APIEntitiesFreezePeriod":                                objects["FreezePeriod"],
	"APIEntitiesMergeRequestSimple":                          {reflect.TypeFor[gitlabci.MergeRequest]()},
	"APIEntitiesMergeTrainsCar":                              objects["MergeTrainCar"],
	"APIEntitiesCommitStatus":                                {reflect.TypeFor[gitlabci.CommitStatus]()},
	"APIEntitiesTemplatesList":                               objects["TemplateListItem"],
	"APIEntitiesTemplate":                                    objects["Template"],
	"APIEntitiesCiRunnerController":                          {reflect.TypeFor[gitlabci.RunnerController]()},
	"APIEntitiesCiRunnerControllerDetail":                    {reflect.TypeFor[gitlabci.RunnerController]()},
	"APIEntitiesCiRunnerControllerToken":                     {reflect.TypeFor[gitlabci.RunnerControllerToken]()},
	"APIEntitiesCiRunnerControllerTokenWithToken":            {reflect.TypeFor[gitlabci.RunnerControllerToken]()},
	"APIEntitiesCiRunnerControllerInstanceLevelScoping":      {reflect.TypeFor[gitlabci.RunnerControllerScope]()},
	"APIEntitiesCiRunnerControllerRunnerLevelScoping":        {reflect.TypeFor[gitlabci.RunnerControllerScope]()},
	"APIEntitiesProjectsWithCatalogSetting":                  {reflect.TypeFor[gitlabci.ProjectSettings]()},
}

// otherSchemas are how the names of those begin that only GitLab Runner and analyzers get.
var otherSchemas = regexp.MustCompile(`^APIEntities(CiRuntimeEnvironmentKey|CiJobRequest|SecurityVulnerability)`)

func TestEveryFieldOf195IsThere(t *testing.T) {
	t.Parallel()
	count := 0
	for _, row := range facts.Table("schemas-19.5") {
		types := schemas[row["schema"]]
		if types == nil && !otherSchemas.MatchString(row["schema"]) {
			t.Errorf("nothing is known of the schema %s", row["schema"])
		}
		for _, typ := range types {
			count++
			field, ok := taggedField(typ, row["field"])
			if !ok {
				t.Errorf("%s of %s has no field in %s", row["field"], row["schema"], typ)
				continue
			}
			// Its types are not to be relied on, its enumerations are.
			if row["values"] != "" {
				requireConstants(t, typ.Name()+"."+row["field"], field, row["values"])
			}
		}
	}
	require.Greater(t, count, 340)
}

// TestConstantsHaveValues tests that no two constants of an enumeration mean the same.
func TestConstantsHaveValues(t *testing.T) {
	t.Parallel()
	for typ, values := range constants() {
		distinct := make(map[string]bool)
		for _, value := range values {
			distinct[value] = true
		}
		require.Len(t, distinct, len(values), "values of %s", typ)
	}
}

// TestFinished tests that the states that are known to be final are, and no others, known or not.
func TestFinished(t *testing.T) {
	t.Parallel()
	final := []string{"success", "failed", "canceled", "skipped"}
	for _, typ := range []string{"PipelineStatus", "JobStatus"} {
		require.Len(t, constants()[typ], 13)
		for _, value := range append(constants()[typ], "", "beamed") {
			require.Equal(t, slices.Contains(final, value), gitlabci.PipelineStatus(value).Finished(), value)
			require.Equal(t, slices.Contains(final, value), gitlabci.JobStatus(value).Finished(), value)
		}
	}
}
