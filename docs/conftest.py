"""The page about other engines runs where they are installed (``make interop``)."""

import importlib.util

engines = [importlib.util.find_spec(name) for name in ("jax", "torch")]
collect_ignore = [] if all(engines) else ["interop.md"]
