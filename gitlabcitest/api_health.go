package gitlabcitest

import "net/http"

// registerHealth enters what load balancers and scripts ask before they ask anything else.
func registerHealth(s *site) {
	s.handle("GET", "/-/health", getHealth).outside().anonymous()
	s.handle("GET", "/-/readiness", getReadiness).outside().anonymous()
	s.handle("GET", "/-/liveness", getLiveness).outside().anonymous()
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
