package gitlabci_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// A moment is how job 7 and its log are from a time on.
type moment struct {
	after  time.Duration // since the server began
	status gitlabci.JobStatus
	log    string
}

// logServer tells the story of job 7. It is made and asked in a bubble.
type logServer struct {
	story   []moment
	heeds   bool // byte_offset and byte_limit, as GitLab 19.5
	packs   bool // with gzip
	tags    bool // whole logs with an ETag
	erased  bool // the job is, once it has ended
	untimed bool // the job does not tell when it began

	// fault may answer the nth question for the log, counted from 1, in place of the server: then it says so.
	fault func(n int, w http.ResponseWriter, r *http.Request) bool

	began time.Time
	mu    sync.Mutex
	jobs  int      // questions for the job
	asked []string // the queries for the log
}

func (s *logServer) now() moment {
	now := s.story[0]
	for _, m := range s.story {
		if m.after <= time.Since(s.began) {
			now = m
		}
	}
	return now
}

func (s *logServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	now := s.now()
	if !strings.HasSuffix(r.URL.Path, "/trace") {
		s.mu.Lock()
		s.jobs++
		s.mu.Unlock()
		s.serveJob(w, now.status)
		return
	}
	s.mu.Lock()
	s.asked = append(s.asked, r.URL.RawQuery)
	n := len(s.asked)
	s.mu.Unlock()
	if s.fault != nil && s.fault(n, w, r) {
		return
	}
	s.serveLog(w, r, now.log)
}

func (s *logServer) serveJob(w http.ResponseWriter, status gitlabci.JobStatus) {
	times := ""
	switch status {
	case gitlabci.JobRunning, gitlabci.JobCanceling, gitlabci.JobSuccess, gitlabci.JobFailed:
		if s.untimed {
			break
		}
		times = `,"started_at":"2026-01-01T00:00:00Z"`
	}
	if s.erased && status.Finished() {
		times += `,"erased_at":"2026-01-01T00:00:00Z"`
	}
	fmt.Fprintf(w, `{"id":7,"name":"unit","status":%q%s}`, status, times)
}

func (s *logServer) serveLog(w http.ResponseWriter, r *http.Request, log string) {
	query := r.URL.Query()
	if s.heeds {
		offset, _ := strconv.Atoi(query.Get("byte_offset"))
		log = log[min(offset, len(log)):]
		if limit, err := strconv.Atoi(query.Get("byte_limit")); err == nil {
			log = log[:min(limit, len(log))]
		}
	}
	w.Header().Set("Content-Type", "text/plain")
	if s.tags {
		tag := fmt.Sprintf(`W/"%08x"`, crc32.ChecksumIEEE([]byte(log)))
		w.Header().Set("Etag", tag)
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	if !s.packs {
		io.WriteString(w, log)
		return
	}
	w.Header().Set("Content-Encoding", "gzip")
	z := gzip.NewWriter(w)
	io.WriteString(z, log)
	z.Close()
}

// start begins the story.
func (s *logServer) start(t testing.TB) *lab {
	s.began = time.Now()
	return newLab(t, s.ServeHTTP)
}

// follow tells the story to a reader and gives what it read.
func (s *logServer) follow(t testing.TB, o *gitlabci.FollowOptions) string {
	t.Helper()
	log := s.start(t).Jobs.FollowTrace(t.Context(), app, 7, o)
	defer log.Close()
	text, err := io.ReadAll(log)
	require.NoError(t, err)
	_, err = log.Read(make([]byte, 1))
	require.Equal(t, io.EOF, err, "the end stays the end")
	return string(text)
}

// eachServer runs a test for every kind of server there is.
func eachServer(t *testing.T, test func(t *testing.T, s *logServer)) {
	for name, kind := range map[string]*logServer{
		"sends parts":       {heeds: true},
		"sends parts, gzip": {heeds: true, packs: true},
		"whole":             {},
		"whole, gzip":       {packs: true},
		"whole, tagged":     {tags: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				test(t, &logServer{heeds: kind.heeds, packs: kind.packs, tags: kind.tags})
			})
		})
	}
}

// growing is the story of a job whose log grows to these lengths, a second and a half each.
func growing(log string, lengths ...int) (story []moment) {
	for i, n := range lengths {
		story = append(story, moment{time.Duration(i) * 1500 * time.Millisecond, gitlabci.JobRunning, log[:n]})
	}
	return append(story, moment{time.Duration(len(lengths)) * 1500 * time.Millisecond, gitlabci.JobSuccess, log})
}

