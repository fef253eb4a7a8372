package codec

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

type status string

type seconds float64

type thing struct {
	ID       int64               `json:"id"`
	Count    int                 `json:"count"`
	Name     string              `json:"name"`
	Status   status              `json:"status"`
	Coverage *float64            `json:"coverage"`
	Duration seconds             `json:"duration"`
	At       time.Time           `json:"at"`
	Tags     []string            `json:"tags"`
	States   []status            `json:"states"`
	Trailers map[string][]string `json:"trailers"`
	Flag     bool                `json:"flag"`
	Inner    struct {
		ID int64 `json:"id"`
	} `json:"inner"`
	Next *thing `json:"next"`
	Any  any    `json:"any"`
}

func TestUnmarshal(t *testing.T) {
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name, in string
		want     thing
	}{
		{"as it should be", `{"id":1,"name":"n","status":"running","coverage":35.5,"duration":1.5,"at":"2026-01-02T12:00:00Z","tags":["a"],"flag":true}`,
			thing{ID: 1, Name: "n", Status: "running", Coverage: new(35.5), Duration: 1.5, At: noon, Tags: []string{"a"}, Flag: true}},
		{"unknown fields", `{"id":1,"brand_new":{"a":[1,2,{}]}}`, thing{ID: 1}},
		{"unknown values", `{"status":"hibernating","states":["dozing"]}`, thing{Status: "hibernating", States: []status{"dozing"}}},
		{"null for anything", `{"id":null,"name":null,"status":null,"coverage":null,"duration":null,"at":null,"tags":null,"trailers":null,"flag":null,"inner":null,"next":null,"any":null}`, thing{}},
		{"coverage as a string", `{"coverage":"35.00"}`, thing{Coverage: new(35.0)}},
		{"coverage as an integer", `{"coverage":35}`, thing{Coverage: new(35.0)}},
		{"coverage in percent", `{"coverage":"35.5%"}`, thing{Coverage: new(35.5)}},
		{"coverage in percent after a space", `{"coverage":"35.5 %"}`, thing{Coverage: new(35.5)}},
		{"coverage of zero", `{"coverage":0}`, thing{Coverage: new(0.0)}},
		{"duration as a string", `{"duration":"12.5"}`, thing{Duration: 12.5}},
		{"duration as an empty string", `{"duration":""}`, thing{}},
		{"id as a string", `{"id":"42","count":"7"}`, thing{ID: 42, Count: 7}},
		{"id as an empty string", `{"id":""}`, thing{}},
		{"id as a float", `{"id":6.0,"count":1e3}`, thing{ID: 6, Count: 1000}},
		{"count as a fraction", `{"count":6.6}`, thing{Count: 7}},
		{"a large id", `{"id":9223372036854775807}`, thing{ID: math.MaxInt64}},
		{"name as a number", `{"name":5,"status":7.50}`, thing{Name: "5", Status: "7.50"}},
		{"name as a bool", `{"name":true}`, thing{Name: "true"}},
		{"name as an object", `{"name":{"a":1}}`, thing{Name: `{"a":1}`}},
		{"flag as a string", `{"flag":"true"}`, thing{Flag: true}},
		{"flag as another string", `{"id":"1","flag":"false"}`, thing{ID: 1}},
		{"string for an array", `{"tags":"a","states":"b"}`, thing{Tags: []string{"a"}, States: []status{"b"}}},
		{"string for an array in a map", `{"trailers":{"x":"y","z":["q","r"]}}`, thing{Trailers: map[string][]string{"x": {"y"}, "z": {"q", "r"}}}},
		{"numbers in an array of strings", `{"tags":["a",1]}`, thing{Tags: []string{"a", "1"}}},
		{"time with a fraction", `{"at":"2026-01-02T12:00:00.000Z"}`, thing{At: noon}},
		{"time with a zone", `{"at":"2026-01-02T13:00:00+01:00"}`, thing{At: noon}},
		{"time of Ruby", `{"at":"2026-01-02 12:00:00 UTC"}`, thing{At: noon}},
		{"time of Ruby with an offset", `{"at":"2026-01-02 13:00:00 +0100"}`, thing{At: noon}},
		{"time without a zone", `{"at":"2026-01-02T12:00:00"}`, thing{At: noon}},
		{"time with a space", `{"at":"2026-01-02 12:00:00"}`, thing{At: noon}},
		{"date", `{"at":"2026-01-02"}`, thing{At: noon.Add(-12 * time.Hour)}},
		{"empty time", `{"at":""}`, thing{}},
		{"duplicate names", `{"id":1,"id":2}`, thing{ID: 2}},
		{"invalid UTF-8", "{\"name\":\"a\xffb\"}", thing{Name: "a\ufffdb"}},
		{"half a surrogate", `{"name":"a\ud83d"}`, thing{Name: "a\ufffd"}},
		{"a byte order mark", "\ufeff{\"id\":1}", thing{ID: 1}},
		{"a byte order mark and space", "\ufeff\r\n{\"id\":\"1\"}\n", thing{ID: 1}},
		{"space around", " \r\n\t{\"id\":1}\n ", thing{ID: 1}},
		{"mended deep down", `{"next":{"next":{"id":"3","coverage":"1"}},"inner":{"id":"4"},"any":["5"]}`,
			thing{Next: &thing{Next: &thing{ID: 3, Coverage: new(1.0)}}, Inner: struct {
				ID int64 `json:"id"`
			}{4}, Any: []any{"5"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got thing
			require.NoError(t, UnmarshalObject([]byte(test.in), &got))
			require.True(t, Valid([]byte(test.in)))
			require.True(t, test.want.At.Equal(got.At), got.At)
			var event thing
			require.NoError(t, UnmarshalEvent([]byte(test.in), &event))
			require.Equal(t, got, event)
			got.At, test.want.At = time.Time{}, time.Time{}
			require.Equal(t, test.want, got)
		})
	}
}

