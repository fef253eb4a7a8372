package gitlabcitest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// people are tokens of users with a role each in the group "group".
func (r *rig) people() map[AccessLevel]*rig {
	all := make(map[AccessLevel]*rig)
	for i, level := range []AccessLevel{Guest, Reporter, Developer, Maintainer, Owner} {
		all[level] = r.as(r.AddUser([]string{"guest", "reporter", "developer", "maintainer", "owner"}[i], level.In("group")))
	}
	return all
}

// in is the same rig for a subtest.
func (r *rig) in(t *testing.T) *rig {
	return &rig{T: t, Server: r.Server, token: r.token}
}

func TestVariablesOfProject(t *testing.T) {
	r := newRig(t)
	r.project("group/app")
	const all = "/projects/1/variables"

	r.get(all).is(200, `[]`)
	shown := `{"variable_type":"env_var","key":"KEY","value":"v","protected":false,"masked":false,"raw":false,"description":null,"hidden":false,"environment_scope":"*"}`
	r.post(all, `{"key":"KEY","value":"v"}`).is(201, shown)
	r.get(all+"/KEY").is(200, shown)
	r.get(all).is(200, "["+shown+"]")

	changed := `{"variable_type":"file","key":"KEY","value":"","protected":true,"masked":false,"raw":true,"description":"about it","hidden":false,"environment_scope":"staging"}`
	r.ask("PUT", all+"/KEY", `{"value":"","variable_type":"file","protected":true,"raw":true,"description":"about it","environment_scope":"staging"}`).is(200, changed)
	r.ask("PUT", all+"/KEY", `{}`).is(200, changed)
	r.ask("DELETE", all+"/KEY", "").is(204, "")
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		r.ask(method, all+"/KEY", "").is(404, `{"message":"404 Variable Not Found"}`)
	}
}

func TestVariablesOfTheInstance(t *testing.T) {
	r := newRig(t)
	r.project("group/app")
	const all = "/admin/ci/variables"
	shown := `{"variable_type":"env_var","key":"KEY","value":"12345678","protected":false,"masked":true,"raw":false,"description":"d"}`
	r.post(all, `{"key":"KEY","value":"12345678","masked":true,"description":"d"}`).is(201, shown)
	r.get(all+"/KEY").is(200, shown)
	r.post(all, `{"key":"KEY","value":"other"}`).is(400, `{"message":{"key":["(KEY) has already been taken"]}}`)
	r.post(all, `{"key":"LONG","value":"`+strings.Repeat("x", 10_001)+`"}`).is(400, `{"message":{"value":["The value of the provided variable exceeds the 10000 character limit"]}}`)
	r.ask("PUT", all+"/KEY", `{"value":"abcdefgh"}`).is(200)
	require.Len(t, r.get(all).is(200).array(), 1)
	r.people()[Owner].get(all).is(403, `{"message":"403 Forbidden"}`)
	r.ask("DELETE", all+"/KEY", "").is(204)
}

func TestVariablesAreForMaintainers(t *testing.T) {
	r := newRig(t)
	r.project("group/app")
	people, stranger := r.people(), r.as(r.AddUser("stranger"))
	for _, all := range []string{"/projects/1/variables", "/groups/1/variables"} {
		people[Maintainer].post(all, `{"key":"KEY","value":"v"}`).is(201)
		people[Owner].get(all + "/KEY").is(200)
		for _, level := range []AccessLevel{Guest, Reporter, Developer} {
			people[level].get(all).is(403, `{"message":"403 Forbidden"}`)
			people[level].post(all, `{"key":"OTHER","value":"v"}`).is(403)
			people[level].ask("DELETE", all+"/KEY", "").is(403)
		}
		stranger.get(all).is(404)
		r.as("").get(all).is(401, `{"message":"401 Unauthorized"}`)
	}
}

