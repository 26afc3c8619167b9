"""NumPy's whole namespace, for code that allocates arrays and fills them: ``import hoad.numpy as np``.

Outside of a derivative every name is NumPy's own, or calls it. Within one, ``np.zeros``, ``np.array`` and the
other functions that make arrays give arrays that hold traced values, so code that makes an array and writes
into it, or makes one of a list of numbers, runs unchanged.

Example:
    >>> import hoad
    >>> import hoad.numpy as np
    >>> def powers(x):
    ...     out = np.zeros(3)
    ...     for k in range(3):
    ...         out[k] = x**k
    ...     return np.array([out[1], 2 * out[2]])
    >>> powers(3.0)
    array([ 3., 18.])
    >>> hoad.derivative(powers, 3.0)
    array([ 1., 12.])
"""

from __future__ import annotations

from typing import Any

import numpy
from numpy import fft, linalg

from .arrays.grids import KEYED
from .arrays.namespace import arange, filling, isscalar, module_of, of_values, own

# Functions that make arrays, which the program may fill.
FLOATS = (
    "zeros", "ones", "empty", "full", "eye", "identity", "linspace", "logspace", "geomspace",
    "tri", "zeros_like", "ones_like", "empty_like", "full_like", "fromfunction", "diag", "vander", "copy",
    "tile", "repeat", "concatenate", "stack", "vstack", "hstack", "meshgrid", "outer", "interp", "cumsum",
    "diff", "column_stack", "indices", "fromstring", "loadtxt", "genfromtxt", "append",
    "insert", "delete", "sort", "roll", "kron", "pad", "triu", "tril", "diagflat", "block", "dstack",
    "cumprod", "gradient", "convolve", "select", "piecewise", "resize", "take",
)  # fmt: skip
COMPARING = ("allclose", "isclose", "array_equal", "array_equiv")
OF_VALUES = ("array", "asarray", "asanyarray", "ascontiguousarray", "asfortranarray")

# What stands for NumPy's functions; ``linalg`` and ``fft`` are modules of such.
OWN: dict[str, Any] = {n: own(f) for n, f in vars(numpy).items() if own(f) is not None}
OWN |= {n: module_of(getattr(numpy, n)) for n in ("linalg", "fft", "testing")}
# Of those, what differs for lists of traced numbers alone.
ASKING = [n for part in (numpy, linalg, fft) for n, f in vars(part).items() if own(f) is not None]
OTHERWISE = {
    "frombuffer",
    "fromiter",
    "full",
    "full_like",
    "fromstring",
    "nditer",
    "piecewise",
    "vectorize",
    *COMPARING,
    *OF_VALUES,
}
OTHERWISE |= {f"logical_{n}" for n in ("and", "or", "xor", "not")}  # of objects, they give one of them
ASKING = [n for n in ("linalg", "fft", *ASKING) if n not in OTHERWISE]
MADE = {n: filling(OWN.get(n) or getattr(numpy, n)) for n in FLOATS}
MADE |= {n: of_values(getattr(numpy, n)) for n in OF_VALUES}
_alike = {id(getattr(numpy, n)): f for n, f in MADE.items()}
OWN |= {n: _alike[id(f)] for n, f in vars(numpy).items() if id(f) in _alike}  # ``concat``, too
OWN |= {"isscalar": isscalar, "arange": filling(arange), **KEYED}

globals().update({n: v for n, v in vars(numpy).items() if not n.startswith("_")})
globals().update(OWN)


def __getattr__(name: str) -> Any:
    return getattr(numpy, name)


def __dir__() -> list[str]:
    return sorted({*dir(numpy), *globals()})


__all__ = [name for name in numpy.__all__ if name not in ("testing", "f2py", "test")]