func TestFollowTraceReadsEachByteOnce(t *testing.T) {
	noise := make([]byte, 5000)
	for i := range noise {
		noise[i] = byte(rand.N(256))
	}
	for name, log := range map[string]string{
		"one byte over and over": strings.Repeat("a", 5000),
		"period of 2":            strings.Repeat("ab", 2500),
		"period of the overlap":  strings.Repeat(strings.Repeat("x", 63)+"\n", 79)[:5000],
		"period of 65":           strings.Repeat(strings.Repeat("x", 64)+"\n", 77)[:5000],
		"noise":                  string(noise),
	} {
		t.Run(name, func(t *testing.T) {
			eachServer(t, func(t *testing.T, s *logServer) {
				s.story = growing(log, 0, 0, 1, 1, 2, 3, 63, 64, 65, 127, 128, 129, 1000, 1000, 1000, 1000, 1000, 1000, 1001, 4999)
				require.Equal(t, log, s.follow(t, nil))
			})
		})
	}
}

func TestFollowTraceOfTinyLogs(t *testing.T) {
	for n := range 4 {
		eachServer(t, func(t *testing.T, s *logServer) {
			s.story = []moment{{0, gitlabci.JobRunning, "abcd"[:n]}, {time.Minute, gitlabci.JobSuccess, "abcd"[:n]}}
			require.Equal(t, "abcd"[:n], s.follow(t, nil))
		})
	}
}

func TestFollowTraceOfAFinishedJob(t *testing.T) {
	eachServer(t, func(t *testing.T, s *logServer) {
		s.story = []moment{{0, gitlabci.JobFailed, strings.Repeat("line\n", 200_000)}}
		began := time.Now()
		require.Equal(t, s.story[0].log, s.follow(t, nil))
		require.Zero(t, time.Since(began), "nothing is waited for")
		require.Equal(t, []string{""}, s.asked)
		require.Equal(t, 1, s.jobs)
	})
}

func TestFollowTraceOfAnEmptyLog(t *testing.T) {
	for _, status := range []gitlabci.JobStatus{gitlabci.JobCanceled, gitlabci.JobSkipped} { // before they began
		eachServer(t, func(t *testing.T, s *logServer) {
			s.story = []moment{{0, gitlabci.JobPending, ""}, {time.Hour, status, ""}}
			require.Empty(t, s.follow(t, nil))
			require.Len(t, s.asked, 1)
			require.Less(t, s.jobs, 400)
		})
	}
	eachServer(t, func(t *testing.T, s *logServer) { // it may come yet
		s.story = []moment{{0, gitlabci.JobSuccess, ""}, {2 * time.Second, gitlabci.JobSuccess, "late\n"}}
		require.Equal(t, "late\n", s.follow(t, nil))
	})
	eachServer(t, func(t *testing.T, s *logServer) { // but not for ever
		s.story = []moment{{0, gitlabci.JobSuccess, ""}}
		began := time.Now()
		require.Empty(t, s.follow(t, nil))
		require.Less(t, time.Since(began), 15*time.Second)
	})
	eachServer(t, func(t *testing.T, s *logServer) { // and not if it was erased
		s.story, s.erased = []moment{{0, gitlabci.JobSuccess, ""}}, true
		began := time.Now()
		require.Empty(t, s.follow(t, nil))
		require.Zero(t, time.Since(began))
	})
}

