package gitlabci

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// GitLab's limits on variables, in characters.
const (
	maxVariableText = 255 // of a key, a scope and a description
	minMaskedValue  = 8
)

func isTrue(flag *bool) bool { return flag != nil && *flag }

// checkVariable reports what GitLab would not take of a variable.
func checkVariable(key, scope, description, value string, masked bool, raw *bool) error {
	if err := checkKey(key); err != nil {
		return err
	}
	if err := checkScope(scope); err != nil {
		return err
	}
	if err := checkLength("Description", description); err != nil {
		return err
	}
	if masked {
		return checkMasked(value, raw)
	}
	return nil
}

func checkKey(key string) error {
	if err := required("Key", key); err != nil {
		return err
	}
	key = strings.TrimSpace(key) // as GitLab does
	if err := required("Key", key); err != nil {
		return err
	}
	if err := checkLength("Key", key); err != nil {
		return err
	}
	for i, r := range []rune(key) {
		if !letterOrDigit(r) && r != '_' {
			return fmt.Errorf("Key %q: character %d is %q, and only letters, digits and _ can be", key, i+1, r)
		}
	}
	return nil
}

func checkScope(scope string) error {
	scope = strings.TrimSpace(scope)
	if err := checkLength("EnvironmentScope", scope); err != nil {
		return err
	}
	for i, r := range []rune(scope) {
		if !letterOrDigit(r) && !strings.ContainsRune("-_/${}. *", r) {
			return fmt.Errorf("EnvironmentScope %q: character %d is %q, and only letters, digits, -, _, /, $, {, }, ., blanks and * can be", scope, i+1, r)
		}
	}
	return nil
}

func checkLength(field, text string) error {
	n := utf8.RuneCountInString(text)
	if n > maxVariableText {
		return fmt.Errorf("%s has %d characters, and %d is the most", field, n, maxVariableText)
	}
	return nil
}

// checkMasked refuses what GitLab cannot mask. Where raw is nil it is not known whether the value is expanded.
func checkMasked(value string, raw *bool) error {
	n := utf8.RuneCountInString(value)
	if n < minMaskedValue {
		return fmt.Errorf("the value has %d characters, and one that is masked needs at least %d", n, minMaskedValue)
	}
	expanded := raw != nil && !*raw
	for i, r := range []rune(value) {
		switch {
		case strings.ContainsRune(" \t\n\v\f\r", r):
			return fmt.Errorf("the value cannot be masked: character %d is a blank or ends a line", i+1)
		case expanded && !letterOrDigit(r) && !strings.ContainsRune("_+=/@:.~-", r):
			return fmt.Errorf("the value cannot be masked: character %d is none of letters, digits and _+=/@:.~-; Raw takes others as well", i+1)
		}
	}
	return nil
}

// letterOrDigit reports whether a character is a letter or digit of ASCII, which are those that GitLab means.
func letterOrDigit(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}
