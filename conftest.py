"""Settings for all tests."""

import gc
import importlib.util
import os
from collections.abc import Iterator

import pytest

import hoad

os.environ.setdefault("HOAD_TRACEBACKS", "full")  # a test that fails shows hoad's own frames

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # SciPy's: for small matrices, threads wait for each other

if importlib.util.find_spec("hypothesis") is not None:  # the same examples in every run
    from hypothesis import settings

    settings.register_profile("the same", derandomize=True, database=None)
    settings.load_profile("the same")

engines = [importlib.util.find_spec(name) for name in ("jax", "torch")]
collect_ignore = ["tests/mutants.py", "tests/reached.py"]  # scripts
collect_ignore.append("docs/project")  # copies of pages that stand elsewhere
if importlib.util.find_spec("selenium") is None:
    collect_ignore += ["tests/site/browser.py", "tests/site/test_browser.py"]  # `make docs-test` runs it
if importlib.util.find_spec("marimo") is None:
    collect_ignore.append("hoad/command/playground.py")  # an app of marimo's
if not all(engines):
    collect_ignore.append("docs/interop.md")  # `make interop` runs it
collect_ignore_glob = ["docs/*.py", "docs/_*/*"]  # of the site, not of the pages
if importlib.util.find_spec("sparse") is None:
    collect_ignore_glob += ["hoad/pydata/*.py"]  # `make interop` runs what is about them
if importlib.util.find_spec("matplotlib") is None:
    collect_ignore_glob += ["hoad/pictures/*.py"]  # whose examples draw
else:
    os.environ.setdefault("MPLBACKEND", "Agg")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What is collected stays to the end: the collector need not go over its two million objects."""
    gc.disable()
    try:
        return (yield)
    finally:
        keep()
        gc.enable()


def pytest_runtest_logfinish(nodeid: str) -> None:
    """Nor over what the tests of a file have left, in caches and modules."""
    if (file := nodeid.partition("::")[0]) != RUNNING[-1]:
        RUNNING[:] = [file]
        keep()


RUNNING = [""]


def keep() -> None:
    """Let go of what nobody holds, and never look at the rest again. (Where little is left to look at, Python
    looks often.)
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def as_written(request: pytest.FixtureRequest) -> Iterator[None]:
    """Tests that are marked so run programs without adapting them: they are about what is met there."""
    if request.node.get_closest_marker("as_written") is None:
        yield
        return
    with hoad.no_adapt():
        yield
