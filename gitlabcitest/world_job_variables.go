package gitlabcitest

import "slices"

// variables returns what a job gets of the variables that are kept, and given to it and its pipeline: by key, none of them expanded. What is
// hidden, and what only protected refs get, is among them where the job gets it.
func (w *world) variables(j *job) map[string]string {
	name := ""
	if j.environment != nil {
		name = j.environment.name
	}
	lowToHigh := [][]*storedVariable{w.instanceVariables.all}
	var groups []*group
	for g := j.project.group; g != nil; g = g.parent {
		groups = append(groups, g)
	}
	for _, g := range slices.Backward(groups) {
		lowToHigh = append(lowToHigh, byScope(g.variables.all, name)...)
	}
	lowToHigh = append(lowToHigh, byScope(j.project.variables.all, name)...)
	got := make(map[string]string)
	for _, level := range lowToHigh {
		for _, v := range level {
			if !v.protected || j.project.protected.of(j.pipeline) {
				got[v.key] = v.value
			}
		}
	}
	for _, given := range [][]variable{j.pipeline.variables, j.variables} {
		for _, v := range given {
			got[v.key] = v.value
		}
	}
	return got
}

// byScope returns those of the variables of an owner that an environment has: those of all environments, those of wildcards that match,
// and those of its very name, which win.
func byScope(all []*storedVariable, environment string) [][]*storedVariable {
	const everywhere, some, exact = 0, 1, 2
	ranks := make([][]*storedVariable, exact+1)
	for _, v := range all {
		switch {
		case v.environmentScope == anyEnvironment:
			ranks[everywhere] = append(ranks[everywhere], v)
		case environment == "":
		case v.environmentScope == environment:
			ranks[exact] = append(ranks[exact], v)
		case matchesPattern(v.environmentScope, environment):
			ranks[some] = append(ranks[some], v)
		}
	}
	return ranks
}
