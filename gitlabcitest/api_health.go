package gitlabcitest

import "net/http"

// registerHealth enters what load balancers and scripts ask before they ask anything else.
func registerHealth(s *site) {
	s.handle("GET", "/-/health", getHealth).outside().open()
	s.handle("GET", "/-/readiness", getReadiness).outside().open()
	s.handle("GET", "/-/liveness", getLiveness).outside().open()
}

func getHealth(c *call) error {
	return c.plain("text/plain", []byte("GitLab OK"))
}

func getReadiness(c *call) error {
	return c.json(http.StatusOK, readinessEntity{healthEntity{"ok"}, []healthEntity{{"ok"}}})
}

func getLiveness(c *call) error {
	return c.json(http.StatusOK, healthEntity{"ok"})
}
