package gitlabcitest

import (
	"net/http"
	"strconv"
)

// apiError is a refusal: a status and the JSON body that GitLab sends with it.
type apiError struct {
	status int
	body   any
	header map[string]string
}

func (e *apiError) Error() string {
	return strconv.Itoa(e.status) + " " + http.StatusText(e.status)
}

type messageBody struct {
	Message any `json:"message"`
}

type errorBody struct {
	Error            string `json:"error"`
	ErrorDescription string `json:"error_description,omitzero"`
	Scope            string `json:"scope,omitzero"`
}

// problem is {"message": text}.
func problem(status int, text string) error {
	return &apiError{status: status, body: messageBody{text}}
}

// paramError is {"error": text}, the form of the layer that checks parameters and routes.
func paramError(status int, text string) error {
	return &apiError{status: status, body: errorBody{Error: text}}
}

// invalid is the refusal of a record whose field does not validate: {"message": {field: texts}}.
func invalid(field string, texts ...string) error {
	return &apiError{status: http.StatusBadRequest, body: messageBody{map[string][]string{field: texts}}}
}

// invalidRecord is [invalid] for several fields.
func invalidRecord(faults map[string][]string) error {
	return &apiError{status: http.StatusBadRequest, body: messageBody{faults}}
}

// notFound is "404 <what> Not Found"; for an empty what "404 Not Found".
func notFound(what string) error {
	if what != "" {
		what += " "
	}
	return problem(http.StatusNotFound, "404 "+what+"Not Found")
}

// noRecord is the answer to an id under which nothing is stored. GitLab spells it unlike [notFound].
func noRecord() error {
	return problem(http.StatusNotFound, "404 Not found")
}

// badRequest is "400 Bad request - <reason>".
func badRequest(reason string) error {
	return problem(http.StatusBadRequest, withReason("400 Bad request", reason))
}

// forbidden is "403 Forbidden - <reason>".
func forbidden(reason string) error {
	return problem(http.StatusForbidden, withReason("403 Forbidden", reason))
}

func unauthorized() error {
	return &apiError{
		status: http.StatusUnauthorized,
		body:   messageBody{"401 Unauthorized"},
		header: map[string]string{"WWW-Authenticate": `Bearer realm="GitLab"`},
	}
}

func withReason(text, reason string) string {
	if reason == "" {
		return text
	}
	return text + " - " + reason
}
