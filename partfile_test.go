package gitlabci_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

// partsIn returns the temporary files in a directory.
func partsIn(t testing.TB, dir string) []string {
	t.Helper()
	parts, err := filepath.Glob(filepath.Join(dir, ".gitlabci-*.part"))
	require.NoError(t, err)
	return parts
}

// TestSavesUntilItIsKilled is the process that the tests kill: by itself it is none.
func TestSavesUntilItIsKilled(t *testing.T) {
	url, path := os.Getenv("GITLABCI_TEST_SAVE_FROM"), os.Getenv("GITLABCI_TEST_SAVE_TO")
	if url == "" {
		t.Skip("only another test runs it")
	}
	client, err := gitlabci.NewClient(url, gitlabci.PrivateToken("glpat-lab"))
	require.NoError(t, err)
	t.Log(client.Jobs.SaveArtifacts(t.Context(), app, 7, path, nil))
}

// halfServer sends half of a file and then nothing, until it is told to go on.
type halfServer struct {
	*httptest.Server
	content []byte
	half    chan struct{} // told of each half that was sent
	goOn    chan struct{}
}

func newHalfServer(t *testing.T) *halfServer {
	s := &halfServer{content: randomBytes(200_000), half: make(chan struct{}, 10), goOn: make(chan struct{})}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "200000")
		w.Write(s.content[:100_000])
		http.NewResponseController(w).Flush()
		s.half <- struct{}{}
		select {
		case <-s.goOn:
			w.Write(s.content[100_000:])
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// What a save that was killed left is taken away by the next one to the same path, and nothing else is: not what is being saved to it at
// the same time, by this process or another, and not what is for another path.
func TestSaveArtifactsTakesAwayWhatAKilledOneLeft(t *testing.T) {
	switch runtime.GOOS {
	case "darwin", "dragonfly", "freebsd", "illumos", "linux", "netbsd", "openbsd":
	default:
		t.Skip("here only age tells that a file was abandoned")
	}
	s := newHalfServer(t)
	dir := t.TempDir()
	path, other := filepath.Join(dir, "artifacts.zip"), filepath.Join(dir, "other.zip")
	start := func(path string) *exec.Cmd {
		process := exec.Command(os.Args[0], "-test.run=^TestSavesUntilItIsKilled$")
		process.Env = append(os.Environ(), "GITLABCI_TEST_SAVE_FROM="+s.URL, "GITLABCI_TEST_SAVE_TO="+path)
		require.NoError(t, process.Start())
		<-s.half
		return process
	}
	kill := func(process *exec.Cmd) {
		require.NoError(t, process.Process.Kill())
		require.Error(t, process.Wait())
	}
	client, err := gitlabci.NewClient(s.URL, gitlabci.PrivateToken("glpat-lab"))
	require.NoError(t, err)
	save := func(path string) error { return client.Jobs.SaveArtifacts(t.Context(), app, 7, path, nil) }

	kill(start(path))
	kill(start(path))
	kill(start(other))
	require.Len(t, partsIn(t, dir), 2, "the second took away what the first left")
	living := start(path)
	require.Len(t, partsIn(t, dir), 2)
	strangers := []string{".gitlabci-1-2.part", "artifacts.zip.part", ".artifacts.zip.part"}
	for _, stranger := range strangers {
		require.NoError(t, os.WriteFile(filepath.Join(dir, stranger), nil, 0o666))
	}

	saved := make(chan error)
	go func() { saved <- save(path) }()
	<-s.half
	require.Len(t, partsIn(t, dir), 4, "of the other path, of the one that lives, of this one, and a stranger")
	close(s.goOn)
	require.NoError(t, <-saved)
	require.NoError(t, living.Wait())
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, bytes.Equal(s.content, got))
	require.NoError(t, save(other))
	requireFiles(t, dir, append(strangers, "artifacts.zip", "other.zip")...)
}

