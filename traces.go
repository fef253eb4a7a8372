package gitlabci

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"os"
	"sync"
	"sync/atomic"
)

const (
	defaultConcurrency = 20
	maxConcurrency     = 1000
	turnBuffer         = 32 << 10
	maxLine            = 64 << 10
)

var followTraces = &composite{"follow traces", ErrTraceGet}

// FollowTraces reads the logs of all jobs of a pipeline as they grow, line by line, each line with the name of its job before it, as in
//
//	unit | ok  	example.com/app	0.2s
//
// Jobs that run at the same time take turns by the line; attempts that are retried are read too, jobs of downstream pipelines are not.
// It ends (io.EOF) when the pipeline has ended, or is blocked by a manual job, and all logs were read. Lines longer than 64 KiB are
// broken, and the last line of a log ends in a line break even if it has none.
//
// No more logs than [FollowOptions].Concurrency says are read at the same time. Where more jobs run than that, each log has its turn for as
// long as one answer lasts, and waits for no more than one turn of each of the others.
//
//	GET /projects/:id/pipelines/:pipeline_id
//	GET /projects/:id/pipelines/:pipeline_id/jobs
//	GET /projects/:id/pipelines/:pipeline_id/bridges
//	GET /projects/:id/jobs/:job_id
//	GET /projects/:id/jobs/:job_id/trace
//
// Nothing is asked before the first read; from then on the pipeline is watched ([PipelinesService.Watch]), and the log of each job followed
// ([JobsService.FollowTrace]). Server errors, lost connections and rate limits do not end the reader: see [FollowOptions].Patience. The
// caller closes it. Its errors match [ErrTraceGet]; the logs that could be read are read to their end first.
func (s *PipelinesService) FollowTraces(ctx context.Context, project Project, id int64, options *FollowOptions, opts ...RequestOption) io.ReadCloser {
	if options == nil {
		options = new(FollowOptions)
	}
	ctx, cancel := context.WithCancel(ctx)
	m := &traces{cancel: cancel, lines: make(chan []byte), done: make(chan struct{})}
	m.turns = make(chan []byte, cmp.Or(min(max(options.Concurrency, 0), maxConcurrency), defaultConcurrency))
	for range cap(m.turns) {
		m.turns <- nil
	}
	m.follow = func() {
		defer close(m.done)
		m.followAll(ctx, s, project, id, options, opts)
	}
	return m
}

// traces merges the logs of a pipeline's jobs into one.
type traces struct {
	cancel context.CancelFunc
	begun  sync.Once
	follow func()

	turns  chan []byte // the buffers of those that may be had; nil before the first
	lines  chan []byte
	line   []byte // what is left of the last one
	closed atomic.Bool
	done   chan struct{} // closed when nothing is followed any more

	mu  sync.Mutex
	err error // the first
}

func (m *traces) Read(p []byte) (int, error) {
	m.begun.Do(func() { go m.follow() })
	if m.closed.Load() {
		return 0, followTraces.wrap(os.ErrClosed)
	}
	if len(m.line) == 0 && len(p) > 0 {
		select {
		case m.line = <-m.lines:
		case <-m.done:
			return 0, m.end()
		}
	}
	n := copy(p, m.line)
	m.line = m.line[n:]
	return n, nil
}

// end is how the reader ended.
func (m *traces) end() error {
	switch {
	case m.closed.Load():
		return followTraces.wrap(os.ErrClosed)
	case m.err == nil:
		return io.EOF
	}
	return followTraces.wrap(m.err)
}

// Close ends the reader and waits for everything that it started.
func (m *traces) Close() error {
	m.closed.Store(true)
	m.cancel()
	m.begun.Do(func() { close(m.done) })
	<-m.done
	return nil
}

// followAll follows each job that begins, until the pipeline and they have ended.
func (m *traces) followAll(ctx context.Context, s *PipelinesService, project Project, id int64, options *FollowOptions, opts []RequestOption) {
	var jobs sync.WaitGroup
	own := withoutReports(opts) // the caller's response is the watch's
	begun := make(map[int64]bool)
	for event, err := range s.Watch(ctx, project, id, &WatchOptions{Interval: options.Interval, Patience: options.Patience}, opts...) {
		if err != nil {
			m.fail(err)
			break
		}
		job := event.Job
		if job != nil && !begun[job.ID] && job.begun() {
			begun[job.ID] = true
			jobs.Go(func() {
				m.fail(m.followOne(ctx, (*JobsService)(s).follow(ctx, project, job.ID, options, own), oneLine(job.Name)+" | "))
			})
		}
	}
	jobs.Wait()
}

// followOne hands on the lines of a log, in turns. A log that waits for its turn, or pauses, holds no connection and no more than the
// beginning of a line.
func (m *traces) followOne(ctx context.Context, log *follower, prefix string) error {
	defer log.Close()
	log.poll.seen = true // the job, by the watch
	lines := &lineCutter{prefix: prefix, pass: func(line []byte) error {
		select {
		case m.lines <- line:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}}
	for {
		var buffer []byte
		select {
		case buffer = <-m.turns: // those that wait are served in the order in which they came
		case <-ctx.Done():
			return ctx.Err()
		}
		if buffer == nil {
			buffer = make([]byte, turnBuffer)
		}
		err := log.turn(buffer, lines.write)
		m.turns <- buffer
		if err == nil {
			err = log.rest()
		}
		if err == io.EOF {
			return lines.flush()
		} else if err != nil {
			return cmp.Or(lines.flush(), err)
		}
	}
}

func (m *traces) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err == nil {
		m.err = err
	}
}

// lineCutter makes lines of a log that comes in pieces, each after the name of its job.
type lineCutter struct {
	prefix string
	begun  []byte // what there is of the next line
	pass   func(line []byte) error
}

func (c *lineCutter) write(piece []byte) error {
	for len(piece) > 0 {
		n := min(len(piece), maxLine-len(c.begun))
		whole := len(c.begun)+n == maxLine
		end := bytes.IndexByte(piece[:n], '\n')
		if end >= 0 {
			n, whole = end+1, true
		}
		if !whole {
			c.begun = append(c.begun, piece...)
			return nil
		}
		if err := c.end(piece[:n]); err != nil {
			return err
		}
		piece = piece[n:]
	}
	return nil
}

// flush passes on a last line that has no line break.
func (c *lineCutter) flush() error {
	if len(c.begun) == 0 {
		return nil
	}
	return c.end(nil)
}

// end passes on a line that ends in rest.
func (c *lineCutter) end(rest []byte) error {
	line := make([]byte, 0, len(c.prefix)+len(c.begun)+len(rest)+1)
	line = append(append(append(line, c.prefix...), c.begun...), rest...)
	if line[len(line)-1] != '\n' {
		line = append(line, '\n')
	}
	c.begun = nil
	return c.pass(line)
}
