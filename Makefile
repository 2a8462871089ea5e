# Two commands matter: `make run` and `make test`. Both need Python 3.11 or newer with venv, and a package index.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Each test process has databases and a browser of its own; a file's tests stay together.
PROCESSES ?= 2

.PHONY: run test ci check engines translations clean

CATALOGUES := $(patsubst %.po,%.mo,$(wildcard translations/*/LC_MESSAGES/messages.po))

# Ctrl-C or SIGTERM ends the web processes, the worker and the housekeeping together.
run: export XQT_DEMO := 1
run: $(VENV)/.run $(CATALOGUES)
	exec $(BIN)/python -m app.serving

test: $(VENV)/.dev $(CATALOGUES)
	$(BIN)/python -m pytest -q -n $(PROCESSES) --dist loadfile

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/djlint --check --lint --quiet app
	$(BIN)/python -m tools.catalogues --check

ci: check test

# Chromium 77 and 86 for tests/browser/test_old_engines.py, into build/engines; needs npm. All browser tests on one of them:
# XQT_TEST_ENGINE=86 .venv/bin/python -m pytest tests/browser
engines: | $(BIN)/python
	$(BIN)/python -m tools.engines

# Chinese is the language of the source; this collects new texts into translations/.
translations: $(VENV)/.dev
	$(BIN)/python -m tools.catalogues --update

%.mo: %.po | $(VENV)/.run
	$(BIN)/pybabel -q compile --input-file $< --output-file $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name one: make PYTHON=python3.12 run"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.txt | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	touch $@

$(VENV)/.dev: requirements-dev.txt | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	touch $@
	touch $(VENV)/.run

clean:
	rm -rf $(VENV) build .mypy_cache .ruff_cache
