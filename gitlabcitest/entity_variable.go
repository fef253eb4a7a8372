package gitlabcitest

// instanceVariable is GitLab's entity Variable, as the instance's are shown.
type instanceVariable struct {
	VariableType string  `json:"variable_type"`
	Key          string  `json:"key"`
	Value        *string `json:"value"`
	Protected    bool    `json:"protected"`
	Masked       bool    `json:"masked"`
	Raw          bool    `json:"raw"`
	Description  *string `json:"description"`
}

// scopedVariable is GitLab's entity Variable, as those of projects and groups are shown.
type scopedVariable struct {
	instanceVariable
	Hidden           bool   `json:"hidden"`
	EnvironmentScope string `json:"environment_scope"`
}

// showStoredVariable shows a variable, with its environment scope where those of its level have one.
func showStoredVariable(v *storedVariable, scoped bool) any {
	shown := instanceVariable{
		VariableType: v.kind, Key: v.key, Value: &v.value, Protected: v.protected, Masked: v.masked, Raw: v.raw, Description: optional(v.description),
	}
	if v.hidden {
		shown.Value = nil
	}
	if !scoped {
		return shown
	}
	return scopedVariable{shown, v.hidden, v.environmentScope}
}
