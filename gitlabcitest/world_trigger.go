package gitlabcitest

import "time"

// trigger is a trigger token of a project.
type trigger struct {
	id          int64
	project     *project
	token       string
	description string
	owner       *user

	createdAt, updatedAt, lastUsed, expiresAt time.Time
}

func (w *world) addTrigger(p *project, owner *user, description string, expiresAt time.Time) *trigger {
	w.triggerIDs++
	t := &trigger{
		id: w.triggerIDs, project: p, token: w.secret(triggerTokenPrefix, 40), description: description, owner: owner,
		createdAt: w.now, updatedAt: w.now, expiresAt: expiresAt,
	}
	p.triggers = append(p.triggers, t)
	return t
}

// triggerWithToken returns the trigger of a token that is still good.
func (w *world) triggerWithToken(token string) *trigger {
	for _, p := range w.projects {
		for _, t := range p.triggers {
			if t.token == token && (t.expiresAt.IsZero() || w.now.Before(t.expiresAt)) {
				return t
			}
		}
	}
	return nil
}
