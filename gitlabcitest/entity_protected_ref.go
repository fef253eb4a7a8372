package gitlabcitest

// tagEntity is the part of GitLab's entity Tag that tells whether the tag is protected.
type tagEntity struct {
	Name      string       `json:"name"`
	Message   string       `json:"message"`
	Target    string       `json:"target"`
	Commit    commitEntity `json:"commit"`
	Protected bool         `json:"protected"`
}

// protectedRefEntity is the part of GitLab's entities ProtectedBranch and ProtectedTag that tells what is protected.
type protectedRefEntity struct {
	Name string `json:"name"`
}

func (c *call) showTag(p *project, name string) tagEntity {
	tagged := p.tags[name]
	return tagEntity{Name: name, Target: tagged.sha, Commit: c.showCommit(p, tagged), Protected: p.protected.tag(name)}
}

func showProtectedRef(pattern string) protectedRefEntity { return protectedRefEntity{pattern} }
