package gitlabci_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

func TestNilContext(t *testing.T) {
	srv := gitlabcitest.New()
	defer srv.Close()
	_, err := srv.Client().Runners.Get(nil, 1, nil) //lint:ignore SA1012 that is the mistake
	require.ErrorIs(t, err, gitlabci.ErrInvalidArgument)
	require.Empty(t, srv.Requests())
}

// The parts of a path are checked before the context, and both before the network.
func TestCancelledBeforehand(t *testing.T) {
	p := newPathServer(t, "")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := p.Jobs.Get(ctx, wireApp, 7)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, gitlabci.ErrJobGet)
	_, err = p.Jobs.Get(ctx, wireApp, 0)
	require.ErrorIs(t, err, gitlabci.ErrInvalidArgument)
	for _, err := range p.Jobs.List(ctx, wireApp, nil) {
		require.ErrorIs(t, err, context.Canceled)
	}
	require.Zero(t, p.requests)
}

// What fails before an answer, or with one that is not read, must not speak of an earlier call's.
func TestErrorsHoldNoBodyOfAnotherCall(t *testing.T) {
	srv := serveWith(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case "GET":
			io.WriteString(w, `{"id":1,"name":"of the first call"}`)
		default:
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		}
	})
	client := clientOf(t, srv.URL, atOnce)
	for range 20 {
		_, err := client.Jobs.Get(t.Context(), wireApp, 1)
		require.NoError(t, err)
		_, err = client.Jobs.Play(t.Context(), wireApp, 1, nil)
		e := failureOf(t, err)
		require.Empty(t, e.Body)
		require.NotContains(t, err.Error(), "first call")
	}
}

func TestErrorBodiesAreBounded(t *testing.T) {
	var read atomic.Int64
	srv := serveWith(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(400)
		piece := bytes.Repeat([]byte("no "), 1<<18)
		for range 20 {
			n, err := w.Write(piece)
			if read.Add(int64(n)); err != nil {
				return
			}
		}
	})
	client := clientOf(t, srv.URL)
	for _, do := range []func() error{
		func() error { return ignore(client.Jobs.Get(t.Context(), wireApp, 7)) },
		func() error { return ignore(client.Jobs.List(t.Context(), wireApp, nil).Collect()) },
		func() error { return drain(client.Jobs.Artifacts(t.Context(), wireApp, 7, nil)) },
		func() error { return client.Do(t.Context(), "GET", "x", nil, io.Discard) },
	} {
		require.Error(t, do())
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		before := stats.TotalAlloc
		err := do()
		runtime.ReadMemStats(&stats)
		e := failureOf(t, err)
		require.Len(t, e.Body, 64<<10)
		require.LessOrEqual(t, len(e.Message), 2<<10)
		require.Less(t, len(err.Error()), 3<<10)
		require.Less(t, stats.TotalAlloc-before, uint64(5<<20), "the server's piece of 768 KiB among it")
	}
}
