package gitlabci

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
)

// VariableOrigin is where a variable of a job comes from. Of the variables of one key, GitLab takes that of the highest origin.
type VariableOrigin string

// Origins of variables, the highest first.
const (
	VariableOriginEnvironment VariableOrigin = "environment" // CI_ENVIRONMENT_SLUG and CI_ENVIRONMENT_URL of the job: nothing overrides them
	VariableOriginManual      VariableOrigin = "manual"      // given when the job was played or retried
	VariableOriginSchedule    VariableOrigin = "schedule"    // of the schedule that started the pipeline
	VariableOriginPipeline    VariableOrigin = "pipeline"    // given to the pipeline
	VariableOriginProject     VariableOrigin = "project"
	VariableOriginGroup       VariableOrigin = "group" // of the project's groups the nearest is the highest
	VariableOriginInstance    VariableOrigin = "instance"
	VariableOriginDotenv      VariableOrigin = "dotenv"     // from the dotenv reports of the jobs before
	VariableOriginUser        VariableOrigin = "user"       // GITLAB_USER_LOGIN and its siblings
	VariableOriginJob         VariableOrigin = "job"        // of the job in the CI configuration
	VariableOriginDefault     VariableOrigin = "default"    // of the whole CI configuration
	VariableOriginPredefined  VariableOrigin = "predefined" // the others that GitLab sets by itself
)

// variableOrigins are all origins, the highest first.
var variableOrigins = []VariableOrigin{
	VariableOriginEnvironment, VariableOriginManual, VariableOriginSchedule, VariableOriginPipeline, VariableOriginProject, VariableOriginGroup,
	VariableOriginInstance, VariableOriginDotenv, VariableOriginUser, VariableOriginJob, VariableOriginDefault, VariableOriginPredefined,
}

// storedOrigins are those whose variables GitLab keeps, and Effective reads.
var storedOrigins = []VariableOrigin{VariableOriginProject, VariableOriginGroup, VariableOriginInstance}

// VariableReason is why a variable counts or does not.
type VariableReason string

// Why a variable counts or does not.
const (
	VariableReasonEffective   VariableReason = "effective"   // it is the one that the job gets
	VariableReasonShadowed    VariableReason = "shadowed"    // a higher origin has the key, or a better environment scope
	VariableReasonEnvironment VariableReason = "environment" // its scope does not match the job's environment
	VariableReasonProtected   VariableReason = "protected"   // it is for protected refs, and the ref is not protected
	VariableReasonAmbiguous   VariableReason = "ambiguous"   // another scope matches as well, and GitLab takes any of the two
	VariableReasonUndecided   VariableReason = "undecided"   // it may count: that depends on what could not be read
)

// EffectiveState is how much is known of what a job gets for a key.
type EffectiveState string

// How much is known of a key.
const (
	EffectiveKnown     EffectiveState = "known"
	EffectiveUnset     EffectiveState = "unset"     // no variable of the key counts
	EffectiveUnknown   EffectiveState = "unknown"   // it is hidden, or depends on what could not be read
	EffectiveAmbiguous EffectiveState = "ambiguous" // GitLab takes any of several: see [VariableReasonAmbiguous]
)

// VariableCandidate is a variable that a job might get, and why it does or does not.
type VariableCandidate struct {
	Variable *Variable
	Origin   VariableOrigin
	Group    string // the path of the group that it belongs to; empty for other origins
	Reason   VariableReason

	rank   int  // how well its scope matches
	counts bool // it is the one that its level has for the key
}

// String describes where the variable stands, without its value, as in "group acme, scope review/*, protected".
func (c *VariableCandidate) String() string {
	text := levelName(c.Origin, c.Group)
	v := cmp.Or(c.Variable, new(Variable))
	if v.EnvironmentScope != "" && v.EnvironmentScope != "*" {
		text += ", scope " + v.EnvironmentScope
	}
	for _, flag := range []struct {
		name string
		set  bool
	}{{"protected", v.Protected}, {"hidden", v.Hidden}, {"masked", v.Masked && !v.Hidden}, {"raw", v.Raw}, {"file", v.VariableType == VariableFile}} {
		if flag.set {
			text += ", " + flag.name
		}
	}
	return oneLine(text)
}

