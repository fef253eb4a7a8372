package gitlabcitest

// agent is an Agent with the project that configures it.
type agent struct {
	Agent
	id      int64
	project *project
}
