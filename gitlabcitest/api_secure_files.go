package gitlabcitest

import (
	"net/http"
	"slices"
)

func registerSecureFiles(s *site) {
	const all, one = "/projects/:id/secure_files", "/projects/:id/secure_files/:secure_file_id"
	s.handle("GET", all, listSecureFiles, pagination...).jobToken()
	s.handle("POST", all, postSecureFile, text("name").required(), file("file").required()).jobToken()
	s.handle("GET", one, getSecureFile).jobToken()
	s.handle("GET", one+"/download", downloadSecureFile).jobToken()
	s.handle("DELETE", one, deleteSecureFile).jobToken()
}

func listSecureFiles(c *call) error {
	p, err := c.findProject(Developer)
	if err != nil {
		return err
	}
	return list(c, newestFirst(p.secureFiles), showSecureFile)
}

func postSecureFile(c *call) error {
	p, err := c.findProject(Maintainer)
	if err != nil {
		return err
	}
	f, err := c.addSecureFile(p, c.text("name"), value[upload](c, "file").blob)
	if err != nil {
		return err
	}
	return c.json(http.StatusCreated, showSecureFile(f))
}

// findSecureFile returns the file that :secure_file_id names, and its project, to those who have at least this role there.
func (c *call) findSecureFile(least AccessLevel) (*project, *secureFile, error) {
	p, err := c.findProject(least)
	if err != nil {
		return nil, nil, err
	}
	f := p.secureFile(c.integer("secure_file_id"))
	if f == nil {
		return nil, nil, noRecord()
	}
	return p, f, nil
}

func getSecureFile(c *call) error {
	_, f, err := c.findSecureFile(Developer)
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, showSecureFile(f))
}

func downloadSecureFile(c *call) error {
	_, f, err := c.findSecureFile(Developer)
	if err != nil {
		return err
	}
	c.answer.header.Set("Content-Disposition", "attachment; filename="+f.name) // GitLab does not quote it
	return c.download(f.content)
}

func deleteSecureFile(c *call) error {
	p, f, err := c.findSecureFile(Maintainer)
	if err != nil {
		return err
	}
	p.secureFiles = slices.DeleteFunc(p.secureFiles, func(other *secureFile) bool { return other == f })
	return c.noContent()
}
