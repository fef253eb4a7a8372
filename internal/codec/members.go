package codec

import "iter"

// Members returns the names of an object's members, in their order, as far as data can be read. What is no object has none.
func Members(data []byte) iter.Seq[string] {
	return func(yield func(string) bool) {
		dec := newDecoder(withoutMark(data))
		if token, err := dec.ReadToken(); err != nil || token.Kind() != '{' {
			return
		}
		for dec.PeekKind() == '"' {
			name, err := dec.ReadToken()
			if err != nil || !yield(name.String()) || dec.SkipValue() != nil {
				return
			}
		}
	}
}
