"""Modules whose code is left as it is, by their names."""

from __future__ import annotations

import functools
import os
import sys

# Packages whose code is left as it is: what they compute is theirs to differentiate, or is no NumPy code.
UNTOUCHED = frozenset({
    "hoad", "numpy", "optree", "builtins", "numba", "pandas", "xarray", "pint", "matplotlib", "sympy",
    "mpmath", "jax", "torch", "tensorflow", "cupy", "cupyx", "dask", "IPython", "ipykernel", "tqdm", "pytest",
    "_pytest", "hypothesis", "pluggy", "joblib", "importlib_metadata", "typing_extensions",
    "array_api_compat", "sparse",
})  # fmt: skip


OF_ARRAY_API = ("scipy._lib", "scipy._external")
# SciPy's distributions and sparse matrices reach far too much; and with this setting it asks an array for
# its own functions.
LEFT_IN_SCIPY = ("scipy.stats", "scipy.sparse", *(OF_ARRAY_API if os.environ.get("SCIPY_ARRAY_API") else ()))


@functools.cache
def is_untouched(name: str) -> bool:
    """Tell whether the code of a module, by its name, is left as it is."""
    root = name.partition(".")[0]
    return root in UNTOUCHED or root in standard() or name.startswith(LEFT_IN_SCIPY)


@functools.cache
def standard() -> frozenset[str]:
    """The modules of Python's library; a script, ``__main__``, is the user's."""
    return frozenset(sys.stdlib_module_names) - {"__main__", "this", "antigravity"}


# Modules of Python's library whose objects hold what a program puts into them.
HOLDING = frozenset({
    "argparse", "asyncio.queues", "collections", "contextlib", "enum", "queue", "sched", "threading", "types",
    "weakref", "_thread",
})  # fmt: skip


def is_closed(cls: type) -> bool:
    """Tell whether the objects of a class hold what their own module put there, which leads nowhere."""
    return is_untouched(cls.__module__) and cls.__module__ not in HOLDING
