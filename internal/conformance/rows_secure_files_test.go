package conformance_test

import (
	"crypto/sha256"
	"fmt"

	"github.com/gitlabci/gitlabci"
)

// keystore is what a secure file holds, and keystoreSum its checksum.
const keystore = "\xfe\xed\xfe\xed debug"

var keystoreSum = fmt.Sprintf("%x", sha256.Sum256([]byte(keystore)))

var secureFileRows = []methodRow{
	{
		method: "SecureFiles.List",
		args:   in(app, &gitlabci.ListSecureFilesOptions{ListOptions: pageTwo}),
		exchange: exchange{
			op:    "list secure files",
			route: "GET /projects/:id/secure_files",
			sends: "GET /projects/group%2Fapp/secure_files",
			query: "page=2&per_page=50",
			answer: `[{"id":1,"name":"debug.keystore","checksum_algorithm":"sha256","expires_at":null,"metadata":null,"file_extension":null},
				{"id":2,"name":"dist.cer","expires_at":"2026-03-14T12:00:00Z","file_extension":"cer","metadata":{"issuer":{"C":"US"},"expires_at":null}}]`,
			fails: gitlabci.ErrSecureFileList,
		},
		nilQuery: "per_page=100",
		gives: []*gitlabci.SecureFile{
			{ID: 1, Name: "debug.keystore", ChecksumAlgorithm: "sha256"},
			{ID: 2, Name: "dist.cer", ExpiresAt: noon, FileExtension: "cer", Metadata: map[string]any{"issuer": map[string]any{"C": "US"}, "expires_at": nil}},
		},
	},
	{
		method: "SecureFiles.Get",
		args:   in(app, int64(1)),
		exchange: exchange{
			op:     "get secure file",
			route:  "GET /projects/:id/secure_files/:secure_file_id",
			sends:  "GET /projects/group%2Fapp/secure_files/1",
			answer: `{"id":1,"name":"debug.keystore","checksum":"16630b18","checksum_algorithm":"sha256","created_at":"2026-03-14T12:00:00.000Z"}`,
			fails:  gitlabci.ErrSecureFileGet,
		},
		gives: &gitlabci.SecureFile{ID: 1, Name: "debug.keystore", Checksum: "16630b18", ChecksumAlgorithm: "sha256", CreatedAt: noon},
	},
	{
		method: "SecureFiles.Create",
		args:   in(app, &gitlabci.CreateSecureFileOptions{Name: "debug.keystore", File: content("the \"content\"\n")}),
		needs:  []string{"Name", "File"},
		exchange: exchange{
			op:     "create secure file",
			route:  "POST /projects/:id/secure_files",
			sends:  "POST /projects/group%2Fapp/secure_files",
			body:   `{"name":"debug.keystore","file":"the \"content\"\n"}`,
			form:   true,
			status: 201,
			answer: `{"id":1,"name":"debug.keystore","checksum":"16630b18","file_extension":"keystore"}`,
			fails:  gitlabci.ErrSecureFileCreate,
		},
		gives: &gitlabci.SecureFile{ID: 1, Name: "debug.keystore", Checksum: "16630b18", FileExtension: "keystore"},
	},
	{
		method: "SecureFiles.Download",
		args:   in(app, int64(1)),
		first: []exchange{{
			op:     "get secure file",
			route:  "GET /projects/:id/secure_files/:secure_file_id",
			sends:  "GET /projects/group%2Fapp/secure_files/1",
			answer: `{"id":1,"name":"debug.keystore","checksum":"` + keystoreSum + `","checksum_algorithm":"sha256"}`,
			fails:  gitlabci.ErrSecureFileGet,
		}},
		exchange: exchange{
			op:     "download secure file",
			route:  "GET /projects/:id/secure_files/:secure_file_id/download",
			sends:  "GET /projects/group%2Fapp/secure_files/1/download",
			answer: keystore,
			fails:  gitlabci.ErrSecureFileGet,
		},
		gives: keystore,
	},
	{
		method: "SecureFiles.Delete",
		args:   in(app, int64(1)),
		exchange: exchange{
			op:     "delete secure file",
			route:  "DELETE /projects/:id/secure_files/:secure_file_id",
			sends:  "DELETE /projects/group%2Fapp/secure_files/1",
			status: 204,
			fails:  gitlabci.ErrSecureFileDelete,
		},
	},
}
