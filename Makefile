# `make run` and `make test` need Python >= 3.11 and make, nothing else.
PYTHON ?= python3
BIN := .venv/bin
PIP_INSTALL := install -qq --disable-pip-version-check --no-input --require-hashes
PIP := $(BIN)/python -m pip $(PIP_INSTALL)
COMPILE := .venv-lock/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate
RUN := requirements-build.txt requirements.txt
DEV := $(RUN) requirements-dev.txt
PYTEST := $(BIN)/python -m pytest -q
# Compiles what tests import, once, on the core that checking types leaves idle; what is wrong the runs after it say.
COLLECT := $(PYTEST) --collect-only >/dev/null 2>&1
# Three files at a time, for they wait a lot; whole installations too, each side with its own.
SPREAD := -n 3 --dist loadfile
# Tests that are also measured, apart from core's, whose measure is to be its own; measuring all would take minutes more.
SENDING := copying preparing sending settling
EDGE := tests/adapters/binance $(patsubst %,tests/services/test_%.py,$(SENDING) sent_again trouble refusing ending unreadable late_fills refused_symbols shadow paper_account margin_modes beside user_limit flattening)
# Where Python is told to keep nothing it compiled, every process compiles everything again: twice the work for tests.
export PYTHONDONTWRITEBYTECODE :=
FAILED := { echo "Installing failed for the reason above; when it is mended, run make again." >&2; exit 1; }

.PHONY: run test prove chaos bench lock messages clean venv install install-dev install-clients chromium

run: install
	@exec env NOF1_MODE=$${NOF1_MODE:-demo} NOF1_LOG_FORMAT=$${NOF1_LOG_FORMAT:-console} FLASK_APP=wsgi.py $(BIN)/flask nof1 up

test: install-dev install-clients chromium
	@$(BIN)/ruff check
	@$(COLLECT) & $(BIN)/mypy && $(BIN)/lint-imports --no-logo; found=$$?; wait; exit $$found
	@$(PYTEST) $(SPREAD) tests/core --cov=nof1web.core --cov-branch --cov-report=
	@$(BIN)/python -m tests.tools.branches nof1web/core 95
	@$(PYTEST) $(SPREAD) $(EDGE) -m "not long and not e2e" --cov=nof1web.adapters.binance $(SENDING:%=--cov=nof1web.services.%) --cov-branch --cov-report=
	@$(BIN)/python -m tests.tools.branches nof1web/adapters/binance 90
	@$(BIN)/python -m tests.tools.branches $(SENDING:%=nof1web/services/%.py) 90
	@$(PYTEST) $(SPREAD) --ignore=tests/core $(EDGE:%=--ignore=%) -m "not long and not e2e"
	@$(PYTEST) $(SPREAD) tests/e2e -m "e2e and not long"

prove: install-dev install-clients chromium
	@$(BIN)/python -m tests.prove

chaos: install-dev
	@$(BIN)/python -m tests.chaos
	@$(BIN)/python -m tests.chaos --processes 60

bench: install-dev
	@$(BIN)/python -m tests.bench

# The order matters: the run-time pins bind the others, except the foreign clients, which live apart. Those ask for the certifi
# of the day, which a mirror may not have yet: any will do for clients that talk to this machine only.
lock: .venv-lock/bin/uv
	@$(COMPILE) requirements.in -o requirements.txt
	@$(COMPILE) requirements-build.in -o requirements-build.txt
	@$(COMPILE) requirements-dev.in -o requirements-dev.txt
	@echo certifi | $(COMPILE) --override /dev/stdin requirements-clients.in -o requirements-clients.txt

# English is the source; what is new or changed waits untranslated in nof1web/translations/zh.
messages: install-dev
	@$(BIN)/pybabel -q extract -F babel.cfg -k lazy_gettext --no-location --sort-output --project nof1web -o messages.pot .
	@$(BIN)/pybabel -q update -i messages.pot -d nof1web/translations -l zh --init-missing --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --no-wrap
	@$(BIN)/pybabel -q compile -d nof1web/translations

clean:
	@rm -rf .venv .venv-clients .venv-lock .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage messages.pot tests/_output
	@find nof1web tests -name __pycache__ -type d -prune -exec rm -rf {} +

# A .venv whose Python has gone, or that was only half made, is made anew.
venv:
	@$(BIN)/python -c 'import pip' 2>/dev/null || { $(CHECK_PYTHON) && $(PYTHON) -m venv --clear .venv; }

install: venv
	@cat $(RUN) | cmp -s - .venv/run.txt || { echo "Installing (about a minute) …"; $(INSTALL_RUN) || $(FAILED); }

install-dev: install
	@cat $(DEV) | cmp -s - .venv/dev.txt || { echo "Installing what tests need …"; $(INSTALL_DEV) || $(FAILED); }

install-clients: install
	@{ cmp -s requirements-clients.txt .venv-clients/pins.txt && .venv-clients/bin/python -c '' 2>/dev/null; } \
	|| { echo "Installing the foreign clients that tests use …"; $(INSTALL_CLIENTS) || $(FAILED); }

chromium:
	@[ "$$(id -u)" != 0 ] || [ -x /usr/bin/chromium ] || ! command -v apt-get >/dev/null || { \
	echo "Installing Chromium for the browser tests …"; \
	{ apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $(BROWSER); } >/dev/null 2>&1 \
	|| echo "Chromium could not be installed: the browser tests skip."; }

.venv-lock/bin/uv:
	@$(CHECK_PYTHON) && $(PYTHON) -m venv --clear .venv-lock && printf '*\n' > .venv-lock/.gitignore
	@.venv-lock/bin/python -m pip install -qq --disable-pip-version-check uv==0.13.9

# Without fonts of its own Chromium draws boxes, for Chinese in any case.
BROWSER := chromium fonts-dejavu-core fonts-wqy-microhei

# setuptools is pinned too, so that what comes as source only is not built by whatever version is newest.
INSTALL_RUN = $(PIP) -r requirements-build.txt && $(PIP) --no-build-isolation -r requirements.txt && cat $(RUN) > .venv/run.txt
INSTALL_DEV = $(PIP) -r requirements-dev.txt && cat $(DEV) > .venv/dev.txt

# The foreign clients have an environment of their own; no pip is needed inside it, and all their packages are wheels.
INSTALL_CLIENTS = $(BIN)/python -m venv --without-pip --clear .venv-clients && $(BIN)/python -m pip --python .venv-clients/bin/python \
$(PIP_INSTALL) --no-deps --no-compile --only-binary :all: -r requirements-clients.txt && cp requirements-clients.txt .venv-clients/pins.txt

define CHECK_PYTHON
{ command -v $(PYTHON) >/dev/null || { \
echo "Install Python 3.11 or newer (Debian/Ubuntu: apt install python3 python3-venv) and run make again." >&2; false; }; } && \
{ $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
echo "$(PYTHON) is too old ($$($(PYTHON) -V 2>&1)): install Python 3.11 or newer and run: make PYTHON=python3.11 $(MAKECMDGOALS)" >&2; false; }; } && \
{ $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
echo "Install python3-venv (Debian/Ubuntu: apt install python3-venv) and run make again." >&2; false; }; }
endef
