"""Settings for all tests."""

import importlib.util
import os

os.environ.setdefault("HOAD_TRACEBACKS", "full")  # a test that fails shows hoad's own frames

engines = [importlib.util.find_spec(name) for name in ("jax", "torch")]
collect_ignore = ["tests/mutants.py"]  # it needs Cosmic Ray
if not all(engines):
    collect_ignore.append("docs/interop.md")  # `make interop` runs it