// The status of a job tells that it runs, also where it does not tell since when.
func TestFollowTraceGoesByTheStatus(t *testing.T) {
	eachServer(t, func(t *testing.T, s *logServer) {
		s.untimed = true
		s.story = []moment{
			{0, gitlabci.JobPending, ""}, {time.Minute, gitlabci.JobRunning, "one\n"}, {2 * time.Minute, gitlabci.JobCanceling, "one\ntwo\n"},
			{3 * time.Minute, gitlabci.JobCanceled, "one\ntwo\n"},
		}
		log := bufio.NewReader(s.start(t).Jobs.FollowTrace(t.Context(), app, 7, nil))
		for i, text := range []string{"one\n", "two\n"} {
			line, err := log.ReadString('\n')
			require.NoError(t, err)
			require.Equal(t, text, line)
			at := time.Since(s.began)
			require.GreaterOrEqual(t, at, time.Duration(i+1)*time.Minute)
			require.Less(t, at, time.Duration(i+1)*time.Minute+30*time.Second)
		}
		_, err := log.ReadByte()
		require.Equal(t, io.EOF, err)
	})
	eachServer(t, func(t *testing.T, s *logServer) { // a log that comes late is waited for
		s.untimed = true
		s.story = []moment{{0, gitlabci.JobSuccess, ""}, {2 * time.Second, gitlabci.JobSuccess, "late\n"}}
		require.Equal(t, "late\n", s.follow(t, nil))
	})
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		c := newLab(t, func(w http.ResponseWriter, r *http.Request) {
			status := gitlabci.JobRunning
			if time.Since(began) > time.Hour {
				status = gitlabci.JobSuccess
			}
			switch {
			case strings.HasSuffix(r.URL.Path, "/trace"):
				w.Header().Set("Content-Type", "text/plain")
				io.WriteString(w, "a line\n")
			case strings.HasSuffix(r.URL.Path, "/bridges"):
				io.WriteString(w, "[]")
			case strings.HasSuffix(r.URL.Path, "/3/jobs"):
				fmt.Fprintf(w, `[{"id":7,"name":"unit","status":%q}]`, status)
			default:
				fmt.Fprintf(w, `{"id":7,"status":%q}`, status)
			}
		})
		log := c.Pipelines.FollowTraces(t.Context(), app, 3, nil)
		defer log.Close()
		_, err := io.ReadFull(log, make([]byte, len("unit | a line\n")))
		require.NoError(t, err)
		require.Less(t, time.Since(began), 30*time.Second)
		rest, err := io.ReadAll(log)
		require.NoError(t, err)
		require.Empty(t, rest)
	})
}

func TestFollowTraceOfLogsThatChange(t *testing.T) {
	lines := func(word string, n int) string { return strings.Repeat(word+"\n", n) }
	old, short, long := lines("first try", 100), lines("once more", 50), lines("once more", 200)
	for name, test := range map[string]struct {
		then  []moment
		gives string
	}{
		"empty for a moment":               {[]moment{{10 * time.Second, "running", ""}, {12 * time.Second, "running", old}, {30 * time.Second, "success", old + short}}, old + short},
		"empty for a minute":               {[]moment{{10 * time.Second, "running", ""}, {70 * time.Second, "running", old}, {90 * time.Second, "success", old + short}}, old + short},
		"empty for a moment at the end":    {[]moment{{10 * time.Second, "success", ""}, {12 * time.Second, "success", old + short}}, old + short},
		"behind for a moment":              {[]moment{{10 * time.Second, "running", old[:990]}, {11 * time.Second, "running", old + short}, {30 * time.Second, "success", old + long}}, old + long},
		"far behind for a moment":          {[]moment{{10 * time.Second, "running", old[:500]}, {11 * time.Second, "running", old + short}, {30 * time.Second, "success", old + long}}, old + long},
		"behind for a moment at the end":   {[]moment{{10 * time.Second, "success", old[:990]}, {11 * time.Second, "success", old + short}}, old + short},
		"rewritten shorter":                {[]moment{{10 * time.Second, "running", short}, {60 * time.Second, "success", short}}, old + short},
		"rewritten shorter at the end":     {[]moment{{10 * time.Second, "success", short}}, old + short},
		"rewritten longer":                 {[]moment{{10 * time.Second, "running", long}, {60 * time.Second, "success", long}}, old + long},
		"rewritten longer at the end":      {[]moment{{10 * time.Second, "success", long}}, old + long},
		"rewritten as long":                {[]moment{{10 * time.Second, "success", lines("once more", 100)}}, old + lines("once more", 100)},
		"rewritten and growing":            {[]moment{{10 * time.Second, "running", "o"}, {11 * time.Second, "running", short}, {60 * time.Second, "success", long}}, old + long},
		"cut short":                        {[]moment{{10 * time.Second, "running", old[:500]}, {60 * time.Second, "success", old[:600]}}, old + old[:600]},
		"erased at the end":                {[]moment{{10 * time.Second, "success", ""}}, old},
		"written twice":                    {[]moment{{10 * time.Second, "success", old + old}}, old + old},
		"with an equal beginning":          {[]moment{{10 * time.Second, "success", old[:500] + long}}, old + old[:500] + long},
		"empty for a moment, then another": {[]moment{{10 * time.Second, "running", ""}, {12 * time.Second, "success", short}}, old + short},
	} {
		t.Run(name, func(t *testing.T) {
			eachServer(t, func(t *testing.T, s *logServer) {
				s.story = append([]moment{{0, gitlabci.JobRunning, old}}, test.then...)
				require.Equal(t, test.gives, s.follow(t, nil))
			})
		})
	}
}

