package gitlabcitest

import (
	"cmp"
	"net/http"
	"slices"
)

func registerFreezePeriods(s *site) {
	const all = "/projects/:id/freeze_periods"
	const one = all + "/:freeze_period_id"
	s.handle("GET", all, listFreezePeriods, pagination...)
	s.handle("POST", all, postFreezePeriod, text("freeze_start").required(), text("freeze_end").required(), text("cron_timezone"))
	s.handle("GET", one, getFreezePeriod)
	s.handle("PUT", one, putFreezePeriod, text("freeze_start"), text("freeze_end"), text("cron_timezone"))
	s.handle("DELETE", one, removeFreezePeriod)
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

func listFreezePeriods(c *call) error {
	p, err := c.findProject(Reporter)
	if err != nil {
		return err
	}
	return list(c, p.freezes, showFreezePeriod)
}

func postFreezePeriod(c *call) error {
	p, err := c.findProject(Maintainer)
	if err != nil {
		return err
	}
	settings := freezeSettings{start: c.text("freeze_start"), end: c.text("freeze_end"), timezone: cmp.Or(c.text("cron_timezone"), "UTC")}
	if faults := settings.check(); len(faults) > 0 {
		return invalidRecord(faults)
	}
	return c.json(http.StatusCreated, showFreezePeriod(c.addFreezePeriod(p, settings)))
}

func getFreezePeriod(c *call) error {
	_, found, err := c.findFreezePeriod(Reporter)
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, showFreezePeriod(found))
}

func putFreezePeriod(c *call) error {
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
	found.freezeSettings, found.updatedAt = settings, c.now
	return c.json(http.StatusOK, showFreezePeriod(found))
}

func removeFreezePeriod(c *call) error {
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
