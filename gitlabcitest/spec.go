package gitlabcitest

import (
	"slices"
	"time"

	"github.com/gitlabci/gitlabci"
)

// When is when a job starts, as the keyword of that name has it.
type When = gitlabci.JobWhen

// The values of when.
const (
	OnSuccess When = gitlabci.JobWhenOnSuccess // the default: when all before it went well
	OnFailure When = gitlabci.JobWhenOnFailure
	Always    When = gitlabci.JobWhenAlways
	Manual    When = gitlabci.JobWhenManual
	Delayed   When = gitlabci.JobWhenDelayed // after StartIn
	Never     When = gitlabci.JobWhenNever
)

// Job is a job as a CI configuration defines it: what [Server.AddProject] takes.
type Job struct {
	Name  string
	Stage string // "test" when empty. Stages run in the order in which they first appear.

	When    When
	StartIn time.Duration // how long a delayed job waits before it starts

	// Blocking makes a manual job hold up the stages after it. Without it a manual job may be left alone, as in GitLab, where
	// allow_failure is true for manual jobs without rules.
	Blocking     bool
	AllowFailure bool

	// Needs names the jobs to wait for in place of the stages before. Nil waits for the stages; empty but not nil waits for nothing.
	Needs []string

	Queue       time.Duration // time spent pending; 100 ms when zero
	Duration    time.Duration // time spent running; 1 s when zero
	AfterScript time.Duration // when not zero, canceling the running job takes that long

	Fails         int                    // how many attempts fail in each pipeline, the first ones, before one succeeds
	FailureReason gitlabci.FailureReason // of those that fail; [gitlabci.FailureReasonScript] when empty

	// Log appears line by line while the job runs. When empty, it is a few lines such as a runner writes. FailLog, when not empty,
	// stands in its place in the attempts that fail.
	Log, FailLog string

	Tags          []string
	Coverage      *float64 // in percent
	ResourceGroup string   // jobs of a project with the same one run one after the other

	// Environment is the name of the environment that the job deploys to, or does EnvironmentAction with. It is made with the pipeline
	// where it is not there yet. The variables CI_COMMIT_REF_NAME, CI_COMMIT_REF_SLUG, CI_PIPELINE_ID, CI_MERGE_REQUEST_IID and those
	// given to the pipeline are replaced in it, as in "review/$CI_COMMIT_REF_NAME".
	Environment       string
	EnvironmentURL    string // what a success makes its external URL. It may name CI_ENVIRONMENT_NAME and CI_ENVIRONMENT_SLUG besides.
	EnvironmentTier   gitlabci.EnvironmentTier
	EnvironmentAction EnvironmentAction
	OnStop            string        // the job that stops the environment: one with the action Stop, that waits to be played
	AutoStopIn        time.Duration // how long after a success the environment is stopped; never when zero

	// DuringFreeze stands in the place of When in pipelines created in a freeze period, as a rule about CI_DEPLOY_FREEZE would have it:
	// Never leaves the job out, Manual makes it one to be played that, without AllowFailure, holds up the stages after it. Empty changes
	// nothing: GitLab itself lets deployments run in a freeze.
	DuringFreeze When

	Artifacts         map[string]string // what the archive holds: content by path
	Reports           map[string]string // content by type of report, such as "codequality"
	Tests             []TestCase        // what the job's unit test report holds
	ArtifactsWhen     When              // whether a job that failed keeps its archive: OnSuccess (default), OnFailure or Always
	ArtifactsExpireIn time.Duration     // 30 days when zero, never when negative

	Trigger *Downstream // when set, this is a trigger job, which starts another pipeline
}

// Downstream is the pipeline that a trigger job starts.
type Downstream struct {
	Project  string // full path of another project; empty for a child pipeline
	Ref      string // the other project's default branch when empty
	Jobs     []Job  // of a child pipeline
	Strategy Strategy
}

// EnvironmentAction is what a job does with its environment.
type EnvironmentAction string

// The values of environment:action. Start alone makes a deployment, and Stop stops the environment once the job succeeded.
const (
	Start   EnvironmentAction = "start" // the default
	Prepare EnvironmentAction = "prepare"
	Verify  EnvironmentAction = "verify"
	Access  EnvironmentAction = "access"
	Stop    EnvironmentAction = "stop"
)

