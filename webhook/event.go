package webhook

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/internal/codec"
	"github.com/gitlabci/gitlabci/internal/format"
)

// An Event is one delivery of a webhook. It prints without its body, and without the values of variables.
type Event struct {
	// Kind is what the event is about.
	Kind Kind

	// Name is what GitLab calls the event, as in "Pipeline Hook". It is "System Hook" for everything that an instance-wide hook sends.
	Name string

	// ID is the same whenever GitLab sends this delivery again. Two hooks that tell of one thing have two. GitLab before 17.4 sends none:
	// then it is made from the name and the body.
	ID string

	// Instance is the base URL of the GitLab that sent it, as it says itself. It is empty before GitLab 15.5.
	Instance string

	// Chain is the same for all events that follow from one another, where a receiver sends it back to GitLab as X-Gitlab-Event-UUID with
	// what it asks for. GitLab then breaks a ring of hooks.
	Chain string

	// SentAt is when GitLab sent it, and zero before GitLab 19.0. It is verified for deliveries that are signed.
	SentAt time.Time

	// Payload is a [*Pipeline], [*Job], [*Deployment], [*Push] or [*MergeRequest], and nil for kinds that have no type here.
	Payload Payload

	// Err is why Payload is nil although its kind has a type: the body is not what GitLab sends for it. A hook with a template of its own
	// can send anything.
	Err error

	// Body is what came, JSON in UTF-8. That of a pipeline has the values of its variables.
	Body []byte `json:"-"`
}

// Kind is what an event is about, as GitLab's object_kind has it. GitLab sends others than those named here.
type Kind string

// Kinds of events that have a type here.
const (
	KindPipeline     Kind = "pipeline"
	KindJob          Kind = "build"
	KindDeployment   Kind = "deployment"
	KindMergeRequest Kind = "merge_request"
	KindPush         Kind = "push"
	KindTagPush      Kind = "tag_push"
)

// kinds are those of the events that the header names, which can be relied on whatever a template makes of the body.
var kinds = map[string]Kind{
	"Pipeline Hook":      KindPipeline,
	"Job Hook":           KindJob,
	"Deployment Hook":    KindDeployment,
	"Merge Request Hook": KindMergeRequest,
	"Push Hook":          KindPush,
	"Tag Push Hook":      KindTagPush,
}

// A Payload is what an event tells: a [*Pipeline], [*Job], [*Deployment], [*Push] or [*MergeRequest].
type Payload interface {
	// projectID returns the project that it is about.
	projectID() int64
	// settle makes equal what GitLab sends in several forms. It returns an error if what GitLab never leaves out is not there.
	settle() error
	// about returns what a log needs to tell it from others.
	about() []slog.Attr
}

// Project returns the project that the event is about, for calls of the API. It is zero, and refused by every call, if Payload is nil.
func (e Event) Project() gitlabci.Project {
	if e.Payload == nil || e.Payload.projectID() < 1 {
		return gitlabci.Project{}
	}
	return gitlabci.ProjectID(e.Payload.projectID())
}

// Format leaves the body out and hides the secrets, whatever the verb.
func (e Event) Format(f fmt.State, _ rune) {
	e.Body = nil
	format.Struct(f, e)
}

// LogValue returns what the event is about, without its body.
func (e Event) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("kind", string(e.Kind)), slog.String("event_id", e.ID)}
	if e.Payload != nil {
		attrs = append(attrs, e.Payload.about()...)
	}
	return slog.GroupValue(attrs...)
}

// ParseBody returns the event of a delivery that has been verified already, by its header and body: one that was kept in a queue, or that
// came through a gateway. It needs the header's X-Gitlab-Event, and returns [ErrNotGitLab] without it, and for a body that is not JSON. The
// event keeps the body.
func ParseBody(header http.Header, body []byte) (Event, error) {
	e := Event{
		Name:     header.Get("X-Gitlab-Event"),
		Instance: header.Get("X-Gitlab-Instance"),
		Chain:    header.Get("X-Gitlab-Event-UUID"),
		Body:     body,
	}
	if e.Name == "" {
		return Event{}, fmt.Errorf("%w: there is no X-Gitlab-Event", ErrNotGitLab)
	}
	if seconds, err := strconv.ParseInt(header.Get("webhook-timestamp"), 10, 64); err == nil {
		e.SentAt = time.Unix(seconds, 0).UTC()
	}
	e.ID = deliveryID(header, e.Name, body)
	kind, named := kinds[e.Name]
	if !named {
		var general struct {
			ObjectKind string `json:"object_kind"`
			EventName  string `json:"event_name"`
		}
		if err := codec.Unmarshal(body, &general); err != nil && !codec.Valid(body) {
			return Event{}, fmt.Errorf("%w: the body is not JSON", ErrNotGitLab)
		}
		kind = Kind(general.ObjectKind)
		switch {
		case kind != "":
		case e.Name == "System Hook":
			kind = Kind(general.EventName)
		default:
			kind = Kind(strings.ReplaceAll(strings.ToLower(strings.TrimSuffix(e.Name, " Hook")), " ", "_"))
		}
	}
	e.Kind = kind
	payload := newPayload(kind)
	if payload == nil {
		return e, nil
	}
	err := codec.UnmarshalEvent(body, payload)
	if err == nil {
		err = payload.settle()
	} else if !codec.Valid(body) {
		return Event{}, fmt.Errorf("%w: the body is not JSON", ErrNotGitLab)
	}
	if err != nil {
		e.Err = fmt.Errorf("webhook: the body is no %s: %w", kind, err)
		return e, nil
	}
	e.Payload = payload
	return e, nil
}

// deliveryID returns what a delivery is known by. The header that a signature covers comes first: nobody but GitLab can choose it.
func deliveryID(header http.Header, name string, body []byte) string {
	for _, key := range []string{"webhook-id", "Idempotency-Key"} {
		if id := header.Get(key); id != "" {
			return id
		}
	}
	hash := sha256.New()
	hash.Write([]byte(name + "\n"))
	hash.Write(body)
	return hex.EncodeToString(hash.Sum(nil))
}

func newPayload(kind Kind) Payload {
	switch kind {
	case KindPipeline:
		return new(Pipeline)
	case KindJob:
		return new(Job)
	case KindDeployment:
		return new(Deployment)
	case KindMergeRequest:
		return new(MergeRequest)
	case KindPush, KindTagPush:
		return new(Push)
	}
	return nil
}

var errNoID = errors.New("it has no id")

// requireID returns an error for an object that is not the one of its kind.
func requireID(id int64) error {
	if id < 1 {
		return errNoID
	}
	return nil
}
