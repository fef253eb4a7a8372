package gitlabci_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

// overEach runs a test over every protocol, each in a bubble with its own clock.
func overEach(t *testing.T, test func(t *testing.T, p protocol)) {
	identity()
	for _, p := range protocols {
		t.Run(p.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { test(t, p) })
		})
	}
}

// clientOver is a client whose calls are repeated after a second.
func clientOver(t *testing.T, w *wiring, stall time.Duration) *gitlabci.Client {
	return clientOf(t, w.URL(), gitlabci.WithHTTPClient(w.Client), gitlabci.WithRetry(gitlabci.RetryPolicy{MinWait: 1, MaxWait: 1, StallTimeout: stall}))
}

// stalls answers in full, but stands still somewhere the first n times.
func stalls(n int32, where string, body string) (http.HandlerFunc, *atomic.Int32) {
	var requests atomic.Int32
	return func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		if requests.Add(1) > n {
			io.WriteString(w, body)
			return
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		if where == "in the body" {
			io.WriteString(w, body[:len(body)/2])
		}
		if where != "before the header" {
			http.NewResponseController(w).Flush()
		}
		gone(r)
	}, &requests
}

var stallPlaces = []string{"before the header", "before the body", "in the body"}

func TestAStallIsALostConnection(t *testing.T) {
	for _, where := range stallPlaces {
		t.Run(where, func(t *testing.T) {
			overEach(t, func(t *testing.T, p protocol) {
				handler, requests := stalls(2, where, `{"id":7,"status":"running"}`)
				client := clientOver(t, p.Handle(t, handler), 0)
				began := time.Now()
				job, err := client.Jobs.Get(t.Context(), wireApp, 7)
				require.NoError(t, err)
				require.EqualValues(t, 7, job.ID)
				require.EqualValues(t, 3, requests.Load())
				require.Equal(t, time.Minute, time.Since(began).Round(time.Second), "30 s each by default")

				handler, requests = stalls(1, where, `{"id":7,"status":"running"}`)
				client = clientOver(t, p.Handle(t, handler), 5*time.Second)
				began = time.Now()
				_, err = client.Jobs.Play(t.Context(), wireApp, 7, nil)
				require.ErrorIs(t, err, gitlabci.ErrOutcomeUnknown)
				require.ErrorContains(t, err, "nothing came for 5s")
				var timeout interface{ Timeout() bool }
				require.ErrorAs(t, err, &timeout)
				require.True(t, timeout.Timeout())
				require.EqualValues(t, 1, requests.Load())
				require.Equal(t, 5*time.Second, time.Since(began).Round(time.Second))
			})
		})
	}
}

// TestTheContextGoesFirst: a deadline before the stall timeout is told as what it is.
func TestTheContextGoesFirst(t *testing.T) {
	for _, where := range stallPlaces {
		t.Run(where, func(t *testing.T) {
			overEach(t, func(t *testing.T, p protocol) {
				handler, requests := stalls(9, where, `{"id":7}`)
				client := clientOver(t, p.Handle(t, handler), 0)
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				_, err := client.Jobs.Get(ctx, wireApp, 7)
				require.ErrorIs(t, err, context.DeadlineExceeded)
				require.NotContains(t, err.Error(), "nothing came")
				require.EqualValues(t, 1, requests.Load())
			})
		})
	}
}

// TestDrops: what comes drop by drop is progress for a download, and for an answer that is decoded only for a while.
func TestDrops(t *testing.T) {
	const length = 1000
	overEach(t, func(t *testing.T, p protocol) {
		w := p.Handle(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", strconv.Itoa(length))
			for range length {
				io.WriteString(w, " ")
				http.NewResponseController(w).Flush()
				select {
				case <-time.After(20 * time.Second):
				case <-r.Context().Done():
					return
				}
			}
		})
		client := clientOver(t, w, 0)
		began := time.Now()
		log, err := client.Jobs.Trace(t.Context(), wireApp, 7, nil)
		require.NoError(t, err)
		text, err := io.ReadAll(log)
		require.NoError(t, err)
		require.NoError(t, log.Close())
		require.Len(t, text, length)
		require.Greater(t, time.Since(began), 5*time.Hour)

		time.Sleep(time.Minute) // until the server is done with the connection
		began = time.Now()
		_, err = client.Jobs.Get(t.Context(), wireApp, 7, gitlabci.WithoutRetry())
		require.ErrorContains(t, err, "not all of the answer came in 5m0s")
		require.Equal(t, 5*time.Minute, time.Since(began).Round(time.Second))
	})
}

