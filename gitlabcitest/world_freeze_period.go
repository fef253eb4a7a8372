package gitlabcitest

import (
	"slices"
	"strings"
	"time"
)

// freezePeriod is a time, again and again, in which a project is not to be deployed.
type freezePeriod struct {
	freezeSettings
	id                   int64
	createdAt, updatedAt time.Time
}

// freezeSettings are what the maintainers of a project decide.
type freezeSettings struct {
	start, end string // cron expressions
	timezone   string
}

// check trims the expressions and returns the texts of what is not valid, by field.
func (s *freezeSettings) check() map[string][]string {
	faults := make(map[string][]string)
	for field, text := range map[string]*string{"freeze_start": &s.start, "freeze_end": &s.end} {
		*text = strings.TrimSpace(*text)
		if _, ok := parseCron(*text); !ok {
			faults[field] = []string{"syntax is invalid"}
		}
	}
	if _, ok := timezone(s.timezone); !ok {
		faults["cron_timezone"] = []string{"syntax is invalid"}
	}
	return faults
}

func (w *world) addFreezePeriod(p *project, settings freezeSettings) *freezePeriod {
	w.freezeIDs++
	f := &freezePeriod{freezeSettings: settings, id: w.freezeIDs, createdAt: w.now, updatedAt: w.now}
	p.freezes = append(p.freezes, f)
	return f
}

func (p *project) deleteFreezePeriod(f *freezePeriod) {
	p.freezes = slices.DeleteFunc(p.freezes, func(other *freezePeriod) bool { return other == f })
}

// active reports whether a time lies between the last start and the end that follows on it.
func (s *freezeSettings) active(now time.Time) bool {
	starts, _ := parseCron(s.start)
	ends, _ := parseCron(s.end)
	zone, _ := timezone(s.timezone)
	return !now.After(ends.next(starts.previous(now.In(zone))))
}

// frozen reports whether a time lies in one of the project's freeze periods.
func (p *project) frozen(now time.Time) bool {
	return slices.ContainsFunc(p.freezes, func(f *freezePeriod) bool { return f.active(now) })
}

// freeze makes of jobs what they are to be in a freeze period.
func freeze(jobs []Job) {
	for i := range jobs {
		if jobs[i].DuringFreeze != "" {
			jobs[i].When = jobs[i].DuringFreeze
		}
	}
}

// previous is the last time up to the given one at which it fired. It is the counterpart of next.
func (c cron) previous(until time.Time) time.Time {
	t := until.Truncate(time.Minute)
	for {
		switch {
		case !c.onDay(t) || !has(c.hours, t.Hour()):
			t = t.Add(-time.Duration(t.Minute()+1) * time.Minute)
		case !has(c.minutes, t.Minute()):
			t = t.Add(-time.Minute)
		default:
			return t
		}
	}
}
