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

.DEFAULT_GOAL := help
.PHONY: help run check test test-python test-rust test-interfaces test-valkey test-standby
.PHONY: rust-tests interface-tests test-shell bench engines up down logs invoke watch openapi lint
.PHONY: lint-docs clean build deploy deploy-built stack

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## set up, run the main job over a million rows, compare it with SQL
	@$(LOCAL_CLOUD) run $(GIVEN)

check: ## check what needs no stack: format, warnings, core, offline tests, Python's tests, docs
	cargo fmt --all --check
	@$(MAKE) --no-print-directory lint-docs test-python
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo test --package pgfold-core --locked
	cargo test --workspace --test offline --locked

WITH_TEST_STACK = $(LOCAL_CLOUD) with-stack --state .local/test --own-database \
    --parameter MapperTimeout=20 --parameter ChunkVisibilityTimeout=20 --parameter MaxAttempts=3 \
    --parameter "Sources=$$(cat tests/sources.json)"

WITH_STANDBY = $(LOCAL_CLOUD) with-stack --state .local/standby --own-database --standby \
    --parameter MapperTimeout=20 --parameter ChunkVisibilityTimeout=20 --parameter MaxAttempts=3 \
    --parameter JobDeadline=90 --parameter "Sources=$$(cat tests/standby/sources.json)"

test: ## set up, run every test against a local cloud of its own, some on Valkey as well
	@$(LOCAL_CLOUD) prepare-tests
	@$(MAKE) --no-print-directory test-python
	@$(ON_DYNAMODB) -- $(MAKE) --no-print-directory rust-tests interface-tests
	@$(MAKE) --no-print-directory test-valkey test-standby

test-python: ## test the Python programs, which need no stack
	$(PYTHON) -m unittest discover --start-directory bench --pattern '*_test.py'
	PYTHONPATH=setup $(PYTHON) -m unittest discover --start-directory tests/module_graph --pattern '*_test.py'
	$(WITH_MODULES) $(PYTHON) -m unittest discover --start-directory tests/front --pattern '*_test.py'
	$(WITH_MODULES) $(PYTHON) -m unittest discover --start-directory tests/local_cloud --pattern '*_test.py'
	$(WITH_MODULES) $(PYTHON) tests/deployment/make_test.py
	$(WITH_MODULES) $(LOCAL_CLOUD) python sam -- tests/deployment/sam_test.py

test-rust: ## run the Rust tests, on a stack of their own
	@$(ON_DYNAMODB) -- $(MAKE) --no-print-directory rust-tests

test-interfaces: ## test API, dashboard, compose.yaml and deployments, on a stack of their own
	@$(LOCAL_CLOUD) prepare-tests
	@$(ON_DYNAMODB) -- $(MAKE) --no-print-directory interface-tests

test-valkey: ## run jobs from end to end on a stack that stores them in Valkey
	@$(WITH_TEST_STACK) --parameter Store=valkey -- \
	    cargo test --workspace --test deployed -- end_to_end::smoke end_to_end::kernels

test-standby: ## run jobs over a hot standby, on a stack of its own
	@$(WITH_STANDBY) -- cargo test --workspace --test other_databases -- standby::

ON_DYNAMODB = $(WITH_TEST_STACK) --parameter Store=dynamodb

# For tests with the modules of the local cloud, whose servers outlive what stands for them.
WITH_MODULES = PYTHONPATH=setup/local_cloud PYTHONWARNINGS=ignore::ResourceWarning

# What runs while a stack is up; it needs the stack's variables.
rust-tests:
	cargo test --workspace

interface-tests:
	$(PYTHON) tests/added_kernel/added_kernel_test.py
	$(WITH_MODULES) $(PYTHON) tests/invoke/invoke_test.py
	$(WITH_MODULES) $(PYTHON) tests/deployment/arrival_test.py
	$(WITH_MODULES) $(LOCAL_CLOUD) python compose -- tests/compose/deploy_test.py
	$(WITH_MODULES) $(PYTHON) tests/documented/documented_test.py
	$(LOCAL_CLOUD) test-api
	FAILING_SOURCE=failing $(LOCAL_CLOUD) test-browser

# What `test-shell` runs instead of a shell, as it was given.
COMMAND ?=
export TEST_COMMAND := $(value COMMAND)

test-shell: ## open a shell in a test stack, or run one command: make test-shell COMMAND='cargo test …'
ifeq ($(TEST_COMMAND),)
	@$(WITH_TEST_STACK) --shell -- "$${SHELL:-sh}"
else
	@$(WITH_TEST_STACK) -- sh -c "$$TEST_COMMAND"
endif

# Choices of bench: ROWS=1000000 ROUNDS=3 for a quick look, GROWTH=short; `--help` says more.
ROWS ?=
ROUNDS ?=
GROWTH ?=

bench: ## measure pgfold and its peers side by side; ROWS=1000000 ROUNDS=3 for a quick look
	@$(LOCAL_CLOUD) bench $(ROWS:%=--rows %) $(ROUNDS:%=--rounds %) $(GROWTH:%=--growth %)

# What `make engines` takes: engines, postgres-14 and so on, all unless they are named; an unknown one
# is answered with the list.
ENGINES ?=

engines: ## test on every engine that can be had; writes docs/engines.md
	$(PYTHON) setup/engines $(ENGINES)

up: ## start the local cloud and deploy to it; .local/env says where it is
	@$(LOCAL_CLOUD) up $(GIVEN)

down: ## stop the local cloud; its data stays
	@$(LOCAL_CLOUD) down

logs: ## show what the functions logged
	@$(LOCAL_CLOUD) logs

# What `make invoke` takes: a function; a file of an event, or a name below tests/events/FUNCTION.
FUNCTION ?=
EVENT ?=

invoke: ## run one function for one event: make invoke FUNCTION=mapper EVENT=tests/events/…
	@$(LOCAL_CLOUD) invoke "$(FUNCTION)" "$(EVENT)"

watch: ## start the local cloud and reload functions as you edit them
	@$(LOCAL_CLOUD) watch $(GIVEN)

openapi: ## write functions/jobs/src/openapi.json from the types and the kernels
	cargo run --package pgfold-api --features server --example openapi > target/openapi.json
	mv target/openapi.json functions/jobs/src/openapi.json

lint: ## check format, warnings, documentation, core, Python, templates, workflows, dependencies
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo clippy --workspace --test other_databases --locked -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --locked
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
	$(LOCAL_CLOUD) python lint -- setup/check_deploy_role.py
	@$(LOCAL_CLOUD) python compose -- tests/compose/compose_test.py

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
