package gitlabcitest

import (
	"regexp"
	"slices"
	"unicode/utf8"
)

// storedVariable is a CI/CD variable of the instance, a group or a project. A [variable] is one of a pipeline or job.
type storedVariable struct {
	key, value, kind, description string
	environmentScope              string
	protected, masked, raw        bool
	hidden                        bool // masked, and not to be read again
}

// variableStore holds the variables of one owner, in the order of their creation.
type variableStore struct {
	all []*storedVariable
}

const (
	anyEnvironment  = "*"
	maxInstanceSize = 10_000 // characters of an instance variable's value
)

var (
	keyRule           = regexp.MustCompile(`^[a-zA-Z0-9_]+$`)
	scopeRule         = regexp.MustCompile(`^[a-zA-Z0-9_/${}. *-]+$`)
	maskedRule        = regexp.MustCompile(`^[a-zA-Z0-9_+=/@:.~-]{8,}$`)
	maskedRawRule     = regexp.MustCompile(`^\S{8,}$`)
	errHiddenForever  = invalid("base", "The visibility setting cannot be changed for masked and hidden variables.")
	errHiddenTooLate  = invalid("base", "Only new variables can be set as masked and hidden.")
	tooLong255        = "is too long (maximum is 255 characters)"
	tooLongOfInstance = "The value of the provided variable exceeds the 10000 character limit"
)

// find returns the variable with a key, of one environment scope unless that is empty.
func (s *variableStore) find(key, environmentScope string) (*storedVariable, error) {
	var found []*storedVariable
	for _, v := range s.all {
		if v.key == key && (environmentScope == "" || v.environmentScope == environmentScope) {
			found = append(found, v)
		}
	}
	switch len(found) {
	case 0:
		return nil, absent("Variable")
	case 1:
		return found[0], nil
	}
	return nil, &refusal{
		kind: refusedAmbiguous,
		text: "There are multiple variables with provided parameters. Please use 'filter[environment_scope]'",
	}
}

// put replaces old, or adds to the others where old is nil, if the new one is valid.
func (s *variableStore) put(old *storedVariable, v storedVariable) error {
	faults := v.faults()
	for _, other := range s.all {
		if other != old && other.key == v.key && other.environmentScope == v.environmentScope {
			faults["key"] = append(faults["key"], "("+v.key+") has already been taken")
		}
	}
	if len(faults) > 0 {
		return invalidRecord(faults)
	}
	if old == nil {
		s.all = append(s.all, &v)
	} else {
		*old = v
	}
	return nil
}

// first returns the oldest variable with a key, whatever its environment scope.
func (s *variableStore) first(key string) (*storedVariable, error) {
	if i := slices.IndexFunc(s.all, func(v *storedVariable) bool { return v.key == key }); i >= 0 {
		return s.all[i], nil
	}
	return nil, absent("Variable")
}

func (s *variableStore) remove(v *storedVariable) {
	s.all = slices.DeleteFunc(s.all, func(other *storedVariable) bool { return other == v })
}

// faults are the texts of what is not valid, by field.
func (v *storedVariable) faults() map[string][]string {
	faults := keyFaults(v.key)
	if v.masked && !v.maskable() {
		faults["value"] = append(faults["value"], "is invalid")
	}
	if !scopeRule.MatchString(v.environmentScope) {
		faults["environment_scope"] = append(faults["environment_scope"], "can contain only letters, digits, '-', '_', '/', '$', '{', '}', '.', '*' and spaces")
	}
	for field, text := range map[string]string{"description": v.description, "environment_scope": v.environmentScope} {
		if utf8.RuneCountInString(text) > 255 {
			faults[field] = append(faults[field], tooLong255)
		}
	}
	return faults
}

// maskable reports whether GitLab can find the value in a log to mask it there.
func (v *storedVariable) maskable() bool {
	if v.raw {
		return maskedRawRule.MatchString(v.value)
	}
	return maskedRule.MatchString(v.value)
}

// keyFaults are those of a variable's key, whatever it is a variable of.
func keyFaults(key string) map[string][]string {
	faults := make(map[string][]string)
	switch {
	case key == "":
		faults["key"] = append(faults["key"], "can't be blank")
	case utf8.RuneCountInString(key) > 255:
		faults["key"] = append(faults["key"], tooLong255)
	}
	if !keyRule.MatchString(key) {
		faults["key"] = append(faults["key"], "can contain only letters, digits and '_'.")
	}
	return faults
}
