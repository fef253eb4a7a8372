package gitlabcitest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

const secureFiles = "/projects/1/secure_files"

// upload posts a form with a file, and with other members, names and values in turn.
func (r *rig) upload(path, content string, members ...string) reply {
	r.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	for i := 0; i < len(members); i += 2 {
		require.NoError(r, w.WriteField(members[i], members[i+1]))
	}
	part, err := w.CreateFormFile("file", "ignored.txt")
	require.NoError(r, err)
	_, _ = io.WriteString(part, content)
	require.NoError(r, w.Close())
	return r.ask("POST", path, form.String(), "Content-Type", w.FormDataContentType())
}

func checksum(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

// letters are as many bytes without end as are read, in constant memory.
type letters struct{}

func (letters) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a'
	}
	return len(p), nil
}

func TestSecureFiles(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app")
		r.get(secureFiles).is(200, `[]`)
		shown := r.upload(secureFiles, "secret", "name", "release.jks", "permissions", "execute").is(201).object()
		require.Equal(r, map[string]any{
			"id": 1.0, "name": "release.jks", "checksum": checksum("secret"), "checksum_algorithm": "sha256",
			"created_at": "2000-01-01T00:00:00.000Z", "expires_at": nil, "metadata": nil, "file_extension": "jks",
		}, shown)
		require.Equal(r, shown, r.get(secureFiles+"/1").is(200).object())

		r.upload(secureFiles, "x", "name", "second").is(201)
		listed := r.get(secureFiles + "?per_page=1").is(200)
		require.Equal(r, "second", listed.array()[0]["name"], "newest first")
		require.Equal(r, "2", listed.header.Get("X-Total"))

		got := r.get(secureFiles+"/1/download").is(200, "secret")
		require.Equal(r, "application/octet-stream", got.header.Get("Content-Type"))
		require.Equal(r, "attachment; filename=release.jks", got.header.Get("Content-Disposition"))
		require.Equal(r, "6", got.header.Get("Content-Length"))
		r.ask("HEAD", secureFiles+"/1/download", "").is(200, "")
		r.get(secureFiles+"/1/download", "Range", "bytes=1-2").is(200, "secret")

		r.ask("DELETE", secureFiles+"/1", "").is(204, "")
		for _, path := range []string{"/1", "/1/download"} {
			r.get(secureFiles+path).is(404, `{"message":"404 Not found"}`)
		}
		r.ask("DELETE", secureFiles+"/1", "").is(404, `{"message":"404 Not found"}`)
		r.upload(secureFiles, "again", "name", "release.jks").is(201)
	})
}

func TestSecureFileExtensions(t *testing.T) {
	for name, extension := range map[string]string{"a.p12": "p12", "a.tar.GZ": "GZ", "plain": "", ".netrc": "", "dir.d/plain": "", "..x.cer": "cer"} {
		require.Equal(t, extension, (&secureFile{name: name}).extension(), name)
	}
}