// A part is cut at 512,000 bytes, so that what is left is asked for at once.
func TestFollowTraceOfALeap(t *testing.T) {
	log := strings.Repeat("0123456789abcde\n", 200_000)
	eachServer(t, func(t *testing.T, s *logServer) {
		s.story = []moment{{0, gitlabci.JobRunning, log[:32]}, {10 * time.Second, gitlabci.JobRunning, log}, {100 * time.Second, gitlabci.JobSuccess, log}}
		c := s.start(t)
		reader := c.Jobs.FollowTrace(t.Context(), app, 7, nil)
		defer reader.Close()
		_, err := io.ReadFull(reader, make([]byte, 600_000))
		require.NoError(t, err)
		seen := time.Now()
		rest, err := io.ReadAll(io.LimitReader(reader, int64(len(log)-600_000)))
		require.NoError(t, err)
		require.Equal(t, log[600_000:], string(rest))
		require.Zero(t, time.Since(seen), "no pause")
	})
}

// Servers behind one address need not all be of the same version while GitLab is updated.
func TestFollowTraceOfSeveralServers(t *testing.T) {
	for _, unit := range []string{"a", "0123456789\n", strings.Repeat("x", 63) + "\n"} {
		synctest.Test(t, func(t *testing.T) {
			log := strings.Repeat(unit, 10_000)[:10_000]
			s := &logServer{story: growing(log, 100, 200, 300, 1000, 1000, 2000, 4000, 4001, 9000)}
			s.fault = func(n int, w http.ResponseWriter, r *http.Request) bool {
				s.heeds = n > 12 || n%2 == 0 && unit != "a" // of a log that is all the same no part can be told from the whole
				return false
			}
			require.Equal(t, log, s.follow(t, nil))
		})
	}
}

func TestFollowTraceOutlivesTrouble(t *testing.T) {
	log := strings.Repeat("the quick brown fox\n", 500)
	status := func(code int, header ...string) func(http.ResponseWriter, *http.Request, *logServer) {
		return func(w http.ResponseWriter, _ *http.Request, _ *logServer) {
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(code)
		}
	}
	for name, trouble := range map[string]func(http.ResponseWriter, *http.Request, *logServer){
		"500": status(500),
		"502": status(502, "Content-Type", "text/html"),
		"503": status(503, "Retry-After", "3"),
		"429": status(429, "Retry-After", "7"),
		"dropped before the answer": func(http.ResponseWriter, *http.Request, *logServer) {
			panic(http.ErrAbortHandler)
		},
		"dropped after the header": func(w http.ResponseWriter, r *http.Request, s *logServer) {
			w.Header().Set("Content-Length", "100000")
			http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		},
		"dropped after a byte":   func(w http.ResponseWriter, r *http.Request, s *logServer) { s.serveLog(cut(w, 1), r, s.now().log) },
		"dropped after 70 bytes": func(w http.ResponseWriter, r *http.Request, s *logServer) { s.serveLog(cut(w, 70), r, s.now().log) },
		"dropped in the middle": func(w http.ResponseWriter, r *http.Request, s *logServer) {
			s.serveLog(cut(w, int64(len(s.now().log)/2)), r, s.now().log)
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachServer(t, func(t *testing.T, s *logServer) {
				s.story = growing(log, 100, 200, 300, 5000, 5000, 9000)
				s.fault = func(n int, w http.ResponseWriter, r *http.Request) bool {
					if n%3 == 0 {
						return false
					}
					trouble(w, r, s)
					return true
				}
				require.Equal(t, log, s.follow(t, nil))
			})
		})
	}
}

// What GitLab asks for is kept to.
func TestFollowTraceComesBackWhenAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &logServer{heeds: true, story: growing("abcdef", 3, 3, 3)}
		var refused, back time.Time
		s.fault = func(n int, w http.ResponseWriter, r *http.Request) bool {
			if n == 2 {
				refused = time.Now()
				w.Header().Set("Retry-After", "40")
				w.WriteHeader(http.StatusTooManyRequests)
				return true
			}
			if n == 3 {
				back = time.Now()
			}
			return false
		}
		require.Equal(t, "abcdef", s.follow(t, nil))
		require.GreaterOrEqual(t, back.Sub(refused), 40*time.Second)
	})
}

