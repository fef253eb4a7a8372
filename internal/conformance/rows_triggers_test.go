package conformance_test

import "github.com/gitlabci/gitlabci"

var triggerRows = []methodRow{
	{
		method: "Triggers.List",
		args:   in(app, &gitlabci.ListTriggersOptions{ListOptions: pageTwo}),
		exchange: exchange{
			op:     "list triggers",
			route:  "GET /projects/:id/triggers",
			sends:  "GET /projects/group%2Fapp/triggers",
			query:  "page=2&per_page=50",
			answer: `[{"id":10,"description":"my trigger","token":"6d05","last_used":null,"expires_at":null,"owner":null}]`,
			fails:  gitlabci.ErrTriggerList,
		},
		nilQuery: "per_page=100",
		gives:    []*gitlabci.Trigger{{ID: 10, Description: "my trigger", Token: "6d05"}},
	},
	{
		method: "Triggers.Get",
		args:   in(app, int64(10)),
		exchange: exchange{
			op:     "get trigger",
			route:  "GET /projects/:id/triggers/:trigger_id",
			sends:  "GET /projects/group%2Fapp/triggers/10",
			answer: `{"id":10,"token":"6d056f63e50fe6f8c5f8f4aa10edb7","last_used":"2026-03-14T12:00:00Z","owner":{"id":1}}`,
			fails:  gitlabci.ErrTriggerGet,
		},
		gives: &gitlabci.Trigger{ID: 10, Token: "6d056f63e50fe6f8c5f8f4aa10edb7", LastUsed: noon, Owner: gitlabci.UserBasic{ID: 1}},
	},
	{
		method: "Triggers.Create",
		args:   in(app, &gitlabci.CreateTriggerOptions{Description: "my trigger", ExpiresAt: noon}),
		needs:  []string{"Description"},
		exchange: exchange{
			op:     "create trigger",
			route:  "POST /projects/:id/triggers",
			sends:  "POST /projects/group%2Fapp/triggers",
			body:   `{"description":"my trigger","expires_at":"2026-03-14T12:00:00Z"}`,
			status: 201,
			answer: `{"id":10,"description":"my trigger","expires_at":"2026-03-14T12:00:00Z"}`,
			fails:  gitlabci.ErrTriggerCreate,
		},
		gives: &gitlabci.Trigger{ID: 10, Description: "my trigger", ExpiresAt: noon},
	},
	{
		method: "Triggers.Update",
		args:   in(app, int64(10), &gitlabci.UpdateTriggerOptions{Description: "my new description"}),
		needs:  []string{"Description"},
		exchange: exchange{
			op:     "update trigger",
			route:  "PUT /projects/:id/triggers/:trigger_id",
			sends:  "PUT /projects/group%2Fapp/triggers/10",
			body:   `{"description":"my new description"}`,
			answer: `{"id":10,"description":"my new description"}`,
			fails:  gitlabci.ErrTriggerUpdate,
		},
		gives: &gitlabci.Trigger{ID: 10, Description: "my new description"},
	},
	{
		method: "Triggers.Delete",
		args:   in(app, int64(10)),
		exchange: exchange{
			op:     "delete trigger",
			route:  "DELETE /projects/:id/triggers/:trigger_id",
			sends:  "DELETE /projects/group%2Fapp/triggers/10",
			status: 204,
			fails:  gitlabci.ErrTriggerDelete,
		},
	},
	{
		method: "Triggers.Run",
		args: in(app, &gitlabci.RunTriggerOptions{
			Token:     "glptt-1",
			Ref:       "feature/x",
			Variables: []gitlabci.PipelineVariable{{Key: "VAR1", Value: "value1"}},
			Inputs:    map[string]any{"level": 3},
		}),
		needs: []string{"Token", "Ref"},
		exchange: exchange{
			op:     "run trigger",
			route:  "POST /projects/:id/trigger/pipeline",
			sends:  "POST /projects/group%2Fapp/trigger/pipeline",
			body:   `{"token":"glptt-1","ref":"feature/x","inputs":{"level":3},"variables":{"VAR1":"value1"}}`,
			status: 201,
			answer: `{"id":257,"ref":"feature/x","source":"trigger"}`,
			fails:  gitlabci.ErrTriggerRun,
		},
		gives: &gitlabci.Pipeline{ID: 257, Ref: "feature/x", Source: gitlabci.PipelineSourceTrigger},
	},
}