// Strategy says what becomes of a trigger job once its pipeline is there.
type Strategy string

// The values of strategy. Without one the trigger job succeeds as soon as the other pipeline is created.
const (
	Depend Strategy = "depend" // runs as long as the other pipeline, and ends like it
	Mirror Strategy = "mirror" // has the other pipeline's status all the time
)

// TestCase is one case of a job's unit test report.
type TestCase struct {
	Name       string
	Class      string
	File       string
	Status     gitlabci.TestCaseStatus // [gitlabci.TestCaseSuccess] when empty
	Duration   time.Duration
	Output     string
	StackTrace string
}

// Visibility says who sees a project without being a member.
type Visibility string

// The visibilities of a project.
const (
	Private  Visibility = "private"  // members alone
	Internal Visibility = "internal" // every signed-in user
	Public   Visibility = "public"   // everybody
)

// ProjectSettings are a project's settings. The zero value is what [Server.AddProject] makes.
type ProjectSettings struct {
	Visibility Visibility // Private when empty

	// PrivatePipelines hides pipelines and jobs from guests, and from those who see the project without being members.
	PrivatePipelines bool

	// PipelineVariablesRole is the least role that may give variables to a pipeline or a job; Developer when zero.
	PipelineVariablesRole AccessLevel

	// CancellationRole is the least role that may cancel pipelines and jobs; Developer when zero.
	CancellationRole AccessLevel

	// AllowPipelineTriggerApproveDeployment lets whoever started a pipeline approve its deployments.
	AllowPipelineTriggerApproveDeployment bool

	// CancelOnFailure cancels the rest of a pipeline once a job has failed: workflow:auto_cancel:on_job_failure: all.
	CancelOnFailure bool

	// ConfigError makes each new pipeline fail to be created with this text, as a faulty CI configuration does.
	ConfigError string

	// MergeTrains lets merge requests be added to merge trains.
	MergeTrains bool

	// Inputs are the names of the inputs that the CI configuration declares, as spec:inputs does. A pipeline that is given others is refused.
	Inputs []string
}

// AccessLevel is a role in a project or group.
type AccessLevel int

// The roles, with GitLab's numbers.
const (
	noAccess   AccessLevel = 0
	Guest      AccessLevel = 10
	Planner    AccessLevel = 15
	Reporter   AccessLevel = 20
	Developer  AccessLevel = 30
	Maintainer AccessLevel = 40
	Owner      AccessLevel = 50
	noOne      AccessLevel = 100 // a least role that nobody has
)

// Membership is a role in one project or group: see [AccessLevel.In].
type Membership struct {
	level AccessLevel
	path  string
}

// In returns the role in the project or group with this full path. A role in a group holds for all that is in it.
func (l AccessLevel) In(path string) Membership {
	return Membership{level: l, path: path}
}

// Token says what a token made by [Server.AddToken] is like. The zero value is a personal access token with scope api.
type Token struct {
	Value     string   // one is made up when empty
	Scopes    []string // api when empty
	OAuth     bool     // for Authorization: Bearer only
	ExpiresAt time.Time
	Revoked   bool
}

// GraphQLRequest is an operation that arrived at POST /api/graphql: see [Server.HandleGraphQL].
type GraphQLRequest struct {
	Query         string
	Variables     map[string]any
	OperationName string
	Username      string // of whom it is by; empty for nobody
}

// Runner is a runner to add with [Server.AddRunner]. The zero value is an instance runner that is online and takes jobs without tags.
//
// A server begins with one of its own, number 1, that takes each job that no other runner fits, whatever its tags. While that one is
// paused or deleted, such jobs stay pending. A runner created through the API takes jobs for two hours after it was verified.
type Runner struct {
	Description     string
	Group           string   // full path; makes it a group runner
	Projects        []string // full paths; makes it a project runner, owned by the first
	Tags            []string // it takes jobs with no other tags than these
	TaggedOnly      bool     // it takes no jobs without tags
	Protected       bool     // it takes jobs of protected branches and tags alone
	Paused          bool
	Locked          bool // to its projects
	MaximumTimeout  time.Duration
	MaintenanceNote string
	Status          gitlabci.RunnerStatus

	// Managers are the processes that run its jobs, in turn. One is made up when there are none, unless it was never heard of.
	Managers []RunnerManager
}

