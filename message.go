package gitlabci

import (
	"fmt"
	"html"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/gitlabci/gitlabci/internal/codec"
	"github.com/gitlabci/gitlabci/internal/transport"
)

// parseMessage reads GitLab's several shapes of error bodies:
//
//	{"message": "404 Not Found"}
//	{"message": {"base": ["Reference not found"]}}
//	{"message": {"error": "This endpoint has been requested too many times. Try again later."}}
//	{"error": "ref is missing"}
//	{"error": "invalid_token", "error_description": "Token was revoked."}
//
// and plain text. Of a page for people only the title is kept. In the body of a failure anything else is a message too; that of a success may
// hold what is not for print.
func parseMessage(contentType string, body []byte, failed bool) (message string, fields map[string][]string) {
	var sent struct {
		Message     any    `json:"message"`
		Error       any    `json:"error"`
		Description string `json:"error_description"`
		Scope       string `json:"scope"`
	}
	err := codec.Unmarshal(body, &sent)
	switch {
	case err != nil && !failed:
		return "", nil
	case err != nil:
		var value any
		if codec.Unmarshal(body, &value) != nil {
			return oneLine(plainMessage(contentType, string(body))), nil
		}
		message, fields = flatten(value)
		return oneLine(message), fields
	}
	var texts []string
	for _, value := range []any{sent.Message, sent.Error} {
		text, some := flatten(value)
		if text != "" {
			texts = append(texts, text)
		}
		if some != nil {
			fields = some
		}
	}
	if sent.Description != "" {
		texts = append(texts, sent.Description)
	}
	if sent.Scope != "" {
		texts = append(texts, "needs one of the scopes: "+sent.Scope)
	}
	if len(texts) == 0 && failed {
		var others map[string]any // better all that there is than nothing
		_ = codec.Unmarshal(body, &others)
		message, _ = flatten(others)
		return oneLine(message), nil
	}
	return oneLine(strings.Join(texts, ": ")), fields
}

// flatten makes a line of a message, and a map of it where it speaks of attributes.
func flatten(value any) (string, map[string][]string) {
	switch value := value.(type) {
	case nil:
		return "", nil
	case string:
		return value, nil
	case []any:
		texts := make([]string, len(value))
		for i := range value {
			texts[i], _ = flatten(value[i])
		}
		return strings.Join(texts, ", "), nil
	case map[string]any:
		fields := make(map[string][]string, len(value))
		for name, faults := range value {
			list, ok := faults.([]any)
			if !ok {
				list = []any{faults}
			}
			for _, fault := range list {
				text, _ := flatten(fault)
				fields[name] = append(fields[name], text)
			}
		}
		if text, ok := value["message"].(string); ok { // which says all, and what stands beside it is what it is about
			return text, fields
		}
		return describe(fields), fields
	}
	return fmt.Sprint(value), nil
}

// plainMessage is what a body that is not JSON says: itself, or its title if it is a page, or the message of an object storage's XML.
func plainMessage(contentType, body string) string {
	if !isPage(contentType, body) {
		return body
	}
	for _, element := range messageElements {
		found := element.FindStringSubmatch(body)
		if found != nil {
			return html.UnescapeString(found[1])
		}
	}
	return ""
}

// messageElements are what pages and object storages say what went wrong in, the better one first.
var messageElements = []*regexp.Regexp{
	regexp.MustCompile(`(?is)<title(?:\s[^>]*)?>(.*?)</title\s*>`),
	regexp.MustCompile(`(?is)<message(?:\s[^>]*)?>(.*?)</message\s*>`),
}

// describe makes a line of what was said of attributes. GitLab calls the whole object "base", and a bare error "error".
func describe(fields map[string][]string) string {
	var texts []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		text := strings.Join(fields[name], ", ")
		if name != "base" && name != "error" {
			text = name + " " + text
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, "; ")
}

func isPage(contentType, body string) bool {
	return strings.HasPrefix(strings.ToLower(contentType), "text/html") ||
		strings.HasPrefix(strings.TrimSpace(strings.TrimPrefix(body, "\ufeff")), "<")
}

// cleanFields cleans what was said of attributes, and their names.
func cleanFields(fields map[string][]string, clean transport.Cleaner) map[string][]string {
	if fields == nil {
		return nil
	}
	cleaned := make(map[string][]string, len(fields))
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		own := clean.Line(name)
		for _, text := range fields[name] {
			cleaned[own] = append(cleaned[own], clean.Line(text))
		}
	}
	return cleaned
}
