package gitlabci

import (
	"context"
	"time"
)

// WaitDeploymentOptions say how to wait for a deployment. The zero value, like nil, means the defaults.
type WaitDeploymentOptions struct {
	Interval       time.Duration // the first pause between polls; 3 s if zero. Later ones grow to about three times that
	ThroughBlocked bool          // go on while the deployment is blocked, until it is approved and played
	Patience       time.Duration // how long GitLab may be out of reach before the wait gives up; 5 min if zero

	Progress func(*Deployment) // called with the deployment at first, and whenever its status or its approvals have changed
	Events   EventSource       // wakes the wait, which else asks every few minutes; it asks every few seconds without
}

// WaitEnvironmentOptions say what to wait for.
type WaitEnvironmentOptions struct {
	State    EnvironmentState // required: the one to wait for
	Interval time.Duration    // the first pause between polls; 3 s if zero. Later ones grow to about three times that
	Patience time.Duration    // how long GitLab may be out of reach before the wait gives up; 5 min if zero
}

func (o *WaitEnvironmentOptions) validate() error { return required("State", string(o.State)) }

var (
	waitForDeployment  = &composite{"wait for deployment", ErrDeploymentGet}
	waitForEnvironment = &composite{"wait for environment", ErrEnvironmentGet}
)

// Wait waits until a deployment has ended and returns it as it is then, with its approvals. A deployment that is blocked, by approvals that
// are missing or a job that nobody played, ends the wait too, unless ThroughBlocked is set.
//
//	GET /projects/:id/deployments/:deployment_id
//
// The error is nil if the deployment succeeded. Otherwise it is a [*DeploymentError], which tells what is missing; or the [*Error] that
// ended the wait early, which matches [ErrDeploymentGet]; the deployment beside it is the last that was seen. Where the context ended the
// wait, errors.As finds a [*WaitError] too. Server errors, lost connections and rate limits on the way do not end the wait. It sends a
// request every few seconds.
func (s *DeploymentsService) Wait(ctx context.Context, project Project, id int64, options *WaitDeploymentOptions, opts ...RequestOption) (*Deployment, error) {
	if options == nil {
		options = new(WaitDeploymentOptions)
	}
	poll := newWaitPoller(waitForDeployment, options.Interval, options.Patience, s.engine.policy.MaxRateLimitWait)
	get := func(opts ...RequestOption) (*Deployment, error) { return s.Get(ctx, project, id, opts...) }
	defer poll.events.listen(options.Events, func(source EventSource, notify func()) func() {
		return source.OnDeployment(id, func(DeploymentStatus) { notify() })
	})()
	report := waitReport{began: time.Now()}
	var status DeploymentStatus
	approvals := 0
	deployment, err := await(ctx, poll, opts, get, func(d *Deployment) (bool, time.Duration, error) {
		if (status != d.Status || approvals != len(d.Approvals)) && options.Progress != nil {
			options.Progress(d)
		}
		status, approvals = d.Status, len(d.Approvals)
		over := d.Status == DeploymentSuccess || deploymentOutcome(d.Status) != nil && (d.Status != DeploymentBlocked || !options.ThroughBlocked)
		return over, poll.since(d.CreatedAt), nil
	})
	if err == nil && deploymentOutcome(deployment.Status) != nil {
		return deployment, &DeploymentError{deployment}
	}
	return deployment, report.of(ctx, WaitError{Deployment: deployment}, err)
}

// Wait waits until an environment is in a state, and returns it as it is then.
//
//	GET /projects/:id/environments/:environment_id
//
// An environment that was stopping and is available again, as after its stop job failed, ends a wait for [EnvironmentStopped]: the error
// matches [ErrConflict]. Its errors match [ErrEnvironmentGet], and where that was the cause, [context.DeadlineExceeded]; the environment
// beside one is the last that was seen. Server errors, lost connections and rate limits on the way do not end the wait. It sends a request
// every few seconds.
func (s *EnvironmentsService) Wait(ctx context.Context, project Project, id int64, options *WaitEnvironmentOptions, opts ...RequestOption) (*Environment, error) {
	if options == nil {
		options = new(WaitEnvironmentOptions)
	}
	if err := options.validate(); err != nil {
		return nil, waitForEnvironment.invalid(err)
	}
	poll := newWaitPoller(waitForEnvironment, options.Interval, options.Patience, s.engine.policy.MaxRateLimitWait)
	get := func(opts ...RequestOption) (*Environment, error) { return s.Get(ctx, project, id, opts...) }
	began, stopping := time.Now(), false
	environment, err := await(ctx, poll, opts, get, func(e *Environment) (bool, time.Duration, error) {
		again := stopping && e.State == EnvironmentAvailable
		stopping = e.State == EnvironmentStopping
		return e.State == options.State || again, time.Since(began), nil
	})
	if err == nil && environment.State != options.State {
		return environment, waitForEnvironment.refused(ErrConflict, "the environment is %s again", environment.State)
	}
	return environment, err
}
