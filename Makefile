# Needs nothing but make and Python 3.11 or newer. `make help` lists the targets.
PYTHON ?= python3
SITE   ?= deployments/sites/demo.toml
BIN    := .venv/bin
# The lock is complete and hashed: nothing that is not in it gets in. --no-deps, because the pip that comes with
# Python 3.11 takes `sqlalchemy[asyncio]` of a dependency for one that the lock does not pin.
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet install --require-hashes --no-deps

LOCK   := pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --extra build

.DEFAULT_GOAL := help
.PHONY: help run up test faults production setup setup-dev setup-dask setup-web setup-feeds lint type format golden lighthouse pictures bench bench-full lock clean

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*##/\1\t/p' $(MAKEFILE_LIST) | expand -t 12

run: setup  ## one run of SITE (default: the demo site), published into public/
	@$(BIN)/finews run --site $(SITE)

up: setup  ## Prefect server, schedules and the published site for preview; Ctrl-C stops all of it
	@$(BIN)/finews up --site $(SITE)

test: setup-dev lint type  ## everything that CI checks
	@$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder -q

faults: setup-dev  ## kill, refuse, drop and fill up all along a run, not only at some steps as `make test` does (more than an hour on two cores)
	@FINEWS_FAULTS=all $(BIN)/python -m pytest -n auto -q --timeout=7200 tests/faults

production: setup-dev setup-dask  ## a Prefect server on PostgreSQL, two workers and a bucket: overlap, kill -9, retry, alerts, fan-out; the drill in the UI (five minutes)
	@FINEWS_PRODUCTION=1 $(BIN)/python -m pytest -n 0 -q tests/production

setup: .venv/runtime.stamp  ## make .venv with the command .venv/bin/finews

setup-dev: .venv/dev.stamp

setup-dask: .venv/dask.stamp  ## what `[workflow] fan_out = "dask"` needs

setup-web: .web/stamp  ## fetch the HTML checker, axe and Lighthouse into .web/ (needs npm); tests use what is there

setup-feeds: .feeds/stamp  ## fetch the feeds that feedparser is tested with into .feeds/ (needs a package registry); tests use what is there

lint: setup-dev  ## style and the direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-logo

type: setup-dev  ## mypy --strict
	@$(BIN)/mypy

format: setup-dev  ## rewrite the code in the house style
	@$(BIN)/ruff check --fix --quiet . && $(BIN)/ruff format --quiet .

golden: setup-dev  ## write the golden site anew, for a person to review with git diff
	@FINEWS_GOLDEN=write $(BIN)/python -m pytest -q -n 0 tests/flows/test_golden_site.py

lighthouse: setup-dev setup-web  ## Lighthouse over the demo site; fails below its aims
	@$(BIN)/python -m tests.web.lighthouse

pictures: setup-dev  ## take the pictures of the demo site and of the Prefect UI anew
	@$(BIN)/python -m tests.web.pictures
	@$(BIN)/python -m tests.web.ui_pictures

bench: setup-dev  ## what runs cost, against plain calls, other builders and other uploaders; small archives (ten minutes)
	@$(BIN)/python -m tests.bench

bench-full: setup-dev  ## the same with archives of up to a million articles, and 200 hours of runs (hours)
	@$(BIN)/python -m tests.bench --full

lock: setup-dev  ## resolve the dependencies anew into the lock files
	@$(BIN)/uv pip compile $(LOCK) --group dev -o requirements-dev.lock
	@$(BIN)/uv pip compile $(LOCK) --constraint requirements-dev.lock -o requirements.lock
	@$(BIN)/uv pip compile $(LOCK) --extra dask --constraint requirements-dev.lock -o requirements-dask.lock

clean:  ## remove what make and runs have made, but not what was published
	rm -rf .venv .web .peers .bench .feeds .finews .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis *.egg-info

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "finews needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) -V 2>&1). Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "making .venv (once; a minute or two)"
	@$(PYTHON) -m venv .venv || { echo "could not make .venv: is the venv module of $(PYTHON) installed?"; rm -rf .venv; exit 1; }

.venv/runtime.stamp: requirements.lock pyproject.toml | .venv/bin/python
	@$(PIP) -r requirements.lock
	@PYTHONWARNINGS=ignore $(BIN)/python -m pip --disable-pip-version-check --quiet install --no-deps --no-build-isolation --no-index -e .
	@touch $@

.venv/dev.stamp: requirements-dev.lock .venv/runtime.stamp
	@$(PIP) -r requirements-dev.lock
	@touch $@

.venv/dask.stamp: requirements-dask.lock .venv/runtime.stamp
	@$(PIP) -r requirements-dask.lock
	@touch $@

# The lock names no registry, so any may serve it; what comes is held to its hashes. No package runs a script of its own.
.web/stamp: tests/web/package.json tests/web/package-lock.json
	@command -v npm >/dev/null || { echo "make setup-web needs npm (Debian and Ubuntu: apt-get install nodejs npm)"; exit 1; }
	@mkdir -p .web && cp tests/web/package.json tests/web/package-lock.json .web/
	@cd .web && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

# Its test feeds are in the source archive of the version that is locked, and the lock has the hash of that. pip asks the package
# for its name, so the setup.py of that archive runs, with the setuptools of the lock.
.feeds/stamp: requirements-dev.lock | .venv/dev.stamp
	@mkdir -p .feeds && rm -f .feeds/*.tar.gz
	@sed -n '/^feedparser==/,/[^\\]$$/p' requirements-dev.lock > .feeds/wanted.txt
	@$(BIN)/python -m pip --disable-pip-version-check --quiet download --require-hashes --no-deps --no-build-isolation \
	  --no-binary feedparser --dest .feeds --requirement .feeds/wanted.txt
	@touch $@
