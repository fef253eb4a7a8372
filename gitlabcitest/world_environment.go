package gitlabcitest

import (
	"crypto/sha256"
	"fmt"
	"math/big"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gitlabci/gitlabci"
)

// environment is what jobs of a project deploy to.
type environment struct {
	environmentSettings
	id                   int64
	project              *project
	name, slug           string
	state                gitlabci.EnvironmentState
	createdAt, updatedAt time.Time
	autoStopAt           time.Time     // zero for never
	autoDeleteAt         time.Time     // zero for never
	deployments          []*deployment // by id
}

// environmentSettings are what the users of an environment decide.
type environmentSettings struct {
	description     string
	externalURL     string
	tier            gitlabci.EnvironmentTier
	autoStopSetting gitlabci.AutoStopSetting
}

var (
	environmentNameRule = regexp.MustCompile(`^[a-zA-Z0-9_${}. -]([a-zA-Z0-9_/${}. -]*[a-zA-Z0-9_${}. -])?$`)

	// tierRules guess an environment's tier from its name. The first that matches counts.
	tierRules = []struct {
		name *regexp.Regexp
		tier gitlabci.EnvironmentTier
	}{
		{regexp.MustCompile(`(?i)(dev|review|trunk)`), gitlabci.EnvironmentTierDevelopment},
		{regexp.MustCompile(`(?i)(test|tst|int|ac(ce|)pt|qa|qc|control|quality)`), gitlabci.EnvironmentTierTesting},
		{regexp.MustCompile(`(?i)(st(a|)g|mod(e|)l|pre|demo|non)`), gitlabci.EnvironmentTierStaging},
		{regexp.MustCompile(`(?i)(pr(o|)d|live)`), gitlabci.EnvironmentTierProduction},
	}

	notSlug = regexp.MustCompile(`[^a-z0-9]+`)
)

// guessTier returns the tier of an environment for which nobody said one.
func guessTier(name string) gitlabci.EnvironmentTier {
	for _, rule := range tierRules {
		if rule.name.MatchString(name) {
			return rule.tier
		}
	}
	return gitlabci.EnvironmentTierOther
}

// environmentSlug makes a name fit for the name of a host. What had to be changed or cut gets a suffix that keeps slugs apart.
func environmentSlug(name string) string {
	slug := notSlug.ReplaceAllString(strings.ToLower(name), "-")
	if slug[0] < 'a' || slug[0] > 'z' {
		slug = "env-" + strings.TrimPrefix(slug, "-")
	}
	if slug == name && len(slug) <= 24 {
		return strings.TrimSuffix(slug, "-")
	}
	slug = slug[:min(len(slug), 17)]
	if !strings.HasSuffix(slug, "-") {
		slug += "-"
	}
	sum := sha256.Sum256([]byte(name))
	digits := fmt.Sprintf("%06s", new(big.Int).SetBytes(sum[:]).Text(36))
	return slug + digits[len(digits)-6:]
}

// environmentFaults are the texts of what is not valid in a new environment's name.
func (p *project) environmentFaults(name string) map[string][]string {
	faults := make(map[string][]string)
	switch {
	case strings.TrimSpace(name) == "":
		faults["name"] = []string{"can't be blank"}
	case utf8.RuneCountInString(name) > 255:
		faults["name"] = []string{tooLong255}
	case !environmentNameRule.MatchString(name):
		faults["name"] = []string{"can contain only letters, digits, '-', '_', '/', '$', '{', '}', '.', and spaces, but it cannot start or end with '/'"}
	case p.environmentNamed(name) != nil:
		faults["name"] = []string{"has already been taken"}
	}
	return faults
}

// check adds the texts of what is not valid to the others.
func (s *environmentSettings) check(faults map[string][]string) {
	u, err := url.Parse(s.externalURL)
	switch {
	case err != nil:
		faults["external_url"] = []string{"URI is invalid"}
	case slices.Contains([]string{"javascript", "data", "vbscript"}, strings.ToLower(u.Scheme)):
		faults["external_url"] = []string{strings.ToLower(u.Scheme) + " scheme is not allowed"}
	case utf8.RuneCountInString(s.externalURL) > 255:
		faults["external_url"] = []string{tooLong255}
	}
	if utf8.RuneCountInString(s.description) > 10_000 {
		faults["description"] = []string{"is too long (maximum is 10000 characters)"}
	}
}

