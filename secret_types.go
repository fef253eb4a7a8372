package gitlabci

import (
	"fmt"
	"log/slog"
)

// The types that hold a [Secret], or a type that does. A test finds those that are missing here.

// Format hides the secrets, whatever the verb.
func (d Deployment) Format(f fmt.State, _ rune) { printed(f, d) }

// LogValue hides the secrets.
func (d Deployment) LogValue() slog.Value { return logged(d) }

// Format hides the secrets, whatever the verb.
func (e Environment) Format(f fmt.State, _ rune) { printed(f, e) }

// LogValue hides the secrets.
func (e Environment) LogValue() slog.Value { return logged(e) }

// Format hides the secrets, whatever the verb.
func (j Job) Format(f fmt.State, _ rune) { printed(f, j) }

// LogValue hides the secrets.
func (j Job) LogValue() slog.Value { return logged(j) }

// Format hides the secrets, whatever the verb.
func (o PlayOrRetryOptions) Format(f fmt.State, _ rune) { printed(f, o) }

// LogValue hides the secrets.
func (o PlayOrRetryOptions) LogValue() slog.Value { return logged(o) }

// Format hides the secrets, whatever the verb.
func (o PlayJobOptions) Format(f fmt.State, _ rune) { printed(f, o) }

// LogValue hides the secrets.
func (o PlayJobOptions) LogValue() slog.Value { return logged(o) }

// Format hides the secrets, whatever the verb.
func (o CreatePipelineOptions) Format(f fmt.State, _ rune) { printed(f, o) }

// LogValue hides the secrets.
func (o CreatePipelineOptions) LogValue() slog.Value { return logged(o) }

// Format hides the secrets, whatever the verb.
func (o PlayPipelineOptions) Format(f fmt.State, _ rune) { printed(f, o) }

// LogValue hides the secrets.
func (o PlayPipelineOptions) LogValue() slog.Value { return logged(o) }

// Format hides the secrets, whatever the verb.
func (v PipelineVariable) Format(f fmt.State, _ rune) { printed(f, v) }

// LogValue hides the secrets.
func (v PipelineVariable) LogValue() slog.Value { return logged(v) }

// Format hides the secrets, whatever the verb.
func (s ProjectSettings) Format(f fmt.State, _ rune) { printed(f, s) }

// LogValue hides the secrets.
func (s ProjectSettings) LogValue() slog.Value { return logged(s) }

// Format hides the secrets, whatever the verb.
func (t RunnerControllerToken) Format(f fmt.State, _ rune) { printed(f, t) }

// LogValue hides the secrets.
func (t RunnerControllerToken) LogValue() slog.Value { return logged(t) }

// Format hides the secrets, whatever the verb.
func (r Runner) Format(f fmt.State, _ rune) { printed(f, r) }

// LogValue hides the secrets.
func (r Runner) LogValue() slog.Value { return logged(r) }

// Format hides the secrets, whatever the verb.
func (r RunnerToken) Format(f fmt.State, _ rune) { printed(f, r) }

// LogValue hides the secrets.
func (r RunnerToken) LogValue() slog.Value { return logged(r) }

// Format hides the secrets, whatever the verb.
func (r RegistrationToken) Format(f fmt.State, _ rune) { printed(f, r) }

// LogValue hides the secrets.
func (r RegistrationToken) LogValue() slog.Value { return logged(r) }

// Format hides the secrets, whatever the verb.
func (o RegisterRunnerOptions) Format(f fmt.State, _ rune) { printed(f, o) }

// LogValue hides the secrets.
func (o RegisterRunnerOptions) LogValue() slog.Value { return logged(o) }

// Format hides the secrets, whatever the verb.
func (s Schedule) Format(f fmt.State, _ rune) { printed(f, s) }

// LogValue hides the secrets.
func (s Schedule) LogValue() slog.Value { return logged(s) }

// Format hides the secrets, whatever the verb.
func (o CreateScheduleVariableOptions) Format(f fmt.State, _ rune) { printed(f, o) }

// LogValue hides the secrets.
func (o CreateScheduleVariableOptions) LogValue() slog.Value { return logged(o) }

// Format hides the secrets, whatever the verb.
func (o UpdateScheduleVariableOptions) Format(f fmt.State, _ rune) { printed(f, o) }

// LogValue hides the secrets.
func (o UpdateScheduleVariableOptions) LogValue() slog.Value { return logged(o) }

// Format hides the secrets, whatever the verb.
func (j ArtifactJob) Format(f fmt.State, _ rune) { printed(f, j) }

// LogValue hides the secrets.
func (j ArtifactJob) LogValue() slog.Value { return logged(j) }

