package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/gitlabci/gitlabci"
)

// Why a request is refused. [StatusCode] returns the status that goes with each.
var (
	// ErrMethodNotAllowed is a request that is no POST: 405.
	ErrMethodNotAllowed error = &refusal{http.StatusMethodNotAllowed, "GitLab sends webhooks by POST"}
	// ErrUnauthorized is a request without any of the secrets: 401. Its text says which part is missing or wrong.
	ErrUnauthorized error = &refusal{http.StatusUnauthorized, "the request does not have the secret"}
	// ErrTooLarge is a body beyond [WithMaxBody]: 413.
	ErrTooLarge error = &refusal{http.StatusRequestEntityTooLarge, "the body is too large"}
	// ErrIncomplete is a body that ended early, or that did not come within [WithBodyTimeout]: 408.
	ErrIncomplete error = &refusal{http.StatusRequestTimeout, "the body did not come whole, in time"}
	// ErrNotGitLab is a request that names no event, or whose body is not JSON: 400.
	ErrNotGitLab error = &refusal{http.StatusBadRequest, "the request is not what GitLab sends"}
)

// A refusal is an error with a status.
type refusal struct {
	status int
	text   string
}

func (r *refusal) Error() string { return "webhook: " + r.text }

// StatusCode returns the HTTP status to answer with to an error of [Parse] or [ParseBody]: that of [ErrMethodNotAllowed] and its siblings, 200
// for nil, and 500 for any other.
func StatusCode(err error) int {
	var refused *refusal
	switch {
	case err == nil:
		return http.StatusOK
	case errors.As(err, &refused):
		return refused.status
	}
	return http.StatusInternalServerError
}

// An Option changes what [Handler] and [Parse] do. Those that speak of what is done with events make no difference to Parse.
type Option func(*receiver)

// WithSecrets accepts further secrets, of both kinds. That is how one is replaced by another without an event being lost, and how a hook goes
// over from a secret token to a signing token: take the old one away when the hook has the new one, for until then the weaker one will do.
func WithSecrets(secrets ...gitlabci.Secret) Option {
	return func(r *receiver) { r.secrets = append(r.secrets, secrets...) }
}

// WithMaxBody bounds the size of a body, in bytes: 25 MiB unless told, which is as much as GitLab sends.
func WithMaxBody(size int64) Option { return func(r *receiver) { r.maxBody = size } }

// WithBodyTimeout bounds how long a body may take to come: 10 seconds unless told, which is when GitLab gives up by default. It needs a server
// that takes deadlines, as net/http's does.
func WithBodyTimeout(timeout time.Duration) Option {
	return func(r *receiver) { r.bodyTimeout = timeout }
}

// WithTolerance bounds how far the time of a signature may be from the clock of this machine, into the past and into the future: five minutes
// unless told.
func WithTolerance(tolerance time.Duration) Option {
	return func(r *receiver) { r.tolerance = tolerance }
}

// WithMemory sets what remembers the deliveries that there have been: the last 65,536 in this process, unless told.
func WithMemory(memory Memory) Option { return func(r *receiver) { r.memory = memory } }

// WithLogger sets where the errors of the handler's function and of its [Memory] are logged, and, at the level of debugging, the requests that
// are refused: to [slog.Default] unless told.
func WithLogger(logger *slog.Logger) Option { return func(r *receiver) { r.logger = logger } }

// AnswerFirst answers 202 without waiting for the handler's function, for work that may take longer than the 10 seconds that GitLab waits.
// Start has to call what it is given, in a goroutine of its own: it is the Go method of a [sync.WaitGroup], by which a program waits for that
// work as it ends, or of something that lets so many run at once. The function's context then has no end, and its error is logged and
// not answered.
func AnswerFirst(start func(work func())) Option { return func(r *receiver) { r.start = start } }

// A receiver takes what GitLab sends.
type receiver struct {
	verifier
	secrets     []gitlabci.Secret
	maxBody     int64
	bodyTimeout time.Duration
	memory      Memory
	logger      *slog.Logger
	start       func(work func())
	handle      func(context.Context, Event) error
}

func newReceiver(secret gitlabci.Secret, opts []Option) (*receiver, error) {
	r := &receiver{
		verifier:    verifier{tolerance: 5 * time.Minute},
		secrets:     []gitlabci.Secret{secret},
		maxBody:     25 << 20,
		bodyTimeout: 10 * time.Second,
	}
	for _, opt := range opts {
		opt(r)
	}
	if r.maxBody < 1 || r.bodyTimeout <= 0 || r.tolerance <= 0 {
		return nil, errors.New("webhook: the bounds of the body, its timeout and the tolerance have to be positive")
	}
	for _, secret := range r.secrets {
		if err := r.add(secret); err != nil {
			return nil, err
		}
	}
	r.secrets = nil // the verifier has what it needs of them
	return r, nil
}

