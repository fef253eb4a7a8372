package gitlabcitest

import (
	"cmp"
	"net/http"
	"slices"
)

func (s *Server) registerFreezePeriods() {
	const all = "/projects/:id/freeze_periods"
	const one = all + "/:freeze_period_id"
	s.handle("GET", all, s.listFreezePeriods, pagination...)
	s.handle("POST", all, s.postFreezePeriod, text("freeze_start").required(), text("freeze_end").required(), text("cron_timezone"))
	s.handle("GET", one, s.getFreezePeriod)
	s.handle("PUT", one, s.putFreezePeriod, text("freeze_start"), text("freeze_end"), text("cron_timezone"))
	s.handle("DELETE", one, s.removeFreezePeriod)
}

// findFreezePeriod returns the freeze period of the path, and its project.
func (c *call) findFreezePeriod(least AccessLevel) (*project, *freezePeriod, error) {
	p, err := c.findProject(least)
	if err != nil {
		return nil, nil, err
	}
	if i := slices.IndexFunc(p.freezes, func(f *freezePeriod) bool { return f.id == c.integer("freeze_period_id") }); i >= 0 {
		return p, p.freezes[i], nil
	}
	return nil, nil, noRecord()
}

func (s *Server) listFreezePeriods(c *call) error {
	p, err := c.findProject(Reporter)
	if err != nil {
		return err
	}
	return list(c, p.freezes, showFreezePeriod)
}

func (s *Server) postFreezePeriod(c *call) error {
	p, err := c.findProject(Maintainer)
	if err != nil {
		return err
	}
	settings := freezeSettings{start: c.text("freeze_start"), end: c.text("freeze_end"), timezone: cmp.Or(c.text("cron_timezone"), "UTC")}
	if faults := settings.check(); len(faults) > 0 {
		return invalidRecord(faults)
	}
	return c.json(http.StatusCreated, showFreezePeriod(s.addFreezePeriod(p, settings)))
}

func (s *Server) getFreezePeriod(c *call) error {
	_, found, err := c.findFreezePeriod(Reporter)
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, showFreezePeriod(found))
}

func (s *Server) putFreezePeriod(c *call) error {
	_, found, err := c.findFreezePeriod(Maintainer)
	if err != nil {
		return err
	}
	settings := found.freezeSettings
	for name, target := range map[string]*string{"freeze_start": &settings.start, "freeze_end": &settings.end, "cron_timezone": &settings.timezone} {
		if c.has(name) {
			*target = c.text(name)
		}
	}
	if faults := settings.check(); len(faults) > 0 {
		return invalidRecord(faults)
	}
	found.freezeSettings, found.updatedAt = settings, s.now
	return c.json(http.StatusOK, showFreezePeriod(found))
}

func (s *Server) removeFreezePeriod(c *call) error {
	p, found, err := c.findFreezePeriod(Maintainer)
	if err != nil {
		return err
	}
	if err := c.unchangedSince(found.updatedAt); err != nil {
		return err
	}
	p.deleteFreezePeriod(found)
	return c.noContent()
}