// TestAReaderMayTakeItsTime: what is waited for is the server, not who reads.
func TestAReaderMayTakeItsTime(t *testing.T) {
	overEach(t, func(t *testing.T, p protocol) {
		w := p.Handle(t, func(w http.ResponseWriter, r *http.Request) { w.Write(make([]byte, 300<<10)) })
		log, err := clientOver(t, w, 0).Jobs.Artifacts(t.Context(), wireApp, 7, nil)
		require.NoError(t, err)
		buf, read := make([]byte, 100<<10), 0
		for err == nil {
			var n int
			time.Sleep(time.Hour)
			n, err = log.Read(buf)
			read += n
		}
		require.Equal(t, io.EOF, err)
		require.Equal(t, 300<<10, read)
		require.NoError(t, log.Close())
	})
}

// slowFile returns a little of itself after a long time.
type slowFile struct {
	pause time.Duration
	left  int
}

func (f *slowFile) Read(p []byte) (int, error) {
	time.Sleep(f.pause)
	if f.left == 0 {
		return 0, io.EOF
	}
	n := min(len(p), f.left, 1<<10)
	f.left -= n
	return n, nil
}

// TestAnUploadMayTakeItsTime: neither the file nor what the server reads of it is silence, but a server that stops reading is silent.
func TestAnUploadMayTakeItsTime(t *testing.T) {
	overEach(t, func(t *testing.T, p protocol) {
		w := p.Handle(t, func(w http.ResponseWriter, r *http.Request) {
			for {
				time.Sleep(20 * time.Second)
				if _, err := io.CopyN(io.Discard, r.Body, 1<<20); err != nil {
					break
				}
			}
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(201)
			io.WriteString(w, `{"id":1}`)
		})
		client := clientOver(t, w, 0)
		for _, file := range []*slowFile{{time.Minute, 8 << 10}, {0, 8 << 20}} {
			began := time.Now()
			_, err := client.SecureFiles.Create(t.Context(), wireApp, &gitlabci.CreateSecureFileOptions{Name: "n", File: file})
			require.NoError(t, err)
			require.Greater(t, time.Since(began), time.Minute)
		}

		over := make(chan struct{})
		defer close(over)
		w = p.Handle(t, func(w http.ResponseWriter, r *http.Request) {
			io.CopyN(io.Discard, r.Body, 1<<10)
			<-over
		})
		began := time.Now()
		_, err := clientOver(t, w, 0).SecureFiles.Create(t.Context(), wireApp, &gitlabci.CreateSecureFileOptions{Name: "n", File: &slowFile{0, 64 << 20}})
		require.ErrorContains(t, err, "nothing came for 30s")
		require.Less(t, time.Since(began), 2*time.Minute)
	})
}

// TestAFailureWhoseBodyStalls costs little: its status says what there is to say.
func TestAFailureWhoseBodyStalls(t *testing.T) {
	for _, status := range []int{409, 500, 503} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			overEach(t, func(t *testing.T, p protocol) {
				var requests atomic.Int32
				w := p.Handle(t, func(w http.ResponseWriter, r *http.Request) {
					if requests.Add(1) < 3 {
						part(w, status, `{"message":"409 Conflict: Res`)
						gone(r)
					}
					io.WriteString(w, `{"id":7}`)
				})
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				defer cancel()
				_, err := clientOver(t, w, 0).Jobs.Get(ctx, wireApp, 7)
				require.NoError(t, err)
				require.EqualValues(t, 3, requests.Load())
			})
		})
	}
}

// TestStalledWhileWaitingForAConnection: nothing was sent, so even what may not be repeated is.
func TestStalledWhileWaitingForAConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var dials atomic.Int32
		transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			dials.Add(1)
			<-ctx.Done()
			return nil, ctx.Err()
		}}
		client := clientOf(t, "http://gitlab.test", gitlabci.WithHTTPClient(&http.Client{Transport: transport}), atOnce)
		_, err := client.Pipelines.Create(t.Context(), wireApp, &gitlabci.CreatePipelineOptions{Ref: "main"})
		require.Error(t, err)
		require.False(t, errors.Is(err, gitlabci.ErrOutcomeUnknown), err)
		require.Equal(t, 5, failureOf(t, err).Attempts)
	})
}

// waitingCalls are the calls that wait, each until it ends, whatever comes of it.
var waitingCalls = map[string]func(context.Context, *gitlabci.Client, time.Duration) error{
	"Pipelines.Wait": func(ctx context.Context, c *gitlabci.Client, patience time.Duration) error {
		return ignore(c.Pipelines.Wait(ctx, wireApp, 7, &gitlabci.WaitOptions{Patience: patience}))
	},
	"Pipelines.Wait, downstream too": func(ctx context.Context, c *gitlabci.Client, patience time.Duration) error {
		return ignore(c.Pipelines.Wait(ctx, wireApp, 7, &gitlabci.WaitOptions{Patience: patience, Downstream: true}))
	},
	"Pipelines.WaitFor": func(ctx context.Context, c *gitlabci.Client, patience time.Duration) error {
		return ignore(c.Pipelines.WaitFor(ctx, wireApp, &gitlabci.WaitForOptions{Ref: "main", Patience: patience}))
	},
	"Pipelines.Watch": func(ctx context.Context, c *gitlabci.Client, patience time.Duration) (err error) {
		for _, err = range c.Pipelines.Watch(ctx, wireApp, 7, &gitlabci.WatchOptions{Patience: patience}) {
		}
		return err
	},
	"Pipelines.FollowTraces": func(ctx context.Context, c *gitlabci.Client, patience time.Duration) error {
		return drain(c.Pipelines.FollowTraces(ctx, wireApp, 7, &gitlabci.FollowOptions{Patience: patience}), nil)
	},
	"Jobs.Wait": func(ctx context.Context, c *gitlabci.Client, patience time.Duration) error {
		return ignore(c.Jobs.Wait(ctx, wireApp, 7, &gitlabci.WaitJobOptions{Patience: patience}))
	},
	"Jobs.FollowTrace": func(ctx context.Context, c *gitlabci.Client, patience time.Duration) error {
		return drain(c.Jobs.FollowTrace(ctx, wireApp, 7, &gitlabci.FollowOptions{Patience: patience}), nil)
	},
}

