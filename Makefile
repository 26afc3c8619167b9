# Every target makes its own environment in .venv; nothing else is needed but Python 3.11 or later, and make.
# `make help` lists the targets; `make test PYTHON=python3.13` takes another Python: an environment that is of
# another one than PYTHON is made anew, and where no PYTHON is given, what is there stays.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
UV := $(VENV)-uv/bin/uv
OLDEST := 3.11
NEWEST := 3.14 3.13 3.12

ENVIRONMENTS := $(VENV) $(addprefix $(VENV)-,uv interop packages pipelines docs)
TELL := -c 'import sys; print(*sys.version.split(), sys.base_prefix)'
ifneq ($(origin PYTHON),file)
  ASKED := $(shell $(PYTHON) $(TELL))
  OTHER := $(foreach e,$(ENVIRONMENTS),$(shell [ "$$($e/bin/python $(TELL) 2>/dev/null)" = '$(ASKED)' ] || echo $e))
endif

.PHONY: help demo test test-gpu bench-gpu sweep fuzz test-learned test-cpus test-versions reached mutants lint typing bench coverage accuracy interop packages pipelines docs docs-test dist clean

demo: $(VENV)/.scipy ## fit published data with exact derivatives
	$(BIN)/hoad demo

test: $(VENV)/.test ## all tests but the long sweeps; one that does not end in ten minutes has failed
	$(BIN)/python -m pytest -q -n 2 --timeout 600 --timeout-method thread

sweep: $(VENV)/.test ## the long sweeps: every rule over its whole range, every shape
	$(BIN)/python -m pytest -q -n 2 -m sweep

fuzz: $(VENV)/.test ## some hours: 10**5 random programs, every nesting against exact intervals; EXAMPLES=1000 for fewer
	HOAD_EXAMPLES=$(or $(EXAMPLES),100000) $(BIN)/python -m pytest -q -n 2 \
	  tests/properties/test_nesting_random.py tests/compiling/test_random.py \
  tests/compiling/test_random_compiled_on_device.py

test-learned: $(VENV)/.test ## the tests with every second call of an operator answered by what was recorded
	HOAD_LEARN=1 $(BIN)/python -m pytest -q -n 2

test-cpus: $(VENV)/.test ## the tests as other processors run them, with vector instructions switched off
	$(BIN)/python tests/processors.py

test-versions: $(UV) ## the tests with the oldest of what pyproject.toml admits, and with the newest that is here
	$(UV) venv --quiet --clear --no-python-downloads --python $(OLDEST) $(VENV)-oldest
	$(UV) pip install --quiet --python $(VENV)-oldest --resolution lowest-direct --editable '.[test]'
	$(VENV)-oldest/bin/python -m pytest -q -n 2
	newest=$$(for v in $(NEWEST); do $(UV) python find --no-python-downloads $$v 2>/dev/null && exit; done; \
	  echo 'no newer Python here: name one, as in make test-versions NEWEST=/usr/bin/python3.13' >&2; exit 1) && \
	$(UV) venv --quiet --clear --no-python-downloads --python $$newest $(VENV)-newest
	$(UV) pip install --quiet --python $(VENV)-newest --editable '.[test]'
	$(VENV)-newest/bin/python -m pytest -q -n 2

$(UV): $(filter $(VENV)-uv,$(OTHER)) | $(VENV)-uv/bin/python
	$(VENV)-uv/bin/python -m pip install --quiet --disable-pip-version-check uv

reached: $(VENV)/.test ## which test runs which statement, noted for `make mutants`: a quarter of an hour or so
	PYTHONPATH= $(BIN)/python tests/reached.py $(ARGUMENTS)

mutants: $(VENV)/.test ## small changes of the source that no test notices; ARGUMENTS="--count 30 dual.py"
	PYTHONPATH= $(BIN)/python tests/mutants.py $(ARGUMENTS)

test-gpu: ## the programs of the tables on a GPU: with the CuPy that PYTHON has, at most four minutes
	$(PYTHON) tests/gpu.py

bench-gpu: ## derivatives on a GPU beside JAX and PyTorch, as PYTHON has them, at most four minutes
	$(PYTHON) benchmarks/gpu.py

