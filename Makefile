# Two commands are the whole set-up: `make demo` and `make test`. They need Python 3.11 or newer.
PYTHON ?= python3
BIN = .venv/bin
# Which engines make test-engines tries; Spark alone takes some minutes.
ENGINES ?= clickhouse or spark or columns
# Some tests wait for leases to run out: the third process works meanwhile, and what lies behind such
# a test is given to whoever is free.
# Their tables come from the models in two seconds. The migrations are tried by every test that
# starts an installation: those of the browser and the journeys.
ON_TABLES = -n 3 --dist worksteal --no-migrations -m "not browser and not engines"
# Each of the two has an installation and a browser of its own, and takes whole files, the one with
# the most tests first.
IN_BROWSER = -n 2 --dist loadfile tests/browser

# The tests start many processes: what one of them compiled serves the next.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test on-sqlite test-engines check migrations reference requirements clean-demo

demo: .venv/run ## fill (once) and serve the demo
	$(BIN)/textrail demo

test: .venv/test ## everything: style, types, structure, tests on both databases, browser
	@tests/install-chromium
	@tests/install-kannel
	$(MAKE) -j 2 check on-sqlite
	$(BIN)/python -m pytest $(IN_BROWSER)
	TEST_DATABASE=postgresql $(BIN)/python -m pytest $(ON_TABLES)

on-sqlite: .venv/test
	$(BIN)/python -m pytest $(ON_TABLES)

test-engines: .venv/engines ## ClickHouse's engine and a Spark cluster against DuckDB; downloads some 900 MB
	@tests/install-java
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-migrations tests/engines -k "$(ENGINES)"

check: .venv/test ## style, types, structure and migrations, without running a test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	TEXTRAIL_DATA=build/check $(BIN)/textrail django makemigrations --check --dry-run

clean-demo: ## forget the demo; the next `make demo` fills it anew
	rm -rf demo-data

migrations: .venv/test
	TEXTRAIL_DATA=build/check $(BIN)/textrail django makemigrations

reference: .venv/test ## write docs/reference/api.md from the API itself
	TEXTRAIL_DATA=build/check $(BIN)/textrail django shell -v 0 -c "from textrail.project.api import document; print(document(), end='')" > docs/reference/api.md

requirements: .venv/test ## pin anew what pyproject.toml allows
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml $(PINNING) --output-file requirements/run.txt
	$(BIN)/uv pip compile pyproject.toml $(PINNING) --extra dev --constraint requirements/run.txt --output-file requirements/test.txt
	$(BIN)/uv pip compile pyproject.toml $(PINNING) --extra engines --constraint requirements/test.txt --output-file requirements/engines.txt

PINNING = --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("Textrail needs Python 3.11 or newer, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv .venv

.venv/run: requirements/run.txt requirements/build.txt pyproject.toml | .venv/bin/python
	@echo "Installing Textrail into .venv …"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/build.txt -r requirements/run.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.venv/test: requirements/test.txt .venv/run
	@echo "Installing what the tests need …" # compiled as it is first used: it is mostly API clients
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements/test.txt
	@touch $@

.venv/engines: requirements/engines.txt .venv/test
	@echo "Installing ClickHouse's engine and Spark …"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements/engines.txt
	@touch $@