// TestTimesOfEventsAreReadFast tests that the times that most events have cost no more than others.
func TestTimesOfEventsAreReadFast(t *testing.T) {
	allocs := func(at string) float64 {
		data := []byte(`{"id":1,"at":"` + at + `","tags":["a","b"],"next":{"at":"` + at + `"}}`)
		return testing.AllocsPerRun(100, func() {
			if err := UnmarshalEvent(data, new(thing)); err != nil {
				t.Error(err)
			}
		})
	}
	require.LessOrEqual(t, allocs("2026-01-02 12:00:00 UTC"), allocs("2026-01-02T12:00:00Z"))
}

func TestUnmarshalRefuses(t *testing.T) {
	for _, in := range []string{
		`{"id":1} x`, `{"id":1}{"id":2}`, `{"id":1},`, `{"id":`, `{"id":1`, `<html>`, `nul`, `{'id':1}`, `{"id":1,}`, "\ufeff\ufeff{\"id\":1}", " \ufeff{\"id\":1}", "{\ufeff\"id\":1}", "\xff\xfe{\x00}\x00", "\xff",
		`{"id":{}}`, `{"id":[1]}`, `{"id":"seven"}`, `{"id":1e300}`, `{"id":"99999999999999999999"}`, `{"id":"NaN"}`, `{"id":true}`,
		`{"coverage":"NaN"}`, `{"coverage":"Inf"}`, `{"coverage":"high"}`, `{"coverage":{}}`, `{"coverage":"%"}`, `{"coverage":"35%%"}`, `{"coverage":"%35"}`, `{"duration":"12%"}`, `{"duration":"1e999"}`, `{"at":"yesterday"}`, `{"at":5}`,
		`{"at":"2026-01-02T12:00:00+24:00"}`, `{"at":"2026-01-02 12:00:00 -2400"}`, `{"at":"2026-01-02 12:00:00 +2360"}`,
		`{"tags":{"a":1}}`, `{"trailers":5}`, `{"flag":"yes"}`, `{"flag":{}}`, `[]`, `[{"id":1}]`, `"text"`, `5`, `true`, strings.Repeat(`{"next":`, 20_000),
	} {
		require.Error(t, UnmarshalObject([]byte(in), new(thing)), in)
		require.Error(t, UnmarshalEvent([]byte(in), new(thing)), in)
	}
	for _, empty := range []string{"", " \n", "null", " null ", "{}", " { \n } ", "\ufeff", "\ufeff null", "\ufeff{}"} {
		require.ErrorIs(t, UnmarshalObject([]byte(empty), new(thing)), ErrEmpty, "%q", empty)
	}
}

func TestUnmarshalArray(t *testing.T) {
	for _, test := range []struct {
		in   string
		want []int64
		ok   bool
	}{
		{`[]`, nil, true},
		{` [ ] `, nil, true},
		{`[{"id":1},{"id":2}]`, []int64{1, 2}, true},
		{`[{"id":1},{"id":"2"},{"id":3.0}]`, []int64{1, 2, 3}, true},
		{`[{"id":1},{"id":2},{"id":3,"na`, []int64{1, 2}, false},
		{`[{"id":1},{"id":2},{"id":3`, []int64{1, 2}, false},
		{`[{"id":1},{"id":2},`, []int64{1, 2}, false},
		{`[{"id":1},{"id":2}`, []int64{1, 2}, false},
		{`[{"id":1},{"id":"2"},{"id":3`, []int64{1, 2}, false},
		{`[{"id":1},{"id":"2"},{"id":{}},{"id":4}]`, []int64{1, 2}, false},
		{`[{"id":1},null,{},{"id":3}]`, []int64{1, 0, 0, 3}, true},
		{"\ufeff[{\"id\":1}]", []int64{1}, true},
		{"\ufeff", nil, false},
		{`[`, nil, false},
		{``, nil, false},
		{`null`, nil, false},
		{`{}`, nil, false},
		{`{"id":1}`, nil, false},
		{`5`, nil, false},
		{`[5]`, nil, false},
		{`["a"]`, nil, false},
		{`[[{"id":1}]]`, nil, false},
	} {
		items, err := UnmarshalArray[thing]([]byte(test.in))
		require.Equal(t, test.ok, err == nil, "%s: %v", test.in, err)
		var got []int64
		for _, item := range items {
			got = append(got, item.ID)
		}
		require.Equal(t, test.want, got, test.in)
	}
}