// Handler returns a handler for the URL of a webhook, which calls a function with each event that GitLab sends, of whatever kind, once. The
// secret is the hook's signing token, which begins with whsec_, or else its secret token; a delivery has to be signed with the one, or to
// bring the other. An error means that there is no secret, or that it is mistyped.
//
// The answer is
//
//   - 204 when the function has returned nil, and for what came before: a delivery with an [Event.ID] that the [Memory] holds is dropped, also
//     while the first one is being handled. With [AnswerFirst] it is 202;
//   - 500 when the function has returned an error. GitLab does not send the event again by itself, but somebody may resend it: it is forgotten;
//   - 405, 401, 413, 408 or 400 for what is refused: see [ErrMethodNotAllowed] and its siblings.
//
// GitLab counts everything but 2xx as a failure of the hook, and stops sending to hooks that fail: so return nil for events that are not
// wanted, and an error for those that have to be looked at. The function has the 10 seconds that GitLab waits; its context ends when GitLab
// hangs up.
func Handler(secret gitlabci.Secret, handle func(ctx context.Context, event Event) error, opts ...Option) (http.Handler, error) {
	r, err := newReceiver(secret, opts)
	if err != nil {
		return nil, err
	}
	if handle == nil {
		return nil, errors.New("webhook: there is no function that handles events")
	}
	r.handle = handle
	if r.memory == nil {
		r.memory = NewMemory(memorySize)
	}
	return r, nil
}

// Parse returns the event of a request, which it verifies as [Handler] does. It drops no duplicates. [StatusCode] returns what to answer to its
// errors, which match [ErrMethodNotAllowed], [ErrUnauthorized] and their siblings.
func Parse(r *http.Request, secret gitlabci.Secret, opts ...Option) (Event, error) {
	receiver, err := newReceiver(secret, opts)
	if err != nil {
		return Event{}, err
	}
	return receiver.read(nil, r)
}

// read returns the event of a request. It reads no body of a stranger, where the header shows that it is one.
func (r *receiver) read(w http.ResponseWriter, request *http.Request) (Event, error) {
	if request.Method != http.MethodPost {
		return Event{}, ErrMethodNotAllowed
	}
	verify, err := r.check(request.Header)
	if err != nil {
		return Event{}, err
	}
	if request.ContentLength > r.maxBody {
		return Event{}, ErrTooLarge
	}
	var sent io.ReadCloser = http.NoBody
	if request.Body != nil { // which it is in requests that no server made
		sent = request.Body
	}
	body, err := readBody(http.MaxBytesReader(w, sent, r.maxBody), request.ContentLength)
	if err != nil {
		return Event{}, err
	}
	if err := verify(body); err != nil {
		return Event{}, err
	}
	return ParseBody(request.Header, body)
}

// firstRead is what is made room for before anything came. A length that a stranger says is worth no more.
const firstRead = 64 << 10

func readBody(body io.Reader, length int64) ([]byte, error) {
	buffer := bytes.NewBuffer(make([]byte, 0, min(max(length, 0), firstRead)+bytes.MinRead))
	_, err := buffer.ReadFrom(body)
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		return buffer.Bytes(), nil
	case errors.As(err, &tooLarge):
		return nil, ErrTooLarge
	}
	return nil, fmt.Errorf("%w: %w", ErrIncomplete, err)
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	// Where there are no deadlines, as in a test, the body is read without. The deadline ends with the body, also with one that is refused
	// and that the server reads to its end.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(r.bodyTimeout))
	event, err := r.read(w, request)
	if err != nil {
		r.refuse(w, request, err)
		return
	}
	ctx := request.Context()
	isNew, err := r.memory.Remember(ctx, event.ID)
	if err != nil {
		r.log().WarnContext(ctx, "webhook: the delivery may have been here before", "event", event, "error", err)
	} else if !isNew {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if r.start != nil {
		later := context.WithoutCancel(ctx)
		r.start(func() { _ = r.call(later, event) })
		w.WriteHeader(http.StatusAccepted)
		return
	}
	if err := r.call(ctx, event); err != nil {
		http.Error(w, "webhook: the event could not be handled", http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// call calls the function, and forgets the delivery if that fails, also if it panics.
func (r *receiver) call(ctx context.Context, event Event) error {
	handled := false
	defer func() {
		if handled {
			return
		}
		if err := r.memory.Forget(context.WithoutCancel(ctx), event.ID); err != nil {
			r.log().WarnContext(ctx, "webhook: the delivery will be dropped if it is sent again", "event", event, "error", err)
		}
	}()
	err := r.handle(ctx, event)
	if err != nil {
		r.log().ErrorContext(ctx, "webhook: the event could not be handled", "event", event, "error", err)
	}
	handled = err == nil
	return err
}

func (r *receiver) refuse(w http.ResponseWriter, request *http.Request, err error) {
	r.log().DebugContext(request.Context(), "webhook: refused", "error", err, "remote", request.RemoteAddr)
	status := StatusCode(err)
	if status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", http.MethodPost)
	}
	if errors.Is(err, ErrIncomplete) {
		err = ErrIncomplete // the cause may name addresses
	}
	http.Error(w, err.Error(), status)
}

func (r *receiver) log() *slog.Logger {
	if r.logger != nil {
		return r.logger
	}
	return slog.Default()
}
