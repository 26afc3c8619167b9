# Every target makes its own environment in .venv; nothing else is needed but Python 3.11 or later, and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo test lint bench coverage interop clean

demo: $(VENV)/.scipy
	$(BIN)/hoad demo

test: $(VENV)/.test
	$(BIN)/python -m pytest -q -n 2

# The tests with JAX and PyTorch, in an environment of their own.
interop: $(VENV)-interop/.done
	$(VENV)-interop/bin/python -m pytest -q tests/interop/test_interop.py docs/interop.md

$(VENV)-interop/.done: pyproject.toml
	$(PYTHON) -m venv $(VENV)-interop
	$(VENV)-interop/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[interop]' pytest
	touch $@

# docs/coverage.md, with the error of every rule: some minutes.
coverage: $(VENV)/.test
	$(BIN)/python tests/tables/numpy_coverage.py

lint: $(VENV)/.lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy hoad

bench: $(VENV)/.bench
	$(BIN)/python -m benchmarks

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# One stamp for each set of extras; a change of pyproject.toml installs again.
$(VENV)/.%: pyproject.toml | $(BIN)/python
	$(PIP) --editable '.[$*]'
	touch $@

clean:
	rm -rf $(VENV) $(VENV)-interop build dist *.egg-info
