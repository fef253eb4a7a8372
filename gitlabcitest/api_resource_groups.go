package gitlabcitest

import (
	"net/http"

	"github.com/gitlabci/gitlabci"
)

func registerResourceGroups(s *site) {
	s.handle("GET", "/projects/:id/resource_groups", listResourceGroups, pagination...)
	s.handle("GET", "/projects/:id/resource_groups/:key", getResourceGroup)
	s.handle("PUT", "/projects/:id/resource_groups/:key", putResourceGroup,
		text("process_mode").oneOf("unordered", "oldest_first", "newest_first", "newest_ready_first"))
	s.handle("GET", "/projects/:id/resource_groups/:key/upcoming_jobs", listUpcomingJobs, pagination...)
	if s.version.atLeast(18, 6) {
		s.handle("GET", "/projects/:id/resource_groups/:key/current_job", getCurrentJob)
	}
}

// findResourceGroup returns the resource group that :key names.
func (c *call) findResourceGroup() (*resourceGroup, error) {
	p, err := c.findProject(Developer)
	if err != nil {
		return nil, err
	}
	if g := p.resourceGroup(c.path["key"]); g != nil {
		return g, nil
	}
	return nil, noRecord()
}

func listResourceGroups(c *call) error {
	p, err := c.findProject(Developer)
	if err != nil {
		return err
	}
	return list(c, p.resources, showResourceGroup)
}

func getResourceGroup(c *call) error {
	g, err := c.findResourceGroup()
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, showResourceGroup(g))
}

func putResourceGroup(c *call) error {
	g, err := c.findResourceGroup()
	if err != nil {
		return err
	}
	if mode := gitlabci.ProcessMode(c.text("process_mode")); mode != "" && mode != g.mode {
		g.mode, g.updatedAt = mode, c.now
		c.assign(g)
	}
	return c.json(http.StatusOK, showResourceGroup(g))
}

func listUpcomingJobs(c *call) error {
	g, err := c.findResourceGroup()
	if err != nil {
		return err
	}
	return list(c, g.upcoming(), c.showBasicJob)
}

func getCurrentJob(c *call) error {
	g, err := c.findResourceGroup()
	if err != nil {
		return err
	}
	if g.holder == nil {
		return c.json(http.StatusOK, nil)
	}
	return c.json(http.StatusOK, c.showBasicJob(g.holder))
}
