package gitlabcitest

import "net/http"

// limit refuses an action that was taken too often. One that is refused for its job or pipeline does not count for its project.
func (c *call) limit(action string, on any, p *project, most int) error {
	l := c.limits
	switch {
	case l == nil:
		return nil
	case l.exceeded(c.now, actionKey{action, c.user.id, on}, most):
	case l.perProject > 0 && l.exceeded(c.now, actionKey{action, c.user.id, p}, l.perProject):
	default:
		return nil
	}
	return problem(http.StatusTooManyRequests, "This endpoint has been requested too many times. Try again later.")
}

func (c *call) limitJob(action string, j *job, most int) error {
	return c.limit("job "+action, j, j.project, most)
}

func (c *call) limitPipeline(action string, p *pipeline) error {
	return c.limit("pipeline "+action, p, p.project, 5)
}
