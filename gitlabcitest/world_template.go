package gitlabcitest

import "slices"

// template is a configuration to begin with.
type template struct {
	name, content string
}

// ownTemplates are those that the instance comes with, by name.
var ownTemplates = []template{
	{"Bash", `# Three scripts, one a stage.
stages: [build, test, deploy]

build:
  stage: build
  script: ./build.sh

test:
  stage: test
  script: ./test.sh

deploy:
  stage: deploy
  script: ./deploy.sh
  environment: production
`},
	{"C++", `# Compiles with make, and keeps the binary for the tests.
image: gcc

build:
  stage: build
  script:
    - make
  artifacts:
    paths: [bin]

test:
  stage: test
  script:
    - make check
`},
	{"Docker", `# Builds an image of each branch, and pushes it to the project's registry.
image: docker
services: [docker:dind]

docker-build:
  stage: build
  script:
    - echo "$CI_REGISTRY_PASSWORD" | docker login -u "$CI_REGISTRY_USER" --password-stdin "$CI_REGISTRY"
    - docker build -t "$CI_REGISTRY_IMAGE:$CI_COMMIT_REF_SLUG" .
    - docker push "$CI_REGISTRY_IMAGE:$CI_COMMIT_REF_SLUG"
`},
	{"Getting-Started", `# The least that there is to a pipeline.
hello:
  script:
    - echo "Hello, $GITLAB_USER_LOGIN"
`},
	{"Go", `# Vets, tests and builds a module.
image: golang

test:
  stage: test
  script:
    - go vet ./...
    - go test -race ./...

compile:
  stage: build
  script:
    - go build -o bin/ ./...
  artifacts:
    paths: [bin]
`},
	{"Nodejs", `# Installs what the lock file says, and runs the tests.
image: node

test:
  script:
    - npm ci
    - npm test
  cache:
    key:
      files: [package-lock.json]
    paths: [node_modules]
`},
	{"Python", `# Runs pytest in a virtual environment.
image: python

test:
  script:
    - python -m venv .venv
    - .venv/bin/pip install -r requirements.txt pytest
    - .venv/bin/pytest
`},
}

// templateNamed returns the template with a name, of the first of these lists that has it.
func templateNamed(name string, lists ...[]template) (template, bool) {
	for _, templates := range lists {
		if i := slices.IndexFunc(templates, func(t template) bool { return t.name == name }); i >= 0 {
			return templates[i], true
		}
	}
	return template{}, false
}
