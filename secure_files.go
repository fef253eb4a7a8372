package gitlabci

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"reflect"
	"strings"
	"time"
)

// SecureFilesService manages the secure files of projects: keystores, certificates and other files that jobs need and that do not belong in a
// repository.
//
// GitLab docs: https://docs.gitlab.com/api/secure_files/
type SecureFilesService service

// A SecureFile is a file that GitLab keeps for the jobs of a project.
type SecureFile struct {
	ID                int64          `json:"id"`
	Name              string         `json:"name"`
	Checksum          string         `json:"checksum"`           // in hexadecimal
	ChecksumAlgorithm string         `json:"checksum_algorithm"` // sha256
	CreatedAt         time.Time      `json:"created_at,omitzero"`
	ExpiresAt         time.Time      `json:"expires_at,omitzero"` // of the certificate that it holds; zero if none
	Metadata          map[string]any `json:"metadata"`            // of the certificate or profile that it holds; nil until GitLab has read it
	FileExtension     string         `json:"file_extension"`
}

func (f *SecureFile) identity() identity { return byID(f.ID) }

// ListSecureFilesOptions say which page of the secure files to read.
type ListSecureFilesOptions struct{ ListOptions }

// CreateSecureFileOptions describe a file to upload. It is read as it is sent, from where it stands, and left at its end. One that is an
// [io.Seeker], as an open file is, or a [bytes.Buffer], can be sent again where that is allowed; of any other there is one attempt. A file
// serves one call at a time, and a read of it that is under way when the context ends is not waited for.
type CreateSecureFileOptions struct {
	Name string    // required: unique in the project
	File io.Reader // required: less than 5 MiB, unless the instance is set up otherwise
}

func (o *CreateSecureFileOptions) validate() error {
	v := reflect.ValueOf(o.File)
	if o.File == nil || v.Kind() == reflect.Pointer && v.IsNil() { // as after a failed os.Open
		return errors.Join(required("Name", o.Name), missing("File"))
	}
	return required("Name", o.Name)
}

func (o *CreateSecureFileOptions) upload() (*upload, error) {
	return newUpload([]field{{"name", o.Name}}, "file", o.Name, o.File)
}

var (
	listSecureFiles    = get("list secure files", "/projects/:id/secure_files", ErrSecureFileList)
	getSecureFile      = get("get secure file", "/projects/:id/secure_files/:secure_file_id", ErrSecureFileGet)
	createSecureFile   = post("create secure file", "/projects/:id/secure_files", ErrSecureFileCreate)
	downloadSecureFile = get("download secure file", "/projects/:id/secure_files/:secure_file_id/download", ErrSecureFileGet)
	deleteSecureFile   = del("delete secure file", "/projects/:id/secure_files/:secure_file_id", ErrSecureFileDelete)
)

func secureFilePath(project Project, id int64) path {
	return path{project.name, number("secure file id", id)}
}

// List lists the secure files of a project, the newest first.
//
//	GET /projects/:id/secure_files
//
// Its errors match [ErrSecureFileList].
//
// GitLab docs: https://docs.gitlab.com/api/secure_files/#list-all-secure-files-for-a-project
func (s *SecureFilesService) List(ctx context.Context, project Project, options *ListSecureFilesOptions, opts ...RequestOption) Seq[SecureFile] {
	return list[SecureFile](ctx, s.engine, listSecureFiles, path{project.name}, options, opts)
}

// Get reads what GitLab knows of a secure file, but not its content.
//
//	GET /projects/:id/secure_files/:secure_file_id
//
// Its errors match [ErrSecureFileGet], and [ErrNotFound] where there is no such file.
//
// GitLab docs: https://docs.gitlab.com/api/secure_files/#retrieve-details-of-a-secure-file
func (s *SecureFilesService) Get(ctx context.Context, project Project, id int64, opts ...RequestOption) (*SecureFile, error) {
	return do[SecureFile](ctx, s.engine, getSecureFile, secureFilePath(project, id), nil, opts)
}

