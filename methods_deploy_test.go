package gitlabci_test

var (
	environmentRows          []methodRow
	deploymentRows           []methodRow
	protectedEnvironmentRows []methodRow
	freezePeriodRows         []methodRow
	resourceGroupRows        []methodRow
	mergeTrainRows           []methodRow
	lintRows                 []methodRow
)