func TestFollowTracePatience(t *testing.T) {
	broken := func(w http.ResponseWriter) { w.WriteHeader(http.StatusBadGateway) }
	for name, fault := range map[string]func(s *logServer, w http.ResponseWriter, r *http.Request) bool{
		"of the log": func(s *logServer, w http.ResponseWriter, r *http.Request) bool {
			if strings.HasSuffix(r.URL.Path, "/trace") {
				broken(w)
				return true
			}
			return false
		},
		"of the job": func(s *logServer, w http.ResponseWriter, r *http.Request) bool {
			if !strings.HasSuffix(r.URL.Path, "/trace") && time.Since(s.began) > 10*time.Second {
				broken(w)
				return true
			}
			return false
		},
		"of answers that always break at the same byte": func(s *logServer, w http.ResponseWriter, r *http.Request) bool {
			if strings.HasSuffix(r.URL.Path, "/trace") {
				s.serveLog(cut(w, 20), r, s.now().log)
			}
			return false
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &logServer{began: time.Now(), story: []moment{{0, gitlabci.JobRunning, strings.Repeat("x", 100)}}}
				c := newLab(t, func(w http.ResponseWriter, r *http.Request) {
					if !fault(s, w, r) {
						s.ServeHTTP(w, r)
					}
				})
				log := c.Jobs.FollowTrace(t.Context(), app, 7, &gitlabci.FollowOptions{Patience: 2 * time.Minute})
				defer log.Close()
				_, err := io.ReadAll(log)
				require.ErrorIs(t, err, gitlabci.ErrTraceGet)
				require.ErrorAs(t, err, new(*gitlabci.Error))
				require.ErrorContains(t, err, "follow trace: GitLab is out of reach for 2m")
				require.Less(t, time.Since(s.began), 3*time.Minute)
				_, again := log.Read(make([]byte, 1))
				require.Equal(t, err, again)
			})
		})
	}
}

func TestFollowTraceGivesUpAtOnce(t *testing.T) {
	for name, answer := range map[string]struct {
		fault gitlabcitest.Fault
		is    error
	}{
		"not allowed": {gitlabcitest.Status(403, `{"message":"403 Forbidden"}`), gitlabci.ErrForbidden},
		"not there":   {gitlabcitest.Status(404, `{"message":"404 Not Found"}`), gitlabci.ErrNotFound},
		"a page":      {gitlabcitest.HTML(200), gitlabci.ErrNotGitLab},
	} {
		for _, route := range []string{"/projects/:id/jobs/:job_id", "/projects/:id/jobs/:job_id/trace"} {
			t.Run(name+", "+route, inTime(func(t *testing.T) {
				srv := gitlabcitest.New()
				defer srv.Close()
				project := srv.AddProject("group/app", gitlabcitest.Job{Name: "unit"})
				srv.Push(project, "main")
				srv.Fail("GET", route, answer.fault.Forever())
				log := srv.Client().Jobs.FollowTrace(t.Context(), project, 1, &gitlabci.FollowOptions{Interval: time.Millisecond})
				defer log.Close()
				text, err := io.ReadAll(log)
				require.Empty(t, text)
				require.ErrorIs(t, err, answer.is)
				require.ErrorIs(t, err, gitlabci.ErrTraceGet)
			}))
		}
	}
	c := newLab(t, nil)
	log := c.Jobs.FollowTrace(t.Context(), gitlabci.Project{}, 7, nil)
	_, err := log.Read(make([]byte, 1))
	require.ErrorIs(t, err, gitlabci.ErrInvalidArgument)
	require.NoError(t, log.Close())
}

