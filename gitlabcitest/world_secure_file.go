package gitlabcitest

import (
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// maxSecureFiles is how many a project may have.
const maxSecureFiles = 100

// secureFile is a file for the jobs of a project.
type secureFile struct {
	id        int64
	name      string
	content   *blob
	createdAt time.Time
}

// addSecureFile gives a project another file, if it is valid.
func (w *world) addSecureFile(p *project, name string, content *blob) (*secureFile, error) {
	switch {
	case content.size >= w.secureFileLimit:
		return nil, &refusal{kind: refusedSize, text: "the file is too large"}
	case strings.Contains(name, "../"): // GitLab stumbles over it rather than refuse it
		return nil, errors.New("a file's name leads out of its folder")
	}
	if faults := p.secureFileFaults(name, content); len(faults) > 0 {
		return nil, invalidRecord(faults)
	}
	w.secureFileIDs++
	f := &secureFile{id: w.secureFileIDs, name: name, content: content, createdAt: w.now}
	p.secureFiles = append(p.secureFiles, f)
	return f, nil
}

// secureFileFaults are the texts of what is not valid in a new file, by field.
func (p *project) secureFileFaults(name string, content *blob) map[string][]string {
	faults := make(map[string][]string)
	switch {
	case name == "":
		faults["name"] = []string{"can't be blank"}
	case utf8.RuneCountInString(name) > 255:
		faults["name"] = []string{tooLong255}
	case slices.ContainsFunc(p.secureFiles, func(f *secureFile) bool { return f.name == name }):
		faults["name"] = []string{"has already been taken"}
	}
	if content.size == 0 {
		faults["checksum"] = []string{"can't be blank"}
		faults["file"] = []string{"can't be blank"}
	}
	if len(p.secureFiles) >= maxSecureFiles {
		faults["base"] = []string{"Maximum number of project ci secure files (100) exceeded"}
	}
	return faults
}

func (p *project) secureFile(id int64) *secureFile {
	if i := slices.IndexFunc(p.secureFiles, func(f *secureFile) bool { return f.id == id }); i >= 0 {
		return p.secureFiles[i]
	}
	return nil
}

// extension is what follows the last dot of the name. A dot at its beginning makes no extension.
func (f *secureFile) extension() string {
	name := strings.TrimLeft(f.name[strings.LastIndexByte(f.name, '/')+1:], ".")
	if dot := strings.LastIndexByte(name, '.'); dot >= 0 {
		return name[dot+1:]
	}
	return ""
}
