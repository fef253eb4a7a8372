package gitlabcitest

// freezePeriodEntity is GitLab's entity FreezePeriod.
type freezePeriodEntity struct {
	ID           int64   `json:"id"`
	FreezeStart  string  `json:"freeze_start"`
	FreezeEnd    string  `json:"freeze_end"`
	CronTimezone string  `json:"cron_timezone"`
	CreatedAt    *string `json:"created_at"`
	UpdatedAt    *string `json:"updated_at"`
}

func showFreezePeriod(f *freezePeriod) freezePeriodEntity {
	return freezePeriodEntity{
		ID: f.id, FreezeStart: f.start, FreezeEnd: f.end, CronTimezone: f.timezone, CreatedAt: stamp(f.createdAt), UpdatedAt: stamp(f.updatedAt),
	}
}
