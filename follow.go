package gitlabci

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// FollowOptions say how to follow logs. The zero value is a good choice.
type FollowOptions struct {
	Interval time.Duration // the first pause between polls; 1 s if zero. Later ones grow as the log goes quiet
	Patience time.Duration // how long GitLab may be out of reach before the reader gives up; 5 min if zero

	Concurrency int // how many logs FollowTraces reads at the same time, at most 1000, more taking turns; 20 if zero. FollowTrace ignores it
}

var followTrace = &composite{"follow trace", ErrTraceGet}

// FollowTrace reads the log of a job as it grows, each byte once, and ends (io.EOF) when the job has ended and all of its log was read.
// It waits for a job that has not begun; a job that ends without a log has an empty one. Reading asks GitLab; nothing goes on between
// two reads, and nothing is asked before the first.
//
//	GET /projects/:id/jobs/:job_id
//	GET /projects/:id/jobs/:job_id/trace
//
// GitLab 19.5 sends the new part of a log. Older versions send it whole every time, and are asked less often the longer it grows: up to
// half a minute passes between two answers, though not before the end is seen. A log that does not go on as it began, or that stays
// shorter than what was read of it, is another one, and is read from its beginning.
//
// Server errors, lost connections and rate limits do not end the reader: see [FollowOptions].Patience. Nor does it if a job that was there
// is not found once. Its errors match [ErrTraceGet]. The caller closes it, from any goroutine, which also ends a read that is under way.
func (s *JobsService) FollowTrace(ctx context.Context, project Project, id int64, options *FollowOptions, opts ...RequestOption) io.ReadCloser {
	return s.follow(ctx, project, id, options, opts)
}

func (s *JobsService) follow(ctx context.Context, project Project, id int64, options *FollowOptions, opts []RequestOption) *follower {
	if options == nil {
		options = new(FollowOptions)
	}
	interval := options.Interval
	if interval <= 0 {
		interval = time.Second
	}
	ctx, cancel := context.WithCancel(ctx)
	poll := newPoller(followTrace, interval, options.Patience, s.engine.policy.MaxRateLimitWait)
	return &follower{s: s, ctx: ctx, cancel: cancel, project: project, id: id, opts: opts, poll: poll}
}

const (
	overlap    = 64               // bytes that are asked for again, to see that the log goes on as it began
	maxPart    = 512_000          // bytes that GitLab sends at most of a part
	maxDoubts  = 3                // answers in a row that may be shorter than what was read, before the log counts as another one
	wholeRate  = 1 << 20          // bytes a second that are asked for on the average, of a server that sends whole logs
	maxRespite = 30 * time.Second // between two whole logs, however long they are
)

// follower asks for the rest of a log whenever what there was of it has been read.
type follower struct {
	s       *JobsService
	ctx     context.Context
	cancel  context.CancelFunc
	project Project
	id      int64
	opts    []RequestOption
	poll    *poller

	closed atomic.Bool
	mu     sync.Mutex // held while reading, so that Close does not take the answer away
	err    error      // with which every further read answers

	next    followStep
	rested  followStep // that comes after the pause, if the next step is one
	changed bool       // something happened since the last pause
	job     *Job       // as it was seen before the log was last asked for
	respite time.Time  // before which a whole log is not asked for again

	// The log as far as it was read.
	offset int64
	tail   []byte // the last bytes, by which it is known again
	parts  partSupport
	doubts int    // how many answers in a row were too short
	etag   string // of the whole log, if it was read to its end

	// The answer that is read, or was read last.
	part  *Download // nil if none is open
	text  io.Reader // what is left of it
	from  int64     // where it began
	limit int64     // what was asked for at most; 0 is the whole log
	start int64     // of what is new
}

// followStep is what brings a follower nearer to the next byte.
type followStep int

const (
	stepLook followStep = iota // at the job
	stepAsk                    // for the log
	stepRead                   // on in the answer
	stepRest                   // before one of the others
)

// partSupport is whether the server sends the part of a log that is asked for.
type partSupport int

const (
	partsUnknown partSupport = iota
	partsSent
	partsIgnored
)

