# Everything a checkout can do. Rust by rustup, a C compiler, make and Python 3.11 are all that must
# be installed.

PYTHON ?= python3
LOCAL_CLOUD = $(PYTHON) setup/local_cloud

# What `make deploy` takes: a section of samconfig.toml; stacks whose outputs are parameters of this
# one, parameters besides, as NAME=VALUE, which `up`, `run` and `watch` take too; more options of
# `sam deploy`; and what the functions are built for, arm64 or x86_64. DATABASE_URL is the parameter
# DatabaseUrl.
ENV ?= dev
STACKS ?=
PARAMETERS ?=
OPTIONS ?=
ARCHITECTURE ?= arm64
export DATABASE_URL
# As it was given: neither make nor the shell of a recipe reads it.
export GIVEN_PARAMETERS := $(value PARAMETERS)
GIVEN = --parameters "$$GIVEN_PARAMETERS"

# What `up`, `run` and `watch` take besides: the file of sources that `make sources` writes. Only of
# the command line, because SOURCES of the environment is what functions read.
export GIVEN_SOURCES := $(if $(filter command,$(firstword $(origin SOURCES))),$(value SOURCES))
GIVEN_HERE = $(GIVEN) --sources "$$GIVEN_SOURCES"

# The parts of `test`, the longest first, for those that run side by side.
PARTS := test-rust test-interfaces test-backends test-deployments test-roles test-standby test-valkey \
    test-python

.DEFAULT_GOAL := help
.PHONY: help run check test $(PARTS) interface-tests deployment-tests role-tests test-shell
.PHONY: compose-test sam-test bench engines up down logs sources invoke sam-env watch openapi lint
.PHONY: lint-docs clippy clean build deploy deploy-built stack

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## set up, run the main job over a million rows, compare it with SQL
	@$(LOCAL_CLOUD) run $(GIVEN_HERE)

check: ## check what needs no stack: format, warnings, core, offline tests, Python's tests, docs
	cargo fmt --all --check
	@$(MAKE) --no-print-directory lint-docs test-python
	@$(MAKE) --no-print-directory clippy
	cargo test --package pgfold-core --locked
	cargo test --workspace --test offline --locked

# A command with a stack of its own around it, which keeps everything in .local/NAME, so that stacks
# of different names run side by side: $(call with-stack,NAME).
with-stack = $(LOCAL_CLOUD) with-stack --state .local/$1 --own-database \
    --parameter MapperTimeout=20 --parameter ChunkVisibilityTimeout=20 --parameter MaxAttempts=3
TEST_SOURCES = --parameter "Sources=$$(cat tests/sources.json)"

test: ## set up, run every test against local clouds of their own; `make -j2 test` is faster
	@$(LOCAL_CLOUD) prepare-tests
	@$(MAKE) --no-print-directory $(PARTS)

test-python: ## test the Python programs, which need no stack
	$(WITH_MODULES) $(PYTHON) -m unittest discover --start-directory bench --pattern '*_test.py'
	PYTHONPATH=setup $(PYTHON) -m unittest discover --start-directory tests/module_graph --pattern '*_test.py'
	$(WITH_MODULES) $(PYTHON) -m unittest discover --start-directory tests/front --pattern '*_test.py'
	$(WITH_MODULES) $(PYTHON) -m unittest discover --start-directory tests/local_cloud --pattern '*_test.py'
	$(WITH_MODULES) $(PYTHON) tests/deployment/make_test.py
	$(WITH_MODULES) $(LOCAL_CLOUD) python sam -- tests/deployment/sam_test.py
	$(WITH_MODULES) $(LOCAL_CLOUD) python sam -- tests/deployment/refusals_test.py
	$(WITH_MODULES) $(LOCAL_CLOUD) python sam -- tests/deployment/transform_test.py
	$(WITH_MODULES) $(LOCAL_CLOUD) python sam -- tests/deployment/exercise_test.py
	PYTHONPATH=setup $(LOCAL_CLOUD) python sam -- tests/deployment/deploy_role_test.py

# Other programs read the files that an example of these tests writes, which cargo has built by then.
test-rust: ## run the Rust tests but those of backends, with a stack that stores jobs in DynamoDB
	@$(call with-stack,test-rust) --parameter Store=dynamodb $(TEST_SOURCES) -- \
	    cargo test --workspace
	$(LOCAL_CLOUD) python formats -- tests/formats/read_test.py

# These tests wait for a server more than half of their time, so three run at a time on two cores.
test-backends: ## test each backend by itself, with a stack
	@$(call with-stack,test-backends) --parameter Store=dynamodb $(TEST_SOURCES) -- \
	    cargo test --workspace --test backends -- --test-threads 3

test-interfaces: ## test the commands of the pages, the API and the dashboard, with a stack
	@$(LOCAL_CLOUD) prepare-tests
	@$(call with-stack,test-interfaces) --parameter Store=dynamodb $(TEST_SOURCES) -- \
	    $(MAKE) --no-print-directory interface-tests

