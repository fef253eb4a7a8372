package gitlabci_test

import (
	"errors"
	"fmt"

	"github.com/gitlabci/gitlabci"
)

func ExampleError() {
	ctx, client, app, done := standIn()
	defer done()

	_, err := client.Jobs.Retry(ctx, app, 404, nil)
	switch {
	case errors.Is(err, gitlabci.ErrNotFound):
		fmt.Println("there is no such job")
	case errors.Is(err, gitlabci.ErrOutcomeUnknown):
		fmt.Println("it may have been retried: look before you try again")
	case errors.Is(err, gitlabci.ErrJobRetry):
		fmt.Println("it was not retried:", err)
	}
	var e *gitlabci.Error
	if errors.As(err, &e) {
		fmt.Println(e.Op, e.StatusCode, e.Message)
	}
	// Output:
	// there is no such job
	// retry job 404 404 Not found
}
