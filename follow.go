package gitlabci

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"sync"
	"time"
)

// FollowOptions say how to follow logs. The zero value is a good choice.
type FollowOptions struct {
	Interval time.Duration // the first pause between polls; 1 s if zero. Later ones grow as the log goes quiet, and as it grows where GitLab sends it whole
	Patience time.Duration // how long GitLab may be out of reach before the reader gives up; 5 min if zero
}

var followTrace = &operation{"follow trace", http.MethodGet, "/projects/:id/jobs/:job_id/trace", ErrTraceGet, repeatable, ""}

// FollowTrace reads the log of a job as it grows, each byte once, and ends (io.EOF) when the job has ended and all of its log was read.
// It waits for a job that has not begun. Reading asks GitLab; nothing goes on between two reads, and nothing is asked before the first.
//
// GitLab 19.5 sends the new part of a log, older versions send it whole every time. A log that was erased, or that does not go on as it
// began, is read from its beginning. Server errors, lost connections and rate limits do not end the reader: see [FollowOptions].Patience.
// The caller closes it; what it says of errors answers to [ErrTraceGet].
func (s *JobsService) FollowTrace(ctx context.Context, project Project, id int64, o *FollowOptions, opts ...RequestOption) io.ReadCloser {
	if o == nil {
		o = new(FollowOptions)
	}
	interval := o.Interval
	if interval <= 0 {
		interval = time.Second
	}
	ctx, cancel := context.WithCancel(ctx)
	return &follower{s: s, ctx: ctx, cancel: cancel, project: project, id: id, opts: opts, poll: newPoller(followTrace, interval, o.Patience)}
}

// follower is a reader that asks for the rest of a log whenever it has read what there was.
type follower struct {
	s       *JobsService
	ctx     context.Context
	cancel  context.CancelFunc
	project Project
	id      int64
	opts    []RequestOption
	poll    *poller

	mu     sync.Mutex    // held while reading, so that Close does not pull the body away
	part   io.Reader     // of the answer that is being read, positioned at the first byte that is new
	body   io.ReadCloser // beneath part
	offset int64         // bytes of the log that were read
	tail   []byte        // the last of them, by which a log is known again
	heeds  heeding
	more   bool // the last part was cut at the limit
	grew   bool // the last part held something
	began  bool // the job has a log
	ended  bool // the job had ended before the last part was asked for
	err    error
}

// heeding says whether the server sends the part of a log that is asked for.
type heeding int

const (
	heedsUnknown heeding = iota
	heedsOffset
	heedsNothing
)

const (
	overlap  = 64      // bytes that are asked for again, to see that the log goes on as it began
	maxPart  = 512_000 // bytes that GitLab sends at most of a part
	fullRate = 1 << 20 // bytes a second that are asked for again on the average, of a server that sends whole logs
)

func (f *follower) Read(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.err == nil {
		if len(p) == 0 {
			return 0, nil
		}
		if f.part == nil {
			f.err = f.next()
			continue
		}
		n, err := f.part.Read(p)
		f.remember(p[:n])
		if err != nil {
			f.closePart()
		}
		if err != nil && err != io.EOF {
			_, f.err = f.poll.survives(f.ctx, err)
			f.more, f.ended = false, false
		}
		if n > 0 {
			return n, nil
		}
	}
	return 0, f.err
}

// Close ends the reader, also one that is just waiting in another goroutine.
func (f *follower) Close() error {
	f.cancel()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closePart()
	f.err = followTrace.wrap(os.ErrClosed)
	return nil
}

func (f *follower) closePart() {
	if f.body != nil {
		f.body.Close()
	}
	f.part, f.body = nil, nil
}

// remember notes what of the log was read.
func (f *follower) remember(b []byte) {
	if len(b) == 0 {
		return
	}
	f.grew = true
	f.offset += int64(len(b))
	f.tail = append(f.tail, b[max(0, len(b)-overlap):]...)
	f.tail = append(f.tail[:0], f.tail[max(0, len(f.tail)-overlap):]...)
}

// next asks for what comes next, after a pause where nothing is known to have come. The end of the log is io.EOF.
func (f *follower) next() error {
	if f.began && !f.more {
		if f.ended {
			return io.EOF
		}
		if err := f.rest(); err != nil {
			return err
		}
	}
	if !f.grew {
		if err := f.lookAtJob(); err != nil || !f.began {
			return err
		}
	}
	f.grew = false
	part, body, err := f.ask()
	if ok, err := f.poll.survives(f.ctx, err); !ok {
		return err
	}
	if err != nil {
		f.more, f.ended = false, false
		return nil
	}
	f.part, f.body = part, body
	return nil
}