// RunnerManager is a process that runs jobs for a [Runner].
type RunnerManager struct {
	SystemID     string
	Version      string // the server's when empty
	Platform     string // linux when empty
	Architecture string // amd64 when empty
	Status       gitlabci.RunnerStatus
}

// Agent is an agent for Kubernetes to add with [Server.AddAgent]: whose jobs may use it, besides those of the project that configures it.
type Agent struct {
	Projects      []string       // full paths
	Groups        []string       // full paths; their subgroups count too
	Configuration map[string]any // what the jobs of these are told, such as {"default_namespace": "production"}
}

const (
	defaultStage    = "test"
	defaultQueue    = 100 * time.Millisecond
	defaultDuration = time.Second
	defaultExpiry   = 30 * 24 * time.Hour
)

// completeJobs returns a copy of a configuration with its defaults filled in.
func completeJobs(jobs []Job) []Job {
	jobs = slices.Clone(jobs)
	names := make(map[string]bool, len(jobs))
	for i := range jobs {
		j := &jobs[i]
		if j.Name == "" || names[j.Name] {
			panic("gitlabcitest: a job has no name, or the name of another: " + j.Name)
		}
		names[j.Name] = true
		if j.Stage == "" {
			j.Stage = defaultStage
		}
		if j.When == "" {
			j.When = OnSuccess
		}
		if j.Queue == 0 {
			j.Queue = defaultQueue
		}
		if j.Duration == 0 {
			j.Duration = defaultDuration
		}
		if j.ArtifactsWhen == "" {
			j.ArtifactsWhen = OnSuccess
		}
		if j.ArtifactsExpireIn == 0 {
			j.ArtifactsExpireIn = defaultExpiry
		}
		if j.FailureReason == "" {
			j.FailureReason = gitlabci.FailureReasonScript
		}
		if j.EnvironmentAction == "" {
			j.EnvironmentAction = Start
		}
		j.AllowFailure = j.AllowFailure || j.When == Manual && !j.Blocking
		if j.Trigger != nil {
			trigger := *j.Trigger
			trigger.Jobs = completeJobs(trigger.Jobs)
			j.Trigger = &trigger
		}
	}
	for i := range jobs {
		jobs[i].checkEnvironment(jobs)
	}
	return jobs
}

// tiers are those of environments.
var tiers = []gitlabci.EnvironmentTier{
	gitlabci.EnvironmentTierProduction, gitlabci.EnvironmentTierStaging, gitlabci.EnvironmentTierTesting, gitlabci.EnvironmentTierDevelopment,
	gitlabci.EnvironmentTierOther,
}

// checkEnvironment panics where what a job says of its environment cannot be.
func (j *Job) checkEnvironment(all []Job) {
	actions := []EnvironmentAction{Start, Prepare, Verify, Access, Stop}
	isStop := func(other Job) bool {
		return other.Name == j.OnStop && other.EnvironmentAction == Stop && other.Environment == j.Environment
	}
	switch {
	case !slices.Contains(actions, j.EnvironmentAction):
		panic("gitlabcitest: job " + j.Name + " has an environment action that is none: " + string(j.EnvironmentAction))
	case j.EnvironmentTier != "" && !slices.Contains(tiers, j.EnvironmentTier):
		panic("gitlabcitest: job " + j.Name + " has an environment tier that is none: " + string(j.EnvironmentTier))
	case j.OnStop != "" && !slices.ContainsFunc(all, isStop):
		panic("gitlabcitest: job " + j.Name + " names no job that stops its environment: " + j.OnStop)
	case j.Environment == "" && (j.EnvironmentURL != "" || j.EnvironmentTier != "" || j.EnvironmentAction != Start || j.AutoStopIn != 0):
		panic("gitlabcitest: job " + j.Name + " says what to do with an environment, and names none")
	}
}