func TestSecureFileRefused(t *testing.T) {
	r := newRig(t)
	r.project("group/app")
	r.upload(secureFiles, "x", "name", "taken").is(201)
	tests := []struct {
		name, content string
		members       []string
		status        int
		answer        string
	}{
		{"no name", "x", nil, 400, `{"error":"name is missing"}`},
		{"blank name", "x", []string{"name", ""}, 400, `{"message":{"name":["can't be blank"]}}`},
		{"taken name", "x", []string{"name", "taken"}, 400, `{"message":{"name":["has already been taken"]}}`},
		{"long name", "x", []string{"name", strings.Repeat("n", 256)}, 400, `{"message":{"name":["is too long (maximum is 255 characters)"]}}`},
		{"empty file", "", []string{"name", "n"}, 400, `{"message":{"checksum":["can't be blank"],"file":["can't be blank"]}}`},
		{"name that leads elsewhere", "x", []string{"name", "../../x"}, 500, `{"message":"500 Internal Server Error"}`},
		{"5 MiB", strings.Repeat("x", 5<<20), []string{"name", "n"}, 413, `{"message":"413 Request Entity Too Large"}`},
		{"more, and a taken name", strings.Repeat("x", 6<<20), []string{"name", "taken"}, 413, `{"message":"413 Request Entity Too Large"}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r.in(t).upload(secureFiles, test.content, test.members...).is(test.status, test.answer)
		})
	}
	r.post(secureFiles, `{}`).is(400, `{"error":"name is missing, file is missing"}`)
	r.post(secureFiles, `{"name":"n"}`).is(400, `{"error":"file is missing"}`)
	r.post(secureFiles, `{"name":"n","file":"x"}`).is(400, `{"error":"file is invalid"}`)
	r.ask("POST", secureFiles, "nonsense", "Content-Type", "multipart/form-data; boundary=x").is(400, `{"message":"400 Bad request"}`)
	r.ask("POST", secureFiles, "--x\r\n", "Content-Type", "multipart/form-data").is(400, `{"message":"400 Bad request"}`)
	r.get(secureFiles+"/first").is(400, `{"error":"secure_file_id is invalid"}`)
	require.Len(t, r.get(secureFiles).array(), 1)
	require.Empty(t, r.files, "what is too large is not kept")

	r.upload(secureFiles, strings.Repeat("x", 5<<20-1), "name", "largest").is(201)
	for i := range maxSecureFiles - 2 {
		r.upload(secureFiles, "x", "name", fmt.Sprint(i)).is(201)
	}
	r.upload(secureFiles, "x", "name", "one more").is(400, `{"message":{"base":["Maximum number of project ci secure files (100) exceeded"]}}`)
}

func TestSecureFileAccess(t *testing.T) {
	r := newRig(t)
	r.project("group/app")
	people := r.people()
	r.upload(secureFiles, "x", "name", "n").is(201)
	for level, rig := range people {
		read, write := map[bool]int{true: 200, false: 403}[level >= Developer], level >= Maintainer
		for _, path := range []string{"", "/1", "/1/download"} {
			rig.get(secureFiles + path).is(read)
		}
		if !write {
			rig.upload(secureFiles, "x", "name", "mine").is(403, `{"message":"403 Forbidden"}`)
			rig.ask("DELETE", secureFiles+"/1", "").is(403, `{"message":"403 Forbidden"}`)
		}
	}
	require.Len(t, r.get(secureFiles).array(), 1)
	people[Maintainer].upload(secureFiles, "x", "name", "mine").is(201)
	people[Maintainer].ask("DELETE", secureFiles+"/1", "").is(204)
	r.as("").get(secureFiles).is(401, `{"message":"401 Unauthorized"}`)
	r.as(r.AddUser("stranger")).get(secureFiles).is(404, `{"message":"404 Project Not Found"}`)
}

func TestSecureFilesWithJobToken(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "a", Duration: time.Hour})
		r.start()
		time.Sleep(time.Minute)
		client, err := gitlabci.NewClient(r.URL(), gitlabci.JobToken(r.JobToken(1)), gitlabci.WithHTTPClient(r.HTTPClient()))
		require.NoError(r, err)
		app := gitlabci.ProjectPath("group/app")
		made, err := client.SecureFiles.Create(r.Context(), app, &gitlabci.CreateSecureFileOptions{Name: "k.p12", File: strings.NewReader("key")})
		require.NoError(r, err)
		_, err = client.SecureFiles.Get(r.Context(), app, made.ID)
		require.NoError(r, err)
		download, err := client.SecureFiles.Download(r.Context(), app, made.ID)
		require.NoError(r, err)
		content, err := io.ReadAll(download)
		require.NoError(r, err)
		require.NoError(r, download.Close())
		require.Equal(r, "key", string(content))
		for file, err := range client.SecureFiles.List(r.Context(), app, nil) {
			require.NoError(r, err)
			require.Equal(r, "k.p12", file.Name)
		}
		require.NoError(r, client.SecureFiles.Delete(r.Context(), app, made.ID))
	})
}

func TestLargeSecureFile(t *testing.T) {
	const size = 24 << 20
	r := newRig(t, WithSecureFileLimit(size+1))
	app := r.AddProject("group/app")
	client := r.Client()
	create := func(name string, size int64) (*gitlabci.SecureFile, error) {
		content := io.LimitReader(letters{}, size)
		return client.SecureFiles.Create(t.Context(), app, &gitlabci.CreateSecureFileOptions{Name: name, File: content})
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	made, err := create("large", size)
	require.NoError(t, err)
	download, err := client.SecureFiles.Download(t.Context(), app, made.ID) // verifies the checksum
	require.NoError(t, err)
	n, err := io.Copy(io.Discard, download)
	require.NoError(t, err)
	require.EqualValues(t, size, n)
	require.NoError(t, download.Close())
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(size), "allocated in all")

	_, err = create("larger", size+1)
	failure := (*gitlabci.Error)(nil)
	require.ErrorAs(t, err, &failure)
	require.Equal(t, http.StatusRequestEntityTooLarge, failure.StatusCode)

	require.Len(t, r.Requests()[0].Body, maxRecorded)
	require.Equal(t, "/projects/:id/secure_files", r.Requests()[0].Route)
	file := r.files[0]
	r.Close()
	_, err = file.Stat()
	require.ErrorIs(t, err, os.ErrClosed)
	require.NoFileExists(t, file.Name())
}

func TestFaultsOfUploads(t *testing.T) {
	inBubble(t, func(r *rig) {
		app := r.AddProject("group/app")
		create := func(file io.Reader) error {
			_, err := r.Client().SecureFiles.Create(r.Context(), app, &gitlabci.CreateSecureFileOptions{Name: "n", File: file})
			return err
		}
		r.Fail("POST", "/projects/:id/secure_files", Status(503, `{"message":"later"}`), DropBefore(), DropAfter())
		require.ErrorIs(r, create(strings.NewReader("x")), gitlabci.ErrServer)
		require.ErrorIs(r, create(strings.NewReader("x")), gitlabci.ErrOutcomeUnknown)
		require.Empty(r, r.get(secureFiles).array())
		require.ErrorIs(r, create(strings.NewReader("x")), gitlabci.ErrOutcomeUnknown)
		require.Len(r, r.get(secureFiles).array(), 1)

		// Of an upload that breaks off nothing is recorded, since it never arrived.
		r.ResetRequests()
		broken := errors.New("broken")
		require.ErrorIs(r, create(io.MultiReader(strings.NewReader("half"), failing{broken})), broken)
		require.Empty(r, r.Requests())

		r.Fail("GET", "/projects/:id/secure_files/:secure_file_id/download", Truncate(0))
		download, err := r.Client().SecureFiles.Download(r.Context(), app, 1)
		require.NoError(r, err)
		_, err = io.ReadAll(download)
		require.Error(r, err)
		require.NoError(r, download.Close())
	})
}

type failing struct{ error }

func (f failing) Read([]byte) (int, error) { return 0, f.error }
