# The two commands a newcomer needs: `make serve` and `make test`. `make help` lists the rest.
PYTHON ?= python3
BIN    := .venv/bin
# The state's bucket, where `make state` made one.
BACKEND = $(if $(wildcard terraform/backend.tfvars),-backend-config=backend.tfvars)
RUN     = $(BIN)/python -m

.DEFAULT_GOAL := help
.PHONY: help setup serve test check docs format lock clean dev models aws-cli package deploy smoke destroy state state-destroy emulated-e2e

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/runtime.stamp models ## Make .venv, install what the service needs, pull the face models

serve: setup ## Run the service on this machine
	@exec $(BIN)/faceplate serve

test: dev models ## Run the whole suite
	$(RUN) pytest $(ARGS)

check: dev ## Lint, types, architecture, documentation
	$(RUN) ruff format --check .
	$(RUN) ruff check .
	$(RUN) mypy
	$(BIN)/lint-imports
	NO_MKDOCS_2_WARNING=1 $(RUN) mkdocs build --strict --quiet --site-dir .docs-check

docs: dev ## Build the documentation as a site, into site/
	NO_MKDOCS_2_WARNING=1 $(RUN) mkdocs build --strict --quiet

format: dev ## Format the code
	$(RUN) ruff format .
	$(RUN) ruff check --fix .

lock: dev ## Pin the newest dependencies, with hashes
	scripts/lock.sh

package: .venv/runtime.stamp ## Build the zip of the AWS functions
	@$(BIN)/faceplate package $(ARGS)

deploy: package ## Apply the AWS stack; print its URL and how to get the key
	terraform -chdir=terraform init -input=false $(BACKEND)
	terraform -chdir=terraform apply -input=false $(ARGS)
	@$(BIN)/python scripts/old_versions.py || true
	@echo "URL: $$(terraform -chdir=terraform output -raw url)"
	@echo "API key: terraform -chdir=terraform output -raw api_key"

smoke: .venv/runtime.stamp ## Call every route of the deployed API
	@$(BIN)/python scripts/smoke.py --url "$$(terraform -chdir=terraform output -raw url)" \
		--api-key "$$(terraform -chdir=terraform output -raw api_key)"

destroy: .venv/runtime.stamp ## Remove the AWS stack with everything in it
	@collection="$$(terraform -chdir=terraform output -raw collection 2>/dev/null)"; \
	terraform -chdir=terraform destroy $(ARGS) && $(BIN)/python scripts/remove_collections.py "$$collection"

state: .venv/runtime.stamp ## Make the bucket for Terraform's state; print the backend's configuration
	@$(BIN)/python scripts/stack_state.py

state-destroy: .venv/runtime.stamp ## Remove that bucket
	@$(BIN)/python scripts/stack_state.py --remove

emulated-e2e: dev models ## Apply, call and destroy the AWS stack on emulators, step by step
	$(RUN) pytest -s tests/e2e/test_aws_stack.py

clean: ## Remove .venv and caches (never your data)
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage* .docs-check site

models: .venv/runtime.stamp
	@$(BIN)/faceplate models pull --quiet

dev: .venv/dev.stamp

.venv/runtime.stamp: pyproject.toml requirements/runtime.txt requirements/build.txt
	@$(PYTHON) scripts/make_venv.py .venv
	$(RUN) pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/build.txt -r requirements/runtime.txt
	$(RUN) pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev.stamp: .venv/runtime.stamp requirements/dev.txt requirements/pictures.txt
	$(RUN) pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/dev.txt
	$(RUN) pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/pictures.txt
	@touch $@

aws-cli: .venv/aws-cli.stamp ## Install the AWS command line for the tests that use it

.venv/aws-cli.stamp: .venv/runtime.stamp requirements/aws-cli.txt
	@$(PYTHON) scripts/make_venv.py .venv/aws-cli
	.venv/aws-cli/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/aws-cli.txt
	@touch $@
