# Needs Python 3.11 or later and make; everything else is installed into .venv from PyPI, once.
#   make demo     run the demonstration
#   make test     run the tests
# Another Python: make test PYTHON=python3.13 VENV=.venv-3.13

PYTHON ?= python3
VENV ?= .venv
BENCH_VENV ?= .venv-bench
JOBS ?= 2
ARGS ?=
BIN := $(VENV)/bin
PIP := -m pip install --quiet --disable-pip-version-check

# The tests start hundreds of short processes; where nothing compiled may be kept, each compiles everything again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo example-service test test-all lint format types wheel bench check clean

help: ## say what there is
	@sed -n 's/^\([a-z][a-z-]*\):.*## /\1	/p' $(firstword $(MAKEFILE_LIST)) | expand -t 18

demo: $(VENV)/.demo ## run the demonstration
	@$(BIN)/python examples/demo.py $(ARGS)

example-service: $(VENV)/.example ## serve a small CRM over a store (ARGS="--port 8080")
	@$(BIN)/python examples/crm_service.py $(ARGS)

test: $(VENV)/.test ## run the tests (ARGS="-k gate" for some)
	$(BIN)/python -m pytest -n $(JOBS) -m "not slow" $(ARGS)

test-all: $(VENV)/.test ## run the slow tests too
	$(BIN)/python -m pytest -n $(JOBS) $(ARGS)

lint: $(VENV)/.lint ## style, and which floor may import which
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache

format: $(VENV)/.lint ## put the source into shape
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

types: $(VENV)/.lint ## mypy and pyright, both strict
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python

check: lint types test ## all of these

wheel: $(VENV)/.lint ## build the source archive, and from it the wheel, into dist/
	rm -rf dist
	$(BIN)/python -m build --outdir dist .

bench: $(BENCH_VENV)/.bench ## measure, beside the neighbours (ARGS="--rounds 3" for a quick look)
	$(BENCH_VENV)/bin/python benchmarks/run.py $(ARGS)

clean: ## remove all that was made
	rm -rf $(VENV) $(BENCH_VENV) dist build .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A virtual environment, then a stamp for each set of packages; pyproject.toml newer than a stamp installs again.
%/.made:
	@command -v $(PYTHON) >/dev/null || \
	  { echo "There is no '$(PYTHON)' here. Install Python 3.11 or later, or name one: make $(MAKECMDGOALS) PYTHON=/path/to/python3"; exit 1; } >&2
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "stagegate needs Python 3.11 or later, and $(PYTHON) is $$($(PYTHON) -V 2>&1). Name another: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; } >&2
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo "$(PYTHON) comes without the module venv. On Debian and Ubuntu: apt install python3-venv"; exit 1; } >&2
	@echo "Setting up $* (once)" >&2
	@$(PYTHON) -m venv --clear $*
	@touch $@

$(VENV)/.demo: pyproject.toml | $(VENV)/.made
	@$(BIN)/python $(PIP) --editable .
	@touch $@

$(VENV)/.example: pyproject.toml | $(VENV)/.made
	@$(BIN)/python $(PIP) --editable '.[example]'
	@touch $@

$(VENV)/.test: pyproject.toml | $(VENV)/.made
	@$(BIN)/python $(PIP) --editable '.[test,png]'
	@touch $@

$(VENV)/.lint: pyproject.toml | $(VENV)/.made
	@$(BIN)/python $(PIP) --editable '.[lint,test,png]'
	@touch $@

$(BENCH_VENV)/.bench: pyproject.toml | $(BENCH_VENV)/.made
	@$(BENCH_VENV)/bin/python $(PIP) --editable '.[bench]'
	@touch $@

.PRECIOUS: %/.made
