package demo

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

// Environment is what -h says of the variables that Open reads.
const Environment = `Environment:
  GITLAB_URL      address of the GitLab to use; without it, the program brings
                  a stand-in GitLab in memory
  GITLAB_TOKEN    token to use there, with the scope api
  GITLAB_PROJECT  the project, as a path (group/app) or an id`

// UsageError is the error of arguments that a program does not know.
type UsageError struct {
	Err   error
	Usage string // how it is called instead
}

func (e *UsageError) Error() string { return e.Err.Error() }

func (e *UsageError) Unwrap() error { return e.Err }

// Parse parses the arguments of a program. For -h it prints to out what the program does, its flags and the variables that it reads, and
// returns flag.ErrHelp; for what it does not know it returns a *UsageError.
func Parse(flags *flag.FlagSet, args []string, out io.Writer, about, environment string) error {
	flags.Init(flags.Name(), flag.ContinueOnError)
	flags.SetOutput(io.Discard) // the error is returned, and the usage in it
	err := flags.Parse(args)
	if err == nil && flags.NArg() > 0 {
		err = fmt.Errorf("unknown argument %q", flags.Arg(0))
	}
	if err == nil {
		return nil
	}
	var usage strings.Builder
	fmt.Fprintf(&usage, "usage: %s [flags]\n\n", flags.Name())
	flags.SetOutput(&usage)
	flags.PrintDefaults()
	if !errors.Is(err, flag.ErrHelp) {
		return &UsageError{err, usage.String()}
	}
	fmt.Fprintf(out, "%s\n\n%s", about, usage.String())
	if environment != "" {
		fmt.Fprintf(out, "\n%s\n", environment)
	}
	return err
}

// PrintError prints the error that a program ends with, if there is one, and after wrong arguments how it is called instead.
func PrintError(program string, err error) {
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return
	}
	fmt.Fprintf(os.Stderr, "%s: %v\n", program, err)
	var wrong *UsageError
	if errors.As(err, &wrong) {
		fmt.Fprintf(os.Stderr, "\n%s", wrong.Usage)
	}
}

// ExitCode returns the exit code of a program that ends with this error: 0 if there is none, 2 for arguments that it does not know, else 1.
func ExitCode(err error) int {
	var wrong *UsageError
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.As(err, &wrong):
		return 2
	}
	return 1
}
