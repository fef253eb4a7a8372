package gitlabcitest

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCronNext(t *testing.T) {
	// Thursday, the first of January.
	const from = "2026-01-01 10:17"
	tests := []struct{ cron, zone, from, next string }{
		{"* * * * *", "UTC", from, "2026-01-01 10:18"},
		{"17 10 * * *", "UTC", from, "2026-01-02 10:17"},
		{"18 10 * * *", "UTC", from, "2026-01-01 10:18"},
		{"0 2 * * *", "UTC", from, "2026-01-02 02:00"},
		{"  0   2 * *\t* ", "UTC", from, "2026-01-02 02:00"},
		{"*/20 * * * *", "UTC", from, "2026-01-01 10:20"},
		{"5/20 * * * *", "UTC", from, "2026-01-01 10:25"},
		{"0-30/15 11 * * *", "UTC", "2026-01-01 11:15", "2026-01-01 11:30"},
		{"10,5,45 * * * *", "UTC", from, "2026-01-01 10:45"},
		{"0 22-2 * * *", "UTC", "2026-01-01 23:30", "2026-01-02 00:00"},
		{"0 22-2/3 * * *", "UTC", "2026-01-01 22:00", "2026-01-02 01:00"},
		{"0 0 1 * *", "UTC", from, "2026-02-01 00:00"},
		{"0 0 31 * *", "UTC", "2026-01-31 00:00", "2026-03-31 00:00"},
		{"0 0 29 2 *", "UTC", from, "2028-02-29 00:00"},
		{"0 0 29 feb *", "UTC", "2096-02-29 00:00", "2104-02-29 00:00"},
		{"0 9 * * mon", "UTC", from, "2026-01-05 09:00"},
		{"0 9 * * MON-FRI", "UTC", "2026-01-02 09:00", "2026-01-05 09:00"},
		{"0 9 * * sat-sun", "UTC", "2026-01-03 09:00", "2026-01-04 09:00"},
		{"0 9 * * 5-7", "UTC", "2026-01-03 09:00", "2026-01-04 09:00"},
		{"0 9 * * 7", "UTC", from, "2026-01-04 09:00"},
		{"0 9 * * 0", "UTC", from, "2026-01-04 09:00"},
		{"0 0 1 jul-aug *", "UTC", from, "2026-07-01 00:00"},
		{"0 0 13 * fri", "UTC", from, "2026-01-02 00:00"}, // the 13th or a Friday
		{"0 0 30 2 mon", "UTC", from, "2026-02-02 00:00"}, // Mondays of February
		{"0 0 * 6 mon", "UTC", from, "2026-06-01 00:00"},  // the month holds in any case
		{"@hourly", "UTC", from, "2026-01-01 11:00"},
		{"@daily", "UTC", from, "2026-01-02 00:00"},
		{"@midnight", "UTC", from, "2026-01-02 00:00"},
		{"@noon", "UTC", from, "2026-01-01 12:00"},
		{"@weekly", "UTC", from, "2026-01-04 00:00"},
		{"@monthly", "UTC", from, "2026-02-01 00:00"},
		{"@yearly", "UTC", from, "2027-01-01 00:00"},
		{"0 2 * * *", "Asia/Tokyo", from, "2026-01-01 17:00"}, // 02:00 of the next day there
		{"0 2 * * *", "America/New_York", from, "2026-01-02 07:00"},
		{"0 9 * * *", "Asia/Kolkata", from, "2026-01-02 03:30"},                 // half an hour off
		{"30 2 * * *", "Europe/Berlin", "2026-03-28 12:00", "2026-03-30 00:30"}, // 29 March has no 02:30
		{"30 2 * * *", "Europe/Berlin", "2026-10-24 12:00", "2026-10-25 00:30"}, // 25 October has it twice
		{"30 2 * * *", "Europe/Berlin", "2026-10-25 00:30", "2026-10-25 01:30"},
		{"0 0 * * *", "America/Santiago", "2026-09-05 05:00", "2026-09-07 03:00"}, // 6 September begins at 01:00
	}
	for _, test := range tests {
		t.Run(test.cron+" "+test.zone+" "+test.from, func(t *testing.T) {
			c, ok := parseCron(test.cron)
			require.True(t, ok)
			zone, err := time.LoadLocation(test.zone)
			require.NoError(t, err)
			from, err := time.Parse("2006-01-02 15:04", test.from)
			require.NoError(t, err)
			require.Equal(t, test.next, c.next(from.Add(59*time.Second).In(zone)).UTC().Format("2006-01-02 15:04"))
		})
	}
}

func TestCronRefused(t *testing.T) {
	for _, text := range []string{
		"", " ", "*", "* * * *", "* * * * * *", "@fortnightly", "@", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 0 *",
		"* * * 13 *", "* * * * 8", "-1 * * * *", "+1 * * * *", "1- * * * *", "-5 * * * *", "1-2-3 * * * *", "*/0 * * * *", "*/ * * * *",
		"*/-1 * * * *", "*/2/2 * * * *", "1,,2 * * * *", ", * * * *", "a * * * *", "mon * * * *", "* * * mon *", "* * * * jan", "1.5 * * * *",
		"0 0 30 2 *", "0 0 31 4,6,9,11 *", "99999999999999999999 * * * *", "* * L * *", "* * * * mon#1", "daily",
	} {
		_, ok := parseCron(text)
		assert.False(t, ok, "%q", text)
	}
}

func FuzzCron(f *testing.F) {
	for _, text := range []string{"* * * * *", "*/5 8-18 * * mon-fri", "0 0 29 2 *", "@daily", "10,5/7 22-2 1,15 feb-nov/3 5-7"} {
		f.Add(text, int64(1767262620))
	}
	zone, err := time.LoadLocation("America/St_Johns")
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, text string, seconds int64) {
		c, ok := parseCron(text)
		if !ok {
			return
		}
		from := time.Unix(seconds%(1<<33), 0).In(zone)
		next := c.next(from)
		require.True(t, next.After(from), "%q from %v: %v", text, from, next)
		require.True(t, next.Before(from.AddDate(9, 0, 0)), "%q from %v: %v", text, from, next)
		fires := func(t time.Time) bool { return has(c.minutes, t.Minute()) && has(c.hours, t.Hour()) && c.onDay(t) }
		require.True(t, fires(next), "%q from %v: %v", text, from, next)
		for earlier, n := next.Add(-time.Minute), 0; earlier.After(from) && n < 300; earlier, n = earlier.Add(-time.Minute), n+1 {
			require.False(t, fires(earlier), "%q from %v: %v before %v", text, from, earlier, next)
		}

		again, ok := parseCron(strings.ToUpper(text))
		require.True(t, ok)
		require.Equal(t, c, again)
	})
}