func TestFollowTraceThroughGitLab(t *testing.T) {
	text := ""
	for i := range 200 {
		text += fmt.Sprintf("line %d\n", i)
	}
	for _, version := range []string{"19.5", "17.0"} {
		t.Run(version, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := gitlabcitest.New(gitlabcitest.WithVersion(version))
				defer srv.Close()
				project := srv.AddProject("group/app",
					gitlabcitest.Job{Name: "unit", Queue: 20 * time.Minute, Duration: 10 * time.Minute, Log: text, Fails: 1},
					gitlabcitest.Job{Name: "never", Stage: "later", Log: text})
				srv.Push(project, "main")
				c := srv.Client()
				log := c.Jobs.FollowTrace(t.Context(), project, 1, nil)
				defer log.Close()
				got, err := io.ReadAll(log)
				require.NoError(t, err)
				require.Equal(t, text+"ERROR: Job failed: exit code 1\n", string(got))
				t.Log(len(srv.Requests()), "requests")

				never := c.Jobs.FollowTrace(t.Context(), project, 2, nil) // skipped
				defer never.Close()
				got, err = io.ReadAll(never)
				require.NoError(t, err)
				require.Empty(t, got)

				retried, err := c.Jobs.Retry(t.Context(), project, 1, nil)
				require.NoError(t, err)
				again := c.Jobs.FollowTrace(t.Context(), project, 1, nil) // the attempt, not the job of its name
				defer again.Close()
				got, err = io.ReadAll(again)
				require.NoError(t, err)
				require.Equal(t, text+"ERROR: Job failed: exit code 1\n", string(got))

				time.Sleep(25 * time.Minute)
				_, err = c.Jobs.Cancel(t.Context(), project, retried.ID, nil) // in the middle
				require.NoError(t, err)
				canceled := c.Jobs.FollowTrace(t.Context(), project, retried.ID, nil)
				defer canceled.Close()
				got, err = io.ReadAll(canceled)
				require.NoError(t, err)
				require.True(t, len(got) > 100 && strings.HasPrefix(text, string(got)))
			})
		})
	}
}

func TestFollowTraceReadSizes(t *testing.T) {
	log := strings.Repeat("some words and a line break\n", 200)
	for name, through := range map[string]func(io.Reader) io.Reader{
		"one byte": iotest.OneByteReader,
		"half":     iotest.HalfReader,
		"1 MiB": func(r io.Reader) io.Reader {
			return io.MultiReader(readerFunc(func(p []byte) (int, error) { // none at all is no question
				_, err := r.Read(nil)
				return 0, cmpErr(err, io.EOF)
			}), struct{ io.Reader }{r})
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachServer(t, func(t *testing.T, s *logServer) {
				s.story = growing(log, 10, 100, 1000, 5000)
				reader := s.start(t).Jobs.FollowTrace(t.Context(), app, 7, nil)
				defer reader.Close()
				text := new(strings.Builder)
				_, err := io.CopyBuffer(text, through(reader), make([]byte, 1<<20))
				require.NoError(t, err)
				require.Equal(t, log, text.String())
			})
		})
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func cmpErr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

func TestFollowTraceAsksOnlyWhenRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &logServer{heeds: true, story: []moment{{0, gitlabci.JobRunning, "abc"}}}
		log := s.start(t).Jobs.FollowTrace(t.Context(), app, 7, nil)
		time.Sleep(time.Hour)
		require.Zero(t, s.jobs+len(s.asked))
		_, err := io.ReadFull(log, make([]byte, 3))
		require.NoError(t, err)
		asked := s.jobs + len(s.asked)
		time.Sleep(time.Hour)
		require.Equal(t, asked, s.jobs+len(s.asked))
		require.NoError(t, log.Close())
		require.NoError(t, log.Close())
		_, err = log.Read(make([]byte, 1))
		require.ErrorIs(t, err, fs.ErrClosed)
		require.ErrorAs(t, err, new(*gitlabci.Error))
	})
}

func TestFollowTraceTellsOfItsRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &logServer{heeds: true, story: growing("abc", 1, 2)}
		var response gitlabci.Response
		var headers []string
		c := newLab(t, func(w http.ResponseWriter, r *http.Request) {
			headers = append(headers, r.Header.Get("X-Own"))
			w.Header().Set("X-Request-Id", strconv.Itoa(len(headers)))
			s.ServeHTTP(w, r)
		})
		s.began = time.Now()
		log := c.Jobs.FollowTrace(t.Context(), app, 7, nil, gitlabci.WithHeader("X-Own", "1"), gitlabci.WithResponse(&response))
		defer log.Close()
		_, err := io.ReadAll(log)
		require.NoError(t, err)
		require.Equal(t, 200, response.StatusCode)
		require.Equal(t, strconv.Itoa(len(headers)), response.RequestID)
		require.NotContains(t, headers, "")
	})
}

