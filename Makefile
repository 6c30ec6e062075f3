# Needs Python 3.11 or newer and make. Everything else goes into .venv and .tools; nothing is written outside this folder.

.DEFAULT_GOAL := help
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
STAMPS := .venv/stamps
PAGE := src/nicu_dashboard/web/static/index.html
PAGE_TOOLS := frontend/node_modules/.package-lock.json
OLD_SERVER := tests/old_server/node_modules/.package-lock.json
PAGE_SOURCES := $(shell find frontend \( -name node_modules -o -name dist \) -prune -o -type f -print)
PYTEST := $(BIN)/python -m pytest
ARGS ?=

.PHONY: help setup setup-dev demo test test-timescale test-fast check static screens-test screenshots format lock sbom audit bench clean

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' Makefile | while IFS='|' read -r target text; do printf 'make %-14s %s\n' "$$target" "$$text"; done

setup: $(STAMPS)/runtime $(PAGE) ## install the program and build its screens: .venv/bin/nicu

demo: setup ## a ward of simulated babies on this machine; options as ARGS="--cots 24 --port 8080"
	@exec $(BIN)/nicu demo $(ARGS)

test: setup-dev screens-test $(OLD_SERVER) ## every test, with a real browser and a real PostgreSQL; the timed journeys run alone
	@$(BIN)/python tools/ensure.py caddy chromium pgbouncer pgbackrest postgres systemd-analyze >/dev/null
	@$(PYTEST) tests/browser
	@$(PYTEST) -n 4 --dist worksteal --ignore=tests/browser

test-timescale: setup-dev ## the store and its care on the server with TimescaleDB that NICU_TEST_TIMESCALE_URL names
	@$(PYTEST) tests/timescale
	@$(PYTEST) tests/contracts -k timescale

test-fast: $(STAMPS)/dev ## the domain's tests alone: seconds
	@$(PYTEST) tests/domain

check: static ## all that a change must pass: format, lint, types, import contracts, known weaknesses, every test
	@$(BIN)/python tools/audit.py --lenient > $(STAMPS)/audit.txt; found=$$?; cat $(STAMPS)/audit.txt; exit $$found
	@$(MAKE) --no-print-directory test
	@cat $(STAMPS)/audit.txt

static: setup-dev ## the checks of `check` that run no test
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/ruff check --quiet
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/mypy
	@tools/npm run --silent check

screens-test: $(PAGE) ## the screens' own tests
	@tools/npm run --silent test

screenshots: setup-dev ## take the pictures in docs/images again, from a running demo: some minutes
	@browser=$$($(BIN)/python tools/ensure.py chromium) && NICU_CHROMIUM=$$browser $(BIN)/python tools/screenshots.py

format: $(STAMPS)/dev ## lay the Python files out and mend what can be mended
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

bench: setup-dev ## the benchmarks: prints what this machine reaches; ARGS picks some
	@exec $(BIN)/python -m bench $(ARGS)

lock: ## choose the newest allowed releases again and write requirements/*.txt
	@$(PYTHON) -m tools.lock

sbom: setup-dev ## bills of materials (CycloneDX) of program and screens, into dist/
	@$(BIN)/python tools/sbom.py

audit: setup-dev ## ask the advisory services about every pinned release; says what could not be checked
	@$(BIN)/python tools/audit.py $(ARGS)

clean: ## remove what make made
	rm -rf .venv .tools frontend/node_modules tests/old_server/node_modules src/nicu_dashboard/web/static dist
	find . -name .git -prune -o \( -name __pycache__ -o -name .mypy_cache -o -name .pytest_cache -o -name .ruff_cache \
		-o -name .import_linter_cache -o -name .hypothesis \) -type d -prune -exec rm -rf {} +

setup-dev: setup $(STAMPS)/dev ## the same as setup, with all that tests and checks need

$(STAMPS)/runtime: requirements/runtime.txt requirements/uv.txt pyproject.toml tools/install.py
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: install it, or name it with make PYTHON=…"; exit 2; }
	@echo "Installing the program into .venv"
	@$(PYTHON) tools/install.py runtime
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/dev: requirements/dev.txt $(STAMPS)/runtime
	@echo "Installing what tests and checks need into .venv"
	@$(PYTHON) tools/install.py dev
	@touch $@

$(PAGE_TOOLS): frontend/package-lock.json tools/npm | $(STAMPS)/runtime
	@echo "Installing what the screens are built with"
	@tools/npm ci --no-progress --loglevel=error
	@touch $@

$(OLD_SERVER): tests/old_server/package-lock.json tools/npm | $(STAMPS)/runtime
	@echo "Installing an old PostgreSQL that the tests turn down"
	@tools/npm --prefix "$(CURDIR)/tests/old_server" ci --no-progress --loglevel=error
	@touch $@

$(PAGE): $(PAGE_TOOLS) $(PAGE_SOURCES)
	@echo "Building the screens"
	@tools/npm run --silent build -- --logLevel=warn
	@touch $@
