# make demo   evaluate four of the bundled tasks with the reference harnesses
# make test   checks and the whole test suite
# make check  ruff, mypy, import-linter
# make bundles  install what the harnesses that ask a model need (3 GB, several minutes, once); their tests then run
# make check-tasks  prove every bundled task, and test its checks with MUTANTS mistakes per function (10: about an hour)
# make screenshots  write docs/images/webui-*.png from the store in STORE; needs chromium
# make wheel  build dist/*.whl

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
NEEDS := import sys; sys.exit("rexlab needs Python 3.11 or newer: make PYTHON=python3.12 ..." if sys.version_info < (3, 11) else 0)
NO_VENV := "python3 -m venv failed; on Debian and Ubuntu: apt-get install python3-venv"
SYNC := $(BIN)/uv sync --frozen --inexact --quiet --python $(BIN)/python

MUTANTS ?= 10

AGENTS := aider openhands claude-code mini-swe-agent agentless react

.PHONY: demo test check bundles check-tasks screenshots wheel clean

demo: $(VENV)/.ready
	$(BIN)/rexlab run deis ef21 map-elites thresholdout --harness oracle,noop,mutant --masks 1,2 --sample 3

test: check
	$(BIN)/pytest -n auto

check: $(VENV)/.ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy webui
	$(BIN)/lint-imports

bundles: $(VENV)/.ready
	$(BIN)/rexlab harness build $(AGENTS)

check-tasks: $(VENV)/.ready
	$(BIN)/rexlab task check classic extension
	$(BIN)/rexlab task mutate classic extension --mutants $(MUTANTS) --no-keep

screenshots: $(VENV)/.ready-dev
	REXLAB_SCREENSHOTS=docs/images REXLAB_SCREENSHOTS_STORE=$(STORE) $(BIN)/pytest -n 0 tests/webui/test_screenshots.py

wheel: $(VENV)/.ready
	$(BIN)/uv build --wheel --quiet --out-dir dist

# uv comes from PyPI into the environment itself, and then fills it from uv.lock
$(BIN)/uv:
	@$(PYTHON) -c '$(NEEDS)'
	@echo "making $(VENV) from uv.lock (once)"
	@$(PYTHON) -m venv $(VENV) || { echo $(NO_VENV) >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.8'

$(VENV)/.ready: uv.lock pyproject.toml | $(BIN)/uv
	@$(SYNC) --no-dev
	@touch $@

$(VENV)/.ready-dev: uv.lock pyproject.toml | $(BIN)/uv
	@$(SYNC)
	@touch $@ $(VENV)/.ready

clean:
	rm -rf $(VENV) dist .rexlab .mypy_cache .ruff_cache .import_linter_cache
