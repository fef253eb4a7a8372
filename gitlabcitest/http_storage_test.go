package gitlabcitest

import (
	"io"
	"mime"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestObjectStorage(t *testing.T) {
	inBubble(t, func(r *rig) {
		withArtifacts(r)
		proxied := r.get("/projects/1/jobs/1/artifacts?download_mode=proxy").is(200)
		location := r.get("/projects/1/jobs/1/artifacts?download_mode=direct").is(302).header.Get("Location")
		require.True(t, strings.HasPrefix(location, "http://storage.test/object-storage/1/artifacts.zip?"), location)
		r.get("/projects/1/jobs/1/artifacts/index.html").is(200, "<p>")
		r.ResetRequests()

		ask := func(url string, header ...string) (int, string) {
			request, err := http.NewRequest("GET", url, nil)
			require.NoError(t, err)
			for i := 0; i < len(header); i += 2 {
				request.Header.Set(header[i], header[i+1])
			}
			response, err := r.Transport().RoundTrip(request)
			require.NoError(t, err)
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			require.NoError(t, err)
			return response.StatusCode, string(body)
		}
		status, body := ask(location)
		require.Equal(t, 200, status)
		require.Equal(t, proxied.body, body)
		require.Equal(t, "storage.test", r.Requests()[0].Host)
		status, body = ask(location, "Range", "bytes=2-3")
		require.Equal(t, 206, status)
		require.Equal(t, proxied.body[2:4], body)

		report := r.get("/projects/1/jobs/1/artifacts?file_type=codequality").is(302).header.Get("Location")
		_, body = ask(report)
		require.Equal(t, "[]", body)

		status, _ = ask(location, "Authorization", "Bearer x")
		require.Equal(t, 400, status)
		status, _ = ask(location + "x")
		require.Equal(t, 403, status)
		r.ask("DELETE", "/projects/1/jobs/1/artifacts", "").is(204)
		status, _ = ask(location)
		require.Equal(t, 404, status)
		settle()
		status, body = ask(location)
		require.Equal(t, 403, status)
		require.Contains(t, body, "AccessDenied")
	}, WithObjectStorage("http://storage.test"))
}

func TestAttachment(t *testing.T) {
	for name, want := range map[string]string{
		"artifacts.zip": `attachment; filename="artifacts.zip"`,
		"a b;c.txt":     `attachment; filename="a b;c.txt"`,
		`a"b.txt`:       `attachment; filename="a\"b.txt"`,
		"ä.txt":         `attachment; filename*=utf-8''%C3%A4.txt`,
	} {
		require.Equal(t, want, attachment(name))
		_, params, err := mime.ParseMediaType(attachment(name))
		require.NoError(t, err)
		require.Equal(t, name, params["filename"])
	}
}
