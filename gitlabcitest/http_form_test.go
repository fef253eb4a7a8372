package gitlabcitest

import (
	"fmt"
	"strings"
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

func TestFormBounds(t *testing.T) {
	r := newRig(t)
	r.project("group/app", Job{Name: "a"})
	const form, bad = "application/x-www-form-urlencoded", `{"message":"400 Bad request"}`
	deep := func(n int) string { return "x" + strings.Repeat("[b]", n) + "=1&ref=main" }
	for _, who := range []*rig{r, r.as("")} {
		begin := time.Now()
		who.ask("POST", "/projects/1/pipeline", deep(40_000), "Content-Type", form).is(400, bad)
		require.Less(t, time.Since(begin), time.Second, "a key of 120 kB")
		who.ask("POST", "/projects/1/pipeline", strings.Repeat("a=1&", maxParams)+"ref=main", "Content-Type", form).is(400, bad)
		who.get("/projects?"+strings.TrimSuffix(deep(maxDepth+1), "&ref=main")).is(400, bad)
	}
	r.ask("POST", "/projects/1/pipeline", deep(maxDepth), "Content-Type", form).is(201)
	r.ask("POST", "/projects/1/pipeline", strings.Repeat("a=1&", maxParams-1)+"ref=main", "Content-Type", form).is(201)
}

func TestStrangersSendLittle(t *testing.T) {
	r := newRig(t)
	r.project("group/app", Job{Name: "a"})
	nobody := r.as("")
	pipeline := func(size int) string {
		return `{"ref":"main","x":"` + strings.Repeat("x", size-len(`{"ref":"main","x":""}`)) + `"}`
	}
	const path, large = "/projects/1/pipeline", `{"message":"413 Request Entity Too Large"}`
	r.post(path, pipeline(maxOfStrangers+1)).is(201)
	nobody.post(path, pipeline(maxOfStrangers)).is(401)
	nobody.post(path, pipeline(maxOfStrangers+1)).is(413, large)
	r.as("glpat-guess").post(path, pipeline(maxOfStrangers+1)).is(413, large)
	nobody.ask("POST", path+"?private_token="+r.token, pipeline(maxOfStrangers+1)).is(201)
	nobody.ask("POST", path, pipeline(maxOfStrangers+1), "Authorization", "Bearer "+r.token).is(201)
}

func TestStrangersLeaveNoFiles(t *testing.T) {
	r := newRig(t, WithSecureFileLimit(64<<20))
	r.project("group/app")
	nobody := r.as("")
	form := func(fields string) string {
		return fields + "--x\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nkey\r\n" +
			"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n" + strings.Repeat("y", 6<<20) + "\r\n--x--\r\n"
	}
	const path, kind = "/projects/1/secure_files", "multipart/form-data; boundary=x"
	nobody.ask("POST", path, form(""), "Content-Type", kind).is(401)
	require.Empty(t, r.files)
	field := "--x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\n" + strings.Repeat("y", maxOfStrangers+1) + "\r\n"
	nobody.ask("POST", path, form(field), "Content-Type", kind).is(413)
	nobody.ask("POST", path, form("--x\r\nContent-Disposition: form-data; name=\"private_token\"\r\n\r\n"+r.token+"\r\n"), "Content-Type", kind).is(201)
	require.Len(t, r.files, 1)
}
