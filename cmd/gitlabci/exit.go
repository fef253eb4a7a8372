package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/gitlabci/gitlabci"
)

// The exit codes, as the help tells them.
const (
	exitSuccess = iota
	exitFailed
	exitUsage
	exitCanceled
	exitBlocked
	exitUnknown
)

// usageError is the error of arguments that are wrong.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }

func (e *usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

// unknownError is the error of a wait that ended before what it waited for.
type unknownError struct{ err error }

func (e *unknownError) Error() string { return "how it ends is not known: " + told(e.err) }

func (e *unknownError) Unwrap() error { return e.err }

// outcome marks the error of a wait that found no outcome. What GitLab refuses before anything was seen of what is waited for, and what is
// in no state to be waited for, is an error like that of any call.
func outcome(err error, seen bool) error {
	if err == nil || isOutcome(err) || errors.Is(err, gitlabci.ErrInvalidArgument) || errors.Is(err, gitlabci.ErrConflict) {
		return err
	}
	for _, refused := range []error{gitlabci.ErrNotFound, gitlabci.ErrUnauthorized, gitlabci.ErrForbidden, gitlabci.ErrBadRequest} {
		if !seen && errors.Is(err, refused) {
			return err
		}
	}
	return &unknownError{err}
}

// isOutcome reports whether an error is how a pipeline or job ended.
func isOutcome(err error) bool {
	return errors.As(err, new(*gitlabci.PipelineError)) || errors.As(err, new(*gitlabci.JobError))
}

// exitCode returns the exit code of a command that ends with this error.
func exitCode(err error) int {
	is := func(targets ...error) bool {
		for _, target := range targets {
			if errors.Is(err, target) {
				return true
			}
		}
		return false
	}
	switch {
	case err == nil:
		return exitSuccess
	case errors.As(err, new(*usageError)), is(gitlabci.ErrInvalidArgument):
		return exitUsage
	case is(gitlabci.ErrPipelineFailed, gitlabci.ErrJobFailed):
		return exitFailed
	case is(gitlabci.ErrPipelineCanceled, gitlabci.ErrJobCanceled):
		return exitCanceled
	case is(gitlabci.ErrPipelineSkipped, gitlabci.ErrPipelineBlocked, gitlabci.ErrJobSkipped, gitlabci.ErrJobBlocked):
		return exitBlocked
	case is(gitlabci.ErrOutcomeUnknown): // also where an interrupt made it so: whoever asks again has to look first
		return exitUnknown
	case is(context.Canceled):
		return exitCanceled
	case is(context.DeadlineExceeded), errors.As(err, new(*unknownError)):
		return exitUnknown
	}
	return exitFailed
}

// told is the text of an error, without the name of the package, which is that of the command too.
func told(err error) string { return strings.TrimPrefix(err.Error(), "gitlabci: ") }
