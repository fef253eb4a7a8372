package gitlabcitest

import (
	"errors"
	"net/http"
	"strconv"
)

// apiError is an error as it goes out: a status and the JSON body that GitLab sends with it.
type apiError struct {
	status int
	body   any
	header map[string]string
}

func (e *apiError) Error() string {
	return strconv.Itoa(e.status) + " " + http.StatusText(e.status)
}

// toAPI returns an error as it goes out. A refusal of the world is given its status here; what is no refusal is GitLab's own failure.
func toAPI(err error) *apiError {
	if ready, ok := errors.AsType[*apiError](err); ok {
		return ready
	}
	refused, ok := errors.AsType[*refusal](err)
	if !ok {
		return &apiError{status: http.StatusInternalServerError, body: messageBody{"500 Internal Server Error"}}
	}
	switch refused.kind {
	case refusedRecord:
		return &apiError{status: http.StatusBadRequest, body: messageBody{refused.fields}}
	case refusedAbsent:
		return &apiError{status: http.StatusNotFound, body: messageBody{"404 " + refused.text + " Not Found"}}
	case refusedAmbiguous:
		return &apiError{status: http.StatusConflict, body: messageBody{refused.text}}
	case refusedSize:
		return tooLarge()
	}
	return &apiError{status: http.StatusBadRequest, body: messageBody{refused.text}}
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

// tooLarge is the answer to a body or a file that is larger than is taken.
func tooLarge() *apiError {
	return &apiError{status: http.StatusRequestEntityTooLarge, body: messageBody{"413 Request Entity Too Large"}}
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