func (f *follower) Read(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.err == nil && len(p) > 0 {
		n := f.step(p)
		if n > 0 {
			return n, nil
		}
	}
	if f.closed.Load() {
		return 0, followTrace.wrap(os.ErrClosed)
	}
	return 0, f.err
}

// step takes one step towards the next byte, and returns how many of them it read.
func (f *follower) step(p []byte) (n int) {
	switch f.next {
	case stepLook:
		f.err = f.look()
	case stepAsk:
		f.err = f.ask()
	case stepRead:
		n, f.err = f.read(p)
	case stepRest:
		f.err = f.pause()
	}
	return n
}

// read reads on in the answer.
func (f *follower) read(p []byte) (int, error) {
	n, err := f.text.Read(p)
	f.remember(p[:n])
	if err == io.EOF {
		err = f.finish()
	} else if err != nil {
		err = f.failed(err)
	}
	return n, err
}

// restThen makes a pause the next step, and says which comes after it.
func (f *follower) restThen(step followStep) { f.next, f.rested = stepRest, step }

// pause rests for as long as the poller says.
func (f *follower) pause() error {
	changed := f.changed
	f.next, f.changed = f.rested, false
	return f.poll.rest(f.ctx, changed)
}

// turn reads on, by way of the buffer, to the end of one answer, or until there is none for now, and passes on what is new. After it no
// answer is open.
func (f *follower) turn(buffer []byte, pass func([]byte) error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	over := false
	for f.err == nil && !over {
		step := f.next
		if err := pass(buffer[:f.step(buffer)]); err != nil {
			f.drop()
			return err
		}
		over = f.next != stepRead && (step == stepRead || f.next == stepRest)
	}
	return f.err
}

// rest pauses if that is due before the next turn.
func (f *follower) rest() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil && f.next == stepRest {
		f.err = f.pause()
	}
	return f.err
}

// Close ends the reader, also one that is just waiting in another goroutine.
func (f *follower) Close() error {
	f.closed.Store(true)
	f.cancel()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.drop()
	f.err = os.ErrClosed
	return nil
}

// drop ends the answer that is being read. The log has to be asked for again.
func (f *follower) drop() {
	if f.part != nil {
		f.part.Close()
		f.part, f.next = nil, stepAsk
	}
}

// remember notes what of the log was read.
func (f *follower) remember(b []byte) {
	if len(b) == 0 {
		return
	}
	f.changed = true
	f.offset += int64(len(b))
	f.tail = append(f.tail, b[max(0, len(b)-overlap):]...)
	f.tail = append(f.tail[:0], f.tail[max(0, len(f.tail)-overlap):]...)
	if !f.poll.failing.IsZero() {
		f.reached()
	}
}

// failed returns the error that the reader ends with, if it does. Otherwise the job is looked at, or the log asked for, once more after a
// pause.
func (f *follower) failed(err error) error {
	f.drop()
	f.restThen(f.next)
	_, err = f.poll.survives(f.ctx, err)
	return err
}

// reached notes that GitLab is within reach. That an answer has begun does not tell: it must bring something, or come to its end.
func (f *follower) reached() { f.poll.survives(f.ctx, nil) }

// begun reports whether a job runs, or has: it may have no time of that, and has a log then all the same.
func (j *Job) begun() bool {
	return !j.StartedAt.IsZero() || j.Status == JobRunning || j.Status == JobCanceling || j.Status == JobSuccess
}

// look sees whether the job has begun and whether it has ended.
func (f *follower) look() error {
	job, err := f.s.Get(f.ctx, f.project, f.id, f.poll.options(f.opts)...)
	if err != nil {
		return f.failed(err)
	}
	f.reached()
	waited := f.job == nil || !f.job.begun()
	f.job = job
	if !f.ended() && (!job.begun() || time.Now().Before(f.respite)) {
		f.restThen(stepLook)
		return nil
	}
	f.next = stepAsk
	f.changed = f.changed || waited
	return nil
}

func (f *follower) ended() bool { return f.job.Status.Finished() }

