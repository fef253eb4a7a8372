package gitlabci

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
)

// VariablesService manages the CI/CD variables of projects, of groups and of the instance.
//
// GitLab docs: https://docs.gitlab.com/api/project_level_variables/, https://docs.gitlab.com/api/group_level_variables/ and
// https://docs.gitlab.com/api/instance_level_ci_variables/
type VariablesService service

// A Variable is a CI/CD variable. It is identified by its key and its environment scope together: see [Variable.VariableKey].
type Variable struct {
	Key              string       `json:"key"`
	Value            Secret       `json:"value"` // empty for hidden variables, whatever they hold
	VariableType     VariableType `json:"variable_type"`
	Protected        bool         `json:"protected"` // for protected branches and tags only
	Masked           bool         `json:"masked"`    // not shown in logs
	Hidden           bool         `json:"hidden"`    // masked, and not shown anywhere
	Raw              bool         `json:"raw"`       // references to other variables are not expanded
	EnvironmentScope string       `json:"environment_scope"`
	Description      string       `json:"description"`
}

func (v *Variable) identity() identity {
	if v.Key == "" || v.EnvironmentScope == "" || v.EnvironmentScope == "*" { // as most are: nothing has to be put together
		return byText("key", v.Key)
	}
	return byText("key", v.Key+"\n"+v.EnvironmentScope)
}

// VariableKey is the key by which to read, update or delete this variable and no other of its name.
func (v *Variable) VariableKey() VariableKey {
	return VariableKey{v.Key, v.EnvironmentScope}
}

// Validate reports whether GitLab would take the variable: its key, its environment scope, its description, and whether its value can be
// masked where Masked or Hidden is set. The error says what is wrong, and where, never what the value is. A hidden variable that was read has no
// value, and is refused: written back it would be lost. How long the value may be differs by level, and is left to GitLab.
func (v *Variable) Validate() error {
	if v.Hidden && v.Value == "" {
		return errors.New("the value is hidden, and not known here")
	}
	return checkVariable(v.Key, v.EnvironmentScope, v.Description, string(v.Value), v.Masked || v.Hidden, &v.Raw)
}

// A VariableKey names a variable: by its key alone where that has one environment scope, or by both. Write it as
// Key("DATABASE_URL").In("production").
type VariableKey struct {
	Key              string
	EnvironmentScope string // any if empty. Variables of the instance have none: leave it empty for them
}

// Key names the variable of this key, in whatever environment scope it is.
func Key(name string) VariableKey { return VariableKey{Key: name} }

// In names the variable of the same key in this environment scope, as in "*", "production" or "review/*".
func (k VariableKey) In(environmentScope string) VariableKey {
	k.EnvironmentScope = environmentScope
	return k
}

// filter sends the environment scope along, before what the caller adds.
func (k VariableKey) filter(scope Scope, opts []RequestOption) []RequestOption {
	if k.EnvironmentScope == "" || scopeLevel(scope) == instanceLevel {
		return withEnvironment(scope, k.EnvironmentScope, opts)
	}
	return append([]RequestOption{withValues(url.Values{"filter[environment_scope]": {k.EnvironmentScope}})}, opts...)
}

var errNoEnvironments = errors.New("the instance's variables have no environment scopes")

// withEnvironment refuses an environment scope where there are none: GitLab would pass it over, and serve or delete the wrong variable.
func withEnvironment(scope Scope, environmentScope string, opts []RequestOption) []RequestOption {
	if scopeLevel(scope) != instanceLevel || environmentScope == "" || environmentScope == "*" {
		return opts
	}
	return append([]RequestOption{func(r *request) { r.wrong = errNoEnvironments }}, opts...)
}

// ListVariablesOptions say which page of the variables to read.
type ListVariablesOptions struct{ ListOptions }

// CreateVariableOptions describe a variable to create.
type CreateVariableOptions struct {
	Key              string       `json:"key"`                        // required: letters, digits and _
	Value            Secret       `json:"value"`                      // required, but may be empty
	VariableType     VariableType `json:"variable_type,omitzero"`     // VariableEnv if empty
	Protected        *bool        `json:"protected,omitzero"`         // for protected branches and tags only
	Masked           *bool        `json:"masked,omitzero"`            // takes a value of at least 8 characters, none of them blank
	MaskedAndHidden  *bool        `json:"masked_and_hidden,omitzero"` // masked, and never shown again; new variables only
	Raw              *bool        `json:"raw,omitzero"`               // do not expand references; GitLab's default differs by version
	EnvironmentScope string       `json:"environment_scope,omitzero"` // "*" if empty; the instance's variables have none
	Description      string       `json:"description,omitzero"`
}

