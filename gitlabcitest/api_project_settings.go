package gitlabcitest

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/gitlabci/gitlabci/internal/codec"
)

func registerProjectSettings(s *site) {
	s.handle("PUT", "/projects/:id", putProject, slices.Concat(settingParams, profileParams)...)
}

// profileParams are the parameters of PUT /projects/:id that are about the project itself.
var profileParams = []param{
	text("default_branch"), text("description"), text("name"), tags("tag_list"), tags("topics"),
	text("visibility").oneOf(string(Private), string(Internal), string(Public)),
}

// settingParams are the parameters of PUT /projects/:id that are about CI/CD. All but public_builds have the name of their setting.
var settingParams = []param{
	boolean("allow_merge_on_skipped_pipeline"),
	boolean("allow_pipeline_trigger_approve_deployment"),
	text("auto_cancel_pending_pipelines").oneOf("disabled", "enabled"),
	text("auto_devops_deploy_strategy").oneOf("continuous", "manual", "timed_incremental"),
	boolean("auto_devops_enabled"),
	text("build_git_strategy").oneOf("fetch", "clone"),
	integer("build_timeout"),
	text("builds_access_level").oneOf("disabled", "private", "enabled"),
	boolean("ci_allow_fork_pipelines_to_run_in_parent_project"),
	text("ci_config_path"),
	integer("ci_default_git_depth"),
	integer("ci_delete_pipelines_in_seconds"),
	boolean("ci_display_pipeline_variables"),
	boolean("ci_forward_deployment_enabled"),
	boolean("ci_forward_deployment_rollback_allowed"),
	words("ci_id_token_sub_claim_components").oneOf("project_path", "ref_type", "ref", "ref_protected", "environment_protected", "deployment_tier"),
	text("ci_pipeline_variables_minimum_override_role").oneOf("no_one_allowed", "developer", "maintainer", "owner"),
	boolean("ci_push_repository_for_job_token_allowed"),
	text("ci_restrict_pipeline_cancellation_role").oneOf("developer", "maintainer", "no_one"),
	boolean("ci_separated_caches"),
	boolean("ci_skip_branch_pipelines_for_mrs"),
	boolean("cicd_catalog_enabled"),
	text("environments_access_level").oneOf("disabled", "private", "enabled"),
	boolean("group_runners_enabled"),
	boolean("jobs_enabled"),
	boolean("keep_latest_artifact"),
	integer("max_artifacts_size"),
	integer("max_pipelines_per_merge_train"),
	boolean("merge_pipelines_enabled"),
	text("merge_train_enforcement").oneOf("allow_bypass", "enforce_for_all_users", "enforce_with_owner_override"),
	boolean("merge_trains_enabled"),
	boolean("merge_trains_skip_train_allowed"),
	boolean("mirror_trigger_builds"),
	boolean("only_allow_merge_if_pipeline_succeeds"),
	boolean("protect_merge_request_pipelines"),
	boolean("public_builds"),
	boolean("public_jobs"),
	text("resource_group_default_process_mode").oneOf("unordered", "oldest_first", "newest_first", "newest_ready_first"),
	boolean("restrict_user_defined_variables"),
	boolean("shared_runners_enabled"),
}

// nullableSettings are those that null takes away. Elsewhere null leaves a setting as it is.
var nullableSettings = []string{
	"allow_merge_on_skipped_pipeline", "ci_config_path", "ci_default_git_depth", "ci_delete_pipelines_in_seconds", "max_artifacts_size",
}

// Lengths of time as Rails has them, in seconds: a year of 365.2425 days, and a twelfth of it.
const (
	year  = 31_556_952
	month = year / 12
)

// settingBounds are those that GitLab checks in the model, not as parameters. Where that is a model beside the project's, the field bears its
// name.
var settingBounds = []struct {
	name, field string
	low, high   int64
	text        string // where it is not Rails' own
}{
	{"build_timeout", "build_timeout", 600, month - 1, "needs to be between 10 minutes and 1 month"},
	{"ci_default_git_depth", "ci_cd_settings.default_git_depth", 0, 1000, ""},
	{"ci_delete_pipelines_in_seconds", "ci_cd_settings.delete_pipelines_in_seconds", 24 * 3600, year, "must be between 1 day and 1 year"},
	{"max_artifacts_size", "max_artifacts_size", 1, 1<<31 - 1, "must be greater than 0"},
	{"max_pipelines_per_merge_train", "ci_cd_settings.max_pipelines_per_merge_train", 1, 1<<31 - 1, ""},
}

