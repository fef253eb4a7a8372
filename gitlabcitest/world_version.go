package gitlabcitest

import "fmt"

// version is a GitLab version of which only the first two numbers count.
type version struct {
	major, minor int
	text         string
}

func parseVersion(text string) version {
	v := version{text: text}
	// What is missing stays zero, so "17" is 17.0.
	_, _ = fmt.Sscanf(text, "%d.%d", &v.major, &v.minor)
	return v
}

func (v version) atLeast(major, minor int) bool {
	return v.major > major || v.major == major && v.minor >= minor
}
