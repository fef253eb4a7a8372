package gitlabcitest

// scheduleEntity is GitLab's entity PipelineSchedule.
type scheduleEntity struct {
	ID           int64           `json:"id"`
	Description  string          `json:"description"`
	Ref          string          `json:"ref"`
	Cron         string          `json:"cron"`
	CronTimezone string          `json:"cron_timezone"`
	NextRunAt    *string         `json:"next_run_at"`
	Active       bool            `json:"active"`
	CreatedAt    *string         `json:"created_at"`
	UpdatedAt    *string         `json:"updated_at"`
	Owner        *basicUser      `json:"owner"`
	Inputs       []scheduleInput `json:"inputs"`
}

// fullSchedule is GitLab's entity PipelineScheduleDetails.
type fullSchedule struct {
	scheduleEntity
	LastPipeline *basicPipeline      `json:"last_pipeline"`
	Variables    *[]pipelineVariable `json:"variables,omitzero"` // absent for those who may not read them
}

func (c *call) showSchedule(s *schedule) scheduleEntity {
	return scheduleEntity{
		ID: s.id, Description: s.description, Ref: s.ref, Cron: s.cron, CronTimezone: s.timezone, NextRunAt: stamp(s.nextRunAt), Active: s.active,
		CreatedAt: stamp(s.createdAt), UpdatedAt: stamp(s.updatedAt), Owner: c.showBasicUser(s.owner), Inputs: s.inputs,
	}
}

func (c *call) showFullSchedule(s *schedule) fullSchedule {
	full := fullSchedule{scheduleEntity: c.showSchedule(s)}
	if pipelines := c.pipelinesOf(s); len(pipelines) > 0 {
		full.LastPipeline = new(c.showBasicPipeline(pipelines[len(pipelines)-1]))
	}
	if c.user.manages(s) {
		full.Variables = new(shown(s.variables, showVariable))
	}
	return full
}