func (p *project) environmentNamed(name string) *environment {
	if i := slices.IndexFunc(p.environments, func(e *environment) bool { return e.name == name }); i >= 0 {
		return p.environments[i]
	}
	return nil
}

// addEnvironment makes an environment of a valid name.
func (w *world) addEnvironment(p *project, name string, settings environmentSettings) *environment {
	if settings.tier == "" {
		settings.tier = guessTier(name)
	}
	if settings.autoStopSetting == "" {
		settings.autoStopSetting = gitlabci.AutoStopSettingAlways
	}
	w.environmentIDs++
	e := &environment{
		environmentSettings: settings, id: w.environmentIDs, project: p, name: name, slug: environmentSlug(name),
		state: gitlabci.EnvironmentAvailable, createdAt: w.now, updatedAt: w.now,
	}
	p.environments = append(p.environments, e)
	return e
}

// deleteEnvironment removes an environment with its deployments.
func (w *world) deleteEnvironment(e *environment) {
	for _, d := range slices.Clone(e.deployments) {
		w.deleteDeployment(d)
	}
	e.project.environments = slices.DeleteFunc(e.project.environments, func(other *environment) bool { return other == e })
}

// folder is the part of the name before the first slash, empty where there is none.
func (e *environment) folder() string {
	folder, _, ok := strings.Cut(e.name, "/")
	if !ok {
		return ""
	}
	return folder
}

// lastDeployment is the last one that succeeded.
func (e *environment) lastDeployment() *deployment {
	var last *deployment
	for _, d := range e.deployments {
		if d.status == gitlabci.DeploymentSuccess && (last == nil || !d.finishedAt.Before(last.finishedAt)) {
			last = d
		}
	}
	return last
}

// prepareEnvironment finds or makes the environment of a new job and, if the job deploys, its deployment.
func (w *world) prepareEnvironment(j *job) {
	if j.spec.Environment == "" {
		return
	}
	name := j.expand(j.spec.Environment)
	e := j.project.environmentNamed(name)
	if e == nil {
		if len(j.project.environmentFaults(name)) > 0 {
			j.status, j.finishedAt, j.failureReason = gitlabci.JobFailed, w.now, gitlabci.FailureReasonEnvironmentCreation
			return
		}
		e = w.addEnvironment(j.project, name, environmentSettings{tier: j.spec.EnvironmentTier})
		w.autoStopAfter(e, j.spec.AutoStopIn)
	}
	j.environment = e
	if j.spec.EnvironmentAction == Start {
		p := j.pipeline
		j.deployment = w.addDeployment(e, deployment{job: j, user: j.user, ref: p.ref, tag: p.tag, commit: p.commit})
	}
}

var notRefSlug = regexp.MustCompile(`[^a-z0-9]`)

// expand replaces the variables that the name and URL of an environment may bear. Others become nothing.
func (j *job) expand(text string) string {
	p := j.pipeline
	ref := p.ref
	known := make(map[string]string)
	if p.mergeRequest != nil {
		ref = p.mergeRequest.source
		known["CI_MERGE_REQUEST_IID"] = fmt.Sprint(p.mergeRequest.iid)
	}
	slug := notRefSlug.ReplaceAllString(strings.ToLower(ref), "-")
	known["CI_COMMIT_REF_NAME"] = ref
	known["CI_COMMIT_REF_SLUG"] = strings.Trim(slug[:min(len(slug), 63)], "-")
	known["CI_PIPELINE_ID"] = fmt.Sprint(p.id)
	if e := j.environment; e != nil {
		known["CI_ENVIRONMENT_NAME"], known["CI_ENVIRONMENT_SLUG"] = e.name, e.slug
	}
	for _, v := range slices.Concat(p.variables, j.variables) {
		known[v.key] = v.value
	}
	return os.Expand(text, func(name string) string { return known[name] })
}

// autoStopAfter stops an environment once the time is over, unless that is put off until then. Zero changes nothing.
func (w *world) autoStopAfter(e *environment, d time.Duration) {
	if d == 0 {
		return
	}
	at := w.now.Add(d)
	e.autoStopAt = at
	w.after(d, func() {
		if e.autoStopAt.Equal(at) {
			w.stopEnvironment(e, false)
		}
	})
}

