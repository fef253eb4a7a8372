package gitlabci_test

var (
	secureFileRows       []methodRow
	jobTokenScopeRows    []methodRow
	commitStatusRows     []methodRow
	templateRows         []methodRow
	projectSettingsRows  []methodRow
	catalogRows          []methodRow
	runnerControllerRows []methodRow
)
