package gitlabci

import (
	"slices"
	"sync"
)

// requestsAtOnce is how many requests a call that consists of many has under way at once.
const requestsAtOnce = 8

// inParallel calls do with each number below n, so many at once, and returns when all calls have.
func inParallel(n, limit int, do func(i int)) {
	if limit <= 0 {
		limit = requestsAtOnce
	}
	var calls sync.WaitGroup
	slots := make(chan struct{}, limit)
	for i := range n {
		slots <- struct{}{}
		calls.Go(func() {
			defer func() { <-slots }()
			do(i)
		})
	}
	calls.Wait()
}

// withoutReports are the options for requests that are under way at once: there is one response of the caller's, and of them there are many.
func withoutReports(opts []RequestOption) []RequestOption {
	return append(slices.Clip(opts), WithResponse(nil))
}
