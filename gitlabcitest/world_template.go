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
	{"Clojure", `# Runs the tests of a Leiningen project.
image: clojure:lein

test:
  script:
    - lein deps
    - lein test
`},
	{"Crystal", `# Checks the format, and runs the specs.
image: crystallang/crystal

test:
  before_script:
    - shards install
  script:
    - crystal tool format --check
    - crystal spec
`},
	{"Dart", `# Analyzes and tests a package.
image: dart

test:
  script:
    - dart pub get
    - dart analyze
    - dart test
`},
	{"Django", `# Runs the tests of an application, with a database beside them.
image: python

test:
  services: [postgres]
  variables:
    DATABASE_URL: postgres://postgres@postgres/postgres
  script:
    - pip install -r requirements.txt
    - python manage.py test
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
	{"Elixir", `# Compiles without warnings, and runs the tests.
image: elixir

test:
  variables:
    MIX_ENV: test
  script:
    - mix deps.get
    - mix compile --warnings-as-errors
    - mix test
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
	{"Gradle", `# Builds with the wrapper, and keeps what came of it.
image: gradle:jdk21

build:
  stage: build
  script:
    - ./gradlew assemble
  artifacts:
    paths: [build/libs]

test:
  stage: test
  script:
    - ./gradlew check
`},
	{"Julia", `# Tests a package.
image: julia

test:
  script:
    - julia --project -e "using Pkg; Pkg.instantiate(); Pkg.test()"
`},
	{"LaTeX", `# Typesets a document.
image: texlive/texlive

document:
  stage: build
  script:
    - latexmk -pdf document.tex
  artifacts:
    paths: [document.pdf]
`},
	{"Laravel", `# Runs the tests of an application.
image: composer

test:
  script:
    - composer install
    - cp .env.example .env
    - php artisan key:generate
    - php artisan test
`},
	{"Maven", `# Verifies a project, with the repository in the cache.
image: maven

verify:
  stage: test
  script:
    - mvn --batch-mode -Dmaven.repo.local=.m2 verify
  cache:
    paths: [.m2]
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
	{"PHP", `# Runs PHPUnit.
image: composer

test:
  script:
    - composer install
    - vendor/bin/phpunit
`},
	{"Python", `# Runs pytest in a virtual environment.
image: python

test:
  script:
    - python -m venv .venv
    - .venv/bin/pip install -r requirements.txt pytest
    - .venv/bin/pytest
`},
	{"Ruby", `# Runs RuboCop and the specs.
image: ruby

test:
  before_script:
    - bundle install --jobs 4
  script:
    - bundle exec rubocop
    - bundle exec rspec
`},
	{"Rust", `# Lints and tests a crate.
image: rust

test:
  script:
    - cargo clippy -- -D warnings
    - cargo test --workspace
`},
	{"Scala", `# Tests with sbt.
image: sbtscala/scala-sbt

test:
  script:
    - sbt clean test
`},
	{"Swift", `# Builds and tests a package.
image: swift

test:
  script:
    - swift build
    - swift test
`},
	{"Terraform", `# Plans each change, and applies it by hand.
image: hashicorp/terraform

plan:
  stage: build
  script:
    - terraform init
    - terraform plan -out=plan
  artifacts:
    paths: [plan]

apply:
  stage: deploy
  script:
    - terraform init
    - terraform apply plan
  when: manual
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