// TestPatienceMeansProgress: a wait ends once its patience has, wherever the answers stand still, and goes on if they go on before.
func TestPatienceMeansProgress(t *testing.T) {
	t.Parallel()
	running := func(r *http.Request) string {
		object := `{"id":7,"status":"running","started_at":"2000-01-01T00:00:00Z"}`
		if path := r.URL.Path; strings.HasSuffix(path, "/7") {
			return object
		} else if strings.HasSuffix(path, "/jobs") {
			return "[" + object + "]"
		} else if strings.HasSuffix(path, "/trace") {
			return "a line of a log\n"
		}
		return "[]"
	}
	places := map[string]http.HandlerFunc{
		"before the header": func(_ http.ResponseWriter, r *http.Request) {
			gone(r)
			panic(http.ErrAbortHandler) // so that the server does not complete the answer, in the moment before its connection is closed
		},
		"in the body":  func(w http.ResponseWriter, r *http.Request) { part(w, 200, running(r)[:1]); gone(r) },
		"drop by drop": drip,
		"in a 503":     func(w http.ResponseWriter, r *http.Request) { part(w, 503, `{`); gone(r) },
	}
	cases := 0
	for name, wait := range waitingCalls {
		for place, stand := range places {
			for _, patience := range []time.Duration{200 * time.Millisecond, time.Minute, 5 * time.Minute} {
				for _, after := range []int32{0, 1, 3} {
					cases++
					t.Run(fmt.Sprint(name, "/", place, "/", patience, "/", after), func(t *testing.T) {
						overEach(t, func(t *testing.T, p protocol) {
							var requests atomic.Int32
							var stood atomic.Pointer[time.Time]
							w := p.Handle(t, func(w http.ResponseWriter, r *http.Request) {
								io.Copy(io.Discard, r.Body)
								if requests.Add(1) > after {
									stood.CompareAndSwap(nil, new(time.Now()))
									stand(w, r)
									return
								}
								if !strings.HasSuffix(r.URL.Path, "/trace") {
									w.Header().Set("Content-Type", "application/json")
								}
								io.WriteString(w, running(r))
							})
							ctx, cancel := context.WithTimeout(t.Context(), 24*time.Hour)
							defer cancel()
							err := wait(ctx, clientOver(t, w, 0), patience)
							require.Error(t, err)
							require.NotErrorIs(t, err, context.DeadlineExceeded)
							if at := stood.Load(); place != "drop by drop" || !strings.Contains(name, "Follow") { // of a log, every drop is progress
								require.LessOrEqual(t, time.Since(*at), patience+30*time.Second, "%v", err)
							}
						})
					})
				}
			}
		}
	}
	t.Logf("%d cases over %d protocols", cases, len(protocols))
}

// TestASaveGoesOnAfterAStall: what stands still in the middle of a file is asked for from there.
func TestASaveGoesOnAfterAStall(t *testing.T) {
	overEach(t, func(t *testing.T, p protocol) {
		content := bytes.Repeat([]byte("artifact"), 64<<10)
		var requests atomic.Int32
		w := p.Handle(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Etag", `"v1"`)
			if requests.Add(1) > 2 {
				http.ServeContent(w, r, "artifacts.zip", time.Time{}, bytes.NewReader(content))
				return
			}
			w.Header().Set("Content-Length", strconv.Itoa(len(content)))
			if r.Header.Get("Range") == "" {
				w.Write(content[:len(content)/2])
				http.NewResponseController(w).Flush()
			}
			gone(r)
		})
		path := filepath.Join(t.TempDir(), "artifacts.zip")
		began := time.Now()
		require.NoError(t, clientOver(t, w, 0).Jobs.SaveArtifacts(t.Context(), wireApp, 7, path, nil))
		saved, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, content, saved)
		require.EqualValues(t, 3, requests.Load())
		require.Less(t, time.Since(began), 90*time.Second)
	})
}
