package gitlabci

import (
	"regexp"
	"slices"
)

// reference is what GitLab takes for a reference to a variable. $$ and %% are none, and stay as they are.
var reference = regexp.MustCompile(`\$\$|%%|\$([a-zA-Z_][a-zA-Z0-9_]*)|\$\{([a-zA-Z_][a-zA-Z0-9_]*)\}|%([a-zA-Z_][a-zA-Z0-9_]*)%`)

// expandReferences replaces each reference in a text by what with returns for its name, and leaves those of which it reports false.
func expandReferences(text string, with func(name string) (string, bool)) string {
	return reference.ReplaceAllStringFunc(text, func(found string) string {
		groups := reference.FindStringSubmatch(found)
		for _, name := range groups[1:] {
			if value, ok := with(name); name != "" && ok {
				return value
			}
		}
		return found
	})
}

// referencesOf are the names that a variable refers to.
func referencesOf(v *Variable) (names []string) {
	if v.Raw {
		return nil
	}
	expandReferences(string(v.Value), func(name string) (string, bool) {
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
		return "", false
	})
	return names
}

// expand expands the values that are known, unless there is a circle.
func (e *EffectiveVariables) expand() {
	e.Circle = e.findCircle()
	if len(e.Circle) > 0 {
		return
	}
	x := expander{of: e, done: make(map[*VariableCandidate]*expansion)}
	all := make([]*expansion, len(e.Variables))
	for i, v := range e.Variables {
		if v.State == EffectiveKnown {
			all[i] = x.expand(v.From)
		}
	}
	for i, v := range e.Variables {
		if all[i] == nil {
			continue
		}
		v.Value, v.Unresolved = Secret(all[i].value), all[i].unresolved
		if all[i].unknown {
			v.Value, v.State = "", EffectiveUnknown
		}
	}
}

// findCircle returns keys whose values refer to each other in a circle. One that refers to itself means the variable of the next lower level.
func (e *EffectiveVariables) findCircle() (circle []string) {
	var way []string
	seen := make(map[string]bool)
	var visit func(key string) bool
	visit = func(key string) bool {
		begins := slices.Index(way, key)
		if begins >= 0 {
			circle = way[begins:]
			return true
		}
		v := e.Get(key)
		if seen[key] || v.State != EffectiveKnown {
			return false
		}
		seen[key] = true
		way = append(way, key)
		for _, name := range referencesOf(v.From.Variable) {
			if name != key && visit(name) {
				return true
			}
		}
		way = way[:len(way)-1]
		return false
	}
	for _, v := range e.Variables {
		if visit(v.Key) {
			return slices.Clone(circle)
		}
	}
	return nil
}

// expander expands variables, each once.
type expander struct {
	of   *EffectiveVariables
	done map[*VariableCandidate]*expansion // nil while it is under way
}

// expansion is the value of a variable with its references replaced.
type expansion struct {
	value      string
	unresolved []string
	unknown    bool
}

func (x *expander) expand(c *VariableCandidate) *expansion {
	if known, ok := x.done[c]; ok {
		return known
	}
	x.done[c] = nil
	e := new(expansion)
	e.value = string(c.Variable.Value)
	if !c.Variable.Raw {
		e.value = expandReferences(e.value, func(name string) (string, bool) { return x.lookUp(e, c, name) })
	}
	x.done[c] = e
	return e
}

// lookUp returns what a reference in a variable becomes. It reports false where it stays, for the runner or because nobody knows.
func (x *expander) lookUp(e *expansion, from *VariableCandidate, name string) (string, bool) {
	if name == "" {
		return "", false
	}
	target := x.target(from, name)
	if target != nil && !target.Variable.Hidden && !target.Variable.Raw && target.Variable.VariableType != VariableFile {
		inner := x.expand(target)
		if inner != nil {
			e.unknown = e.unknown || inner.unknown
			for _, name := range inner.unresolved {
				e.leave(name)
			}
			return inner.value, true
		}
	}
	e.unknown = e.unknown || x.unknown(from, name, target)
	e.leave(name)
	return "", false
}

func (e *expansion) leave(name string) {
	if !slices.Contains(e.unresolved, name) {
		e.unresolved = append(e.unresolved, name)
	}
}

// target is the variable that a reference means, and nil where there is none.
func (x *expander) target(from *VariableCandidate, name string) *VariableCandidate {
	v := x.of.Get(name)
	if name != from.Variable.Key {
		return v.From
	}
	for _, lower := range v.Candidates[slices.Index(v.Candidates, from)+1:] {
		if lower.counts {
			return lower
		}
	}
	return nil
}

// unknown reports whether it cannot be known what a reference that stays would become: its variable is hidden, or there may be one.
func (x *expander) unknown(from *VariableCandidate, name string, target *VariableCandidate) bool {
	if target != nil {
		return target.Variable.Hidden && !target.Variable.Raw && target.Variable.VariableType != VariableFile
	}
	return len(x.of.Unread) > 0 || name != from.Variable.Key && x.of.Get(name).State != EffectiveUnset
}
