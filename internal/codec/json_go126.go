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

func marshal(v any) ([]byte, error)               { return json.Marshal(v, encoding) }
func unmarshal(data []byte, v any) error          { return json.Unmarshal(data, v, strict) }
func unmarshalLeniently(data []byte, v any) error { return json.Unmarshal(data, v, lenient) }
func newDecoder(data []byte) *decoder             { return jsontext.NewDecoder(bytes.NewBuffer(data), strict) }