test-deployments: ## test how functions are built, deployed and started, with a stack
	@$(call with-stack,test-deployments) --parameter Store=dynamodb $(TEST_SOURCES) -- \
	    $(MAKE) --no-print-directory deployment-tests

test-valkey: ## run jobs from end to end, with a stack that stores jobs in Valkey
	@$(call with-stack,test-valkey) --parameter Store=valkey $(TEST_SOURCES) -- \
	    cargo test --workspace --test deployed -- end_to_end::smoke end_to_end::kernels

test-standby: ## run jobs over a hot standby, with a stack
	@$(call with-stack,test-standby) --standby --parameter JobDeadline=90 \
	    --parameter "Sources=$$(cat tests/standby/sources.json)" -- \
	    cargo test --workspace --test other_databases -- standby::

# A dead letter that is denied an action waits the longer the more often its chunk was received: 32
# seconds after two attempts, 128 after three.
test-roles: ## run jobs under the template's own roles, and take from them, with a stack
	@$(call with-stack,test-roles) --enforce-iam --parameter Store=dynamodb $(TEST_SOURCES) \
	    --parameter MaxAttempts=2 -- \
	    $(MAKE) --no-print-directory role-tests

# For tests with the modules of the local cloud, whose servers outlive what stands for them.
WITH_MODULES = PYTHONPATH=setup/local_cloud:infra PYTHONWARNINGS=ignore::ResourceWarning

# What runs inside `test-interfaces`.
interface-tests:
	$(WITH_MODULES) $(PYTHON) tests/documented/documented_test.py
	$(WITH_MODULES) $(LOCAL_CLOUD) python sam -- tests/schedules/schedules_test.py
	$(WITH_MODULES) $(LOCAL_CLOUD) python sam -- tests/workflows/workflows_test.py
	$(LOCAL_CLOUD) test-api
	FAILING_SOURCE=failing $(LOCAL_CLOUD) test-browser

# What runs inside `test-deployments`.
deployment-tests:
	$(PYTHON) tests/added_kernel/added_kernel_test.py
	$(WITH_MODULES) $(PYTHON) tests/invoke/invoke_test.py
	$(WITH_MODULES) $(PYTHON) tests/deployment/arrival_test.py
	$(WITH_MODULES) $(LOCAL_CLOUD) python sam -- tests/subscription/subscription_test.py
	$(WITH_MODULES) $(PYTHON) tests/discover/discover_test.py
	$(WITH_MODULES) $(PYTHON) tests/watch/watch_test.py
	$(WITH_MODULES) $(LOCAL_CLOUD) python compose -- tests/compose/deploy_test.py

# What runs inside `test-roles`.
role-tests:
	cargo test --workspace --test deployed -- end_to_end::smoke
	$(LOCAL_CLOUD) python sam -- tests/roles/signatures_test.py
	$(WITH_MODULES) $(LOCAL_CLOUD) python sam -- tests/roles/api_signatures_test.py
	$(LOCAL_CLOUD) python sam -- tests/roles/roles_test.py

# What `test-shell` runs instead of a shell, as it was given.
COMMAND ?=
export TEST_COMMAND := $(value COMMAND)

test-shell: ## open a shell in a test stack, or run one command: make test-shell COMMAND='cargo test …'
ifeq ($(TEST_COMMAND),)
	@$(call with-stack,test) $(TEST_SOURCES) --shell -- "$${SHELL:-sh}"
else
	@$(call with-stack,test) $(TEST_SOURCES) -- sh -c "$$TEST_COMMAND"
endif

# The tests of CONTAINERS are run as unittest has them, all unless they are named.
TESTS ?=
CONTAINERS = $(WITH_MODULES) $(LOCAL_CLOUD) python compose -- tests/containers

compose-test: ## run compose.yaml on a Docker engine, with all that may happen to containers
	@$(CONTAINERS) compose $(TESTS)

sam-test: ## run the functions by `sam local`, on a Docker engine and a stack of its own
	@$(call with-stack,sam) --parameter Store=dynamodb $(TEST_SOURCES) -- env $(CONTAINERS) sam $(TESTS)

# Choices of bench: ROWS=1000000 ROUNDS=3 for a quick look, GROWTH=short, ONLY=queries; `--help` says
# more.
ROWS ?=
ROUNDS ?=
GROWTH ?=
ONLY ?=

bench: ## measure pgfold and its peers side by side; ROWS=1000000 ROUNDS=3 for a quick look
	@$(LOCAL_CLOUD) bench $(ROWS:%=--rows %) $(ROUNDS:%=--rounds %) $(GROWTH:%=--growth %) \
	    $(ONLY:%=--only %)

# What `make engines` takes: engines, postgres-14 and so on, all unless they are named; an unknown one
# is answered with the list.
ENGINES ?=

