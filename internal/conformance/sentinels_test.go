package conformance_test

import (
	"go/ast"
	"strconv"
	"testing"

	"github.com/gitlabci/gitlabci"
)

// parents are what the sentinel of each operation matches besides itself.
var parents = map[error][]error{
	gitlabci.ErrPipelineList:   {gitlabci.ErrList},
	gitlabci.ErrPipelineGet:    {gitlabci.ErrGet},
	gitlabci.ErrPipelineCreate: {gitlabci.ErrCreate},
	gitlabci.ErrPipelineUpdate: {gitlabci.ErrUpdate},
	gitlabci.ErrPipelineCancel: {gitlabci.ErrCancel},
	gitlabci.ErrPipelineRetry:  {gitlabci.ErrRetry},
	gitlabci.ErrPipelinePlay:   {gitlabci.ErrPlay, gitlabci.ErrRetry},
	gitlabci.ErrPipelineDelete: {gitlabci.ErrDelete},

	gitlabci.ErrJobList:   {gitlabci.ErrList},
	gitlabci.ErrJobGet:    {gitlabci.ErrGet},
	gitlabci.ErrJobCancel: {gitlabci.ErrCancel},
	gitlabci.ErrJobRetry:  {gitlabci.ErrRetry},
	gitlabci.ErrJobPlay:   {gitlabci.ErrPlay, gitlabci.ErrRetry},
	gitlabci.ErrJobErase:  {gitlabci.ErrErase, gitlabci.ErrRetry},
	gitlabci.ErrTraceGet:  {gitlabci.ErrGet},

	gitlabci.ErrArtifactsGet:    {gitlabci.ErrGet},
	gitlabci.ErrArtifactsList:   {gitlabci.ErrList},
	gitlabci.ErrArtifactsKeep:   {gitlabci.ErrKeep},
	gitlabci.ErrArtifactsDelete: {gitlabci.ErrDelete},

	gitlabci.ErrRunnerList:       {gitlabci.ErrList},
	gitlabci.ErrRunnerGet:        {gitlabci.ErrGet},
	gitlabci.ErrRunnerCreate:     {gitlabci.ErrCreate},
	gitlabci.ErrRunnerRegister:   {gitlabci.ErrRegister, gitlabci.ErrCreate},
	gitlabci.ErrRunnerVerify:     {gitlabci.ErrVerify},
	gitlabci.ErrRunnerUpdate:     {gitlabci.ErrUpdate},
	gitlabci.ErrRunnerDelete:     {gitlabci.ErrDelete},
	gitlabci.ErrRunnerEnable:     {gitlabci.ErrEnable, gitlabci.ErrCreate},
	gitlabci.ErrRunnerDisable:    {gitlabci.ErrDisable, gitlabci.ErrDelete},
	gitlabci.ErrRunnerResetToken: {gitlabci.ErrResetToken},

	gitlabci.ErrVariableList:   {gitlabci.ErrList},
	gitlabci.ErrVariableGet:    {gitlabci.ErrGet},
	gitlabci.ErrVariableCreate: {gitlabci.ErrCreate},
	gitlabci.ErrVariableUpdate: {gitlabci.ErrUpdate},
	gitlabci.ErrVariableDelete: {gitlabci.ErrDelete},

	gitlabci.ErrTriggerList:   {gitlabci.ErrList},
	gitlabci.ErrTriggerGet:    {gitlabci.ErrGet},
	gitlabci.ErrTriggerCreate: {gitlabci.ErrCreate},
	gitlabci.ErrTriggerUpdate: {gitlabci.ErrUpdate},
	gitlabci.ErrTriggerDelete: {gitlabci.ErrDelete},
	gitlabci.ErrTriggerRun:    {gitlabci.ErrRun, gitlabci.ErrCreate},

	gitlabci.ErrScheduleList:          {gitlabci.ErrList},
	gitlabci.ErrScheduleGet:           {gitlabci.ErrGet},
	gitlabci.ErrScheduleCreate:        {gitlabci.ErrCreate},
	gitlabci.ErrScheduleUpdate:        {gitlabci.ErrUpdate},
	gitlabci.ErrScheduleDelete:        {gitlabci.ErrDelete},
	gitlabci.ErrSchedulePlay:          {gitlabci.ErrPipelinePlay, gitlabci.ErrPlay, gitlabci.ErrRetry},
	gitlabci.ErrScheduleTakeOwnership: {gitlabci.ErrTakeOwnership},

	gitlabci.ErrEnvironmentList:   {gitlabci.ErrList},
	gitlabci.ErrEnvironmentGet:    {gitlabci.ErrGet},
	gitlabci.ErrEnvironmentCreate: {gitlabci.ErrCreate},
	gitlabci.ErrEnvironmentUpdate: {gitlabci.ErrUpdate},
	gitlabci.ErrEnvironmentStop:   {gitlabci.ErrStop},
	gitlabci.ErrEnvironmentDelete: {gitlabci.ErrDelete},

	gitlabci.ErrDeploymentList:        {gitlabci.ErrList},
	gitlabci.ErrDeploymentGet:         {gitlabci.ErrGet},
	gitlabci.ErrDeploymentCreate:      {gitlabci.ErrCreate},
	gitlabci.ErrDeploymentUpdate:      {gitlabci.ErrUpdate},
	gitlabci.ErrDeploymentDelete:      {gitlabci.ErrDelete},
	gitlabci.ErrDeploymentApprovalSet: {gitlabci.ErrSet},
	gitlabci.ErrMergeRequestList:      {gitlabci.ErrList},

	gitlabci.ErrProtectedEnvironmentList:   {gitlabci.ErrList},
	gitlabci.ErrProtectedEnvironmentGet:    {gitlabci.ErrGet},
	gitlabci.ErrProtectedEnvironmentCreate: {gitlabci.ErrCreate},
	gitlabci.ErrProtectedEnvironmentUpdate: {gitlabci.ErrUpdate},
	gitlabci.ErrProtectedEnvironmentDelete: {gitlabci.ErrDelete},

	gitlabci.ErrFreezePeriodList:   {gitlabci.ErrList},
	gitlabci.ErrFreezePeriodGet:    {gitlabci.ErrGet},
	gitlabci.ErrFreezePeriodCreate: {gitlabci.ErrCreate},
	gitlabci.ErrFreezePeriodUpdate: {gitlabci.ErrUpdate},
	gitlabci.ErrFreezePeriodDelete: {gitlabci.ErrDelete},

	gitlabci.ErrResourceGroupList:   {gitlabci.ErrList},
	gitlabci.ErrResourceGroupGet:    {gitlabci.ErrGet},
	gitlabci.ErrResourceGroupUpdate: {gitlabci.ErrUpdate},

	gitlabci.ErrSecureFileList:   {gitlabci.ErrList},
	gitlabci.ErrSecureFileGet:    {gitlabci.ErrGet},
	gitlabci.ErrSecureFileCreate: {gitlabci.ErrCreate},
	gitlabci.ErrSecureFileDelete: {gitlabci.ErrDelete},

	gitlabci.ErrMergeTrainList: {gitlabci.ErrList},
	gitlabci.ErrMergeTrainGet:  {gitlabci.ErrGet},
	gitlabci.ErrMergeTrainAdd:  {gitlabci.ErrAdd, gitlabci.ErrCreate},

	gitlabci.ErrMergeTrainRemove: {gitlabci.ErrRemove, gitlabci.ErrDelete},

	gitlabci.ErrJobTokenScopeGet:    {gitlabci.ErrGet},
	gitlabci.ErrJobTokenScopeUpdate: {gitlabci.ErrUpdate},
	gitlabci.ErrAllowlistList:       {gitlabci.ErrList},
	gitlabci.ErrAllowlistAdd:        {gitlabci.ErrAdd, gitlabci.ErrCreate},
	gitlabci.ErrAllowlistRemove:     {gitlabci.ErrRemove, gitlabci.ErrDelete},

	gitlabci.ErrLintContent: {gitlabci.ErrLint},
	gitlabci.ErrLintProject: {gitlabci.ErrLint},

	gitlabci.ErrCommitStatusList: {gitlabci.ErrList},
	gitlabci.ErrCommitStatusSet:  {gitlabci.ErrSet, gitlabci.ErrCreate},

	gitlabci.ErrTemplateList: {gitlabci.ErrList},
	gitlabci.ErrTemplateGet:  {gitlabci.ErrGet},

	gitlabci.ErrProjectSettingsGet:    {gitlabci.ErrGet},
	gitlabci.ErrProjectSettingsUpdate: {gitlabci.ErrUpdate},

	gitlabci.ErrCatalogPublish: {gitlabci.ErrPublish, gitlabci.ErrCreate},

	gitlabci.ErrProjectList: {gitlabci.ErrList},
	gitlabci.ErrProjectGet:  {gitlabci.ErrGet},
	gitlabci.ErrGroupList:   {gitlabci.ErrList},
	gitlabci.ErrGroupGet:    {gitlabci.ErrGet},
	gitlabci.ErrBranchList:  {gitlabci.ErrList},
	gitlabci.ErrBranchGet:   {gitlabci.ErrGet},
	gitlabci.ErrTagList:     {gitlabci.ErrList},
	gitlabci.ErrTagGet:      {gitlabci.ErrGet},
	gitlabci.ErrTagCreate:   {gitlabci.ErrCreate},

	gitlabci.ErrRunnerControllerList:        {gitlabci.ErrList},
	gitlabci.ErrRunnerControllerGet:         {gitlabci.ErrGet},
	gitlabci.ErrRunnerControllerCreate:      {gitlabci.ErrCreate},
	gitlabci.ErrRunnerControllerUpdate:      {gitlabci.ErrUpdate},
	gitlabci.ErrRunnerControllerDelete:      {gitlabci.ErrDelete},
	gitlabci.ErrRunnerControllerTokenList:   {gitlabci.ErrList},
	gitlabci.ErrRunnerControllerTokenGet:    {gitlabci.ErrGet},
	gitlabci.ErrRunnerControllerTokenCreate: {gitlabci.ErrCreate},
	gitlabci.ErrRunnerControllerTokenRotate: {gitlabci.ErrRotate, gitlabci.ErrCreate},
	gitlabci.ErrRunnerControllerTokenRevoke: {gitlabci.ErrRevoke, gitlabci.ErrDelete},
}

