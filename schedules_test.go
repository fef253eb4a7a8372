package gitlabci_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
	"github.com/gitlabci/gitlabci/gitlabcitest"
)

// A schedule that GitLab does not understand is refused by field; one of another user is changed once it is taken over.
func TestSchedulesOfOthers(t *testing.T) {
	inBubble(t, []gitlabcitest.Job{{Name: "build"}}, func(l *live) {
		_, err := l.client.Schedules.Create(l.Context(), liveApp, &gitlabci.CreateScheduleOptions{
			Description: "nightly", Ref: "main", Cron: "at night",
		})
		require.ErrorIs(l, err, gitlabci.ErrBadRequest)
		require.Contains(l, failureOf(l, err).Fields, "cron")

		schedule, err := l.client.Schedules.Create(l.Context(), liveApp, &gitlabci.CreateScheduleOptions{
			Description: "nightly", Ref: "main", Cron: "0 2 * * *",
		})
		require.NoError(l, err)
		grace := l.srv.ClientAs(l.srv.AddUser("grace", gitlabcitest.Maintainer.In(liveApp.String())))
		change := &gitlabci.UpdateScheduleOptions{Description: "every night"}
		_, err = grace.Schedules.Update(l.Context(), liveApp, schedule.ID, change)
		require.ErrorIs(l, err, gitlabci.ErrForbidden)
		require.ErrorIs(l, err, gitlabci.ErrScheduleUpdate)
		_, err = grace.Schedules.TakeOwnership(l.Context(), liveApp, schedule.ID)
		require.NoError(l, err)
		changed, err := grace.Schedules.Update(l.Context(), liveApp, schedule.ID, change)
		require.NoError(l, err)
		require.Equal(l, "grace", changed.Owner.Username)

		_, err = grace.Schedules.UpdateVariable(l.Context(), liveApp, schedule.ID, "NONE", &gitlabci.UpdateScheduleVariableOptions{
			Value: new(gitlabci.Secret("1")),
		})
		require.ErrorIs(l, err, gitlabci.ErrNotFound)
		require.ErrorIs(l, err, gitlabci.ErrVariableUpdate)
	})
}
