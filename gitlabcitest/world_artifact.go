package gitlabcitest

import (
	"archive/zip"
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/gitlabci/gitlabci"
)

const archiveName = "artifacts.zip"

// artifacts is what a job left behind besides its log.
type artifacts struct {
	files     map[string]string // of the archive
	archive   []byte            // a zip, nil when there are no files
	metadata  []byte            // what GitLab keeps beside an archive to list it
	reports   []report
	expireAt  time.Time // zero: never
	createdAt time.Time
}

// report is an artifact of another type than the archive, ready for download.
type report struct {
	fileType string
	filename string
	format   string // raw or gzip
	content  []byte
}

// storeArtifacts is what a runner does at a job's end: the archive if the outcome is the one asked for, reports in any case.
func (w *world) storeArtifacts(j *job) {
	a := &artifacts{createdAt: w.now}
	if j.spec.ArtifactsExpireIn > 0 {
		a.expireAt = w.now.Add(j.spec.ArtifactsExpireIn)
	}
	wanted := j.spec.ArtifactsWhen == Always || (j.spec.ArtifactsWhen == OnFailure) == j.failing()
	if wanted && len(j.spec.Artifacts) > 0 {
		a.files = j.spec.Artifacts
		a.archive = zipFiles(a.files, w.now)
		a.metadata = compressed("GitLab Build Artifacts Metadata 0.0.2\n" + strings.Join(slices.Sorted(maps.Keys(a.files)), "\n"))
	}
	for _, fileType := range slices.Sorted(maps.Keys(j.spec.Reports)) {
		a.reports = append(a.reports, newReport(fileType, j.spec.Reports[fileType]))
	}
	if _, given := j.spec.Reports["junit"]; !given && len(j.spec.Tests) > 0 {
		a.reports = append(a.reports, newReport("junit", junit(j.spec)))
	}
	if a.archive != nil || a.reports != nil {
		j.artifacts = a
	}
}

// available are the artifacts that are there and not expired, nil when none are.
func (j *job) available(now time.Time) *artifacts {
	if a := j.artifacts; a != nil && (a.expireAt.IsZero() || now.Before(a.expireAt)) {
		return a
	}
	return nil
}

// content returns an artifact by its file name.
func (a *artifacts) content(name string) ([]byte, bool) {
	switch {
	case a == nil:
		return nil, false
	case name == archiveName:
		return a.archive, a.archive != nil
	}
	i := slices.IndexFunc(a.reports, func(r report) bool { return r.filename == name })
	if i < 0 {
		return nil, false
	}
	return a.reports[i].content, true
}

// zipFiles makes the same archive of the same files, whenever it is asked.
func zipFiles(files map[string]string, modified time.Time) []byte {
	var buffer bytes.Buffer
	archive := zip.NewWriter(&buffer)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		header := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: modified.Truncate(time.Second)}
		header.SetMode(0o644)
		w, err := archive.CreateHeader(header)
		if err == nil {
			_, err = io.WriteString(w, files[name])
		}
		if err != nil {
			panic(err) // memory does not fail
		}
	}
	if err := archive.Close(); err != nil {
		panic(err) // memory does not fail
	}
	return buffer.Bytes()
}

// reportNames are the names that runners give to reports.
var reportNames = map[string]string{
	"accessibility":       "gl-accessibility.json",
	"api_fuzzing":         "gl-api-fuzzing-report.json",
	"browser_performance": "browser-performance.json",
	"cobertura":           "cobertura-coverage.xml",
	"codequality":         "gl-code-quality-report.json",
	"container_scanning":  "gl-container-scanning-report.json",
	"cyclonedx":           "gl-sbom.cdx.json",
	"dast":                "gl-dast-report.json",
	"dependency_scanning": "gl-dependency-scanning-report.json",
	"dotenv":              ".env",
	"junit":               "junit.xml",
	"sast":                "gl-sast-report.json",
	"secret_detection":    "gl-secret-detection-report.json",
	"terraform":           "tfplan.json",
}

// gzippedReports are the types that runners compress.
var gzippedReports = []string{"cobertura", "cyclonedx", "dotenv", "jacoco", "junit", "metrics"}

func newReport(fileType, content string) report {
	name := cmp.Or(reportNames[fileType], fileType+".json")
	if !slices.Contains(gzippedReports, fileType) {
		return report{fileType: fileType, filename: name, format: "raw", content: []byte(content)}
	}
	return report{fileType: fileType, filename: name + ".gz", format: "gzip", content: compressed(content)}
}

func compressed(content string) []byte {
	var buffer bytes.Buffer
	w := gzip.NewWriter(&buffer)
	if _, err := io.WriteString(w, content); err != nil {
		panic(err) // memory does not fail
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return buffer.Bytes()
}

// junit writes a job's test cases the way test runners report them.
func junit(spec *Job) string {
	type message struct {
		Text string `xml:",chardata"`
	}
	type testCase struct {
		Name    string   `xml:"name,attr"`
		Class   string   `xml:"classname,attr"`
		File    string   `xml:"file,attr,omitempty"`
		Time    string   `xml:"time,attr"`
		Failure *message `xml:"failure"`
		Error   *message `xml:"error"`
		Skipped *message `xml:"skipped"`
	}
	type suite struct {
		XMLName xml.Name   `xml:"testsuite"`
		Name    string     `xml:"name,attr"`
		Cases   []testCase `xml:"testcase"`
	}
	s := suite{Name: spec.Name}
	for _, t := range spec.Tests {
		c := testCase{Name: t.Name, Class: t.Class, File: t.File, Time: fmt.Sprintf("%.3f", t.Duration.Seconds())}
		switch t.Status {
		case gitlabci.TestCaseFailed:
			c.Failure = &message{t.Output}
		case gitlabci.TestCaseError:
			c.Error = &message{t.Output}
		case gitlabci.TestCaseSkipped:
			c.Skipped = &message{t.Output}
		}
		s.Cases = append(s.Cases, c)
	}
	text, err := xml.MarshalIndent(s, "", "  ")
	if err != nil {
		panic(err) // strings always marshal
	}
	return xml.Header + string(text) + "\n"
}

// entry is a file or directory of an archive.
type entry struct {
	path      string
	directory bool
	size      int
}

// tree lists a directory of the archive, or all below it: directories before files, each by name. False: there is no such directory.
func (a *artifacts) tree(dir string, recursive bool) ([]entry, bool) {
	dir = strings.Trim(dir, "/")
	found := make(map[string]entry)
	known := dir == ""
	for name, content := range a.files {
		rest := name
		if dir != "" {
			var inside bool
			if rest, inside = strings.CutPrefix(name, dir+"/"); !inside {
				continue
			}
		}
		known = true
		for at := 0; ; {
			slash := strings.IndexByte(rest[at:], '/')
			if slash < 0 {
				if recursive || !strings.Contains(rest, "/") {
					found[name] = entry{path: name, size: len(content)}
				}
				break
			}
			at += slash
			if recursive || !strings.Contains(rest[:at], "/") {
				parent := path.Join(dir, rest[:at])
				found[parent] = entry{path: parent, directory: true}
			}
			at++
		}
	}
	return slices.SortedFunc(maps.Values(found), func(a, b entry) int {
		if a.directory != b.directory {
			if a.directory {
				return -1
			}
			return 1
		}
		return strings.Compare(a.path, b.path)
	}), known
}

// reportName is the file name of the report of a type, empty when there is none.
func (a *artifacts) reportName(fileType string) string {
	if a != nil {
		for _, r := range a.reports {
			if r.fileType == fileType {
				return r.filename
			}
		}
	}
	return ""
}
