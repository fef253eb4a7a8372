package gitlabci

import (
	"context"
	"time"
)

// PollOptions say how patiently to poll. The zero value, like nil, means the defaults.
type PollOptions struct {
	Interval time.Duration // the first pause between polls; 3 s if zero. Later ones grow to about three times that
	Patience time.Duration // how long GitLab may be out of reach before the poll gives up; 5 min if zero
}

var pollFor = &composite{name: "poll"}

// Poll calls ask until that reports that it is done, and returns the value of the last call: a wait of the caller's own, with the patience
// of all waits. Server errors, lost connections and rate limits that ask returns do not end it: see [PollOptions].Patience; nor does
// [ErrNotFound], once, after a call that went well. A pause that GitLab asks for is kept to. Any other error ends it, and so does the
// context: give it a deadline.
//
// The calls within ask take opts: each is then sent once, since the next poll is its retry.
//
//	free, err := gitlabci.Poll(ctx, client, nil, func(ctx context.Context, opts ...gitlabci.RequestOption) (bool, bool, error) {
//		job, err := client.ResourceGroups.CurrentJob(ctx, app, "production", opts...)
//		return true, job == nil, err
//	})
//
// An error is an [*Error] that matches what ended the poll, and the value beside it is that of the last call that went well.
func Poll[T any](ctx context.Context, client *Client, options *PollOptions,
	ask func(ctx context.Context, opts ...RequestOption) (value T, done bool, err error)) (last T, err error) {
	if options == nil {
		options = new(PollOptions)
	}
	began := time.Now()
	poll := newWaitPoller(pollFor, options.Interval, options.Patience, client.engine.policy.MaxRateLimitWait)
	for {
		value, done, err := ask(ctx, poll.options(nil)...)
		if err == nil {
			last = value
		}
		ok, failure := poll.survives(ctx, err)
		if !ok || done && err == nil {
			return last, failure
		}
		if err := poll.restAfter(ctx, time.Since(began)); err != nil {
			return last, err
		}
	}
}