func TestFollowTraceEndsWithItsContext(t *testing.T) {
	for name, end := range map[string]func(log io.Closer, cancel func()) error{
		"closed":   func(log io.Closer, _ func()) error { log.Close(); return os.ErrClosed },
		"canceled": func(_ io.Closer, cancel func()) error { cancel(); return context.Canceled },
	} {
		t.Run(name, func(t *testing.T) {
			for while, stalls := range map[string]func(n int, w http.ResponseWriter, r *http.Request) bool{
				"pausing": nil,
				"waiting for an answer": func(n int, _ http.ResponseWriter, r *http.Request) bool {
					if n > 1 {
						<-r.Context().Done()
					}
					return n > 1
				},
				"reading an answer": func(n int, w http.ResponseWriter, r *http.Request) bool {
					if n > 1 {
						io.WriteString(w, "abc")
						http.NewResponseController(w).Flush()
						<-r.Context().Done()
					}
					return n > 1
				},
			} {
				t.Run(while, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						s := &logServer{heeds: true, fault: stalls, story: []moment{{0, gitlabci.JobRunning, "abc"}}}
						ctx, cancel := context.WithCancel(t.Context())
						defer cancel()
						log := s.start(t).Jobs.FollowTrace(ctx, app, 7, nil)
						defer log.Close()
						done := make(chan error)
						go func() {
							_, err := io.ReadAll(log)
							done <- err
						}()
						time.Sleep(time.Minute)
						synctest.Wait()
						began := time.Now()
						why := end(log, cancel)
						err := <-done
						require.ErrorIs(t, err, why)
						require.ErrorIs(t, err, gitlabci.ErrTraceGet)
						require.Zero(t, time.Since(began))
					})
				})
			}
		})
	}
}

// Whatever a log does and whatever happens on the way, each of its bytes comes once.
func TestFollowTraceProperty(t *testing.T) {
	rounds := 40
	if testing.Short() {
		rounds = 20
	}
	for seed := range uint64(rounds) {
		random := rand.New(rand.NewPCG(seed, 5))
		synctest.Test(t, func(t *testing.T) {
			s, log := randomStory(random)
			reader := s.start(t).Jobs.FollowTrace(t.Context(), app, 7, nil)
			defer reader.Close()
			var got []byte
			for {
				p := make([]byte, 1+random.IntN(3000))
				n, err := reader.Read(p)
				got = append(got, p[:n]...)
				if err == io.EOF {
					break
				}
				require.NoError(t, err, "seed %d", seed)
				if random.IntN(30) == 0 {
					time.Sleep(time.Duration(random.IntN(10)) * time.Second)
				}
			}
			if string(got) != log {
				same := 0
				for same < min(len(got), len(log)) && got[same] == log[same] {
					same++
				}
				t.Fatalf("seed %d: %d bytes of %d, alike up to %d; asked: %q", seed, len(got), len(log), same, s.asked)
			}
		})
	}
}

// randomStory makes a log of a few letters that grows by leaps, and a server with trouble.
func randomStory(random *rand.Rand) (*logServer, string) {
	letters := 1 + random.IntN(3)
	text := make([]byte, 300+random.IntN(30_000))
	period := 1 + random.IntN(200)
	for i := range text {
		text[i] = 'a' + byte(random.IntN(letters))
		if i >= period && random.IntN(300) > 0 {
			text[i] = text[i-period]
		}
	}
	log := string(text)
	s := &logServer{heeds: random.IntN(2) == 0, packs: random.IntN(2) == 0, tags: random.IntN(2) == 0}
	at, n := time.Duration(0), 0
	for n < len(log) {
		s.story = append(s.story, moment{at, gitlabci.JobRunning, log[:n]})
		at += time.Duration(random.IntN(9000)) * time.Millisecond
		n += []int{0, 1, random.IntN(70), random.IntN(5000)}[random.IntN(4)]
	}
	s.story = append(s.story, moment{at, gitlabci.JobSuccess, log})
	short := 0
	s.fault = func(n int, w http.ResponseWriter, r *http.Request) bool {
		now := s.now().log
		switch random.IntN(12) {
		case 0:
			w.WriteHeader([]int{500, 502, 503, 504}[random.IntN(4)])
		case 1:
			w.Header().Set("Retry-After", strconv.Itoa(random.IntN(5)))
			w.WriteHeader(http.StatusTooManyRequests)
		case 2:
			panic(http.ErrAbortHandler)
		case 3, 4, 5:
			s.serveLog(cut(w, 1+int64(random.IntN(1+len(now)))), r, now)
		case 6, 7: // none, or not all, for a moment
			if short++; short > 2 || len(now) < 200 || len(now) == len(log) { // GitLab has all of the log when the job has ended
				short = 0
				return false
			}
			s.serveLog(w, r, now[:random.IntN(2)*(len(now)-random.IntN(100))])
			return true
		default:
			short = 0
			return false
		}
		return true
	}
	return s, log
}

// bulkLog is 50 MB that grow over a minute, made as they are asked for.
type bulkLog struct{ began time.Time }

const (
	bulkSize = 50_000_000
	bulkTime = time.Minute
)

