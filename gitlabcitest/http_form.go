package gitlabcitest

import (
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"

	"github.com/gitlabci/gitlabci/internal/codec"
)

const (
	// maxRecorded bounds what is kept of a body for [Server.Requests].
	maxRecorded = 64 << 10

	// maxOfStrangers bounds what is read of a body before anybody known has asked for it.
	maxOfStrangers = 128 << 10

	// maxParams and maxDepth are Rack's bounds for how many parameters a query or form has, and for how deep they are nested.
	maxParams = 4096
	maxDepth  = 32
)

// body is what came with a request. A multipart form is taken apart as it comes, since it may hold large files.
type body struct {
	raw   []byte // of a multipart form no more than how it begins
	parts map[string]any
	wrong error // with the form, or with how large it is
}

// read takes in a request's body. The error is that of a client that went away.
func (s *site) read(r *http.Request) (body, error) {
	query := make(map[string]any)
	known := putPairs(query, r.URL.RawQuery) == nil && s.knows(r.Header, query)
	kind, attributes, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err == nil && kind == "multipart/form-data" {
		b, source := body{parts: make(map[string]any)}, &observed{Reader: r.Body}
		b.wrong = s.putParts(b.parts, multipart.NewReader(source, attributes["boundary"]), r.Header, known)
		_, _ = io.Copy(io.Discard, io.LimitReader(source, maxBody)) // source tells the error
		b.raw = source.head
		return b, source.err
	}
	limit := bodyLimit(known)
	raw, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	b := body{raw: raw}
	if int64(len(raw)) > limit {
		b.wrong = tooLarge()
		_, err = io.Copy(io.Discard, io.LimitReader(r.Body, maxBody))
	}
	return b, err
}

// bodyLimit is how much of a body is read, files aside.
func bodyLimit(known bool) int64 {
	if known {
		return maxBody
	}
	return maxOfStrangers
}

// observed is a reader of which one can tell how it began and whether it failed.
type observed struct {
	io.Reader
	head []byte
	err  error
}

func (o *observed) Read(p []byte) (int, error) {
	n, err := o.Reader.Read(p)
	o.head = append(o.head, p[:min(n, maxRecorded-len(o.head))]...)
	if err != nil && err != io.EOF {
		o.err = err
	}
	return n, err
}

// collect returns the parameters of a request, those of the body over those of the query.
func collect(r *http.Request, b body) (map[string]any, error) {
	values := make(map[string]any)
	if err := putPairs(values, r.URL.RawQuery); err != nil {
		return nil, err
	}
	switch {
	case b.wrong != nil:
		return nil, b.wrong
	case len(b.raw) == 0:
		return values, nil
	}
	contentType := r.Header.Get("Content-Type")
	kind, _, err := mime.ParseMediaType(contentType)
	switch {
	case contentType == "":
		return values, putPairs(values, string(b.raw))
	case err == nil && kind == "application/json":
		var members map[string]any
		if err := codec.Unmarshal(b.raw, &members); err != nil {
			return nil, paramError(http.StatusBadRequest, "The request's body is not valid JSON")
		}
		for name, value := range members {
			values[name] = value
		}
	case err == nil && kind == "multipart/form-data":
		maps.Copy(values, b.parts)
	case err == nil && kind == "application/x-www-form-urlencoded":
		return values, putPairs(values, string(b.raw))
	default:
		return nil, paramError(http.StatusUnsupportedMediaType, "The provided content-type '"+contentType+"' is not supported.")
	}
	return values, nil
}

// putPairs reads key=value pairs in their order, which decides where an element of an array of hashes ends.
func putPairs(values map[string]any, raw string) error {
	if strings.Count(raw, "&") >= maxParams {
		return badRequest("")
	}
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		key, value, _ := strings.Cut(pair, "=")
		key, err := url.QueryUnescape(key)
		if err != nil {
			return badRequest("")
		}
		value, err = url.QueryUnescape(value)
		if err != nil {
			return badRequest("")
		}
		if err := put(values, key, value); err != nil {
			return err
		}
	}
	return nil
}

// putParts reads a multipart form. It keeps no files of a stranger, unless the form began with a token.
func (s *site) putParts(values map[string]any, form *multipart.Reader, header http.Header, known bool) error {
	limit := bodyLimit(known)
	for range maxParams {
		part, err := form.NextPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return badRequest("")
		}
		if part.FileName() != "" {
			if !known && !s.knows(header, values) {
				return unauthorized()
			}
			content, err := s.keep(part)
			if err != nil {
				return err
			}
			if err := put(values, part.FormName(), upload{part.FileName(), content}); err != nil {
				return err
			}
			continue
		}
		content, err := io.ReadAll(io.LimitReader(part, limit+1))
		if err != nil {
			return badRequest("")
		}
		if limit -= int64(len(content)); limit < 0 {
			return tooLarge()
		}
		if err := put(values, part.FormName(), string(content)); err != nil {
			return err
		}
	}
	return badRequest("")
}

// put stores a value under a key such as a, a[], a[b] or a[][b], the way Rack reads nested parameters.
func put(values map[string]any, key string, value any) error {
	if strings.Count(key, "[") > maxDepth {
		return badRequest("")
	}
	nest(values, key, value)
	return nil
}

// nest is put for a key that is not nested too deep.
func nest(values map[string]any, key string, value any) {
	name, rest := key, ""
	if i := strings.IndexByte(key, '['); i > 0 {
		name, rest = key[:i], key[i:]
	}
	switch {
	case rest == "":
		values[name] = value
	case rest == "[]":
		elements, _ := values[name].([]any)
		values[name] = append(elements, value)
	case strings.HasPrefix(rest, "[]["):
		inner := unbracket(rest[2:])
		elements, _ := values[name].([]any)
		if last := len(elements) - 1; last >= 0 {
			if element, ok := elements[last].(map[string]any); ok && !holds(element, inner) {
				nest(element, inner, value)
				return
			}
		}
		element := make(map[string]any)
		nest(element, inner, value)
		values[name] = append(elements, element)
	default:
		members, ok := values[name].(map[string]any)
		if !ok {
			members = make(map[string]any)
			values[name] = members
		}
		nest(members, unbracket(rest), value)
	}
}

// unbracket turns "[b][c]" into "b[c]".
func unbracket(key string) string {
	name, rest, ok := strings.Cut(strings.TrimPrefix(key, "["), "]")
	if !ok {
		return key[1:]
	}
	return name + rest
}

func holds(values map[string]any, key string) bool {
	name, _, nested := strings.Cut(key, "[")
	_, ok := values[name]
	return ok && !nested
}
