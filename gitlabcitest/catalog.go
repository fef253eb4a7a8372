package gitlabcitest

import "github.com/gitlabci/gitlabci"

// AddRelease makes a release of a tag, which is made as well where needed. A release can be published in the catalog, whatever the
// project's cicd_catalog_enabled says.
func (s *Server) AddRelease(project gitlabci.Project, tag string) {
	defer s.enter()()
	p := s.mustProject(project.String())
	if _, ok := p.releases[tag]; ok {
		panic("gitlabcitest: release " + tag + " is already there")
	}
	if p.tags[tag] == nil {
		p.tags[tag] = p.branches[p.defaultBranch]
	}
	p.releases[tag] = false
}