func TestMembers(t *testing.T) {
	for in, want := range map[string][]string{
		`{}`: nil, `[]`: nil, ``: nil, `null`: nil, `"a"`: nil, `[{"a":1}]`: nil, `{`: nil,
		`{"a":1,"b":{"c":[{"d":2}]},"\u0065":null}`: {"a", "b", "e"},
		`{"a":1,"a":2}`:    {"a", "a"},
		`{"a":[1,{"b":`:    {"a"},
		`{"a":1 "b":2}`:    {"a"},
		"\ufeff {\"a\":1}": {"a"},
		"{\"a\xff\":1}":    {"a\ufffd"},
	} {
		data := []byte(in)
		got := slices.Collect(Members(data))
		require.Equal(t, want, got, in)
		require.Equal(t, in, string(data), "it was written to")
	}
	for range Members([]byte(`{"a":1,"b":2}`)) {
		break
	}
}

// What is kept of an answer does not change with the buffer that it was read from.
func TestNothingPointsIntoTheInput(t *testing.T) {
	in := []byte(`{"id":"1","name":"abc","tags":["def"],"trailers":{"ghi":"jkl"},"any":{"mno":"pqr"},"status":{"s":1}}`)
	var got thing
	require.NoError(t, Unmarshal(in, &got))
	before, err := json.Marshal(got)
	require.NoError(t, err)
	for i := range in {
		in[i] = 'x'
	}
	after, err := json.Marshal(got)
	require.NoError(t, err)
	require.Equal(t, string(before), string(after))
}

func TestMarshal(t *testing.T) {
	for range 10 {
		got, err := Marshal(map[string]any{"b": 1, "a": []string{"<&>"}, "c": nil})
		require.NoError(t, err)
		require.Equal(t, `{"a":["<&>"],"b":1,"c":null}`, string(got))
	}
	_, err := Marshal(map[string]any{"f": math.NaN()})
	require.Error(t, err)
}

// FuzzUnmarshal looks for a panic, and for what the tolerant way makes of an answer that the strict one takes.
func FuzzUnmarshal(f *testing.F) {
	for _, seed := range []string{
		`{"id":"1","coverage":"35.00","at":"2026-01-02 12:00:00 UTC","tags":"a","trailers":{"x":"y"},"flag":"true"}`, `[{"id":1},{"id":{}}]`, `[{"id":1},{"id":2},{"id":3,"na`,
		`{"id":1e300}`, `{"id":-0.5}`, `{"name":[{"a":"\ud83d"}]}`, `{"next":{"next":null},"any":{"a":[1]}}`, "{\"name\":\"\xff\"}", `null`, ` `, `[null]`, `[{}]`, `{"id":1,"id":"2"}`,
		"\ufeff{\"id\":1}", `{"coverage":"35%"}`,
		`{"at":"2026-01-02 12:00:00 +2359"}`, `{"at":"2026-01-02 12:00:00 GMT-23"}`, `{"at":"0000-01-01"}`, `{"at":"2026-01-02T12:00:00.5+23:59"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		items, err := UnmarshalArray[thing](data)
		if err == nil {
			for i := range items {
				if _, err := Marshal(items[i]); err != nil {
					t.Fatalf("read, but cannot be written: %v", err)
				}
			}
		} else if len(items) > len(data)/2 {
			t.Fatalf("%d items of %d bytes", len(items), len(data))
		}
		var object, event thing
		if (Unmarshal(data, &object) == nil) != (UnmarshalEvent(data, &event) == nil) || !reflect.DeepEqual(object, event) {
			t.Fatalf("%+v, and as an event %+v", object, event)
		}
		if err := UnmarshalObject(data, &object); err == nil {
			if !Valid(data) || !json.Valid(toValid(data)) {
				t.Fatalf("%q is not JSON", data)
			}
		} else if errors.Is(err, ErrEmpty) && len(data) > 0 && strings.Contains(string(data), `"`) {
			t.Fatalf("%q is not empty", data)
		}
	})
}

// toValid makes what is tolerated beyond JSON JSON.
func toValid(data []byte) []byte {
	return []byte(strings.ToValidUTF8(string(withoutMark(data)), "?"))
}

func TestForeign(t *testing.T) {
	type job struct {
		ID       int64
		Coverage float64
		Name     string `json:"name"`
	}
	var one job
	require.NoError(t, UnmarshalForeign([]byte(`{"id":"7","coverage":"81.5%","name":"test"}`), &one))
	require.Equal(t, job{7, 81.5, "test"}, one)
	require.NoError(t, Unmarshal([]byte(`{"id":8}`), &one))
	require.EqualValues(t, 7, one.ID, "GitLab's own names are spelled as they are")
	many, err := UnmarshalForeignArray[job]([]byte(`[{"id":1},{"ID":2}]`))
	require.NoError(t, err)
	require.Equal(t, []job{{ID: 1}, {ID: 2}}, many)
}
