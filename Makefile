# Needs only Python >= 3.11, make and git. Everything else comes from the lock files into this folder.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
# The first Python that answers and is new enough: a version manager's shim may stand in PATH for a version that is not there.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	"$$p" -c 'import sys, venv, ssl; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo "$$p" && exit; done; echo python3)
BIN := .venv/bin
DONE := .stamps
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: setup demo test check bench docs messages browser
setup: $(DONE)/package $(DONE)/pages messages

$(DONE)/venv:
	@"$(PYTHON)" -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Longshore needs Python 3.11 or newer; set PYTHON=/path/to/it")'
	"$(PYTHON)" -m venv .venv
	@mkdir -p $(DONE) && touch $@

$(DONE)/requirements: requirements.lock $(DONE)/venv
	$(BIN)/python -m pip install --quiet --require-hashes --no-deps -r requirements.lock
	@touch $@

$(DONE)/package: pyproject.toml $(DONE)/requirements
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(DONE)/node_modules: package.json package-lock.json .npmrc $(DONE)/requirements
	npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

$(DONE)/pages: build.mjs $(DONE)/node_modules
	node build.mjs
	@touch $@

messages: $(DONE)/package
	@$(BIN)/python -m longshore.project.messages

demo: setup
	$(BIN)/longshore demo

# A browser for the browser tests, from Debian's packages where that is possible; else the suite says what it skipped.
browser:
	@if command -v chromium >/dev/null || command -v google-chrome >/dev/null; then true; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk) \
	    >/dev/null 2>&1 || echo "SKIPPED: chromium could not be installed; the browser tests will be skipped."; \
	else echo "SKIPPED: no chromium here and no right to install it; the browser tests will be skipped."; fi

test: setup browser
	$(BIN)/python -m pytest --create-db -q -n 2 --dist loadfile

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy src
	$(BIN)/lint-imports
	$(BIN)/python -m pytest tests/house -q

bench: setup
	$(BIN)/longshore bench all

# The reference pages of the manual, written from the code; a house test compares them.
docs: setup
	$(BIN)/python docs/generate.py
