# The one command surface. Every target does what it needs from a fresh clone; stamps make the second time quick.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
STAMPS := .stamps
PY := $(VENV)/bin/python
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
PYTEST_ARGS ?=
# Tests that need one core and no clock, hence run two at a time; all others start clusters, kernels and browsers, and have the machine to themselves.
SIDE_BY_SIDE := $(addprefix tests/,conformance core config data evaluation models objectives pipelines search store test_summary.py \
	cli/test_cli_words.py experiment/test_members.py experiment/test_standing.py notebook/test_magics_grammar.py static_view \
	packaging/test_declared.py packaging/test_house.py report/test_notebook.py)
BUNDLE_SOURCES := $(shell find labextension -type f -not -path '*/node_modules/*' -not -path '*/lib/*' -not -path '*/.yarn/*' 2>/dev/null)
ROOT_FLAG := $(if $(filter 0,$(shell id -u)),--allow-root)

.PHONY: help
help: ## what there is
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(STAMPS)/ready ## a real search of about a minute in the terminal, ending with a checked report
	$(VENV)/bin/automl-lab demo

.PHONY: test
test: $(STAMPS)/ready $(STAMPS)/system ## all tests, the browser ones included
	@status=0; if [ -n "$(PYTEST_ARGS)" ]; then $(PY) -m pytest $(PYTEST_ARGS) || status=$$?; else \
	$(PY) -m pytest -n 2 --dist worksteal --durations=10 $(SIDE_BY_SIDE) || status=$$?; \
	$(PY) -m pytest --durations=20 $(SIDE_BY_SIDE:%=--ignore=%) || status=$$?; fi; \
	echo $$status > $(STAMPS)/pytest-status; exit $$status

.PHONY: lab
lab: $(STAMPS)/ready ## JupyterLab with the quick-start notebook
	$(VENV)/bin/jupyter lab --ip 127.0.0.1 $(ROOT_FLAG) notebooks/quickstart.ipynb

.PHONY: lint
lint: $(STAMPS)/ready ## what pre-commit and the tests run: ruff, mypy, import-linter
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy automl_lab benchmarks
	$(VENV)/bin/lint-imports

.PHONY: check
check: lint test ## lint, then all tests

.PHONY: bench
bench: $(STAMPS)/ready ## trials per second of the controller beside plain Optuna and raw Ray
	$(PY) -m benchmarks.overhead

.PHONY: build
build: $(STAMPS)/ready ## the wheel and the sdist in dist/
	rm -rf dist
	$(PY) -m build --no-isolation

.PHONY: lock
lock: $(STAMPS)/ready ## write requirements.lock anew from the environment
	$(PY) .ci/lock.py > $(STAMPS)/requirements.lock
	mv $(STAMPS)/requirements.lock requirements.lock

.PHONY: clean
clean: ## remove what was built (not the environment: delete .venv for that)
	rm -rf $(STAMPS) dist build automl_lab/labextension automl_lab/notebook/static labextension/lib labextension/node_modules
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find automl_lab tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment: everything the lock names for us, and the programs that build the labextension.
$(STAMPS)/environment: requirements.lock pyproject.toml
	@.ci/tools
	mkdir -p $(STAMPS)
	test -x $(PY) || "$$(.ci/tools python)" -m venv $(VENV)
	$(PY) -m pip install --quiet -c requirements.lock editables hatchling hatch-nodejs-version hatch-jupyter-builder jupyter-builder
	SKIP_JUPYTER_BUILDER=1 $(PY) -m pip install --quiet --no-build-isolation -c requirements.lock -e '.[dev,neural]'
	touch $@

# The bundles, built here once and then only installed: by itself pip would build them twice, for the metadata and for the package.
$(STAMPS)/ready: $(STAMPS)/environment $(BUNDLE_SOURCES) $(wildcard jupyter-config/*.json jupyter-config/server/*.json)
	@.ci/tools
	cd labextension && jlpm install --immutable && jlpm build:prod
	SKIP_JUPYTER_BUILDER=1 $(PY) -m pip install --quiet --no-build-isolation --no-deps -e .
	touch $@

# Programs of the system that only tests need: Chromium and PostgreSQL.
$(STAMPS)/system: .ci/system
	mkdir -p $(STAMPS)
	.ci/system
	touch $@
