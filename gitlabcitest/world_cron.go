package gitlabcitest

import (
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// cron is a parsed cron expression: of each field the set of values at which it fires, as bits.
//
// It has the five classic fields with lists, ranges (also around the end, as in sat-sun), steps and names, and words such as @daily.
// GitLab's own parser also knows L for the last day of a month and # for the nth weekday, which are refused here.
type cron struct {
	minutes, hours, days, months, weekdays uint64

	// With both days given, one of the two is enough. That is cron's rule.
	eitherDay bool
}

var cronWords = map[string]string{
	"@yearly":   "0 0 1 1 *",
	"@annually": "0 0 1 1 *",
	"@monthly":  "0 0 1 * *",
	"@weekly":   "0 0 * * 0",
	"@daily":    "0 0 * * *",
	"@midnight": "0 0 * * *",
	"@noon":     "0 12 * * *",
	"@hourly":   "0 * * * *",
}

var (
	monthNames   = []string{"", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}
	weekdayNames = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
)

// cronField is what a field may hold.
type cronField struct {
	low, high int
	names     []string // by value
}

// parseCron reports whether a text is a cron expression that ever fires.
func parseCron(text string) (cron, bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	if meaning, ok := cronWords[text]; ok {
		text = meaning
	}
	fields := strings.Fields(text)
	if len(fields) != 5 {
		return cron{}, false
	}
	var c cron
	for i, target := range []struct {
		set *uint64
		cronField
	}{
		{&c.minutes, cronField{0, 59, nil}},
		{&c.hours, cronField{0, 23, nil}},
		{&c.days, cronField{1, 31, nil}},
		{&c.months, cronField{1, 12, monthNames}},
		{&c.weekdays, cronField{0, 6, weekdayNames}},
	} {
		set, ok := target.parse(fields[i])
		if !ok {
			return cron{}, false
		}
		*target.set = set
	}
	c.eitherDay = fields[2] != "*" && fields[4] != "*"
	return c, c.eitherDay || c.hasDate()
}

// hasDate reports whether one of the months has one of the days, which 30 February has not.
func (c cron) hasDate() bool {
	first := bits.TrailingZeros64(c.days)
	for month := time.January; month <= time.December; month++ {
		// 2024 is a leap year; the day before the first of the next month is a month's last.
		if last := time.Date(2024, month+1, 0, 0, 0, 0, 0, time.UTC).Day(); has(c.months, int(month)) && first <= last {
			return true
		}
	}
	return false
}

// parse reads a list of ranges.
func (f cronField) parse(text string) (set uint64, ok bool) {
	for item := range strings.SplitSeq(text, ",") {
		base, stepText, stepped := strings.Cut(item, "/")
		step := 1
		if stepped {
			if step, ok = decimal(stepText); !ok || step < 1 {
				return 0, false
			}
		}
		first, last, ok := f.bounds(base, stepped)
		if !ok {
			return 0, false
		}
		size := f.high - f.low + 1
		if last < first {
			last += size
		}
		for v := first; v <= last; v += step {
			set |= 1 << (f.low + (v-f.low)%size)
		}
	}
	return set, true
}

// bounds reads *, a value or a range of values. A value with a step begins a range to the end.
func (f cronField) bounds(text string, stepped bool) (first, last int, ok bool) {
	if text == "*" {
		return f.low, f.high, true
	}
	from, to, ranged := strings.Cut(text, "-")
	if first, ok = f.value(from); !ok {
		return 0, 0, false
	}
	switch {
	case ranged:
		last, ok = f.value(to)
		return first, last, ok
	case stepped:
		return first, max(first, f.high), true
	}
	return first, first, true
}

// value reads a number or a name. Sunday is 0 and 7.
func (f cronField) value(text string) (int, bool) {
	for v, name := range f.names {
		if name == text && name != "" {
			return v, true
		}
	}
	v, ok := decimal(text)
	if f.low == 0 && f.high == 6 && v == 7 {
		return v, ok
	}
	return v, ok && f.low <= v && v <= f.high
}

// decimal reads a number without a sign.
func decimal(text string) (int, bool) {
	n, err := strconv.ParseUint(text, 10, 16)
	return int(n), err == nil
}

func has(set uint64, v int) bool {
	return set&(1<<v) != 0
}

// next is the first time after the given one at which it fires, by the clock of the location that the time is in. A time that the
// change to summer time skips does not fire; one that the change back repeats fires twice.
func (c cron) next(after time.Time) time.Time {
	t := after.Truncate(time.Minute).Add(time.Minute)
	for {
		switch {
		case !c.onDay(t) || !has(c.hours, t.Hour()):
			// Hour by hour rather than day by day: days do not all begin at midnight, nor last 24 hours.
			t = t.Add(time.Duration(60-t.Minute()) * time.Minute)
		case !has(c.minutes, t.Minute()):
			t = t.Add(time.Minute)
		default:
			return t
		}
	}
}

func (c cron) onDay(t time.Time) bool {
	day, weekday := has(c.days, t.Day()), has(c.weekdays, int(t.Weekday()))
	return has(c.months, int(t.Month())) && (day && weekday || c.eitherDay && (day || weekday))
}