// ask asks for the log from the last bytes that were read: for all of it where the server cannot do better, and for the last byte alone
// while that is not known. More than one byte is then the whole log, and one byte is a part, however much a log repeats itself.
func (f *follower) ask() error {
	var part *TraceOptions
	known := f.tail
	f.from, f.limit = 0, 0
	if f.offset > 1 && f.parts != partsIgnored && f.doubts < maxDoubts {
		f.limit = maxPart
		if f.parts == partsUnknown {
			f.limit, known = 1, known[len(known)-1:]
		}
		f.from = f.offset - int64(len(known))
		part = &TraceOptions{ByteOffset: f.from, ByteLimit: f.limit}
	}
	options := f.poll.options(f.opts)
	if part == nil && f.etag != "" {
		options = append(options, WithHeader("If-None-Match", f.etag))
	}
	answer, err := stream(f.ctx, f.s.engine, getTrace, jobPath(f.project, f.id), part, options)
	if e, ok := errors.AsType[*Error](err); ok && e.StatusCode == http.StatusNotModified {
		f.start = f.offset
		return f.finish()
	}
	f.etag = ""
	if err != nil {
		return f.failed(err)
	}
	f.part, f.text, f.next = answer, answer, stepRead
	if part != nil && f.parts == partsUnknown {
		head := make([]byte, 2)
		n, err := io.ReadFull(answer, head)
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return f.failed(err)
		}
		f.text = io.MultiReader(bytes.NewReader(head[:n]), answer)
		if n > 1 {
			f.parts, f.from, f.limit, known = partsIgnored, 0, 0, f.tail
		}
	}
	return f.pass(known)
}

// pass passes what was read before, which ends in known, and sees whether it is still the same log.
func (f *follower) pass(known []byte) error {
	skipped, err := io.CopyN(io.Discard, f.text, f.offset-int64(len(known))-f.from)
	n, again := 0, make([]byte, len(known))
	if err == nil {
		n, err = io.ReadFull(f.text, again)
	}
	short := err == io.EOF || err == io.ErrUnexpectedEOF
	switch {
	case err != nil && !short:
		return f.failed(err)
	case !bytes.Equal(again[:n], known[:n]):
		return f.differs()
	case short || f.offset == 0 && f.nothing():
		return f.doubt(skipped+int64(n) == 0)
	}
	f.doubts, f.start = 0, f.offset
	if f.limit == 1 {
		f.parts = partsSent
	}
	return nil
}

// nothing reports whether the answer is empty.
func (f *follower) nothing() bool {
	first := bufio.NewReader(f.text)
	f.text = first
	_, err := first.Peek(1)
	return err == io.EOF
}

// finish decides how to go on after an answer was read to its end.
func (f *follower) finish() error {
	f.drop()
	f.reached()
	grew, part := f.offset > f.start, f.limit > 0
	if !part {
		f.etag = f.poll.response.Header.Get("Etag")
		f.respite = time.Now().Add(min(time.Duration(f.offset)*(time.Second/wholeRate), maxRespite))
	}
	switch {
	case part && (f.offset-f.from >= f.limit || grew && f.ended()): // it was cut, or there may be still more
		return nil
	case f.ended():
		return io.EOF
	}
	if !grew || time.Until(f.respite) > f.poll.interval {
		f.restThen(stepLook)
	} else {
		f.restThen(stepAsk)
	}
	return nil
}

// differs goes on after an answer that is not of the log that was read. A part may be the whole log after all, from one of several
// servers that are not all of the same version, so the whole log tells.
func (f *follower) differs() error {
	f.drop()
	if f.limit > 0 {
		f.parts, f.doubts = partsUnknown, maxDoubts
		return nil
	}
	f.offset, f.tail, f.doubts = 0, nil, 0
	return nil
}

// doubt goes on after an answer that is shorter than what was read of the log. GitLab may not have it at hand for a moment, as while it
// archives it; if it stays so it is another log, or none any more.
func (f *follower) doubt(empty bool) error {
	f.drop()
	f.reached()
	f.doubts++
	gone := f.ended() && (f.doubts > maxDoubts || !f.job.begun() || !f.job.ErasedAt.IsZero())
	switch {
	case empty && gone:
		return io.EOF
	case !empty && f.doubts > maxDoubts:
		return f.differs()
	}
	if f.ended() {
		f.restThen(stepAsk)
	} else {
		f.restThen(stepLook)
	}
	return nil
}
