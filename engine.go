package gitlabci

import (
	"net/http"
	"net/url"

	"github.com/gitlabci/gitlabci/internal/transport"
)

// An engine is what every request of a client needs. It does not change once it is made.
type engine struct {
	base      url.URL
	auth      Auth
	http      *http.Client
	transport *transport.Transport
	policy    transport.Policy
	header    http.Header // of every request
	secrets   []string    // that are not those of a request: what a proxy is told
}

// apiPath is where the API lies below the base URL.
const apiPath = "/api/v4"

// service is what all services are: the engine that they call through.
type service struct{ engine *engine }