interop: $(VENV)-interop/.done ## the tests with JAX and PyTorch, in an environment of their own
	$(VENV)-interop/bin/python -m pytest -q tests/interop/test_interop.py tests/interop/test_jax_programs.py \
	  tests/interop/test_dask_executor.py tests/interop/test_dask_arrays.py tests/interop/test_other_arrays.py \
	  tests/interop/test_ipopt.py tests/interop/test_cupy_names.py tests/interop/test_numba_colors.py \
	  tests/interop/test_pydata_sparse.py tests/interop/test_points_of_others.py docs/interop.md

$(VENV)-interop/.done: pyproject.toml $(filter $(VENV)-interop,$(OTHER)) | $(VENV)-interop/bin/python
	$(VENV)-interop/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[interop]' pytest
	pkg-config --exists ipopt lapack || (apt-get update -qq && apt-get install -y -qq pkg-config coinor-libipopt-dev liblapack-dev) || true
	$(VENV)-interop/bin/python -m pip install --quiet --disable-pip-version-check 'cyipopt>=1.5' || \
	  echo 'IPOPT is not here, so cyipopt is not built, and its tests are left out'
	touch $@

packages: $(VENV)-packages/.done ## the public functions of twenty published packages, as they stand, against differences
	$(VENV)-packages/bin/python tests/packages.py $(ARGUMENTS)

$(VENV)-packages/.done: pyproject.toml $(filter $(VENV)-packages,$(OTHER)) | $(VENV)-packages/bin/python
	$(VENV)-packages/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[packages]'
	touch $@

pipelines: $(VENV)-pipelines/.done ## programs that call published packages as their users do, to second order, against differences
	$(VENV)-pipelines/bin/python -m tests.pipelines $(ARGUMENTS)

$(VENV)-pipelines/.done: pyproject.toml $(filter $(VENV)-pipelines,$(OTHER)) | $(VENV)-pipelines/bin/python
	$(VENV)-pipelines/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[pipelines]'
	touch $@

docs: $(VENV)-docs/.done ## the site, with the book, into build/site; a warning is an error
	rm -rf docs/reference/generated docs/project
	$(VENV)-docs/bin/python -m sphinx -W --keep-going -q -b html docs build/site
	@echo 'open build/site/index.html'

docs-test: docs ## the site in a real browser: headless Chromium, from Debian's packages if it is not here
	command -v chromedriver >/dev/null || (apt-get update -qq && apt-get install -y -qq chromium chromium-driver)
	$(VENV)-docs/bin/python -m pytest -q tests/site

$(VENV)-docs/.done: pyproject.toml $(filter $(VENV)-docs,$(OTHER)) | $(VENV)-docs/bin/python
	$(VENV)-docs/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[docs]'
	touch $@

coverage: $(VENV)/.test ## docs/coverage.md and docs/scipy.md, with the error of every rule: some minutes
	$(BIN)/python tests/tables/numpy_coverage.py
	$(BIN)/python tests/tables/scipy_coverage.py

accuracy: $(VENV)/.test ## docs/native.md, with the error of every function of machine code
	$(BIN)/python tests/tables/native_accuracy.py

lint: $(VENV)/.lint ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy hoad

typing: $(VENV)/.typing ## a user's script under the strict modes of mypy and pyright
	$(BIN)/python -m pytest -q -m sweep tests/typing

bench: $(VENV)/.bench ## speed beside autograd, JAX and PyTorch, in one run
	$(BIN)/python -m benchmarks

dist: $(VENV)/.dist ## wheel and source distribution in dist/; the tests are run from the latter
	rm -rf dist build/source
	$(BIN)/python -m build --outdir dist .
	mkdir -p build/source && tar -xzf dist/hoad-*.tar.gz -C build/source --strip-components 1
	$(MAKE) -C build/source test PYTHON=$(PYTHON)

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: $(OTHER)
$(OTHER:%=%/bin/python): %/bin/python: %
$(ENVIRONMENTS:%=%/bin/python): %/bin/python:
	$(PYTHON) -m venv --clear $*

# One stamp for each set of extras; a change of pyproject.toml installs again.
$(VENV)/.%: pyproject.toml $(filter $(VENV),$(OTHER)) | $(BIN)/python
	$(PIP) --editable '.[$*]'
	touch $@

clean: ## remove the environments and what was built
	rm -rf $(VENV) $(VENV)-* build dist *.egg-info
