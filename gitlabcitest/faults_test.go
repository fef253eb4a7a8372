package gitlabcitest

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFaultsOfNoEndpointPanic(t *testing.T) {
	srv := New()
	defer srv.Close()
	require.Panics(t, func() { srv.Fail(http.MethodPost, "/projects/:id/pipelines", DropAfter()) })
	require.NotPanics(t, func() { srv.Fail(http.MethodPost, "/projects/:id/pipeline", DropAfter()) })
	require.NotPanics(t, func() { srv.Fail("", "/projects/:id/pipelines", DropAfter()) })
	require.NotPanics(t, func() { srv.Fail("", "/projects/1/nothing", DropAfter()) })
}