func (o *CreateVariableOptions) environment() string {
	if o == nil {
		return ""
	}
	return o.EnvironmentScope
}

// Validate reports whether GitLab would take the variable, as [Variable.Validate] does. Where Raw is not set, GitLab's default differs by
// version, and only a value that neither could be masked is refused.
func (o *CreateVariableOptions) Validate() error {
	return checkVariable(o.Key, o.EnvironmentScope, o.Description, string(o.Value), isTrue(o.Masked) || isTrue(o.MaskedAndHidden), o.Raw)
}

func (o *CreateVariableOptions) validate() error { return o.Validate() }

// UpdateVariableOptions say what to change of a variable. Nil and empty fields stay as they are; at least one has to be set.
type UpdateVariableOptions struct {
	Value            *Secret      `json:"value,omitzero"`
	VariableType     VariableType `json:"variable_type,omitzero"`
	Protected        *bool        `json:"protected,omitzero"`
	Masked           *bool        `json:"masked,omitzero"` // takes a value of at least 8 characters, none of them blank
	Raw              *bool        `json:"raw,omitzero"`
	EnvironmentScope *string      `json:"environment_scope,omitzero"` // moves the variable to another scope
	Description      *string      `json:"description,omitzero"`
}

// Validate reports whether GitLab would take the change, as far as the options tell: a value is checked where Masked is set as well.
func (o *UpdateVariableOptions) Validate() error {
	if err := requireChange(o); err != nil {
		return err
	}
	if o.Masked != nil && *o.Masked && o.Value != nil {
		if err := checkMasked(string(*o.Value), o.Raw); err != nil {
			return err
		}
	}
	if o.EnvironmentScope != nil {
		if err := checkScope(*o.EnvironmentScope); err != nil {
			return err
		}
	}
	if o.Description != nil {
		return checkLength("Description", *o.Description)
	}
	return nil
}

func (o *UpdateVariableOptions) validate() error { return o.Validate() }

func (o *UpdateVariableOptions) environment() string {
	if o == nil || o.EnvironmentScope == nil {
		return ""
	}
	return *o.EnvironmentScope
}

var (
	listVariables  = inScopes(get, "list variables", ErrVariableList, "/projects/:id/variables", "/groups/:id/variables", "/admin/ci/variables")
	getVariable    = inScopes(get, "get variable", ErrVariableGet, "/projects/:id/variables/:key", "/groups/:id/variables/:key", "/admin/ci/variables/:key")
	createVariable = inScopes(post, "create variable", ErrVariableCreate, "/projects/:id/variables", "/groups/:id/variables", "/admin/ci/variables")
	updateVariable = inScopes(put, "update variable", ErrVariableUpdate, "/projects/:id/variables/:key", "/groups/:id/variables/:key", "/admin/ci/variables/:key")
	deleteVariable = inScopes(del, "delete variable", ErrVariableDelete, "/projects/:id/variables/:key", "/groups/:id/variables/:key", "/admin/ci/variables/:key")
)

// List lists the variables of a project, of a group or of the instance. The values of hidden ones are empty.
//
//	GET /projects/:id/variables
//	GET /groups/:id/variables
//	GET /admin/ci/variables
//
// Its errors match [ErrVariableList].
//
// GitLab docs: https://docs.gitlab.com/api/project_level_variables/#list-project-variables
func (s *VariablesService) List(ctx context.Context, scope Scope, options *ListVariablesOptions, opts ...RequestOption) Seq[Variable] {
	return list[Variable](ctx, s.engine, listVariables.in(scope), scopePath(scope), options, opts)
}

// Get reads a variable.
//
//	GET /projects/:id/variables/:key
//	GET /groups/:id/variables/:key
//	GET /admin/ci/variables/:key
//
// Its errors match [ErrVariableGet], [ErrNotFound] where there is no such variable, and [ErrAmbiguousVariable] where there are
// several and the key does not say which.
//
// GitLab docs: https://docs.gitlab.com/api/project_level_variables/#get-a-single-variable
func (s *VariablesService) Get(ctx context.Context, scope Scope, key VariableKey, opts ...RequestOption) (*Variable, error) {
	return do[Variable](ctx, s.engine, getVariable.in(scope), scopePath(scope, name("variable key", key.Key)), nil, key.filter(scope, opts))
}

