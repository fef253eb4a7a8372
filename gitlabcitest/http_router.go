package gitlabcitest

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

type handler func(*call) error

// route is one endpoint.
type route struct {
	method   string
	template string
	pattern  *regexp.Regexp
	names    []string // of the path parameters, in order
	params   []param
	handler  handler

	allowAnonymous bool
	allowJobToken  bool
	adminOnly      bool
	tokenScopes    []string
	allowAnyScope  bool
	denial         error
	isOutside      bool
	isOpen         bool
}

// handle adds an endpoint.
func (s *site) handle(method, template string, h handler, params ...param) *route {
	pattern, names := compile(template)
	r := &route{method: method, template: template, pattern: pattern, names: names, params: params, handler: h}
	for _, name := range names {
		declared := slices.ContainsFunc(params, func(p param) bool { return p.name == name })
		if !declared && (strings.HasSuffix(name, "_id") || strings.HasSuffix(name, "iid")) {
			r.params = append(r.params, integer(name))
		}
	}
	s.routes = append(s.routes, r)
	return r
}

// sortRoutes brings the endpoints into the order in which they are tried.
func (s *site) sortRoutes() {
	slices.SortStableFunc(s.routes, func(a, b *route) int {
		return slices.Compare(specificity(a.template), specificity(b.template))
	})
}

// hasRoute reports whether there is an endpoint of this method (any, if empty) and template.
func (s *site) hasRoute(method, template string) bool {
	return slices.ContainsFunc(s.routes, func(r *route) bool { return r.template == template && (method == "" || r.method == method) })
}

// anonymous opens the route to requests without a token. What they may see is still for the handler to decide.
func (r *route) anonymous() *route {
	r.allowAnonymous = true
	return r
}

// open opens the route to everybody, and reads no credentials.
func (r *route) open() *route {
	r.isOpen = true
	return r
}

// jobToken opens the route to job tokens.
func (r *route) jobToken() *route {
	r.allowJobToken = true
	return r
}

// admin closes the route to all but administrators.
func (r *route) admin() *route {
	r.adminOnly = true
	return r
}

// scopes opens the route to tokens with one of these scopes, besides api.
func (r *route) scopes(names ...string) *route {
	r.tokenScopes = names
	return r
}

// anyScope opens the route to tokens with whatever scope.
func (r *route) anyScope() *route {
	r.allowAnyScope = true
	return r
}

// deniedWith makes an answer of its own the one to credentials that are not accepted.
func (r *route) deniedWith(denial error) *route {
	r.denial = denial
	return r
}

// outside makes the template the whole path, not the part behind /api/v4.
func (r *route) outside() *route {
	r.isOutside = true
	return r
}

// compile turns a template into a pattern over the escaped path.
func compile(template string) (*regexp.Regexp, []string) {
	var names []string
	segments := strings.Split(template, "/")
	for i, segment := range segments {
		switch {
		case strings.HasPrefix(segment, "*"):
			names, segments[i] = append(names, segment[1:]), "(.+)"
		case segment == ":ref" || segment == ":ref_name": // refs may hold raw slashes
			names, segments[i] = append(names, segment[1:]), "(.+?)"
		case strings.HasPrefix(segment, ":"):
			names, segments[i] = append(names, segment[1:]), "([^/]+)"
		default:
			segments[i] = regexp.QuoteMeta(segment)
		}
	}
	return regexp.MustCompile("^" + strings.Join(segments, "/") + "$"), names
}

// specificity orders templates so that the first match is the right one: fixed segments, then parameters, then wildcards.
func specificity(template string) []int {
	var ranks []int
	for segment := range strings.SplitSeq(template, "/") {
		switch {
		case strings.HasPrefix(segment, "*"):
			ranks = append(ranks, 2)
		case strings.HasPrefix(segment, ":"):
			ranks = append(ranks, 1)
		default:
			ranks = append(ranks, 0)
		}
	}
	return ranks
}

// match finds the route of a request and its path parameters. The error is GitLab's answer where there is none.
func (s *site) match(method, escapedPath string, inside bool) (*route, map[string]string, error) {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	known := false
	for _, r := range s.routes {
		if r.isOutside == inside {
			continue
		}
		found := r.pattern.FindStringSubmatch(escapedPath)
		if found == nil {
			continue
		}
		if r.method != method {
			known = true
			continue
		}
		vars := make(map[string]string, len(r.names))
		for i, name := range r.names {
			value, err := url.PathUnescape(found[i+1])
			if err != nil {
				return nil, nil, badRequest("")
			}
			vars[name] = value
		}
		return r, vars, nil
	}
	if known {
		return nil, nil, paramError(http.StatusMethodNotAllowed, "405 Not Allowed")
	}
	return nil, nil, paramError(http.StatusNotFound, "404 Not Found")
}
