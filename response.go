package gitlabci

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gitlabci/gitlabci/internal/transport"
)

// Response is what came back besides the result of a call.
type Response struct {
	StatusCode int         // 0 if nothing came back
	Header     http.Header // read only
	RequestID  string      // GitLab's id of the request
	Attempts   int         // how often the request was sent

	// Where a page stands in its list. GitLab leaves out the totals of long lists, and all but PerPage of lists paged by keyset.
	Page, PerPage, NextPage, PrevPage int
	TotalPages, Total                 int

	RateLimit RateLimit
}

// reports are where the response of a request goes.
type reports struct {
	caller *Response // of [WithResponse]
	latest *Response // of the wait, or the download, that the request is a part of
}

func (to reports) wanted() bool { return to != reports{} }

func (to reports) fill(response Response) {
	for _, each := range []*Response{to.caller, to.latest} {
		if each != nil {
			*each = response
		}
	}
}

// RateLimit is the state of a rate limit, as GitLab's RateLimit-... headers tell it. It is zero, and so is its Reset, unless they tell in a
// way that can be read both how many requests remain and until when.
type RateLimit struct {
	Limit, Observed, Remaining int       // requests in the current window
	Reset                      time.Time // the end of the window
}

// maxReset is the last second that a date can tell in four digits of the year.
const maxReset = 253402300799

// rateLimitOf reads the RateLimit-... headers. Proxies write a window or a policy behind a number, as in "599;w=60".
func rateLimitOf(h http.Header) RateLimit {
	number := func(name string) (int64, bool) {
		value := h.Get(name)
		end := strings.IndexAny(value, ",;")
		if end > 0 {
			value = strings.TrimSpace(value[:end])
		}
		n, err := strconv.ParseInt(value, 10, 64)
		return n, err == nil
	}
	remaining, known := number("RateLimit-Remaining")
	reset, ends := number("RateLimit-Reset")
	if !known || !ends || reset <= 0 || reset > maxReset {
		return RateLimit{}
	}
	most, _ := number("RateLimit-Limit")
	observed, _ := number("RateLimit-Observed")
	return RateLimit{int(most), int(observed), int(remaining), time.Unix(reset, 0)}
}

func responseOf(call *transport.Call, resp *http.Response) Response {
	if resp == nil {
		return Response{Attempts: call.Attempts}
	}
	number := func(name string) int {
		n, err := strconv.Atoi(resp.Header.Get(name))
		if err != nil {
			return 0
		}
		return n
	}
	return Response{
		StatusCode: resp.StatusCode, Header: resp.Header, RequestID: resp.Header.Get("X-Request-Id"), Attempts: call.Attempts,
		Page: number("X-Page"), PerPage: number("X-Per-Page"), NextPage: number("X-Next-Page"), PrevPage: number("X-Prev-Page"),
		TotalPages: number("X-Total-Pages"), Total: number("X-Total"),
		RateLimit: rateLimitOf(resp.Header),
	}
}
