//go:build !go1.27

package codec

// The mirror of what the standard library has since Go 1.27.
import (
	"bytes"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

type (
	decoder       = jsontext.Decoder
	semanticError = json.SemanticError
)

var (
	encoding = json.JoinOptions(json.Deterministic(true))
	strict   = json.JoinOptions(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
	lenient  = json.JoinOptions(strict, json.WithUnmarshalers(json.UnmarshalFromFunc(mend)))
)

// A manner of decoding is the fast way, and the slow one for what that refuses.
type manner struct{ fast, slow json.Options }

var (
	own     = manner{strict, lenient}
	foreign = manner{json.JoinOptions(strict, json.MatchCaseInsensitiveNames(true)), json.JoinOptions(lenient, json.MatchCaseInsensitiveNames(true))}
	events  = manner{json.JoinOptions(strict, json.WithUnmarshalers(json.UnmarshalFromFunc(readRubyTime))), lenient}
)

func marshal(v any) ([]byte, error)                       { return json.Marshal(v, encoding) }
func (m manner) unmarshal(data []byte, v any) error       { return json.Unmarshal(data, v, m.fast) }
func (m manner) unmarshalSlowly(data []byte, v any) error { return json.Unmarshal(data, v, m.slow) }
func newDecoder(data []byte) *decoder                     { return jsontext.NewDecoder(bytes.NewBuffer(data), strict) }
func valid(data []byte) bool                              { return jsontext.Value(data).IsValid(strict) }
