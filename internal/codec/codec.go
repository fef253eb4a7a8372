// Package codec is JSON as GitLab speaks it. It is the only importer of a JSON package: of the standard library's since Go 1.27, before of
// its mirror.
package codec

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// pageSize is what GitLab's pages hold at most.
const pageSize = 100

// ErrEmpty says that a document holds no value where one is needed: it is blank, null or an object without members.
var ErrEmpty = errors.New("the answer is empty")

// Marshal encodes v. Members of maps are sorted, so that equal values give equal bytes.
func Marshal(v any) ([]byte, error) {
	return marshal(v)
}

// Unmarshal decodes the one JSON value in data into the zero value that v points to.
//
// GitLab's answers drift: coverage is a number or a string, a duration is too, times have several forms. What the fast way
// refuses for its type is read once more, slowly, with [mend] for each scalar, so that ordinary answers pay nothing for it.
//
// A document that would take a lot of memory for its length is refused.
//
// On an error, v holds what was read before it.
func Unmarshal(data []byte, v any) error { return own.decode(data, v) }

// UnmarshalForeign is Unmarshal for a type of the caller's own, whose fields match members of any case, as in encoding/json.
func UnmarshalForeign(data []byte, v any) error { return foreign.decode(data, v) }

// UnmarshalEvent is Unmarshal for the body of a webhook, most times of which are in the form of Ruby: they are read the fast way.
func UnmarshalEvent(data []byte, v any) error { return events.decode(data, v) }

func (m manner) decode(data []byte, v any) error {
	if err := weigh(data, reflect.TypeOf(v).Elem()); err != nil {
		return err
	}
	data = withoutMark(data)
	err := m.unmarshal(data, v)
	if err == nil {
		return nil
	}
	if semantic := (*semanticError)(nil); errors.As(err, &semantic) {
		reflect.ValueOf(v).Elem().SetZero()
		err = m.unmarshalSlowly(data, v)
	}
	return err
}

// byteOrderMark is what some proxies and servers write before a text in UTF-8.
const byteOrderMark = "\ufeff"

func withoutMark(data []byte) []byte { return bytes.TrimPrefix(data, []byte(byteOrderMark)) }

// Trim cuts the space around a document off, and a byte order mark.
func Trim(data []byte) []byte { return bytes.TrimSpace(withoutMark(data)) }

// IsNull reports whether data is null, and nothing but that.
func IsNull(data []byte) bool { return string(Trim(data)) == "null" }

// Valid reports whether data is one JSON value, whatever it holds.
func Valid(data []byte) bool { return valid(withoutMark(data)) }

// UnmarshalObject is Unmarshal for a document that has to hold something: it returns [ErrEmpty] for null, {} and a blank one.
func UnmarshalObject(data []byte, v any) error {
	trimmed := Trim(data)
	if len(trimmed) == 0 || IsNull(trimmed) || trimmed[0] == '{' && string(bytes.TrimSpace(trimmed[1:])) == "}" {
		return ErrEmpty
	}
	return Unmarshal(data, v)
}

// UnmarshalArray decodes an array of objects. Beside an error stand the elements that came whole before it. Whether an element is what it
// should be is for the caller to see.
func UnmarshalArray[T any](data []byte) ([]T, error) { return decodeArray[T](data, own) }

// UnmarshalForeignArray is UnmarshalArray for elements of the caller's own type, as [UnmarshalForeign] decodes them.
func UnmarshalForeignArray[T any](data []byte) ([]T, error) { return decodeArray[T](data, foreign) }

func decodeArray[T any](data []byte, how manner) ([]T, error) {
	if len(Trim(data)) == 0 || IsNull(data) {
		return nil, ErrEmpty
	}
	items := make([]T, 0, room(len(data), reflect.TypeFor[T]()))
	if err := how.decode(data, &items); err != nil {
		return items[:max(len(items)-1, 0)], err // the last one is the one that failed
	}
	return items, nil
}

// room is for as many elements as a text of that length can hold, which saves growing a page of large ones again and again.
func room(length int, element reflect.Type) int {
	return int(min(pageSize, 1+2*uintptr(length)/max(1, element.Size())))
}

