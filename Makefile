# journey_clv: `make help` lists what there is.

.DEFAULT_GOAL := help
SHELL := /bin/bash

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# `make build` reads data/raw, where it simulates a business if there is nothing, and
# writes data; RAW= and OUT= name other folders, and SAMPLE= a shipped sample, which has
# folders of its own.
ifdef SAMPLE
RAW := data/$(SAMPLE)/raw
OUT := data/$(SAMPLE)
else
RAW ?= data/raw
OUT ?= data
endif

export JOURNEY_RAW = $(RAW)
export JOURNEY_OUT = $(OUT)

.PHONY: help
help:  ## List the targets.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | \
		awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'
	@echo
	@echo "  RAW=folder   your raw files (default data/raw)"
	@echo "  OUT=folder   where the databases go (default data)"
	@echo "  SAMPLE=name  a shipped sample: complete-journey, cdnow, cdnow-sample"

# Rebuilt when the lock changes, and only then.
$(READY): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or later is needed: make PYTHON=python3.11"; exit 1; }
	@echo "Setting up $(VENV), once: this takes a few minutes."
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--require-hashes --requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: setup
setup: $(READY)  ## Make the virtual environment from requirements.lock.

.PHONY: raw
raw: $(READY)
ifdef SAMPLE
	@[ -e "$(RAW)" ] || $(BIN)/journey import "$(SAMPLE)" --out "$(RAW)"
else ifeq ($(RAW),data/raw)
	@[ -e "$(RAW)" ] || $(BIN)/journey simulate --out data
endif

.PHONY: build
build: raw  ## Build and publish the marts (RAW=, OUT=, SAMPLE=).
	@# Unit tests are of the code, not of the data: `make test` runs them.
	@$(BIN)/dbt --quiet build --exclude-resource-type unit_test

.PHONY: docs
docs: raw  ## Write the dbt docs as one page, target/static_index.html.
	@$(BIN)/dbt --quiet docs generate --static
	@echo "Open target/static_index.html in a browser."

.PHONY: lint
lint: $(READY)  ## Lint and type check Python and SQL.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	JOURNEY_RAW=tests/raw/orders_only JOURNEY_OUT=target/lint \
		$(BIN)/sqlfluff lint --disable-progress-bar models tests/singular analyses

.PHONY: test
test: lint  ## Lint, type check, build the samples, run every test.
	$(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist loadfile \
		--no-loadscope-reorder

.PHONY: bench
bench: $(READY)  ## Measure speed against the alternatives (long).
	@$(BIN)/python -m benchmarks.run

.PHONY: lock
lock:  ## Resolve requirements.in into requirements.lock (needs uv).
	uv pip compile --quiet --python-version 3.11 --generate-hashes --no-header \
		--no-strip-extras requirements.in -o requirements.lock

.PHONY: clean
clean:  ## Remove what was built; keep the environment and the raw files.
	rm -rf target logs benchmarks/latest.json
	rm -f data/{,*/}{journey,marts}.duckdb{,.wal,.new}
