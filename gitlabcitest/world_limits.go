package gitlabcitest

import "time"

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