// Format hides the secrets, whatever the verb.
func (t PipelineTree) Format(f fmt.State, _ rune) { printed(f, t) }

// LogValue hides the secrets.
func (t PipelineTree) LogValue() slog.Value { return logged(t) }

// Format hides the secrets, whatever the verb.
func (n PipelineNode) Format(f fmt.State, _ rune) { printed(f, n) }

// LogValue hides the secrets.
func (n PipelineNode) LogValue() slog.Value { return logged(n) }

// Format hides the secrets, whatever the verb.
func (d Diagnosis) Format(f fmt.State, _ rune) { printed(f, d) }

// LogValue hides the secrets.
func (d Diagnosis) LogValue() slog.Value { return logged(d) }

// Format hides the secrets, whatever the verb.
func (d JobDiagnosis) Format(f fmt.State, _ rune) { printed(f, d) }

// LogValue hides the secrets.
func (d JobDiagnosis) LogValue() slog.Value { return logged(d) }

// Format prints what String returns, and with %+v and %#v the fields without their secrets.
func (j StuckJob) Format(f fmt.State, verb rune) { printedAs(f, verb, j, j.String()) }

// LogValue hides the secrets.
func (j StuckJob) LogValue() slog.Value { return logged(j) }

// Format hides the secrets, whatever the verb.
func (f Flakiness) Format(state fmt.State, _ rune) { printed(state, f) }

// LogValue hides the secrets.
func (f Flakiness) LogValue() slog.Value { return logged(f) }

// Format hides the secrets, whatever the verb.
func (j JobFlakiness) Format(f fmt.State, _ rune) { printed(f, j) }

// LogValue hides the secrets.
func (j JobFlakiness) LogValue() slog.Value { return logged(j) }

// Format prints what String returns, and with %+v and %#v the fields without their secrets.
func (r FleetRunner) Format(f fmt.State, verb rune) { printedAs(f, verb, r, r.String()) }

// LogValue hides the secrets.
func (r FleetRunner) LogValue() slog.Value { return logged(r) }

// Format hides the secrets, whatever the verb.
func (t Trigger) Format(f fmt.State, _ rune) { printed(f, t) }

// LogValue hides the secrets.
func (t Trigger) LogValue() slog.Value { return logged(t) }

// Format hides the secrets, whatever the verb.
func (o RunTriggerOptions) Format(f fmt.State, _ rune) { printed(f, o) }

// LogValue hides the secrets.
func (o RunTriggerOptions) LogValue() slog.Value { return logged(o) }

// Format hides the secrets, whatever the verb.
func (v Variable) Format(f fmt.State, _ rune) { printed(f, v) }

// LogValue hides the secrets.
func (v Variable) LogValue() slog.Value { return logged(v) }

// Format hides the secrets, whatever the verb.
func (o CreateVariableOptions) Format(f fmt.State, _ rune) { printed(f, o) }

// LogValue hides the secrets.
func (o CreateVariableOptions) LogValue() slog.Value { return logged(o) }

// Format hides the secrets, whatever the verb.
func (o UpdateVariableOptions) Format(f fmt.State, _ rune) { printed(f, o) }

// LogValue hides the secrets.
func (o UpdateVariableOptions) LogValue() slog.Value { return logged(o) }

// Format hides the secrets, whatever the verb.
func (o EffectiveOptions) Format(f fmt.State, _ rune) { printed(f, o) }

// LogValue hides the secrets.
func (o EffectiveOptions) LogValue() slog.Value { return logged(o) }

// Format hides the secrets, whatever the verb.
func (e EffectiveVariables) Format(f fmt.State, _ rune) { printed(f, e) }

// LogValue hides the secrets.
func (e EffectiveVariables) LogValue() slog.Value { return logged(e) }

// Format prints what String returns, and with %+v and %#v the fields without their secrets.
func (v EffectiveVariable) Format(f fmt.State, verb rune) { printedAs(f, verb, v, v.String()) }

// LogValue hides the secrets.
func (v EffectiveVariable) LogValue() slog.Value { return logged(v) }

// Format prints what String returns, and with %+v and %#v the fields without their secrets.
func (c VariableCandidate) Format(f fmt.State, verb rune) { printedAs(f, verb, c, c.String()) }

// LogValue hides the secrets.
func (c VariableCandidate) LogValue() slog.Value { return logged(c) }

// Format hides the secrets, whatever the verb.
func (e PipelineEvent) Format(f fmt.State, _ rune) { printed(f, e) }

// LogValue hides the secrets.
func (e PipelineEvent) LogValue() slog.Value { return logged(e) }
