package gitlabci

import (
	"fmt"
	"time"
)

// Seconds is a duration in seconds, as GitLab sends it.
type Seconds float64

// Duration gives the seconds as a [time.Duration].
func (s Seconds) Duration() time.Duration { return time.Duration(float64(s) * float64(time.Second)) }

// UserBasic is a user, in the short form that GitLab gives within other things.
type UserBasic struct {
	ID               int64             `json:"id"`
	Username         string            `json:"username"`
	Name             string            `json:"name"`
	State            string            `json:"state"` // active, blocked, deactivated, ...
	Locked           bool              `json:"locked"`
	PublicEmail      string            `json:"public_email"`
	AvatarURL        string            `json:"avatar_url"`
	AvatarPath       string            `json:"avatar_path"`
	WebURL           string            `json:"web_url"`
	CustomAttributes []CustomAttribute `json:"custom_attributes"`
}

// User is a user with their profile.
type User struct {
	UserBasic

	CreatedAt       time.Time `json:"created_at"`
	Bio             string    `json:"bio"`
	Location        string    `json:"location"`
	LinkedIn        string    `json:"linkedin"`
	Twitter         string    `json:"twitter"`
	Discord         string    `json:"discord"`
	GitHub          string    `json:"github"`
	Skype           string    `json:"skype"` // of older versions
	WebsiteURL      string    `json:"website_url"`
	Organization    string    `json:"organization"`
	JobTitle        string    `json:"job_title"`
	Pronouns        string    `json:"pronouns"`
	Bot             bool      `json:"bot"`
	WorkInformation string    `json:"work_information"`
	Followers       int       `json:"followers"`
	Following       int       `json:"following"`
	IsFollowed      bool      `json:"is_followed"`
	LocalTime       string    `json:"local_time"`
}

// CustomAttribute is a key and value that an administrator attached to a user or project.
type CustomAttribute struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Commit is the commit that a job runs for.
type Commit struct {
	ID               string              `json:"id"`
	ShortID          string              `json:"short_id"`
	CreatedAt        time.Time           `json:"created_at"`
	ParentIDs        []string            `json:"parent_ids"`
	Title            string              `json:"title"`
	Message          string              `json:"message"`
	AuthorName       string              `json:"author_name"`
	AuthorEmail      string              `json:"author_email"`
	AuthoredDate     time.Time           `json:"authored_date"`
	CommitterName    string              `json:"committer_name"`
	CommitterEmail   string              `json:"committer_email"`
	CommittedDate    time.Time           `json:"committed_date"`
	Trailers         map[string]string   `json:"trailers"`
	ExtendedTrailers map[string][]string `json:"extended_trailers"`
	WebURL           string              `json:"web_url"`
}

// ProjectIdentity tells which project something belongs to.
type ProjectIdentity struct {
	ID                int64     `json:"id"`
	Description       string    `json:"description"`
	Name              string    `json:"name"`
	NameWithNamespace string    `json:"name_with_namespace"`
	Path              string    `json:"path"`
	PathWithNamespace string    `json:"path_with_namespace"`
	CreatedAt         time.Time `json:"created_at"`
}

// required refuses a field that must not be empty.
func required(field, value string) error {
	if value == "" {
		return fmt.Errorf("%s is missing", field)
	}
	return nil
}
