package gitlabcitest

import (
	"net/http"
	"time"
)

// actionLimits count the actions of the minute that it is, by whom and on what they are. Newer versions of GitLab limit them, so far behind
// feature flags.
type actionLimits struct {
	perProject int // of each action of a user, 0 for no limit
	minute     time.Time
	counts     map[actionKey]int
}

// actionKey is an action of a user on a job, a pipeline or in a project.
type actionKey struct {
	action string
	user   int64
	on     any
}

// exceeded counts an action and reports whether it is one too many. GitLab's minutes are those of the clock, and what is refused counts too.
func (l *actionLimits) exceeded(now time.Time, key actionKey, most int) bool {
	if minute := now.Truncate(time.Minute); l.counts == nil || !minute.Equal(l.minute) {
		l.minute, l.counts = minute, make(map[actionKey]int)
	}
	l.counts[key]++
	return l.counts[key] > most
}

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
