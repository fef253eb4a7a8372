package gitlabcitest

// listedTemplate is GitLab's entity TemplatesList.
type listedTemplate struct {
	Key  string `json:"key"`
	Name string `json:"name"`
}

// templateEntity is GitLab's entity Template.
type templateEntity struct {
	Name    string `json:"name"`
	Content string `json:"content"`
}

func showListedTemplate(t template) listedTemplate { return listedTemplate{t.name, t.name} }
