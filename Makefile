# Everything that this project is used and worked on with. `make run` and `make test` need Python 3.11 or newer and nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv pip install --quiet --python $(BIN)/python
COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header --python-version 3.11

.PHONY: help setup setup-dev run test check bench train lock format browser clean

help:
	@echo "make run     set up, then start everything on this machine with a sample newsroom (tocsin up --samples)"
	@echo "make setup   only make .venv with the command .venv/bin/tocsin"
	@echo "make test    set up, then run all tests, with a real Kafka of their own"
	@echo "make check   ruff, mypy, import contracts, lock files"
	@echo "make bench   measure speed and memory, and print the tables"
	@echo "make train GOLD=FILE…  learn from labelled texts how sure each event is"
	@echo "make lock    write the lock files anew from pyproject.toml"
	@echo "make format  let ruff put the code in order"

# The virtual environment with the locked tools that install the rest: hashes are checked, so any mirror will do.
$(VENV)/.base: requirements-setup.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and f"tocsin needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}. Name another: make PYTHON=python3.12 …")'
	@echo "tocsin: making $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-setup.lock
	@touch $@

$(VENV)/.run: $(VENV)/.base requirements.lock pyproject.toml
	@echo "tocsin: installing the locked requirements"
	@$(UV) --require-hashes -r requirements.lock
	@$(UV) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements-dev.lock
	@echo "tocsin: installing the tools for tests and checks"
	@$(UV) --require-hashes -r requirements-dev.lock
	@touch $@

setup: $(VENV)/.run

setup-dev: $(VENV)/.dev

run: setup
	@exec $(BIN)/tocsin up --samples

test: setup-dev browser
	$(BIN)/python -m pytest $(ARGS)

check: setup-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m pytest -q tests/test_house.py tests/test_lock.py

bench: setup-dev
	$(BIN)/python -m tests.bench $(ARGS)

train: setup
	$(BIN)/python -m streams.evaluation $(GOLD)

lock: $(VENV)/.base
	$(COMPILE) --group setup -o requirements-setup.lock
	$(COMPILE) pyproject.toml -o requirements.lock
	$(COMPILE) pyproject.toml --group dev -o requirements-dev.lock

format: setup-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The page is tested in a real Chromium. Where it is missing, Debian's is installed if that is possible without asking.
browser:
	@sh tests/browser.sh

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
