package gitlabcitest

// triggerEntity is GitLab's entity Trigger.
type triggerEntity struct {
	ID          int64      `json:"id"`
	Token       string     `json:"token"`
	Description string     `json:"description"`
	CreatedAt   *string    `json:"created_at"`
	UpdatedAt   *string    `json:"updated_at"`
	LastUsed    *string    `json:"last_used"`
	ExpiresAt   *string    `json:"expires_at"`
	Owner       *basicUser `json:"owner"`
}

// showTrigger shows the token in full to nobody but its owner.
func (c *call) showTrigger(t *trigger) triggerEntity {
	token := t.token
	if c.user != t.owner {
		token = token[:4]
	}
	return triggerEntity{
		ID: t.id, Token: token, Description: t.description, CreatedAt: stamp(t.createdAt), UpdatedAt: stamp(t.updatedAt),
		LastUsed: stamp(t.lastUsed), ExpiresAt: stamp(t.expiresAt), Owner: c.showBasicUser(t.owner),
	}
}