// rest pauses: as long as the log was quiet, and at least so long that sending it whole again does not exceed the rate.
func (f *follower) rest() error {
	if f.heeds == heedsNothing {
		f.poll.longest = max(f.poll.longest, 30*time.Second)
		whole := time.Duration(f.offset) * time.Second / fullRate
		f.poll.interval = max(f.poll.interval, min(whole, 30*time.Second))
	}
	return f.poll.rest(f.ctx, f.grew)
}

// lookAtJob waits for the job to begin, and sees whether it has ended.
func (f *follower) lookAtJob() error {
	job, err := f.s.Get(f.ctx, f.project, f.id, f.poll.options(f.opts)...)
	if ok, err := f.poll.survives(f.ctx, err); !ok {
		return err
	}
	if err == nil {
		f.ended = job.Status.Finished()
		f.began = f.began || f.ended || !job.StartedAt.IsZero()
	}
	if f.began {
		return nil
	}
	return f.poll.rest(f.ctx, false)
}

// ask asks for the log from the last bytes that were read, and gives a reader of what is new.
//
// It asks for no more bytes than were read before, until the server is known: an answer that is longer than was asked for is the whole
// log, from a server that does not know about parts, and one that is not is a part, however much the log repeats itself.
func (f *follower) ask() (part io.Reader, body io.ReadCloser, err error) {
	if f.offset < 2 || f.heeds == heedsNothing {
		body, err = f.s.Trace(f.ctx, f.project, f.id, nil, f.poll.options(f.opts)...)
		if err != nil {
			return nil, nil, err
		}
		f.more = false
		return f.beyond(body, f.offset)
	}
	again := int64(len(f.tail))
	limit := int64(maxPart)
	if f.heeds == heedsUnknown {
		limit = min(limit, f.offset-1)
		again = min(again, limit)
	}
	o := &TraceOptions{ByteOffset: f.offset - again, ByteLimit: limit}
	body, err = f.s.Trace(f.ctx, f.project, f.id, o, f.poll.options(f.opts)...)
	if err != nil {
		return nil, nil, err
	}
	if f.heeds == heedsOffset {
		f.more = false
		part, body, err = f.goesOn(body, body, f.tail)
		return &counted{part, again, limit, &f.more}, body, err
	}
	// Which it is shows in the length, so the answer is read up to there.
	head, err := io.ReadAll(io.LimitReader(body, limit+1))
	if err != nil {
		body.Close()
		return nil, nil, err
	}
	whole := io.MultiReader(bytes.NewReader(head), body)
	if int64(len(head)) > limit {
		f.heeds, f.more = heedsNothing, false
		return f.beyond(struct {
			io.Reader
			io.Closer
		}{whole, body}, f.offset)
	}
	if len(head) > 0 { // an empty answer tells nothing
		f.heeds = heedsOffset
	}
	f.more = int64(len(head)) == limit
	return f.goesOn(whole, body, f.tail[int64(len(f.tail))-again:])
}

// counted tells whether an answer was cut at its limit.
type counted struct {
	io.Reader
	n, limit int64
	cut      *bool
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	*c.cut = c.n >= c.limit
	return n, err
}

// goesOn passes the bytes that were read before. If they are not the same the log is another one, and is read from its beginning.
func (f *follower) goesOn(part io.Reader, body io.ReadCloser, before []byte) (io.Reader, io.ReadCloser, error) {
	if len(before) == 0 {
		return part, body, nil
	}
	head := make([]byte, len(before))
	n, err := io.ReadFull(part, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		body.Close()
		return nil, nil, err
	}
	if n > 0 && !bytes.Equal(head[:n], before) {
		f.startOver()
		body.Close()
		return bytes.NewReader(nil), nil, nil
	}
	if n == 0 { // erased, or not to be had just now
		return bytes.NewReader(nil), body, nil
	}
	return part, body, nil
}

