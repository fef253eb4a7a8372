package codec

import (
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCount(t *testing.T) {
	for in, want := range map[string][3]int64{
		``:                                   {0, 0, 0},
		`[]`:                                 {0, 0, 0},
		`[{},{},{}]`:                         {3, 3, 2},
		` [ {"a":[1,2,{}]} , [] ] `:          {2, 2, 3},
		`["{,}",{"{":"\"{,"},"\\",{}]`:       {2, 2, 3},
		`{"a":{"b":{}},"c":[{},{}]}`:         {2, 5, 2},
		`[{"a":"\`:                           {1, 1, 0},
		`[{"a":"unfinished, and {`:           {1, 1, 0},
		`[{"a":"` + "\u2028é\\u0022" + `,{"`: {1, 1, 0},
	} {
		elements, objects, values := count([]byte(in))
		require.Equal(t, want, [3]int64{elements, objects, values}, in)
	}
}

func TestWeigh(t *testing.T) {
	type large struct {
		ID   int64 `json:"id"`
		Room [1 << 10]int64
	}
	list, object := reflect.TypeFor[[]large](), reflect.TypeFor[large]()
	for _, test := range []struct {
		name string
		in   string
		into reflect.Type
		ok   bool
	}{
		{"a page", "[" + strings.Repeat(`{"id":1},`, 99) + `{"id":1}]`, list, true},
		{"a page of text that looks like objects", `[{"name":"` + strings.Repeat("{", 5<<20) + `"}]`, list, true},
		{"many elements", "[" + strings.Repeat(`{},`, 10_000) + `{}]`, list, false},
		{"many objects further down", `{"a":[` + strings.Repeat(`{},`, 100_000) + `{}]}`, object, false},
		{"many values", `{"a":[` + strings.Repeat(`0,`, 1<<20) + `0]}`, object, false},
		{"long text", `{"a":"` + strings.Repeat(`,`, 8<<20) + `"}`, object, true},
	} {
		err := weigh([]byte(test.in), test.into)
		require.Equal(t, test.ok, err == nil, "%s: %v", test.name, err)
	}
}
