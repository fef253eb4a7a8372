package testnet_test

import (
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci/internal/testnet"
)

// TestProtocols tests that the tests speak what they say.
func TestProtocols(t *testing.T) {
	for _, p := range testnet.Protocols {
		t.Run(p.Name, func(t *testing.T) {
			w := p.Handle(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Proto) })
			for range 2 {
				resp, err := w.Client.Get(w.URL())
				require.NoError(t, err)
				text, err := io.ReadAll(resp.Body)
				require.NoError(t, err)
				require.NoError(t, resp.Body.Close())
				require.Equal(t, map[bool]string{false: "HTTP/1.1", true: "HTTP/2.0"}[p.Second], string(text))
				require.Equal(t, p.Secure, resp.TLS != nil)
			}
			require.EqualValues(t, 1, w.Connections.Load())
		})
		if p.Second {
			t.Run(p.Name+", frame by frame", func(t *testing.T) {
				w := p.Serve(t, func(conn net.Conn) {
					testnet.Speak(conn, func(f *testnet.Frames, stream uint32) bool { f.Respond(stream, 201, `{"id":1}`); return true })
				})
				resp, err := w.Client.Get(w.URL())
				require.NoError(t, err)
				text, err := io.ReadAll(resp.Body)
				require.NoError(t, err)
				require.NoError(t, resp.Body.Close())
				require.Equal(t, `{"id":1}`, string(text))
				require.Equal(t, 201, resp.StatusCode)
				require.Equal(t, "HTTP/2.0", resp.Proto)
			})
		}
	}
}
