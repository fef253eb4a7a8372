package gitlabcitest

import (
	"fmt"
	"time"
)

// basicUser is GitLab's entity UserBasic.
type basicUser struct {
	ID          int64   `json:"id"`
	Username    string  `json:"username"`
	PublicEmail *string `json:"public_email"`
	Name        string  `json:"name"`
	State       string  `json:"state"`
	Locked      bool    `json:"locked"`
	AvatarURL   *string `json:"avatar_url"`
	WebURL      string  `json:"web_url"`
}

// fullUser is GitLab's entity User, as jobs bear it.
type fullUser struct {
	basicUser
	CreatedAt       *string `json:"created_at"`
	Bio             string  `json:"bio"`
	Location        *string `json:"location"`
	LinkedIn        string  `json:"linkedin"`
	Twitter         string  `json:"twitter"`
	Discord         string  `json:"discord"`
	WebsiteURL      string  `json:"website_url"`
	GitHub          string  `json:"github"`
	Organization    *string `json:"organization"`
	JobTitle        string  `json:"job_title"`
	Pronouns        *string `json:"pronouns"`
	Bot             bool    `json:"bot"`
	WorkInformation *string `json:"work_information"`
	Followers       int64   `json:"followers"`
	Following       int64   `json:"following"`
	IsFollowed      bool    `json:"is_followed"`
	LocalTime       *string `json:"local_time"`
}

// currentUser is the answer of GET /user.
type currentUser struct {
	fullUser
	Email            string  `json:"email"`
	CommitEmail      string  `json:"commit_email"`
	ThemeID          int64   `json:"theme_id"`
	ColorSchemeID    int64   `json:"color_scheme_id"`
	ProjectsLimit    int64   `json:"projects_limit"`
	CanCreateGroup   bool    `json:"can_create_group"`
	CanCreateProject bool    `json:"can_create_project"`
	TwoFactorEnabled bool    `json:"two_factor_enabled"`
	External         bool    `json:"external"`
	PrivateProfile   bool    `json:"private_profile"`
	ConfirmedAt      *string `json:"confirmed_at"`
	LastSignInAt     *string `json:"last_sign_in_at"`
	CurrentSignInAt  *string `json:"current_sign_in_at"`
	LastActivityOn   *string `json:"last_activity_on"`
	IsAdmin          *bool   `json:"is_admin,omitzero"`
}

func (c *call) showBasicUser(u *user) *basicUser {
	if u == nil {
		return nil
	}
	return &basicUser{ID: u.id, Username: u.username, PublicEmail: new(""), Name: u.name, State: "active", WebURL: c.base() + "/" + u.username}
}

func (c *call) showUser(u *user) *fullUser {
	if u == nil {
		return nil
	}
	return &fullUser{basicUser: *c.showBasicUser(u), CreatedAt: stamp(u.createdAt), LocalTime: new(c.now.Format("3:04 PM"))}
}

func (c *call) showCurrentUser(u *user) *currentUser {
	shown := &currentUser{
		fullUser: *c.showUser(u), Email: u.username + "@example.com", CommitEmail: u.username + "@example.com",
		ThemeID: 3, ColorSchemeID: 1, ProjectsLimit: 100_000, CanCreateGroup: true, CanCreateProject: true,
		ConfirmedAt: stamp(u.createdAt), LastActivityOn: new(c.now.Format("2006-01-02")),
	}
	if u.admin {
		shown.IsAdmin = new(true)
	}
	return shown
}

// tokenEntity is GitLab's entity PersonalAccessTokenWithLastUsedIps.
type tokenEntity struct {
	ID          int64    `json:"id"`
	Name        string   `json:"name"`
	Revoked     bool     `json:"revoked"`
	CreatedAt   *string  `json:"created_at"`
	Description *string  `json:"description"`
	Scopes      []string `json:"scopes"`
	UserID      int64    `json:"user_id"`
	LastUsedAt  *string  `json:"last_used_at"`
	Active      bool     `json:"active"`
	ExpiresAt   *string  `json:"expires_at"`
	LastUsedIPs []string `json:"last_used_ips"`
}

func (c *call) showToken(t *token) tokenEntity {
	shown := tokenEntity{
		ID: t.id, Name: fmt.Sprintf("Token %d", t.id), Revoked: t.Revoked, CreatedAt: stamp(t.createdAt), Scopes: t.Scopes, UserID: t.user.id,
		LastUsedAt: stamp(t.lastUsed), Active: !t.Revoked, LastUsedIPs: []string{"127.0.0.1"},
	}
	if !t.ExpiresAt.IsZero() {
		shown.ExpiresAt = new(t.ExpiresAt.UTC().Format(time.DateOnly))
	}
	return shown
}