func (l bulkLog) size() int64 {
	return int64(bulkSize * min(1, float64(time.Since(l.began))/float64(bulkTime)))
}

// WriteTo writes the bytes from start to end.
func (bulkLog) write(w io.Writer, start, end int64) {
	buffer := make([]byte, 0, 32<<10)
	for at := start; at < end; {
		buffer = buffer[:0]
		for len(buffer) < 32<<10-8 && at < end {
			word := uint64(at/8) * 0x9e3779b97f4a7c15
			for i := at % 8; i < 8 && at < end; i++ {
				buffer = append(buffer, byte(word>>(8*i)))
				at++
			}
		}
		if _, err := w.Write(buffer); err != nil {
			return
		}
	}
}

func (l bulkLog) serve(heeds bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		start, end := int64(0), l.size()
		if !strings.HasSuffix(r.URL.Path, "/trace") {
			status := gitlabci.JobRunning
			if end == bulkSize {
				status = gitlabci.JobSuccess
			}
			new(logServer).serveJob(w, status)
			return
		}
		if limit, _ := strconv.ParseInt(r.FormValue("byte_limit"), 10, 64); heeds && limit > 0 {
			start, _ = strconv.ParseInt(r.FormValue("byte_offset"), 10, 64)
			start = min(start, end)
			end = min(end, start+limit)
		}
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("Content-Length", strconv.FormatInt(end-start, 10))
		l.write(w, start, end)
	}
}

func TestFollowTraceFigures(t *testing.T) {
	hash := sha256.New()
	bulkLog{}.write(hash, 0, bulkSize)
	whole := hash.Sum(nil)

	t.Logf("a log of 50 MB that grows over a minute:")
	t.Logf("%-34s %12s %9s %9s %10s %9s", "", "transferred", "of log", "requests", "live heap", "end seen")
	report := func(what string, c *lab, requests int, heap int64, lag time.Duration) {
		t.Logf("%-34s %9.1f MB %8.3fx %9d %6.2f MiB %9v", what, float64(c.sent.Load())/1e6, float64(c.sent.Load())/bulkSize, requests,
			float64(heap)/(1<<20), lag.Round(100*time.Millisecond))
	}
	for _, heeds := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			log, requests := bulkLog{time.Now()}, 0
			serve := log.serve(heeds)
			c := newLab(t, func(w http.ResponseWriter, r *http.Request) {
				requests++
				serve(w, r)
			})
			reader := c.Jobs.FollowTrace(t.Context(), app, 7, nil)
			defer reader.Close()
			hash := sha256.New()
			before, most := liveHeap(), int64(0)
			buffer, read := make([]byte, 32<<10), int64(0)
			for {
				n, err := reader.Read(buffer)
				hash.Write(buffer[:n])
				if err == io.EOF {
					break
				}
				require.NoError(t, err)
				if read/2_000_000 != (read+int64(n))/2_000_000 {
					most = max(most, liveHeap()-before)
				}
				read += int64(n)
			}
			require.Equal(t, whole, hash.Sum(nil))
			require.Less(t, most, int64(4<<20))
			report(map[bool]string{true: "FollowTrace, GitLab 19.5", false: "FollowTrace, older GitLab"}[heeds], c, requests, most, time.Since(log.began)-bulkTime)
			if heeds {
				require.LessOrEqual(t, float64(c.sent.Load()), 1.05*bulkSize)
			} else {
				require.LessOrEqual(t, float64(c.sent.Load()), 4.0*bulkSize)
			}
		})
	}
	naive := &lab{} // what everybody writes by hand, reckoned
	for at := time.Duration(0); at <= bulkTime; at += 3 * time.Second {
		naive.sent.Add(int64(bulkSize * float64(at) / float64(bulkTime)))
	}
	report("the whole log every 3 s (reckoned)", naive, 2*21, 0, 0)
}

// collectLines sorts the lines of several logs by their prefix.
func collectLines(t testing.TB, text string) map[string]string {
	t.Helper()
	logs := make(map[string]string)
	for line := range strings.Lines(text) {
		name, rest, ok := strings.Cut(line, " | ")
		require.True(t, ok, "%q has no prefix", line)
		require.True(t, strings.HasSuffix(line, "\n"), "%q is no line", line)
		logs[name] += rest
	}
	return logs
}

func numberedLines(word string, n int) (text string) {
	for i := range n {
		text += fmt.Sprintf("%s %d\n", word, i)
	}
	return text
}
