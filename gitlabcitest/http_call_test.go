package gitlabcitest

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestETag(t *testing.T) {
	r := newRig(t)
	first := r.get("/version").is(200)
	tag := first.header.Get("ETag")
	require.True(t, strings.HasPrefix(tag, `W/"`), tag)
	second := r.get("/version", "If-None-Match", tag).is(304, "")
	require.Equal(t, tag, second.header.Get("ETag"))
	r.get("/version", "If-None-Match", `W/"other"`).is(200)
	head := r.ask("HEAD", "/version", "").is(200, "")
	require.Equal(t, tag, head.header.Get("ETag"))
}

func TestIfUnmodifiedSince(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.project("group/app", Job{Name: "a"})
		before := time.Now().UTC().Format(http.TimeFormat)
		p := r.start()
		settle()
		r.ask("DELETE", p, "", "If-Unmodified-Since", before).is(412, `{"message":"412 Precondition Failed"}`)
		r.ask("DELETE", p, "", "If-Unmodified-Since", time.Now().UTC().Format(http.TimeFormat)).is(204, "")
		r.get(p).is(404)
	})
}
