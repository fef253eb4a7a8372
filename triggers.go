package gitlabci

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gitlabci/gitlabci/internal/codec"
)

// TriggersService manages pipeline trigger tokens and starts pipelines with them.
//
// GitLab docs: https://docs.gitlab.com/api/pipeline_triggers/
type TriggersService service

// A Trigger is a trigger token: pipelines of a project can be started with it.
type Trigger struct {
	ID          int64     `json:"id"`
	Description string    `json:"description"`
	Token       Secret    `json:"token"` // in full for its owner, four characters of it for others
	CreatedAt   time.Time `json:"created_at,omitzero"`
	UpdatedAt   time.Time `json:"updated_at,omitzero"`
	LastUsed    time.Time `json:"last_used,omitzero"`
	ExpiresAt   time.Time `json:"expires_at,omitzero"`
	Owner       UserBasic `json:"owner"`
}

func (t *Trigger) identity() identity { return byID(t.ID) }

// ListTriggersOptions say which page of the trigger tokens to read.
type ListTriggersOptions struct{ ListOptions }

// CreateTriggerOptions describe a trigger token to create.
type CreateTriggerOptions struct {
	Description string    `json:"description"` // required
	ExpiresAt   time.Time `json:"expires_at,omitzero"`
}

func (o *CreateTriggerOptions) validate() error { return required("Description", o.Description) }

// UpdateTriggerOptions say what to change of a trigger token.
type UpdateTriggerOptions struct {
	Description string `json:"description"` // required: the new description
}

func (o *UpdateTriggerOptions) validate() error { return required("Description", o.Description) }

// RunTriggerOptions describe a pipeline to start with a token.
type RunTriggerOptions struct {
	Token     Secret             `json:"token"`              // required: of a [Trigger], or CI_JOB_TOKEN in a job
	Ref       string             `json:"ref"`                // required: a branch or tag
	Variables []PipelineVariable `json:"variables,omitzero"` // each key once, of the type [VariableEnv]: GitLab takes no other here
	Inputs    map[string]any     `json:"inputs,omitzero"`    // by name, with values of the types that the configuration's spec:inputs declares
}

func (o *RunTriggerOptions) validate() error {
	return errors.Join(required("Token", string(o.Token)), required("Ref", o.Ref), requireKeys(o.Variables), requirePlain(o.Variables))
}

// requirePlain refuses variables that an object of keys and values cannot hold.
func requirePlain(variables []PipelineVariable) error {
	seen := make(map[string]bool, len(variables))
	for i := range variables {
		v := &variables[i]
		switch {
		case v.VariableType != "" && v.VariableType != VariableEnv:
			return fmt.Errorf("variable %d is of type %q: a trigger takes none but %q", i, v.VariableType, VariableEnv)
		case seen[v.Key]:
			return fmt.Errorf("variable %d has the key of one before it", i)
		}
		seen[v.Key] = true
	}
	return nil
}

// MarshalJSON writes the variables as the object that GitLab wants here.
func (o RunTriggerOptions) MarshalJSON() ([]byte, error) {
	type plain RunTriggerOptions
	values := make(map[string]Secret, len(o.Variables))
	for i := range o.Variables {
		values[o.Variables[i].Key] = o.Variables[i].Value
	}
	return codec.Marshal(struct {
		plain
		Variables map[string]Secret `json:"variables,omitempty"`
	}{plain: plain(o), Variables: values})
}

var (
	listTriggers  = get("list triggers", "/projects/:id/triggers", ErrTriggerList)
	getTrigger    = get("get trigger", "/projects/:id/triggers/:trigger_id", ErrTriggerGet)
	createTrigger = post("create trigger", "/projects/:id/triggers", ErrTriggerCreate)
	updateTrigger = put("update trigger", "/projects/:id/triggers/:trigger_id", ErrTriggerUpdate)
	deleteTrigger = del("delete trigger", "/projects/:id/triggers/:trigger_id", ErrTriggerDelete)
	runTrigger    = post("run trigger", "/projects/:id/trigger/pipeline", ErrTriggerRun)
)

func triggerPath(project Project, id int64) path {
	return path{project.name, number("trigger id", id)}
}

// List lists the trigger tokens of a project.
//
//	GET /projects/:id/triggers
//
// Its errors match [ErrTriggerList].
//
// GitLab docs: https://docs.gitlab.com/api/pipeline_triggers/#list-project-trigger-tokens
func (s *TriggersService) List(ctx context.Context, project Project, options *ListTriggersOptions, opts ...RequestOption) Seq[Trigger] {
	return list[Trigger](ctx, s.engine, listTriggers, path{project.name}, options, opts)
}

// Get reads a trigger token.
//
//	GET /projects/:id/triggers/:trigger_id
//
// Its errors match [ErrTriggerGet], and [ErrNotFound] where there is no such token.
//
// GitLab docs: https://docs.gitlab.com/api/pipeline_triggers/#get-trigger-token-details
func (s *TriggersService) Get(ctx context.Context, project Project, id int64, opts ...RequestOption) (*Trigger, error) {
	return do[Trigger](ctx, s.engine, getTrigger, triggerPath(project, id), nil, opts)
}

// Create creates a trigger token that belongs to the caller, in whose name it starts pipelines. It is never sent twice: see
// [ErrOutcomeUnknown].
//
//	POST /projects/:id/triggers
//
// Its errors match [ErrTriggerCreate].
//
// GitLab docs: https://docs.gitlab.com/api/pipeline_triggers/#create-a-trigger-token
func (s *TriggersService) Create(ctx context.Context, project Project, options *CreateTriggerOptions, opts ...RequestOption) (*Trigger, error) {
	return do[Trigger](ctx, s.engine, createTrigger, path{project.name}, options, opts)
}

// Update changes the description of a trigger token.
//
//	PUT /projects/:id/triggers/:trigger_id
//
// Its errors match [ErrTriggerUpdate].
//
// GitLab docs: https://docs.gitlab.com/api/pipeline_triggers/#update-a-pipeline-trigger-token
func (s *TriggersService) Update(ctx context.Context, project Project, id int64, options *UpdateTriggerOptions, opts ...RequestOption) (*Trigger, error) {
	return do[Trigger](ctx, s.engine, updateTrigger, triggerPath(project, id), options, opts)
}

// Delete deletes a trigger token.
//
//	DELETE /projects/:id/triggers/:trigger_id
//
// Its errors match [ErrTriggerDelete].
//
// GitLab docs: https://docs.gitlab.com/api/pipeline_triggers/#remove-a-pipeline-trigger-token
func (s *TriggersService) Delete(ctx context.Context, project Project, id int64, opts ...RequestOption) error {
	return exec(ctx, s.engine, deleteTrigger, triggerPath(project, id), nil, opts)
}

// Run starts a pipeline with a trigger token, or with the token of a job. It needs no other credentials: the client may be [Anonymous].
// It is never sent twice: see [ErrOutcomeUnknown].
//
//	POST /projects/:id/trigger/pipeline
//
// Its errors match [ErrTriggerRun]. A token that is unknown, of another project, or not allowed here is [ErrNotFound], as is an unknown
// project. What GitLab refuses in the ref or the variables is [ErrBadRequest]; a configuration that is not valid is [ErrUnprocessable].
//
// GitLab docs: https://docs.gitlab.com/api/pipeline_triggers/#trigger-a-pipeline-with-a-token
func (s *TriggersService) Run(ctx context.Context, project Project, options *RunTriggerOptions, opts ...RequestOption) (*Pipeline, error) {
	return do[Pipeline](ctx, s.engine, runTrigger, path{project.name}, options, opts)
}
