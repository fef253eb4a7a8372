package gitlabci_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gitlabci/gitlabci"
)

// What GitLab does not understand of a freeze period is told by field.
func TestFreezePeriodThatIsNotUnderstood(t *testing.T) {
	inBubble(t, nil, func(l *live) {
		for field, options := range map[string]gitlabci.CreateFreezePeriodOptions{
			"freeze_start":  {FreezeStart: "at noon", FreezeEnd: "0 8 * * 1"},
			"freeze_end":    {FreezeStart: "0 23 * * 5", FreezeEnd: "0 25 * * 1"},
			"cron_timezone": {FreezeStart: "0 23 * * 5", FreezeEnd: "0 8 * * 1", CronTimezone: "Europe/Atlantis"},
		} {
			_, err := l.client.FreezePeriods.Create(l.Context(), liveApp, &options)
			require.ErrorIs(l, err, gitlabci.ErrBadRequest)
			require.ErrorIs(l, err, gitlabci.ErrFreezePeriodCreate)
			require.Contains(l, failureOf(l, err).Fields, field)
		}
		periods, err := l.client.FreezePeriods.List(l.Context(), liveApp, nil).Collect()
		require.NoError(l, err)
		require.Empty(l, periods)
	})
}
