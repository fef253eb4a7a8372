package gitlabcitest

import (
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
)

// downloadableTypes are the values of file_type.
var downloadableTypes = []string{
	"accessibility", "api_fuzzing", "archive", "cobertura", "jacoco", "codequality", "container_scanning", "dast", "dependency_scanning",
	"dotenv", "junit", "license_scanning", "lsif", "metrics", "performance", "browser_performance", "load_performance", "sast",
	"secret_detection", "requirements", "requirements_v2", "cluster_image_scanning", "cyclonedx", "sarif",
}

func registerArtifacts(s *site) {
	mode := text("download_mode").oneOf("proxy", "direct")
	archive := []param{mode}
	if s.version.atLeast(19, 4) {
		archive = append(archive, text("file_type").oneOf(downloadableTypes...))
	}
	byRef := []param{text("job").required(), boolean("search_recent_successful_pipelines"), mode}

	s.handle("GET", "/projects/:id/jobs/:job_id/artifacts", getArtifacts, archive...).anonymous().jobToken()
	s.handle("GET", "/projects/:id/jobs/:job_id/artifacts/*artifact_path", getArtifactFile).anonymous().jobToken()
	s.handle("GET", "/projects/:id/jobs/artifacts/:ref_name/download", getArtifactsByRef, byRef...).anonymous().jobToken()
	s.handle("GET", "/projects/:id/jobs/artifacts/:ref_name/raw/*artifact_path", getArtifactFileByRef, byRef...).anonymous().jobToken()
	if s.version.atLeast(19, 5) {
		s.handle("GET", "/projects/:id/jobs/:job_id/artifacts/tree", getArtifactTree, withPages(text("path"), boolean("recursive"))...).anonymous().jobToken()
	}
	s.handle("POST", "/projects/:id/jobs/:job_id/artifacts/keep", keepArtifacts)
	s.handle("DELETE", "/projects/:id/jobs/:job_id/artifacts", deleteArtifacts)
	s.handle("DELETE", "/projects/:id/artifacts", deleteProjectArtifacts)
}

func getArtifacts(c *call) error {
	j, err := c.readBuild()
	if err != nil {
		return err
	}
	name := archiveName
	if fileType := c.text("file_type"); fileType != "" && fileType != "archive" {
		name = j.available(c.now).reportName(fileType)
	}
	return c.sendArtifact(j, name)
}

func getArtifactsByRef(c *call) error {
	j, err := c.findByRef()
	if err != nil {
		return err
	}
	return c.sendArtifact(j, archiveName)
}

func getArtifactFile(c *call) error {
	j, err := c.readBuild()
	if err != nil {
		return err
	}
	return c.sendEntry(j, "application/octet-stream")
}

func getArtifactFileByRef(c *call) error {
	j, err := c.findByRef()
	if err != nil {
		return err
	}
	contentType := mime.TypeByExtension(path.Ext(c.path["artifact_path"]))
	if contentType == "" {
		contentType = "text/plain; charset=utf-8"
	}
	return c.sendEntry(j, contentType)
}

// findByRef returns the job of that name in the newest pipeline of the ref that succeeded, or if asked for in the newest one that has
// such a job with artifacts.
func (c *call) findByRef() (*job, error) {
	p, err := c.findReadableProject()
	if err != nil {
		return nil, err
	}
	candidates := p.successfulPipelines(c.path["ref_name"])
	if len(candidates) > 1 && !c.boolean("search_recent_successful_pipelines") {
		candidates = candidates[:1]
	}
	for _, candidate := range candidates {
		if j := candidate.successfulJob(c.text("job")); j != nil && (j.artifacts != nil || len(candidates) == 1) {
			return j, nil
		}
	}
	return nil, noRecord()
}

// sendArtifact sends a whole artifact, or the client to where it is stored.
func (c *call) sendArtifact(j *job, name string) error {
	a := j.available(c.now)
	content, ok := a.content(name)
	switch {
	case !ok:
		return notFound("")
	case c.storage != "" && c.text("download_mode") != "proxy":
		return c.redirectToStorage(j, name)
	}
	return c.sendContent(a, name, content)
}

// sendEntry sends one file out of the archive, without ranges.
func (c *call) sendEntry(j *job, contentType string) error {
	a := j.available(c.now)
	if a == nil || a.archive == nil {
		return notFound("")
	}
	name := c.path["artifact_path"]
	if slices.Contains(strings.Split(name, "/"), "..") {
		return badRequest("")
	}
	content, ok := a.files[name]
	if !ok {
		return notFound("")
	}
	c.answer.header.Set("Content-Disposition", attachment(path.Base(name)))
	return c.plain(contentType, []byte(content))
}

func getArtifactTree(c *call) error {
	j, err := c.readBuild()
	if err != nil {
		return err
	}
	a := j.available(c.now)
	if a == nil || a.archive == nil {
		return notFound("")
	}
	entries, ok := a.tree(c.text("path"), c.boolean("recursive"))
	if !ok {
		return notFound("")
	}
	return list(c, entries, func(e entry) treeEntity {
		shown := treeEntity{Name: path.Base(e.path), Path: e.path, Type: "file", Size: e.size, Mode: "100644"}
		if e.directory {
			shown.Type, shown.Mode = "directory", "040755"
		}
		return shown
	})
}

func keepArtifacts(c *call) error {
	j, err := c.changeJob(Developer, c.findBuild)
	if err != nil {
		return err
	}
	a := j.available(c.now)
	if a == nil {
		return notFound("")
	}
	a.expireAt = time.Time{}
	return c.json(http.StatusOK, c.showJob(j))
}

func deleteArtifacts(c *call) error {
	j, err := c.changeJob(Maintainer, c.findBuild)
	if err != nil {
		return err
	}
	j.artifacts = nil
	return c.noContent()
}

// deleteProjectArtifacts spares the newest pipeline that succeeded of each ref.
func deleteProjectArtifacts(c *call) error {
	p, err := c.findProject(Maintainer)
	if err != nil {
		return err
	}
	for _, j := range p.jobs {
		if kept := p.successfulPipelines(j.pipeline.ref); len(kept) == 0 || kept[0] != j.pipeline {
			j.artifacts = nil
		}
	}
	return c.message(http.StatusAccepted, "202 Accepted")
}