// mend reads a scalar that came in another form than its Go type's, and passes on everything else.
func mend(dec *decoder, v any) error {
	target := reflect.ValueOf(v).Elem()
	if _, ok := v.(*time.Time); ok {
		return mendTime(dec, target)
	}
	switch sent := dec.PeekKind(); target.Kind() {
	case reflect.Int64, reflect.Int:
		if sent == '"' || sent == '0' {
			return mendInteger(dec, target)
		}
	case reflect.Float64:
		if sent == '"' {
			return mendFloat(dec, target)
		}
	case reflect.Bool:
		if sent == '"' {
			return mendBool(dec, target)
		}
	case reflect.String:
		if sent != '"' && sent != 'n' {
			raw, err := dec.ReadValue()
			target.SetString(string(raw))
			return err
		}
	case reflect.Slice:
		if sent == '"' && target.Type().Elem().Kind() == reflect.String {
			token, err := dec.ReadToken()
			if err == nil {
				target.Set(reflect.Append(reflect.Zero(target.Type()), reflect.ValueOf(token.String()).Convert(target.Type().Elem())))
			}
			return err
		}
	}
	return errors.ErrUnsupported
}

// scalar reads a string or a number, both as text.
func scalar(dec *decoder) (string, error) {
	token, err := dec.ReadToken()
	if err != nil {
		return "", err
	}
	return token.String(), nil
}

func mendInteger(dec *decoder, target reflect.Value) error {
	text, err := scalar(dec)
	if err != nil || text == "" {
		return err
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		var f float64
		if f, err = parseFloat(text); err == nil && math.Abs(f) >= math.MaxInt64 {
			err = fmt.Errorf("%.64q is too large", text)
		}
		n = int64(math.Round(f))
	}
	target.SetInt(n)
	return err
}

func mendFloat(dec *decoder, target reflect.Value) error {
	text, err := scalar(dec)
	if err != nil || text == "" {
		return err
	}
	if target.Type() == reflect.TypeFor[float64]() { // coverage, not a duration
		text = strings.TrimSpace(strings.TrimSuffix(text, "%"))
	}
	f, err := parseFloat(text)
	target.SetFloat(f)
	return err
}

// parseFloat reads what JSON has for a number, not all that Go has.
func parseFloat(text string) (float64, error) {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return 0, fmt.Errorf("%.64q is not a number", text)
	}
	return f, nil
}

func mendBool(dec *decoder, target reflect.Value) error {
	text, err := scalar(dec)
	switch {
	case err != nil:
		return err
	case text == "true" || text == "false" || text == "":
		target.SetBool(text == "true")
		return nil
	}
	return fmt.Errorf("%.64q is neither true nor false", text)
}

// timeLayouts are the forms of a time besides RFC 3339 that GitLab is known to send.
var timeLayouts = []string{
	time.RFC3339,
	"2006-01-02 15:04:05 MST",
	"2006-01-02 15:04:05 -0700",
	"2006-01-02T15:04:05",
	"2006-01-02 15:04:05",
	time.DateOnly,
}

const rubyUTC = "2006-01-02 15:04:05 UTC"

// readRubyTime reads the form that GitLab.com's webhooks have times in, and that of other events. It leaves the rest to [mend].
func readRubyTime(dec *decoder, t *time.Time) error {
	if dec.PeekKind() != '"' {
		return errors.ErrUnsupported
	}
	raw, err := dec.ReadValue()
	if err != nil {
		return err
	}
	text, layout := string(raw[1:len(raw)-1]), time.RFC3339
	if strings.HasSuffix(text, " UTC") {
		layout = rubyUTC
	}
	if *t, err = time.Parse(layout, text); err == nil {
		err = requireZone(*t)
	}
	return err
}

// requireZone refuses a zone a day off, which is taken by Parse, and refused when the time is written again.
func requireZone(t time.Time) error {
	if _, offset := t.Zone(); max(offset, -offset) >= 24*60*60 {
		return errors.New("the zone is a day off")
	}
	return nil
}

func mendTime(dec *decoder, target reflect.Value) error {
	if dec.PeekKind() != '"' {
		return errors.ErrUnsupported
	}
	text, err := scalar(dec)
	if err != nil || text == "" {
		return err
	}
	for _, layout := range timeLayouts {
		t, err := time.Parse(layout, text)
		if err != nil {
			continue
		}
		if requireZone(t) == nil {
			target.Set(reflect.ValueOf(t))
			return nil
		}
	}
	return fmt.Errorf("%.64q is not a time", text)
}
