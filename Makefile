# Everything a person does with a checkout. `make serve` runs the program, `make test` tries it.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
SETUP := $(VENV)/.installed

.PHONY: serve test test-all check docs extras format lock audit clean

serve: $(SETUP)  ## poll the feeds of feeds.yaml and serve http://127.0.0.1:8000
	$(BIN)/aggregator serve

test: $(SETUP)  ## the fast tests
	$(BIN)/pytest --numprocesses auto -m "not slow"

test-all: $(SETUP)  ## every test
	$(BIN)/pytest --numprocesses auto

check: $(SETUP)  ## what CI runs: format, lint, types, import contracts, every test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest --numprocesses auto

docs: $(SETUP)  ## write what documents repeat of the code anew: the tables of configuration.md, the tests of reliability.md
	$(BIN)/python -m aggregator.config.reference docs/configuration.md
	$(BIN)/python -m tests.project.promises

format: $(SETUP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Only packages whose hashes stand in the lock file are installed; the build of our own wheel uses them too.
$(SETUP): pyproject.toml requirements-dev.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --require-hashes --requirement requirements-dev.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q aggregator  # where PYTHONDONTWRITEBYTECODE is set, every start would compile it again
	touch $(SETUP)

extras: $(SETUP)  ## install what `pip install 'aggregator[embeddings,fulltext]'` adds, so that its tests are not skipped
	$(BIN)/pip install --quiet --require-hashes --requirement requirements-extras.lock

LOCK := $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --no-strip-extras --no-annotate --no-header \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options

lock: $(SETUP)  ## renew the lock files: names, versions and hashes only
	$(BIN)/pip install --quiet pip-tools
	$(LOCK) --output-file requirements.lock pyproject.toml
	$(LOCK) --extra dev --output-file requirements-dev.lock pyproject.toml
	$(LOCK) --extra dev --extra embeddings --extra fulltext --output-file requirements-extras.lock pyproject.toml
	$(LOCK) --build-deps-for wheel --only-build-deps --output-file requirements-build.lock pyproject.toml

# The locks hold all that is installed, the extras' what the others do; nothing of it is installed to be looked up.
audit: $(SETUP)  ## what is locked: hashes, what it is for, whether it is used, and known vulnerabilities
	$(BIN)/pytest --quiet tests/project/test_locks.py tests/project/test_dependencies.py
	$(PYTHON) -m venv build/audit
	build/audit/bin/pip install --quiet pip-audit
	build/audit/bin/pip-audit --strict --require-hashes --disable-pip --progress-spinner off \
		--requirement requirements-extras.lock --requirement requirements-build.lock || \
		{ echo "make audit: a package has a known vulnerability, or its database could not be asked about one (see above)"; exit 1; }

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