engines: ## test on every engine that can be had; writes docs/engines.md
	$(PYTHON) setup/engines $(ENGINES)

up: ## start the local cloud and deploy to it; .local/env says where it is
	@$(LOCAL_CLOUD) up $(GIVEN_HERE)

# What `make sources` takes: tables, all unless they are named; FORCE=1 overwrites the file.
TABLES ?=
FORCE ?=
export GIVEN_TABLES := $(value TABLES)

sources: ## propose sources.json from the tables of DATABASE_URL: make sources TABLES='orders trips'
	@$(LOCAL_CLOUD) sources --tables "$$GIVEN_TABLES" $(if $(FORCE),--force)

down: ## stop the local cloud; its data stays
	@$(LOCAL_CLOUD) down

logs: ## show what the functions logged
	@$(LOCAL_CLOUD) logs

# What `make invoke` takes: a function; a file of an event, or a name below tests/events/FUNCTION.
FUNCTION ?=
EVENT ?=

invoke: ## run one function for one event: make invoke FUNCTION=mapper EVENT=tests/events/…
	@$(LOCAL_CLOUD) invoke "$(FUNCTION)" "$(EVENT)"

sam-env: ## write what `sam local invoke` and `start-api` need to run against the local cloud
	@$(LOCAL_CLOUD) sam-env

watch: ## start the local cloud and reload functions as you edit them
	@$(LOCAL_CLOUD) watch $(GIVEN_HERE)

openapi: .local ## write functions/jobs/src/openapi.json and docs/job-ended.schema.json from the types and the kernels
	cargo build --workspace --example openapi --example event_schema
	$${CARGO_TARGET_DIR:-target}/debug/examples/openapi > .local/openapi.json
	mv .local/openapi.json functions/jobs/src/openapi.json
	$${CARGO_TARGET_DIR:-target}/debug/examples/event_schema > .local/job-ended.schema.json
	mv .local/job-ended.schema.json docs/job-ended.schema.json

.local:
	mkdir -p $@

# The longest last: where `make test` runs beside it, cargo builds the functions first.
lint: ## check format, warnings, documentation, core, Python, templates, workflows, dependencies
	cargo fmt --all --check
	$(PYTHON) setup/check_core_purity.py
	$(PYTHON) setup/check_one_build.py
	PYTHONPATH=setup $(PYTHON) -m unittest discover --start-directory tests/module_graph --pattern '*_test.py'
	$(PYTHON) setup/check_module_graph.py
	@$(MAKE) --no-print-directory lint-docs
	$(LOCAL_CLOUD) python lint -- -m ruff check
	$(LOCAL_CLOUD) python lint -- -m ruff format --check
	$(LOCAL_CLOUD) sam validate --lint
	$(LOCAL_CLOUD) python sam -- .local/tools/sam/bin/cfn-lint template.yaml infra/*.yaml
	$(LOCAL_CLOUD) python lint -- setup/check_deployment.py
	$(LOCAL_CLOUD) python sam -- setup/check_deploy_role.py
	@$(LOCAL_CLOUD) python compose -- tests/compose/compose_test.py
	@$(MAKE) --no-print-directory clippy
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --locked

# What `cargo test` leaves to parts of their own is not among all targets.
clippy:
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo clippy --workspace --test backends --test other_databases --locked -- -D warnings

# Links and lengths of pages, and that the page of parameters is as the template.
lint-docs:
	PYTHONPATH=setup $(LOCAL_CLOUD) python lint -- \
	    -m unittest discover --start-directory tests/pages --pattern '*_test.py'
	$(PYTHON) setup/check_docs.py

DEPLOY = $(LOCAL_CLOUD) python sam -- infra/deploy.py

build: ## build the functions for AWS, for arm64 or ARCHITECTURE=x86_64
	rustup target add $(ARCHITECTURE:arm64=aarch64)-unknown-linux-gnu
	$(LOCAL_CLOUD) sam build --parameter-overrides Architecture=$(ARCHITECTURE)

deploy: build deploy-built ## build and deploy to AWS: make deploy ENV=prod STACKS=…

deploy-built:
	@$(DEPLOY) --config-env $(ENV) --outputs-of $(STACKS) \
	    $(GIVEN) --parameter Architecture=$(ARCHITECTURE) --sam $(OPTIONS)

# What `make stack` takes besides: a file of infra/ without its .yaml, and the stack's name.
TEMPLATE ?=
NAME ?= pgfold-$(TEMPLATE)

stack: ## deploy what pgfold stands on: make stack TEMPLATE=network PARAMETERS=…
	@$(DEPLOY) --config-env infra --template infra/$(TEMPLATE).yaml --stack-name $(NAME) \
	    --outputs-of $(STACKS) $(GIVEN) --sam $(OPTIONS)

clean: ## stop the local cloud and delete its data
	@$(LOCAL_CLOUD) clean