func levelName(origin VariableOrigin, group string) string {
	return strings.TrimSpace(string(origin) + " " + group)
}

// EffectiveVariable is what a job gets for a key.
type EffectiveVariable struct {
	Key        string
	State      EffectiveState
	Value      Secret               // where State is [EffectiveKnown]; of a variable of type file what the file holds
	From       *VariableCandidate   // whose value it is, also of a hidden one; nil where none is, or several may be
	Candidates []*VariableCandidate // every variable of the key, the highest first, with why it counts or does not
	Unresolved []string             // names in the value that were not expanded: the runner does, or they cannot be known
}

// String describes in a few words where the value comes from. The value is not in it.
func (v *EffectiveVariable) String() string {
	switch {
	case v.State == EffectiveAmbiguous:
		return v.Key + " is ambiguous: several scopes match as well"
	case v.State == EffectiveUnset:
		return v.Key + " is unset"
	case v.From == nil || v.State == EffectiveUnknown && !v.hidden():
		return v.Key + " is unknown"
	}
	return v.Key + " comes from " + v.From.String()
}

func (v *EffectiveVariable) hidden() bool { return v.From != nil && v.From.Variable.Hidden }

// UnreadVariables is a level whose variables could not be read.
type UnreadVariables struct {
	Origin VariableOrigin
	Group  string // the path of the group
	Err    error  // as [ErrForbidden]
}

// String describes what could not be read, and why.
func (u *UnreadVariables) String() string {
	return oneLine(levelName(u.Origin, u.Group) + " could not be read: " + reasonOf(u.Err))
}

// EffectiveVariables are the variables of a job, as far as the API has them.
type EffectiveVariables struct {
	Ref          string // in full where that is known, as in refs/heads/main
	RefProtected *bool  // nil where it could not be found out
	RefErr       error  // why it could not
	Environment  string
	Variables    []*EffectiveVariable // one for each key that a variable has, by key
	Unread       []*UnreadVariables   // what could not be read, the highest first
	Circle       []string             // keys that refer to each other in a circle, for which GitLab expands nothing at all
}

// Get returns what the job gets for a key. Where no variable has the key, it is unset, or unknown if something could not be read.
func (e *EffectiveVariables) Get(key string) *EffectiveVariable {
	i, ok := slices.BinarySearchFunc(e.Variables, key, func(v *EffectiveVariable, key string) int { return strings.Compare(v.Key, key) })
	switch {
	case ok:
		return e.Variables[i]
	case len(e.Unread) > 0:
		return &EffectiveVariable{Key: key, State: EffectiveUnknown}
	}
	return &EffectiveVariable{Key: key, State: EffectiveUnset}
}

// Explain describes for people what the job gets for a key, and why no other variable counts, line by line. No value is in it.
func (e *EffectiveVariables) Explain(key string) string {
	v := e.Get(key)
	lines := []string{v.String()}
	if v.hidden() {
		lines[0] += ": its value is not shown to anybody"
	}
	for _, c := range v.Candidates {
		if c != v.From {
			lines = append(lines, c.String()+": "+e.why(c))
		}
	}
	if v.State == EffectiveUnknown && !v.hidden() {
		for _, unread := range e.Unread {
			lines = append(lines, unread.String()+"; it may have the key")
		}
	}
	if len(v.Unresolved) > 0 {
		lines = append(lines, "not expanded in it: "+strings.Join(v.Unresolved, ", "))
	}
	if len(e.Circle) > 0 {
		lines = append(lines, "nothing is expanded: "+strings.Join(e.Circle, ", ")+" refer to each other in a circle")
	}
	return strings.Join(lines, "\n  ")
}

func (e *EffectiveVariables) why(c *VariableCandidate) string {
	switch c.Reason {
	case VariableReasonEnvironment:
		if e.Environment == "" {
			return "the job has no environment"
		}
		return "the environment is " + oneLine(e.Environment)
	case VariableReasonProtected:
		return "the ref " + oneLine(e.Ref) + " is not protected"
	case VariableReasonShadowed:
		return "a higher origin has the key, or a better scope"
	case VariableReasonAmbiguous:
		return "another scope matches as well"
	case VariableReasonUndecided:
		if c.Variable.Protected && e.RefProtected == nil {
			return "it may count: whether the ref is protected could not be found out: " + reasonOf(e.RefErr)
		}
		return "it may count: what is above it could not be read"
	}
	return string(c.Reason)
}

