package gitlabcitest

// secureFileEntity is GitLab's entity SecureFile.
type secureFileEntity struct {
	ID                int64     `json:"id"`
	Name              string    `json:"name"`
	Checksum          string    `json:"checksum"`
	ChecksumAlgorithm string    `json:"checksum_algorithm"`
	CreatedAt         *string   `json:"created_at"`
	ExpiresAt         *string   `json:"expires_at"` // of a certificate, which nobody reads here
	Metadata          *struct{} `json:"metadata"`   // see above
	FileExtension     *string   `json:"file_extension"`
}

func showSecureFile(f *secureFile) secureFileEntity {
	return secureFileEntity{
		ID: f.id, Name: f.name, Checksum: f.content.checksum, ChecksumAlgorithm: "sha256", CreatedAt: stamp(f.createdAt),
		FileExtension: optional(f.extension()),
	}
}