func TestVariableRefused(t *testing.T) {
	tests := []struct{ name, body, answer string }{
		{"no key and value", `{}`, `{"error":"key is missing, value is missing"}`},
		{"unknown type", `{"key":"K","value":"v","variable_type":"secret"}`, `{"error":"variable_type does not have a valid value"}`},
		{"blank key", `{"key":"","value":"v"}`, `{"message":{"key":["can't be blank","can contain only letters, digits and '_'."]}}`},
		{"letters", `{"key":"A-B","value":"v"}`, `{"message":{"key":["can contain only letters, digits and '_'."]}}`},
		{"length of key", `{"key":"` + strings.Repeat("K", 256) + `","value":"v"}`, `{"message":{"key":["is too long (maximum is 255 characters)"]}}`},
		{"length of description", `{"key":"K","value":"v","description":"` + strings.Repeat("ü", 256) + `"}`,
			`{"message":{"description":["is too long (maximum is 255 characters)"]}}`},
		{"taken", `{"key":"TAKEN","value":"v"}`, `{"message":{"key":["(TAKEN) has already been taken"]}}`},
		{"taken in its scope", `{"key":"TAKEN","value":"v","environment_scope":"*"}`, `{"message":{"key":["(TAKEN) has already been taken"]}}`},
		{"masked and short", `{"key":"K","value":"1234567","masked":true}`, `{"message":{"value":["is invalid"]}}`},
		{"masked and hidden and short", `{"key":"K","value":"1234567","masked_and_hidden":true}`, `{"message":{"value":["is invalid"]}}`},
		{"masked with a reference", `{"key":"K","value":"$12345678","masked":true}`, `{"message":{"value":["is invalid"]}}`},
		{"masked raw with a blank", `{"key":"K","value":"1234 5678","masked":true,"raw":true}`, `{"message":{"value":["is invalid"]}}`},
		{"masked in two lines", `{"key":"K","value":"12345678\n12345678","masked":true,"raw":true}`, `{"message":{"value":["is invalid"]}}`},
		{"two faults", `{"key":"A B","value":"1","masked":true}`, `{"message":{"key":["can contain only letters, digits and '_'."],"value":["is invalid"]}}`},
	}
	r := newRig(t)
	r.project("group/app")
	for _, all := range []string{"/projects/1/variables", "/groups/1/variables"} {
		r.post(all, `{"key":"TAKEN","value":"v"}`).is(201)
		for _, test := range tests {
			t.Run(all+" "+test.name, func(t *testing.T) { r.in(t).post(all, test.body).is(400, test.answer) })
		}
		require.Len(t, r.get(all).is(200).array(), 1)
	}
}

func TestMaskedVariables(t *testing.T) {
	r := newRig(t)
	r.project("group/app")
	const all = "/projects/1/variables"
	r.post(all, `{"key":"A","value":"aZ09_+=/@:.~-","masked":true}`).is(201)
	r.post(all, `{"key":"B","value":"$1234567","masked":true,"raw":true}`).is(201)
	r.ask("PUT", all+"/B", `{"raw":false}`).is(400, `{"message":{"value":["is invalid"]}}`)
	r.ask("PUT", all+"/A", `{"value":"short"}`).is(400, `{"message":{"value":["is invalid"]}}`)
	require.Equal(t, "aZ09_+=/@:.~-", r.get(all + "/A").is(200).object()["value"])
	r.ask("PUT", all+"/A", `{"masked":false,"value":"short"}`).is(200)
}

func TestHiddenVariables(t *testing.T) {
	const forever = `{"message":{"base":["The visibility setting cannot be changed for masked and hidden variables."]}}`
	r := newRig(t)
	r.project("group/app")
	for _, all := range []string{"/projects/1/variables", "/groups/1/variables"} {
		hidden := `{"variable_type":"env_var","key":"KEY","value":null,"protected":false,"masked":true,"raw":false,"description":null,"hidden":true,"environment_scope":"*"}`
		r.post(all, `{"key":"KEY","value":"12345678","masked_and_hidden":true}`).is(201, hidden)
		r.get(all+"/KEY").is(200, hidden)
		r.get(all).is(200, "["+hidden+"]")
		r.ask("PUT", all+"/KEY", `{"value":"abcdefgh","masked":true}`).is(200, hidden)
		r.ask("PUT", all+"/KEY", `{"masked":false}`).is(400, forever)
		r.ask("PUT", all+"/KEY", `{"masked_and_hidden":false}`).is(400, forever)
		r.post(all, `{"key":"OPEN","value":"12345678","masked":true}`).is(201)
		r.ask("PUT", all+"/OPEN", `{"masked_and_hidden":true}`).is(400, `{"message":{"base":["Only new variables can be set as masked and hidden."]}}`)
	}
}

