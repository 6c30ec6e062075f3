# Needs Python 3.11 or newer and make. Everything else is put into .venv and .tools, and nothing outside this folder.

.DEFAULT_GOAL := help
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
STAMPS := .tools/stamps
PAGE := src/nicu_dashboard/web/static/index.html
PAGE_SOURCES := $(shell find frontend -name node_modules -prune -o -type f -print 2>/dev/null)
ARGS ?=

.PHONY: help
help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r target text; do printf '%-18s %s\n' "$$target" "$$text"; done

.PHONY: setup
setup: $(STAMPS)/runtime $(PAGE) ## install the program and build its screens: .venv/bin/nicu

.PHONY: setup-dev
setup-dev: $(STAMPS)/dev $(PAGE) ## the same with all that tests and checks need

$(STAMPS)/runtime: requirements/runtime.txt requirements/uv.txt pyproject.toml tools/install_python.py
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: install it, or name one with make PYTHON=…"; exit 2; }
	@echo "Installing the program into .venv"
	@$(PYTHON) tools/install_python.py runtime
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/dev: requirements/dev.txt $(STAMPS)/runtime
	@echo "Installing what tests and checks need into .venv"
	@$(PYTHON) tools/install_python.py dev
	@touch $@

$(STAMPS)/screens: $(wildcard frontend/package-lock.json) tools/npm | $(STAMPS)/runtime
	@echo "Installing what the screens are built with"
	@tools/npm ci --no-progress --loglevel=error
	@touch $@

$(PAGE): $(STAMPS)/screens $(PAGE_SOURCES)
	@echo "Building the screens"
	@tools/npm run --silent build
	@touch $@
