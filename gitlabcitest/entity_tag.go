package gitlabcitest

import "cmp"

// tagEntity is GitLab's entity Tag.
type tagEntity struct {
	Name      string            `json:"name"`
	Message   string            `json:"message"`
	Target    string            `json:"target"`
	Commit    commitEntity      `json:"commit"`
	Release   *tagReleaseEntity `json:"release"`
	Protected bool              `json:"protected"`
	CreatedAt *string           `json:"created_at"`
}

type tagReleaseEntity struct {
	TagName     string `json:"tag_name"`
	Description string `json:"description"`
}

func (c *call) showTag(p *project, name string) tagEntity {
	note := p.annotations[name]
	shown := tagEntity{
		Name: name, Message: note.message, Target: cmp.Or(note.sha, p.tags[name].sha), Commit: c.showCommit(p, p.tags[name]),
		Protected: p.protected.tag(name), CreatedAt: stamp(note.createdAt),
	}
	if _, ok := p.releases[name]; ok {
		shown.Release = &tagReleaseEntity{TagName: name}
	}
	return shown
}
