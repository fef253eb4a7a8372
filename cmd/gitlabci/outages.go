package main

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
)

// outages is where the client logs to: it tells when GitLab goes out of reach for calls that are repeated, and when it is back.
type outages struct {
	out   *screen
	quiet bool

	mu   sync.Mutex
	down bool
}

// repeating marks the context of a wait, whose next poll is the repetition of one that failed.
type repeating struct{}

func (o *outages) Enabled(context.Context, slog.Level) bool { return !o.quiet }

func (o *outages) Handle(ctx context.Context, record slog.Record) error {
	values := make(map[string]slog.Value)
	record.Attrs(func(attr slog.Attr) bool {
		values[attr.Key] = attr.Value
		return true
	})
	why := values["error"].String()
	status, answered := values["status"]
	if answered {
		why = "GitLab answers " + status.String()
	}
	failed := !answered || status.Int64() >= http.StatusInternalServerError || status.Int64() == http.StatusTooManyRequests
	repeated := record.Level >= slog.LevelWarn || ctx.Value(repeating{}) != nil && ctx.Err() == nil

	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case failed && repeated && !o.down:
		o.down = true
		return o.out.note("%s: %s; trying again", values["operation"], why)
	case !failed && o.down:
		o.down = false
		return o.out.note("GitLab is back")
	}
	return nil
}

func (o *outages) WithAttrs([]slog.Attr) slog.Handler { return o }

func (o *outages) WithGroup(string) slog.Handler { return o }