// Create creates a variable. It is never sent twice: see [ErrOutcomeUnknown].
//
//	POST /projects/:id/variables
//	POST /groups/:id/variables
//	POST /admin/ci/variables
//
// Its errors match [ErrVariableCreate], [ErrInvalidArgument] where GitLab would surely refuse the key, scope or masked value, so that nothing
// was sent, and [ErrBadRequest] where the key has a variable in that environment scope already (Fields["key"]) or the value cannot be masked
// (Fields["value"]).
//
// GitLab docs: https://docs.gitlab.com/api/project_level_variables/#create-a-variable
func (s *VariablesService) Create(ctx context.Context, scope Scope, options *CreateVariableOptions, opts ...RequestOption) (*Variable, error) {
	return do[Variable](ctx, s.engine, createVariable.in(scope), scopePath(scope), options, withEnvironment(scope, options.environment(), opts))
}

// Update changes a variable and returns it.
//
//	PUT /projects/:id/variables/:key
//	PUT /groups/:id/variables/:key
//	PUT /admin/ci/variables/:key
//
// Its errors match [ErrVariableUpdate], [ErrNotFound] where there is no such variable, and [ErrAmbiguousVariable] where there are
// several and the key does not say which. Beware in groups: where no variable of the key has the environment scope that is named, GitLab
// changes one that has another scope.
//
// GitLab docs: https://docs.gitlab.com/api/project_level_variables/#update-a-variable
func (s *VariablesService) Update(ctx context.Context, scope Scope, key VariableKey, options *UpdateVariableOptions, opts ...RequestOption) (*Variable, error) {
	return do[Variable](ctx, s.engine, updateVariable.in(scope), scopePath(scope, name("variable key", key.Key)), options, key.filter(scope, withEnvironment(scope, options.environment(), opts)))
}

// Delete deletes a variable.
//
//	DELETE /projects/:id/variables/:key
//	DELETE /groups/:id/variables/:key
//	DELETE /admin/ci/variables/:key
//
// Its errors match [ErrVariableDelete], [ErrNotFound] where there is no such variable, and [ErrAmbiguousVariable] where there
// are several and the key does not say which.
//
// GitLab docs: https://docs.gitlab.com/api/project_level_variables/#delete-a-variable
func (s *VariablesService) Delete(ctx context.Context, scope Scope, key VariableKey, opts ...RequestOption) error {
	return exec(ctx, s.engine, deleteVariable.in(scope), scopePath(scope, name("variable key", key.Key)), nil, key.filter(scope, opts))
}

// Set creates a variable or, where its key has one in the same environment scope, updates that one. An update cannot change whether the
// variable is hidden, and leaves alone what the options leave empty: all but the value, which is always written. A hidden variable that was read
// has none: see [Variable.Validate]. It takes one request, or two.
//
//	POST /projects/:id/variables
//	POST /groups/:id/variables
//	POST /admin/ci/variables
//
// and where there is one
//
//	PUT /projects/:id/variables/:key
//	PUT /groups/:id/variables/:key
//	PUT /admin/ci/variables/:key
//
// Its errors match [ErrVariableCreate] or [ErrVariableUpdate].
//
// GitLab docs: https://docs.gitlab.com/api/project_level_variables/#create-a-variable
func (s *VariablesService) Set(ctx context.Context, scope Scope, options *CreateVariableOptions, opts ...RequestOption) (*Variable, error) {
	created, err := s.Create(ctx, scope, options, opts...)
	if !taken(err) {
		return created, err
	}
	key := Key(options.Key)
	if scopeLevel(scope) != instanceLevel {
		key = key.In(orAny(options.EnvironmentScope))
	}
	update := &UpdateVariableOptions{Value: &options.Value, VariableType: options.VariableType, Protected: options.Protected, Masked: options.Masked, Raw: options.Raw}
	if options.Description != "" {
		update.Description = &options.Description
	}
	return s.Update(ctx, scope, key, update, opts...)
}

func orAny(environmentScope string) string {
	if environmentScope == "" {
		return "*"
	}
	return environmentScope
}

// taken reports whether a creation failed because there is such a variable.
func taken(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.StatusCode == http.StatusBadRequest && strings.Contains(e.Message, "already been taken")
}