// Create uploads a secure file. Nothing of it is held in memory, and once the call has returned nothing more of it is read; only the last
// read of a source that blocks, such as a pipe, may end later. It is never sent twice: see [ErrOutcomeUnknown].
//
//	POST /projects/:id/secure_files
//
// Its errors match [ErrSecureFileCreate], [ErrBadRequest] where the name is taken (Fields["name"]), and what reading the file
// gave; a file that is too large is a 413.
//
// GitLab docs: https://docs.gitlab.com/api/secure_files/#create-a-secure-file
func (s *SecureFilesService) Create(ctx context.Context, project Project, options *CreateSecureFileOptions, opts ...RequestOption) (*SecureFile, error) {
	return do[SecureFile](ctx, s.engine, createSecureFile, path{project.name}, options, opts)
}

// Download downloads a secure file and verifies it: where what came is not what GitLab's checksum is of, the read that would end in
// [io.EOF] ends in an error. Nothing is held in memory. It takes two requests, of which the first asks for the checksum.
//
//	GET /projects/:id/secure_files/:secure_file_id
//	GET /projects/:id/secure_files/:secure_file_id/download
//
// Its errors, also those of reading, match [ErrSecureFileGet]; [ErrNotFound] where there is no such file, [ErrNotGitLab] where a
// page came instead of one, and [ErrDecode] where the content does not have the checksum.
//
// GitLab docs: https://docs.gitlab.com/api/secure_files/#download-a-secure-file
func (s *SecureFilesService) Download(ctx context.Context, project Project, id int64, opts ...RequestOption) (*Download, error) {
	file, err := s.Get(ctx, project, id, opts...)
	if err != nil {
		return nil, err
	}
	download, err := stream(ctx, s.engine, downloadSecureFile, secureFilePath(project, id), nil, opts)
	if err != nil {
		return nil, err
	}
	return file.verified(download)
}

// Delete deletes a secure file.
//
//	DELETE /projects/:id/secure_files/:secure_file_id
//
// Its errors match [ErrSecureFileDelete].
//
// GitLab docs: https://docs.gitlab.com/api/secure_files/#delete-a-secure-file
func (s *SecureFilesService) Delete(ctx context.Context, project Project, id int64, opts ...RequestOption) error {
	return exec(ctx, s.engine, deleteSecureFile, secureFilePath(project, id), nil, opts)
}

// verified holds a download against the file's checksum.
func (f *SecureFile) verified(download *Download) (*Download, error) {
	body := download.ReadCloser.(*downloadBody)
	if !strings.EqualFold(f.ChecksumAlgorithm, "sha256") || len(f.Checksum) != hex.EncodedLen(sha256.Size) {
		download.Close()
		return nil, body.undecodable(fmt.Errorf("checksum %.80q of algorithm %.16q is not known", f.Checksum, f.ChecksumAlgorithm))
	}
	download.ReadCloser = &verifyingBody{downloadBody: body, sum: sha256.New(), want: f.Checksum}
	if download.Filename == "" { // GitLab does not quote it
		download.Filename = safeFilename(f.Name)
	}
	return download, nil
}

// verifyingBody is a download whose end is an error where its checksum is another.
type verifyingBody struct {
	*downloadBody
	sum  hash.Hash
	want string
	read int64
}

func (b *verifyingBody) Read(p []byte) (int, error) {
	n, err := b.downloadBody.Read(p)
	b.sum.Write(p[:n])
	b.read += int64(n)
	if err != nil && err != io.EOF || err == nil && b.read != b.response.ContentLength { // a caller who knows the length may not read on
		return n, err
	}
	got := hex.EncodeToString(b.sum.Sum(nil))
	if !strings.EqualFold(got, b.want) {
		err = b.undecodable(fmt.Errorf("its checksum is %s and should be %s", got, b.want))
	}
	return n, err
}
