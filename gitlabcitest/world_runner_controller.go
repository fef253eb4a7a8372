package gitlabcitest

import (
	"slices"
	"time"
)

// connectedFor is how long a controller counts as connected after it was heard of.
const connectedFor = time.Hour

// runnerController decides whether runners may take jobs. Here it is kept, but never asked.
type runnerController struct {
	id                   int64
	description          string
	state                string
	createdAt, updatedAt time.Time
	instanceSince        time.Time // since when it decides for all runners of the instance; zero if it does not
	scopes               []*runnerScope
	tokens               []*controllerToken // by id, without revoked ones
}

// runnerScope says that a controller decides for a runner.
type runnerScope struct {
	runner    *runner
	createdAt time.Time
}

// controllerToken is what a controller authenticates with.
type controllerToken struct {
	id                               int64
	value, description               string
	createdAt, updatedAt, lastUsedAt time.Time
}

func (w *world) controllerWithID(id int64) *runnerController {
	if i := slices.IndexFunc(w.controllers, func(rc *runnerController) bool { return rc.id == id }); i >= 0 {
		return w.controllers[i]
	}
	return nil
}

func (w *world) addController(description, state string) *runnerController {
	w.controllerIDs++
	rc := &runnerController{id: w.controllerIDs, description: description, state: state, createdAt: w.now, updatedAt: w.now}
	w.controllers = append(w.controllers, rc)
	return rc
}

func (w *world) addControllerToken(rc *runnerController, description string) *controllerToken {
	w.controllerTokenIDs++
	t := &controllerToken{
		id: w.controllerTokenIDs, value: w.secret(controllerTokenPrefix, 20), description: description, createdAt: w.now, updatedAt: w.now,
	}
	rc.tokens = append(rc.tokens, t)
	return t
}

// scopesOf returns the runners that a controller decides for. Those of deleted runners are gone with them.
func (w *world) scopesOf(rc *runnerController) []*runnerScope {
	rc.scopes = slices.DeleteFunc(rc.scopes, func(s *runnerScope) bool { return !slices.Contains(w.runners, s.runner) })
	return rc.scopes
}

func (rc *runnerController) connected(now time.Time) bool {
	return slices.ContainsFunc(rc.tokens, func(t *controllerToken) bool {
		return !t.lastUsedAt.IsZero() && now.Sub(t.lastUsedAt) < connectedFor
	})
}

func (rc *runnerController) token(id int64) *controllerToken {
	if i := slices.IndexFunc(rc.tokens, func(t *controllerToken) bool { return t.id == id }); i >= 0 {
		return rc.tokens[i]
	}
	return nil
}

// revoke ends a token for good.
func (rc *runnerController) revoke(t *controllerToken) {
	rc.tokens = slices.DeleteFunc(rc.tokens, func(other *controllerToken) bool { return other == t })
}
