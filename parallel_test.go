package gitlabci_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// TestInParallel: what many requests of one call bring is in the order of the list, they are bounded, and the caller's response is nobody's.
func TestInParallel(t *testing.T) {
	inBubble(t, []gitlabcitest.Job{{Name: "a"}}, func(l *live) {
		for range 10 {
			l.start()
		}
		time.Sleep(time.Hour)
		var now, most atomic.Int32
		client := l.srv.Client(gitlabci.WithTransport(func(next http.RoundTripper) http.RoundTripper {
			return tripper(func(r *http.Request) (*http.Response, error) {
				n := now.Add(1)
				defer now.Add(-1)
				for seen := most.Load(); n > seen && !most.CompareAndSwap(seen, n); seen = most.Load() {
				}
				time.Sleep(time.Second)
				return next.RoundTrip(r)
			})
		}))
		var response gitlabci.Response
		for limit, want := range map[int]int32{0: 8, 3: 3, 1: 1} {
			most.Store(0)
			found, err := client.Pipelines.Flakiness(l.Context(), liveApp, &gitlabci.FlakyOptions{Concurrency: limit}, gitlabci.WithResponse(&response))
			require.NoError(l, err)
			require.Equal(l, 10, found.Pipelines)
			require.Equal(l, want, most.Load(), "%d at once", limit)
			require.Zero(l, response)
			synctest.Wait()
			require.Zero(l, now.Load(), "all have ended")
		}
	})
}
