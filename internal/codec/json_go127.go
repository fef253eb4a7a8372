//go:build go1.27

package codec

import (
	"bytes"
	"encoding/json/jsontext"
	json "encoding/json/v2"
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