// verbSentinels are all sentinels that the ones above may match.
var verbSentinels = []error{
	gitlabci.ErrList, gitlabci.ErrGet, gitlabci.ErrCreate, gitlabci.ErrUpdate, gitlabci.ErrDelete, gitlabci.ErrCancel, gitlabci.ErrRetry,
	gitlabci.ErrPlay, gitlabci.ErrErase, gitlabci.ErrKeep, gitlabci.ErrRun, gitlabci.ErrRegister, gitlabci.ErrVerify, gitlabci.ErrEnable,
	gitlabci.ErrDisable, gitlabci.ErrResetToken, gitlabci.ErrTakeOwnership, gitlabci.ErrStop, gitlabci.ErrSet,
	gitlabci.ErrAdd, gitlabci.ErrRemove, gitlabci.ErrPublish, gitlabci.ErrLint, gitlabci.ErrRotate, gitlabci.ErrRevoke,
}

// sentinelNames are the names of the operations' sentinels by their text.
func sentinelNames() map[string]string {
	names := make(map[string]string)
	for _, file := range packageSource() {
		ast.Inspect(file.File, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			if made, ok := spec.Values[0].(*ast.CallExpr); ok {
				if maker, ok := made.Fun.(*ast.Ident); ok && maker.Name == "failureOf" {
					text, _ := strconv.Unquote(made.Args[0].(*ast.BasicLit).Value)
					names["gitlabci: "+text] = spec.Names[0].Name
				}
			}
			return true
		})
	}
	return names
}

// TestSentinels tests that each operation's sentinel has known parents and is what some method's errors match.
func TestSentinels(t *testing.T) {
	t.Parallel()
	used, known := make(map[string]bool), make(map[string]bool)
	for _, r := range table {
		for _, e := range r.exchanges() {
			used[e.fails.Error()] = true
		}
		if r.wraps != "" {
			used[r.wrapped.Error()] = true
		}
	}
	for sentinel := range parents {
		known[sentinel.Error()] = true
	}
	for text, name := range sentinelNames() {
		if !used[text] {
			t.Errorf("no method in the table fails with %s", name)
		}
		if !known[text] {
			t.Errorf("%s has no known parents", name)
		}
	}
}
