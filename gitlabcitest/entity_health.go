package gitlabcitest

type healthEntity struct {
	Status string `json:"status"`
}

type readinessEntity struct {
	healthEntity
	MasterCheck []healthEntity `json:"master_check"`
}
