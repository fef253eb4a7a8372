package codec

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

type named string

type item struct {
	ID       int64
	Name     string
	Status   named
	Coverage *float64
	At       time.Time
	Tags     []string
	Trailers map[string][]string
}

func TestProbe(t *testing.T) {
	items, err := UnmarshalArray[item]([]byte(`[{"ID":"1","Name":5,"Status":7,"Coverage":"35.00","At":"2026-01-02 03:04:05 UTC","Tags":"a","Trailers":{"x":"y","z":["q"]}},{"ID":6.0,"Coverage":null,"At":null},{"ID":1`))
	t.Logf("%+v %v", items, err)
	items, err = UnmarshalArray[item]([]byte(`[{"ID":1},{"ID":2},{"ID":3,"Name":"x`))
	t.Logf("%+v %v", items, err)
	items, err = UnmarshalArray[item]([]byte(`[{"ID":1},{"ID":2},{"ID":{}},{"ID":4}]`))
	t.Logf("%+v %v", items, err)
	require.Error(t, err)
}
