package gitlabci_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

// TestDeleteReadsLittle: an answer that says nothing is not read to its end.
func TestDeleteReadsLittle(t *testing.T) {
	read := 0
	client := through(t, func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: endless{&read}, ContentLength: -1, Request: r}, nil
	})
	require.NoError(t, client.Pipelines.Delete(t.Context(), wireApp, 7))
	require.LessOrEqual(t, read, 16<<10)

	for name, do := range map[string]func() error{
		"an object": func() error { return ignore(client.Jobs.Get(t.Context(), wireApp, 1)) },
		"a list":    func() error { return ignore(client.Jobs.List(t.Context(), wireApp, nil).Collect()) },
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
