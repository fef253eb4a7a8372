package gitlabci

import (
	"math"
	"time"

	"github.com/gitlabci/gitlabci/internal/codec"
)

// Seconds is a duration in seconds, as GitLab sends and takes it. It prints as a duration, as in 1m30s.
type Seconds float64

// String returns the duration, to the millisecond.
func (s Seconds) String() string { return s.Duration().Round(time.Millisecond).String() }

// Duration returns the seconds as a [time.Duration], the longest there is for what no Duration can hold.
func (s Seconds) Duration() time.Duration {
	switch nanoseconds := float64(s) * float64(time.Second); {
	case nanoseconds >= math.MaxInt64:
		return math.MaxInt64
	case nanoseconds <= math.MinInt64:
		return math.MinInt64
	default:
		return time.Duration(nanoseconds)
	}
}

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

	CreatedAt       time.Time `json:"created_at,omitzero"`
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
	ID               string           `json:"id"`
	ShortID          string           `json:"short_id"`
	CreatedAt        time.Time        `json:"created_at,omitzero"`
	ParentIDs        []string         `json:"parent_ids"`
	Title            string           `json:"title"`
	Message          string           `json:"message"`
	AuthorName       string           `json:"author_name"`
	AuthorEmail      string           `json:"author_email"`
	AuthoredDate     time.Time        `json:"authored_date,omitzero"`
	CommitterName    string           `json:"committer_name"`
	CommitterEmail   string           `json:"committer_email"`
	CommittedDate    time.Time        `json:"committed_date,omitzero"`
	Trailers         Trailers         `json:"trailers"`
	ExtendedTrailers ExtendedTrailers `json:"extended_trailers"`
	WebURL           string           `json:"web_url"`
}

// Trailers are the lines at the end of a commit's message, as in "Reviewed-by: Ada", by their keys.
type Trailers map[string]string

// UnmarshalJSON takes nothing for an empty object: most commits have no trailers.
func (t *Trailers) UnmarshalJSON(data []byte) error {
	return unmarshalFilled(data, (*map[string]string)(t))
}

// ExtendedTrailers are trailers whose keys may stand more than once.
type ExtendedTrailers map[string][]string

// UnmarshalJSON takes nothing for an empty object: most commits have no trailers.
func (t *ExtendedTrailers) UnmarshalJSON(data []byte) error {
	return unmarshalFilled(data, (*map[string][]string)(t))
}

func unmarshalFilled(data []byte, value any) error {
	if string(data) == "{}" {
		return nil
	}
	return codec.Unmarshal(data, value)
}

// ProjectIdentity tells which project something belongs to.
type ProjectIdentity struct {
	ID                int64     `json:"id"`
	Description       string    `json:"description"`
	Name              string    `json:"name"`
	NameWithNamespace string    `json:"name_with_namespace"`
	Path              string    `json:"path"`
	PathWithNamespace string    `json:"path_with_namespace"`
	CreatedAt         time.Time `json:"created_at,omitzero"`
}

// ProjectBasic is a project, in the short form that GitLab gives in the lists of other things.
type ProjectBasic struct {
	ID                int64             `json:"id"`
	Description       string            `json:"description"`
	Name              string            `json:"name"`
	NameWithNamespace string            `json:"name_with_namespace"`
	Path              string            `json:"path"`
	PathWithNamespace string            `json:"path_with_namespace"`
	CreatedAt         time.Time         `json:"created_at,omitzero"`
	DefaultBranch     string            `json:"default_branch"`
	TagList           []string          `json:"tag_list"` // see Topics, which replaces it
	Topics            []string          `json:"topics"`
	SSHURLToRepo      string            `json:"ssh_url_to_repo"`
	HTTPURLToRepo     string            `json:"http_url_to_repo"`
	WebURL            string            `json:"web_url"`
	ReadmeURL         string            `json:"readme_url"`
	LicenseURL        string            `json:"license_url"`
	License           *License          `json:"license,omitzero"` // nil where GitLab does not say
	RepositoryStorage string            `json:"repository_storage"`
	Visibility        string            `json:"visibility"`
	CustomAttributes  []CustomAttribute `json:"custom_attributes"`
	ForksCount        int               `json:"forks_count"`
	StarCount         int               `json:"star_count"`
	AvatarURL         string            `json:"avatar_url"`
	LastActivityAt    time.Time         `json:"last_activity_at,omitzero"`
	Namespace         Namespace         `json:"namespace"`
}

func (p *ProjectBasic) identity() identity { return byID(p.ID) }

// License is the licence of a project.
type License struct {
	Key       string `json:"key"`
	Name      string `json:"name"`
	Nickname  string `json:"nickname"`
	HTMLURL   string `json:"html_url"`
	SourceURL string `json:"source_url"`
}

// Namespace is the group or user that a project belongs to.
type Namespace struct {
	ID        int64  `json:"id"`
	Name      string `json:"name"`
	Path      string `json:"path"`
	Kind      string `json:"kind"` // group or user
	FullPath  string `json:"full_path"`
	ParentID  int64  `json:"parent_id"` // 0 at the top
	AvatarURL string `json:"avatar_url"`
	WebURL    string `json:"web_url"`
}

// GroupBasic is a group, in the short form that GitLab gives in the lists of other things.
type GroupBasic struct {
	ID     int64  `json:"id"`
	Name   string `json:"name"`
	WebURL string `json:"web_url"`
}

func (g *GroupBasic) identity() identity { return byID(g.ID) }
