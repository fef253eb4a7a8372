package gitlabcitest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFormsOfParameters(t *testing.T) {
	r := newRig(t)
	r.project("group/app", Job{Name: "a", Queue: time.Hour})
	want := `[{"key":"A","variable_type":"env_var","value":"1","raw":false},{"key":"B","variable_type":"file","value":"2 &","raw":false}]`
	form := "application/x-www-form-urlencoded"
	multipart := "--x\r\nContent-Disposition: form-data; name=\"ref\"\r\n\r\nmain\r\n" +
		"--x\r\nContent-Disposition: form-data; name=\"variables[][key]\"\r\n\r\nA\r\n" +
		"--x\r\nContent-Disposition: form-data; name=\"variables[][value]\"\r\n\r\n1\r\n" +
		"--x\r\nContent-Disposition: form-data; name=\"variables[][key]\"\r\n\r\nB\r\n" +
		"--x\r\nContent-Disposition: form-data; name=\"variables[][value]\"\r\n\r\n2 &\r\n" +
		"--x\r\nContent-Disposition: form-data; name=\"variables[][variable_type]\"\r\n\r\nfile\r\n--x--\r\n"
	tests := []struct{ name, query, body, kind string }{
		{"json", "", `{"ref":"main","variables":[{"key":"A","value":1},{"key":"B","value":"2 &","variable_type":"file"}]}`, "application/json"},
		{"query", "?ref=main&variables[][key]=A&variables[][value]=1&variables[][key]=B&variables[][value]=2+%26&variables[][variable_type]=file", "", ""},
		{"form", "", "ref=main&variables[][key]=A&variables[][value]=1&variables[][key]=B&variables[][value]=2+%26&variables[][variable_type]=file", form},
		{"numbered", "", "ref=main&variables[0][key]=A&variables[0][value]=1&variables[1][key]=B&variables[1][value]=2+%26&variables[1][variable_type]=file", form},
		{"multipart", "", multipart, "multipart/form-data; boundary=x"},
	}
	for _, test := range tests {
		created := r.ask("POST", "/projects/group%2Fapp/pipeline"+test.query, test.body, "Content-Type", test.kind).is(201).object()
		got := r.get(fmt.Sprintf("/projects/1/pipelines/%v/variables", created["id"])).is(200)
		assert.JSONEq(t, want, got.body, test.name)
	}
	r.ask("POST", "/projects/1/pipeline", "ref: main", "Content-Type", "application/yaml").is(415)
	for _, scope := range []string{"scope=pending", "scope[]=pending&scope[]=running", "scope%5B%5D=pending", "scope[0]=pending"} {
		require.Len(t, r.get("/projects/1/jobs?"+scope).is(200).array(), len(tests), scope)
	}
	require.Empty(t, r.get("/projects/1/jobs?scope=failed").is(200).array())
}