// beyond passes the part of a whole log that was read before, by its last bytes.
func (f *follower) beyond(body io.ReadCloser, offset int64) (io.Reader, io.ReadCloser, error) {
	skipped, err := io.CopyN(io.Discard, body, offset-int64(len(f.tail)))
	if err == io.EOF && skipped == 0 && offset > int64(len(f.tail)) { // erased, or not to be had just now
		return bytes.NewReader(nil), body, nil
	}
	if err != nil && err != io.EOF {
		body.Close()
		return nil, nil, err
	}
	if err == io.EOF { // it is shorter than what was read of it
		f.startOver()
		body.Close()
		return bytes.NewReader(nil), nil, nil
	}
	return f.goesOn(body, body, f.tail)
}

// startOver reads the log from its beginning, at once.
func (f *follower) startOver() {
	f.offset, f.tail, f.heeds = 0, nil, heedsUnknown
	f.more = true
}

var followTraces = &operation{"follow traces", http.MethodGet, "/projects/:id/pipelines/:pipeline_id/jobs", ErrTraceGet, repeatable, ""}

// FollowTraces reads the logs of all jobs of a pipeline as they grow, line by line, each line with the name of its job before it, as in
//
//	unit | ok  	example.com/app	0.2s
//
// Jobs that run at the same time take turns by the line; attempts that are retried are read too. It ends (io.EOF) when the pipeline has
// ended, or is blocked by a manual job, and all logs were read. Lines longer than 64 KiB are broken.
//
// The caller closes it. Its errors answer to [ErrTraceGet]; the logs that could be read are read to their end first.
func (s *PipelinesService) FollowTraces(ctx context.Context, project Project, id int64, o *FollowOptions, opts ...RequestOption) io.ReadCloser {
	if o == nil {
		o = new(FollowOptions)
	}
	ctx, cancel := context.WithCancel(ctx)
	r, w := io.Pipe()
	m := &traces{PipeReader: r, cancel: cancel}
	m.running.Go(func() {
		w.CloseWithError(m.follow(ctx, s, project, id, o, opts, w))
	})
	return m
}

// traces merges the logs of a pipeline's jobs into one.
type traces struct {
	*io.PipeReader
	cancel  context.CancelFunc
	running sync.WaitGroup

	writing sync.Mutex // a line
	failing sync.Mutex
	err     error // the first
}

// Close ends the reader and waits for everything that it started.
func (m *traces) Close() error {
	m.cancel()
	m.PipeReader.CloseWithError(followTraces.wrap(os.ErrClosed))
	m.running.Wait()
	return nil
}

// follow starts to follow each job that begins, until the pipeline has ended.
func (m *traces) follow(ctx context.Context, s *PipelinesService, project Project, id int64, o *FollowOptions, opts []RequestOption, w io.Writer) error {
	var jobs sync.WaitGroup
	begun := make(map[int64]bool)
	for event, err := range s.Watch(ctx, project, id, &WatchOptions{Interval: o.Interval, Patience: o.Patience}, opts...) {
		if err != nil {
			m.fail(err)
			break
		}
		if job := event.Job; job != nil && !begun[job.ID] && !job.StartedAt.IsZero() {
			begun[job.ID] = true
			jobs.Go(func() {
				log := s.client.Jobs.FollowTrace(ctx, project, job.ID, o, opts...)
				defer log.Close()
				m.fail(m.copyLines(w, job.Name, log))
			})
		}
	}
	jobs.Wait()
	if m.err == nil {
		return io.EOF
	}
	return followTraces.wrap(m.err)
}

func (m *traces) fail(err error) {
	m.failing.Lock()
	defer m.failing.Unlock()
	if m.err == nil {
		m.err = err
	}
}

// copyLines writes each line of a log after the name of its job.
func (m *traces) copyLines(w io.Writer, name string, log io.Reader) error {
	lines := bufio.NewReaderSize(log, 64<<10)
	prefix := []byte(name + " | ")
	for {
		line, err := lines.ReadSlice('\n')
		if len(line) > 0 {
			if err := m.writeLine(w, prefix, line); err != nil {
				return err
			}
		}
		switch err {
		case nil, bufio.ErrBufferFull:
		case io.EOF:
			return nil
		default:
			return err
		}
	}
}

func (m *traces) writeLine(w io.Writer, prefix, line []byte) error {
	m.writing.Lock()
	defer m.writing.Unlock()
	whole := append(append(make([]byte, 0, len(prefix)+len(line)+1), prefix...), line...)
	if whole[len(whole)-1] != '\n' {
		whole = append(whole, '\n')
	}
	_, err := w.Write(whole)
	return err
}