func putProject(c *call) error {
	var names []string
	for _, p := range slices.Concat(settingParams, profileParams) {
		names = append(names, p.name)
	}
	if !slices.ContainsFunc(names, c.given) {
		slices.Sort(names)
		return paramError(http.StatusBadRequest, strings.Join(names, ", ")+" are missing, at least one parameter must be provided")
	}
	p, err := c.findProject(Maintainer)
	if err != nil {
		return err
	}
	if c.role(p.path) < Owner && (c.has("name") || c.has("visibility")) {
		return forbidden("")
	}
	faults := c.settingFaults()
	maps.Copy(faults, c.profileFaults(p))
	if len(faults) > 0 {
		return invalidRecord(faults)
	}
	changed, err := c.changedSettings(p)
	if err != nil {
		return err
	}
	p.setAll(changed)
	c.changeProfile(p)
	return c.json(http.StatusOK, c.showProject(p))
}

const badNameText = "can contain only letters, digits, emoji, '_', '.', '+', dashes, or spaces. It must start with a letter, digit, emoji, or '_'."

// projectName is what may be the name of a project.
var projectName = regexp.MustCompile(`^[\p{L}\p{N}_\p{So}][\p{L}\p{N}_\p{So}+. -]*$`)

// profileFaults are the texts of what is not valid of the project itself, by field.
func (c *call) profileFaults(p *project) map[string][]string {
	faults := make(map[string][]string)
	branch, name := c.text("default_branch"), c.text("name")
	taken := func(other *project) bool { return other != p && other.group == p.group && other.title() == name }
	switch {
	case !c.has("name"):
	case !projectName.MatchString(name):
		faults["name"] = []string{badNameText}
	case slices.ContainsFunc(c.projects, taken):
		faults["name"] = []string{"has already been taken"}
	}
	if branch != "" && p.branches[branch] == nil {
		faults["base"] = []string{"Could not change HEAD: branch '" + branch + "' does not exist"}
	}
	return faults
}

// changeProfile takes over what the request says of the project itself.
func (c *call) changeProfile(p *project) {
	p.changedAt = c.now
	p.defaultBranch = cmp.Or(c.text("default_branch"), p.defaultBranch)
	p.displayName = cmp.Or(c.text("name"), p.displayName)
	p.Visibility = cmp.Or(Visibility(c.text("visibility")), p.Visibility)
	if c.given("description") {
		p.description = c.text("description")
	}
	for _, name := range []string{"tag_list", "topics"} {
		if c.has(name) {
			p.topics = c.words(name)
		}
	}
}

// settingFaults are the texts of what is not valid, by field.
func (c *call) settingFaults() map[string][]string {
	faults := make(map[string][]string)
	for _, bound := range settingBounds {
		n, text := c.integer(bound.name), bound.text
		switch {
		case !c.has(bound.name) || bound.low <= n && n <= bound.high:
			continue
		case text != "":
		case n < bound.low:
			text = fmt.Sprintf("must be greater than or equal to %d", bound.low)
		default:
			text = fmt.Sprintf("must be less than or equal to %d", bound.high)
		}
		faults[bound.field] = []string{text}
	}
	if claim := c.words("ci_id_token_sub_claim_components"); len(claim) > 0 && claim[0] != "project_path" {
		faults["ci_cd_settings.id_token_sub_claim_components"] = []string{"project_path must be the first element of the sub claim"}
	}
	return faults
}

// changedSettings returns a project's settings with those of the request in place of its own.
func (c *call) changedSettings(p *project) (settings, error) {
	sent := make(map[string]any)
	for _, setting := range settingParams {
		if c.has(setting.name) || c.given(setting.name) && slices.Contains(nullableSettings, setting.name) {
			sent[setting.name] = c.params[setting.name]
		}
	}
	body, err := codec.Marshal(sent)
	if err != nil {
		return settings{}, err
	}
	// Decoding writes through what pointers and slices there are: nothing that could refuse the request may come after it.
	changed := p.allSettings()
	if err := codec.Unmarshal(body, &changed); err != nil {
		return settings{}, err
	}
	if c.has("public_builds") && !c.has("public_jobs") {
		changed.PublicJobs = c.boolean("public_builds")
	}
	if c.has("jobs_enabled") && !c.has("builds_access_level") {
		changed.BuildsAccessLevel = map[bool]string{true: "enabled", false: "disabled"}[c.boolean("jobs_enabled")]
	}
	if c.has("restrict_user_defined_variables") && !c.has("ci_pipeline_variables_minimum_override_role") {
		changed.restrictVariables(c.boolean("restrict_user_defined_variables"))
	}
	return changed, nil
}

// restrictVariables does what the older of two settings does to the newer one.
func (s *settings) restrictVariables(restricted bool) {
	switch {
	case !restricted:
		s.CIPipelineVariablesMinimumOverrideRole = "developer"
	case s.CIPipelineVariablesMinimumOverrideRole == "developer":
		s.CIPipelineVariablesMinimumOverrideRole = "maintainer"
	}
}
