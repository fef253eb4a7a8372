package codec

import (
	"bytes"
	"fmt"
	"reflect"
)

// A few bytes of text become many in memory: two are an object of hundreds. What a document takes once it is decoded is in proportion to its
// length, but for what every short one may take.
const (
	perObject = 256 // bytes, about what the largest object takes that GitLab nests in arrays
	perValue  = 24  // bytes of a string, number or slice in an array
	perByte   = 3   // bytes in memory for one of text, which GitLab's own answers do not reach
	shortText = 16 << 10
	freeSpace = 8 << 20 // bytes that every document may take
)

// weigh refuses a document that would take more memory than its length is worth, before it is decoded into a value of the type.
func weigh(data []byte, into reflect.Type) error {
	if len(data) <= shortText {
		return nil
	}
	limit, element := int64(freeSpace+perByte*len(data)), int64(perObject)
	if into.Kind() == reflect.Slice {
		element = int64(into.Elem().Size())
	}
	// Most documents are light even if all their braces and commas were outside of strings, and these are counted fast.
	objects, values := int64(bytes.Count(data, []byte("{"))), int64(bytes.Count(data, []byte(",")))
	if objects*(element+perObject)+values*perValue <= limit {
		return nil
	}
	elements, objects, values := count(data)
	if elements*element+objects*perObject+values*perValue <= limit {
		return nil
	}
	return fmt.Errorf("%d elements with %d objects and %d values in %d bytes are too many", elements, objects, values, len(data))
}

// count counts the elements of a document that is an array, and all objects and commas in it, strings apart. It does not care whether the
// document is valid.
func count(data []byte) (elements, objects, values int64) {
	depth := 0
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '"':
			i += stringEnd(data[i+1:])
		case '{', '[':
			if data[i] == '{' {
				objects++
			}
			depth++
			if depth == 2 {
				elements++
			}
		case '}', ']':
			depth--
		case ',':
			values++
		}
	}
	return elements, objects, values
}

// stringEnd is how many bytes a string and its closing quote take.
func stringEnd(data []byte) int {
	for i := 0; ; {
		next := bytes.IndexAny(data[i:], `"\`)
		switch {
		case next < 0:
			return len(data)
		case data[i+next] == '"':
			return i + next + 1
		}
		i = min(i+next+2, len(data)) // behind what is escaped
	}
}
