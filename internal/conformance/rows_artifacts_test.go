package conformance_test

import "github.com/gitlabci/gitlabci"

var artifactRows = []methodRow{
	{
		method: "Jobs.Artifacts",
		args:   in(app, int64(42), &gitlabci.ArtifactsOptions{FileType: gitlabci.ArtifactJUnit, DownloadMode: gitlabci.DownloadModeProxy}),
		exchange: exchange{
			op:     "get artifacts",
			route:  "GET /projects/:id/jobs/:job_id/artifacts",
			sends:  "GET /projects/group%2Fapp/jobs/42/artifacts",
			query:  "file_type=junit&download_mode=proxy",
			answer: "PK\x03\x04...",
			fails:  gitlabci.ErrArtifactsGet,
		},
		gives: "PK\x03\x04...",
	},
	{
		method: "Jobs.ArtifactFile",
		args:   in(app, int64(42), "build dir/100%/é#?.txt"),
		exchange: exchange{
			op:     "get artifact file",
			route:  "GET /projects/:id/jobs/:job_id/artifacts/*artifact_path",
			sends:  "GET /projects/group%2Fapp/jobs/42/artifacts/build%20dir/100%25/%C3%A9%23%3F.txt",
			answer: "1\n",
			fails:  gitlabci.ErrArtifactsGet,
		},
		gives: "1\n",
	},
	{
		method: "Jobs.ArtifactTree",
		args:   in(app, int64(42), &gitlabci.ArtifactTreeOptions{ListOptions: pageTwo, Path: "coverage/html", Recursive: true}),
		exchange: exchange{
			op:     "list artifacts",
			route:  "GET /projects/:id/jobs/:job_id/artifacts/tree",
			sends:  "GET /projects/group%2Fapp/jobs/42/artifacts/tree",
			query:  "page=2&per_page=50&path=coverage/html&recursive=true",
			answer: `[{"name":"index.html","path":"coverage/html/index.html","type":"file","size":1024,"mode":"100644"}]`,
			fails:  gitlabci.ErrArtifactsList,
		},
		nilQuery: "per_page=100",
		gives:    []*gitlabci.ArtifactEntry{{Name: "index.html", Path: "coverage/html/index.html", Type: gitlabci.ArtifactEntryFile, Size: 1024, Mode: "100644"}},
	},
	{
		method: "Artifacts.ByRef",
		args: in(app, "feature/x", "unit tests: [1/2]", &gitlabci.ArtifactsByRefOptions{
			SearchRecentSuccessfulPipelines: true,
			DownloadMode:                    gitlabci.DownloadModeDirect,
		}),
		exchange: exchange{
			op:     "get artifacts by ref",
			route:  "GET /projects/:id/jobs/artifacts/:ref_name/download",
			sends:  "GET /projects/group%2Fapp/jobs/artifacts/feature%2Fx/download",
			query:  "job=unit tests: [1/2]&search_recent_successful_pipelines=true&download_mode=direct",
			answer: "PK\x03\x04...",
			fails:  gitlabci.ErrArtifactsGet,
		},
		nilQuery: "job=unit tests: [1/2]",
		gives:    "PK\x03\x04...",
	},
	{
		method: "Artifacts.FileByRef",
		args: in(app, "feature/x", "compile", "bin/app", &gitlabci.ArtifactFileByRefOptions{
			SearchRecentSuccessfulPipelines: true,
		}),
		exchange: exchange{
			op:     "get artifact file by ref",
			route:  "GET /projects/:id/jobs/artifacts/:ref_name/raw/*artifact_path",
			sends:  "GET /projects/group%2Fapp/jobs/artifacts/feature%2Fx/raw/bin/app",
			query:  "job=compile&search_recent_successful_pipelines=true",
			answer: "\x7fELF",
			fails:  gitlabci.ErrArtifactsGet,
		},
		nilQuery: "job=compile",
		gives:    "\x7fELF",
	},
	{
		method: "Jobs.KeepArtifacts",
		args:   in(app, int64(42)),
		exchange: exchange{
			op:     "keep artifacts",
			route:  "POST /projects/:id/jobs/:job_id/artifacts/keep",
			sends:  "POST /projects/group%2Fapp/jobs/42/artifacts/keep",
			answer: `{"id":42,"artifacts_expire_at":null,"artifacts_file":{"filename":"artifacts.zip","size":1000}}`,
			fails:  gitlabci.ErrArtifactsKeep,
		},
		gives: &gitlabci.Job{ID: 42, ArtifactsFile: gitlabci.JobArtifactFile{Filename: "artifacts.zip", Size: 1000}},
	},
	{
		method: "Jobs.DeleteArtifacts",
		args:   in(app, int64(42)),
		exchange: exchange{
			op:     "delete artifacts",
			route:  "DELETE /projects/:id/jobs/:job_id/artifacts",
			sends:  "DELETE /projects/group%2Fapp/jobs/42/artifacts",
			status: 204,
			fails:  gitlabci.ErrArtifactsDelete,
		},
	},
	{
		method: "Artifacts.DeleteAll",
		args:   in(app),
		exchange: exchange{
			op:     "delete project artifacts",
			route:  "DELETE /projects/:id/artifacts",
			sends:  "DELETE /projects/group%2Fapp/artifacts",
			status: 202,
			answer: `{"message":"202 Accepted"}`,
			fails:  gitlabci.ErrArtifactsDelete,
		},
	},
}