func reasonOf(err error) string {
	var e *Error
	switch {
	case errors.As(err, &e):
		return e.reason()
	case err != nil:
		return oneLine(err.Error())
	}
	return "unknown"
}

// variableLevel is an origin, or one of the groups, with its variables.
type variableLevel struct {
	origin    VariableOrigin
	group     string
	read      func(ctx context.Context) ([]*Variable, error) // nil where the variables are there already
	variables []*Variable
	err       error
}

// decide works out what the job gets for a key.
func (e *EffectiveVariables) decide(key string, levels []*variableLevel) *EffectiveVariable {
	v := &EffectiveVariable{Key: key, State: EffectiveUnset}
	settled := false // what is below counts no more
	for _, level := range levels {
		if level.err != nil && v.State == EffectiveUnset {
			v.State = EffectiveUnknown
		}
		found, state, sure := e.decideLevel(key, level)
		for _, c := range found {
			inFor := c.Reason == VariableReasonEffective || c.Reason == VariableReasonAmbiguous || c.Reason == VariableReasonUndecided
			switch {
			case inFor && settled:
				c.Reason = VariableReasonShadowed
			case inFor && v.State == EffectiveUnknown:
				c.Reason = VariableReasonUndecided
			case c.Reason == VariableReasonEffective:
				v.From = c
			}
		}
		if v.State == EffectiveUnset {
			v.State = state
		}
		settled = settled || sure
		v.Candidates = append(v.Candidates, found...)
	}
	switch {
	case v.hidden():
		v.State = EffectiveUnknown
	case v.State == EffectiveKnown:
		v.Value = v.From.Variable.Value
	}
	return v
}

// decideLevel works out what a level alone has for a key: its candidates, the best first, how much is known of which one it is, and whether
// it surely is one of them.
func (e *EffectiveVariables) decideLevel(key string, level *variableLevel) (found []*VariableCandidate, state EffectiveState, sure bool) {
	matching := 0
	for _, variable := range level.variables {
		if variable.Key != key {
			continue
		}
		c := &VariableCandidate{Variable: variable, Origin: level.origin, Group: level.group, rank: scopeRank(variable.EnvironmentScope, e.Environment)}
		found = append(found, c)
		switch {
		case c.rank == noMatch:
			c.Reason = VariableReasonEnvironment
			continue
		case variable.Protected && e.RefProtected == nil:
			c.Reason = VariableReasonUndecided
		case variable.Protected && !*e.RefProtected:
			c.Reason, c.rank = VariableReasonProtected, noMatch
			continue
		default:
			sure = true
		}
		matching++
	}
	if matching == 0 {
		return found, EffectiveUnset, false
	}
	slices.SortStableFunc(found, func(a, b *VariableCandidate) int { return cmp.Compare(b.rank, a.rank) })
	best := found[:matching]
	undecided := func(c *VariableCandidate) bool { return c.Reason == VariableReasonUndecided }
	lower := slices.IndexFunc(best, func(c *VariableCandidate) bool { return c.rank < best[0].rank })
	if lower > 0 && !slices.ContainsFunc(best[:lower], undecided) {
		for _, c := range best[lower:] {
			c.Reason = VariableReasonShadowed
		}
		best = best[:lower]
	}
	state = EffectiveKnown
	reason := VariableReasonEffective
	switch {
	case slices.ContainsFunc(best, undecided):
		state, reason = EffectiveUnknown, VariableReasonUndecided
	case len(best) > 1:
		state, reason = EffectiveAmbiguous, VariableReasonAmbiguous
	}
	for _, c := range best {
		c.Reason, c.counts = reason, state == EffectiveKnown
	}
	return found, state, sure
}

// How well an environment scope matches, within one level.
const (
	noMatch    = iota - 1
	matchAll   // *
	matchSome  // another wildcard
	matchExact // the name itself
)

// scopeRank is how well a scope matches the environment of a job, which may have none.
func scopeRank(scope, environment string) int {
	switch {
	case scope == "" || scope == "*":
		return matchAll
	case environment == "":
		return noMatch
	case scope == environment:
		return matchExact
	case matchesWildcard(scope, environment):
		return matchSome
	}
	return noMatch
}
