package conformance_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/internal/testnet"
)

// bombs are answers that are small on the wire, or as text, and would not be in memory.
var bombs = map[string]func(w io.Writer){
	"empty objects":  func(w io.Writer) { repeat(w, `[`, `{},`, `{}]`, 6<<20) },
	"small objects":  func(w io.Writer) { repeat(w, `[`, `{"id":1},`, `{"id":1}]`, 1<<21) },
	"objects within": func(w io.Writer) { repeat(w, `{"id":1,"test_suites":[`, `{},`, `{}]}`, 6<<20) },
	"strings within": func(w io.Writer) { repeat(w, `{"id":1,"tag_list":[`, `"",`, `""]}`, 6<<20) },
	"lists within":   func(w io.Writer) { repeat(w, `[{"id":1,"artifacts":[`, `{},`, `{}]}]`, 6<<20) },
	"members":        func(w io.Writer) { repeat(w, `{"id":1`, `,"a":{}`, `}`, 3<<20) },
	"blanks":         func(w io.Writer) { repeat(w, ``, ` `, ``, 1<<27) },
	"one string":     func(w io.Writer) { repeat(w, `{"id":1,"name":"`, `a`, `"}`, 1<<27) },
	"as numbers":     func(w io.Writer) { repeat(w, `{"id":"1","name":[`, `"1",`, `1]}`, 5<<20) },
	"depth":          func(w io.Writer) { repeat(w, ``, `[{"a":`, ``, 3<<20) },
}

func repeat(w io.Writer, head, middle, tail string, n int) {
	many := strings.Repeat(middle, 4<<10)
	io.WriteString(w, head)
	for ; n > 4<<10; n -= 4 << 10 {
		if _, err := io.WriteString(w, many); err != nil {
			return
		}
	}
	io.WriteString(w, strings.Repeat(middle, n)+tail)
}

// pack returns a bomb as a server sends it that compresses.
func pack(bomb func(io.Writer)) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	bomb(z)
	z.Close()
	return b.Bytes()
}

// heapPeak is how much more the heap held at most while do ran, garbage included.
func heapPeak(do func()) int64 {
	defer debug.SetGCPercent(debug.SetGCPercent(10)) // so that there is little of that
	before, peak := testnet.LiveHeap(), int64(0)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		for {
			metrics.Read(sample)
			peak = max(peak, int64(sample[0].Value.Uint64()))
			select {
			case <-stop:
				return
			case <-time.After(200 * time.Microsecond):
			}
		}
	}()
	do()
	close(stop)
	<-stopped
	return peak - before
}

const maxPeak = 64 << 20

// TestBombs sends what is small and unpacks into a lot. Nothing of it is taken to memory as a whole.
func TestBombs(t *testing.T) {
	if raceEnabled {
		t.Skip("what memory the race detector takes is another matter")
	}
	var bomb []byte
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(bomb)
	}))
	t.Cleanup(srv.Close)
	client := testnet.ClientOf(t, srv.URL, gitlabci.WithHTTPClient(&http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()}))
	some := []string{"Jobs.List", "Pipelines.Create", "Pipelines.Variables", "Pipelines.Delete", "Pipelines.TestReport", "Lint.Project", "Runners.Get"}
	for name, write := range bombs {
		t.Run(name, func(t *testing.T) {
			bomb = pack(write)
			calls, most, worst, report := 0, int64(0), "", int64(0)
			for i, row := range table {
				first := i == slices.IndexFunc(table, func(r methodRow) bool { return r.method == row.method })
				stream := row.answer != "" && row.answer[0] != '{' && row.answer[0] != '[' // which is handed on and not kept
				if !first || stream || !*allFaults && !slices.Contains(some, row.method) {
					continue
				}
				began := time.Now()
				peak := heapPeak(func() { invoke(t.Context(), client, row.method, row.args) })
				calls++
				if row.method == "Pipelines.TestReport" { // whose answers may be four times as long, and say so
					require.Less(t, peak, int64(4*maxPeak), "%d MiB", peak>>20)
					report = peak
					continue
				}
				if peak > most {
					most, worst = peak, row.method
				}
				require.Less(t, peak, int64(maxPeak), "%s: %d MiB", row.method, peak>>20)
				require.Less(t, time.Since(began), time.Minute, row.method)
			}
			t.Logf("%d methods, %d KiB sent, at most %d MiB of memory: %s; a test report: %d MiB", calls, len(bomb)>>10, most>>20, worst, report>>20)
		})
	}
}

// TestABombUnderADeadline ends about when the context does.
func TestABombUnderADeadline(t *testing.T) {
	bomb := pack(bombs["small objects"])
	srv := testnet.ServeWith(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(bomb)
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	jobs, err := testnet.ClientOf(t, srv.URL).Jobs.List(ctx, app, nil).Collect()
	require.Empty(t, jobs)
	require.ErrorIs(t, err, gitlabci.ErrDecode)
	require.NotErrorIs(t, err, context.DeadlineExceeded)
}

// TestDeleteReadsLittle: an answer that says nothing is not read to its end.
func TestDeleteReadsLittle(t *testing.T) {
	read := 0
	server := testnet.RoundTripper(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: endless{&read}, ContentLength: -1, Request: r}, nil
	})
	client := testnet.ClientOf(t, "http://gitlab.test", gitlabci.WithHTTPClient(&http.Client{Transport: server}))
	require.NoError(t, client.Pipelines.Delete(t.Context(), app, 7))
	require.LessOrEqual(t, read, 16<<10)

	for name, do := range map[string]func() error{
		"an object": func() error {
			_, err := client.Jobs.Get(t.Context(), app, 1)
			return err
		},
		"a list": func() error {
			_, err := client.Jobs.List(t.Context(), app, nil).Collect()
			return err
		},
	} {
		read = 0
		err := do()
		require.ErrorIs(t, err, gitlabci.ErrDecode, name)
		require.ErrorContains(t, err, "it is longer than 16 MiB", name)
		require.LessOrEqual(t, read, 18<<20, name)
	}
}

// endless is a body of spaces that counts how many were read.
type endless struct{ read *int }

func (e endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	*e.read += len(p)
	return len(p), nil
}

func (endless) Close() error { return nil }
