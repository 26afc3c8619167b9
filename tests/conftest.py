"""Settings for all tests."""

import os

os.environ.setdefault("HOAD_TRACEBACKS", "full")  # a test that fails shows hoad's own frames

collect_ignore = ["mutants.py"]  # it needs Cosmic Ray
