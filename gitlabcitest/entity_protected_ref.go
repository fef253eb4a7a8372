package gitlabcitest

// protectedRefEntity is the part of GitLab's entities ProtectedBranch and ProtectedTag that tells what is protected.
type protectedRefEntity struct {
	Name string `json:"name"`
}

func showProtectedRef(pattern string) protectedRefEntity { return protectedRefEntity{pattern} }