// A part that is no file is none of ours, whatever its name is.
func TestSaveArtifactsLeavesWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	path, precious := filepath.Join(dir, "artifacts.zip"), filepath.Join(dir, "precious")
	s := &fileServer{content: []byte("new")}
	var name string
	s.fault = func(n int, w http.ResponseWriter, r *http.Request) bool {
		name = partsIn(t, dir)[0]
		return false
	}
	c := newLab(t, s.ServeHTTP)
	require.NoError(t, c.Jobs.SaveArtifacts(t.Context(), app, 7, path, nil))
	s.fault = nil
	require.NoError(t, os.WriteFile(precious, []byte("precious"), 0o600))
	require.NoError(t, os.Symlink(precious, name))
	directory := strings.TrimSuffix(name, ".part") + "d.part"
	require.NoError(t, os.Mkdir(directory, 0o777))
	require.NoError(t, c.Jobs.SaveArtifacts(t.Context(), app, 7, path, nil))
	requireFiles(t, dir, "artifacts.zip", "precious", filepath.Base(name), filepath.Base(directory))
	content, err := os.ReadFile(precious)
	require.NoError(t, err)
	require.Equal(t, "precious", string(content))
}

// Many save to one path at the same time: each is whole, whichever comes last.
func TestSaveArtifactsToOnePathAtOnce(t *testing.T) {
	contents := make([][]byte, 8)
	for i := range contents {
		contents[i] = bytes.Repeat([]byte{byte('a' + i)}, 50_000)
	}
	var asked atomic.Int64
	c := newLab(t, func(w http.ResponseWriter, r *http.Request) {
		content := contents[int(asked.Add(1))%len(contents)]
		w.Header().Set("Content-Type", "application/zip")
		w.Write(content[:1000])
		http.NewResponseController(w).Flush()
		w.Write(content[1000:])
	})
	dir := t.TempDir()
	path := filepath.Join(dir, "artifacts.zip")
	var saves sync.WaitGroup
	for range 8 {
		saves.Go(func() {
			for range 25 {
				if err := c.Jobs.SaveArtifacts(t.Context(), app, 7, path, nil); err != nil {
					t.Error(err)
				}
				got, err := os.ReadFile(path)
				if err != nil || len(got) != 50_000 || bytes.Count(got, got[:1]) != len(got) {
					t.Errorf("%d bytes, %v", len(got), err)
				}
			}
		})
	}
	saves.Wait()
	requireFiles(t, dir, "artifacts.zip")
}

// The temporary file is open to nobody else while it takes the place of one that is not, nor is it there before it must be.
func TestSaveArtifactsKeepsASecret(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "artifacts.zip")
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o600))
	s := &fileServer{content: []byte("new")}
	s.fault = func(n int, w http.ResponseWriter, r *http.Request) bool {
		parts := partsIn(t, dir)
		if len(parts) != 1 {
			t.Errorf("%d temporary files", len(parts))
			return false
		}
		if info, err := os.Stat(parts[0]); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info.Mode(), err)
		}
		return false
	}
	require.NoError(t, newLab(t, s.ServeHTTP).Jobs.SaveArtifacts(t.Context(), app, 7, path, nil))
}

// A call that cannot be made leaves nothing, and asks for nothing.
func TestSaveArtifactsOfNothing(t *testing.T) {
	dir := t.TempDir()
	s := &fileServer{content: []byte("new")}
	c := newLab(t, s.ServeHTTP)
	path := filepath.Join(dir, "artifacts.zip")
	require.ErrorIs(t, c.Jobs.SaveArtifacts(t.Context(), app, 0, path, nil), gitlabci.ErrInvalidArgument)
	require.ErrorIs(t, c.Jobs.SaveArtifacts(t.Context(), gitlabci.Project{}, 7, path, nil), gitlabci.ErrInvalidArgument)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, c.Jobs.SaveArtifacts(ctx, app, 7, path, nil), context.Canceled)
	require.Empty(t, s.asked)
	requireFiles(t, dir)
}