// setState also takes back what only holds for the state before.
func (w *world) setState(e *environment, state gitlabci.EnvironmentState) {
	e.state, e.updatedAt = state, w.now
	switch state {
	case gitlabci.EnvironmentStopped:
		e.autoStopAt = time.Time{}
	case gitlabci.EnvironmentAvailable:
		e.autoDeleteAt = time.Time{}
	}
}

// stopEnvironment stops an environment: by the jobs that do so where there are any, else at once. What is stopped already stays so.
func (w *world) stopEnvironment(e *environment, force bool) {
	actions := e.stopActions()
	switch {
	case force && e.state != gitlabci.EnvironmentStopped:
		w.setState(e, gitlabci.EnvironmentStopped)
	case e.state != gitlabci.EnvironmentAvailable:
	case len(actions) > 0:
		w.setState(e, gitlabci.EnvironmentStopping)
		for _, j := range actions {
			w.playJob(j, j.user, nil, nil)
		}
	case e.autoStopSetting != gitlabci.AutoStopSettingWithAction:
		w.setState(e, gitlabci.EnvironmentStopped)
	}
}

// stopActions are the jobs that stop the environment: those which the deploying jobs name of the last pipeline that deployed, in so far as
// they wait to be played or can be run again.
func (e *environment) stopActions() []*job {
	var last *pipeline
	for _, d := range slices.Backward(e.deployments) {
		if d.job != nil && d.finished() {
			last = d.job.pipeline
			break
		}
	}
	var actions []*job
	for _, d := range e.deployments {
		if d.job == nil || d.job.pipeline != last || !d.finished() {
			continue
		}
		for _, j := range last.named([]string{d.job.spec.OnStop}) {
			if j.playable() && !slices.Contains(actions, j) {
				actions = append(actions, j)
			}
		}
	}
	return actions
}

// settleStop lets the environment follow a job that ended and was to stop it.
func (w *world) settleStop(j *job) {
	e := j.environment
	switch {
	case e == nil || j.spec.EnvironmentAction != Stop:
	case j.status == gitlabci.JobSuccess:
		w.setState(e, gitlabci.EnvironmentStopped)
	case j.status == gitlabci.JobFailed && e.state == gitlabci.EnvironmentStopping:
		w.setState(e, gitlabci.EnvironmentAvailable)
	}
}

// stale reports whether nobody changed the environment or deployed to it since a time.
func (e *environment) stale(since time.Time) bool {
	recent := slices.ContainsFunc(e.deployments, func(d *deployment) bool { return !d.updatedAt.Before(since) })
	return e.state == gitlabci.EnvironmentAvailable && e.updatedAt.Before(since) && !recent && len(e.protections()) == 0
}

// reviewAppDelay is how long GitLab keeps a review app that is to be deleted.
const reviewAppDelay = 7 * 24 * time.Hour

// deleteLater deletes a stopped environment in a week, unless it is in use again by then.
func (w *world) deleteLater(e *environment) {
	at := w.now.Add(reviewAppDelay)
	e.autoDeleteAt = at
	w.after(reviewAppDelay, func() {
		if e.state == gitlabci.EnvironmentStopped && e.autoDeleteAt.Equal(at) {
			w.deleteEnvironment(e)
		}
	})
}

// staleReviewApps are the first of the stopped review apps that are older than a time and not about to be deleted, the oldest first.
func (p *project) staleReviewApps(before time.Time, limit int) []*environment {
	found := slices.DeleteFunc(slices.Clone(p.environments), func(e *environment) bool {
		return e.folder() != "review" || e.state != gitlabci.EnvironmentStopped || !e.autoDeleteAt.IsZero() || !e.createdAt.Before(before)
	})
	return found[:min(limit, len(found))]
}

// mayReadDeployments reports whether somebody who sees the project may read its environments and deployments.
func (p *project) mayReadDeployments(u *user) bool {
	open := p.Visibility == Public || p.Visibility == Internal && u != nil
	return u.level(p.path) >= Reporter || open && p.readable(u)
}

// matches reports whether the name begins with a text in lower case, in full or inside its folder.
func (e *environment) matches(search string) bool {
	name := strings.ToLower(e.name)
	_, inside, _ := strings.Cut(name, "/")
	return strings.HasPrefix(name, search) || strings.HasPrefix(inside, search)
}
