package gitlabcitest

import (
	"crypto/md5"
	"encoding/hex"
	"time"

	"github.com/gitlabci/gitlabci/internal/codec"
)

// encode sets the body to an entity's JSON and adds the weak ETag that GitLab's framework adds.
func (a *answer) encode(entity any) error {
	body, err := codec.Marshal(entity)
	if err != nil {
		return err
	}
	a.body = body
	a.header.Set("Content-Type", "application/json")
	a.header.Set("Vary", "Origin")
	if a.status < 300 {
		sum := md5.Sum(body)
		a.header.Set("ETag", `W/"`+hex.EncodeToString(sum[:])+`"`)
		a.header.Set("Cache-Control", "max-age=0, private, must-revalidate")
	} else {
		a.header.Set("Cache-Control", "no-cache")
	}
	return nil
}

// stamp is a time as GitLab writes it, null when there is none.
func stamp(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	text := t.UTC().Format("2006-01-02T15:04:05.000Z")
	return &text
}

// optional is a value, or null where it is the zero one.
func optional[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}