func TestEnvironmentScopes(t *testing.T) {
	const ambiguous = `{"message":"There are multiple variables with provided parameters. Please use 'filter[environment_scope]'"}`
	r := newRig(t)
	r.project("group/app")
	for _, all := range []string{"/projects/1/variables", "/groups/1/variables"} {
		r.post(all, `{"key":"KEY","value":"any"}`).is(201)
		r.get(all + "/KEY").is(200)
		r.post(all, `{"key":"KEY","value":"one","environment_scope":"production"}`).is(201)
		r.post(all, `{"key":"KEY","value":"two","environment_scope":"production"}`).is(400)

		value := func(query string) any { return r.get(all + "/KEY?" + query).is(200).object()["value"] }
		require.Equal(t, "one", value("filter[environment_scope]=production"))
		require.Equal(t, "one", value("filter%5Benvironment_scope%5D=production"))
		require.Equal(t, "any", value("filter[environment_scope]=*"))
		r.get(all+"/KEY?filter[environment_scope]=staging").is(404, `{"message":"404 Variable Not Found"}`)
		r.get(all+"/KEY?filter=production").is(400, `{"error":"filter is invalid"}`)
		for _, method := range []string{"GET", "PUT", "DELETE"} {
			r.ask(method, all+"/KEY", "").is(409, ambiguous)
		}

		r.ask("PUT", all+"/KEY", `{"value":"1","filter":{"environment_scope":"production"}}`).is(200)
		r.ask("PUT", all+"/KEY", `value=2&filter[environment_scope]=*`, "Content-Type", "application/x-www-form-urlencoded").is(200)
		require.Equal(t, "1", value("filter[environment_scope]=production"))
		require.Equal(t, "2", value("filter[environment_scope]=*"))
		r.ask("PUT", all+"/KEY", `{"environment_scope":"*","filter":{"environment_scope":"production"}}`).is(400, `{"message":{"key":["(KEY) has already been taken"]}}`)
		r.ask("DELETE", all+"/KEY", `{"filter":{"environment_scope":"production"}}`).is(204)
		r.ask("DELETE", all+"/KEY?filter[environment_scope]=production", "").is(404)
		r.get(all + "/KEY").is(200)
	}
}

// A filter that finds nothing is no hindrance when a variable of a group is updated, which GitLab's documentation warns of.
func TestUpdateOfAnotherScope(t *testing.T) {
	r := newRig(t)
	r.project("group/app")
	body := `{"value":"new","filter":{"environment_scope":"staging"}}`
	for _, all := range []string{"/projects/1/variables", "/groups/1/variables"} {
		r.ask("PUT", all+"/KEY", body).is(404)
		r.post(all, `{"key":"KEY","value":"old","environment_scope":"production"}`).is(201)
	}
	r.ask("PUT", "/projects/1/variables/KEY", body).is(404)
	changed := r.ask("PUT", "/groups/1/variables/KEY", body).is(200).object()
	require.Equal(t, "production", changed["environment_scope"])
	require.Equal(t, "new", changed["value"])
	r.get("/groups/1/variables/KEY?filter[environment_scope]=staging").is(404)
}

func TestVariablesArePaged(t *testing.T) {
	r := newRig(t)
	r.project("group/app")
	for _, key := range []string{"A", "B", "C"} {
		r.post("/groups/group/variables", `{"key":"`+key+`","value":""}`).is(201)
	}
	page := r.get("/groups/group/variables?per_page=2&page=2").is(200)
	require.Len(t, page.array(), 1)
	require.Equal(t, "3", page.header.Get("X-Total"))
}
