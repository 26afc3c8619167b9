"""``np.emath``, which is ``numpy.lib.scimath``: functions that turn complex where the real ones end.

If one element is beyond the end, the whole array is complex, as NumPy has it (for a batch, if one of any
member is). From there on the rule is that of the complex function, with an imaginary part of +0, which says
the side of the branch cut.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...nested import Traced, everything
from ...values.constants import as_array
from ..declarations import composite
from .shaping import astype, kind_of

SINGLE = "fFbhBH"  # the types for which NumPy takes the complex numbers of single precision


def is_any(beyond: Callable[[Any], Any], x: Any) -> bool:
    """Tell whether a real element of an array is beyond the end."""
    held = everything(x)
    values: Any = held if isinstance(held, Traced) else as_array(held)
    if values.dtype.kind not in "fiub":
        values = values[values.imag == 0].real if values.dtype.kind == "c" else np.zeros(0)
    return bool(np.any(beyond(values)))


def is_negative(x: Any) -> Any:
    """Below 0, where roots and logarithms leave the real line."""
    return x < 0


def is_outside(x: Any) -> Any:
    """Beyond -1 or 1, where the inverses of sine, cosine and tanh do."""
    return np.abs(x) > 1


def complex_where(beyond: Callable[[Any], Any], x: Any) -> Any:
    """The same values, as complex numbers if one is beyond the end."""
    kind = np.dtype(kind_of(x))
    wide = np.dtype(np.complex64 if kind.char in SINGLE else np.complex128)
    return astype(x, wide) if is_any(beyond, x) and kind != wide else x


@composite(np.emath.logn)
def logn(n: Any, x: Any) -> Any:
    """The logarithm to base n."""
    return np.log(complex_where(is_negative, x)) / np.log(complex_where(is_negative, n))


@composite(np.emath.power)
def power(x: Any, p: Any) -> Any:
    """``x**p``, which is complex for x < 0."""
    p = np.multiply(p, 1.0) if kind_of(p).kind in "iu" and is_any(is_negative, p) else p
    return np.power(complex_where(is_negative, x), p)


def beyond_its_end(real: Any, beyond: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A function of one argument, which is complex if an element is beyond the end of the real one."""

    def turned(x: Any) -> Any:
        return real(complex_where(beyond, x))

    return turned


for _name in ("sqrt", "log", "log2", "log10"):
    composite(getattr(np.emath, _name))(beyond_its_end(getattr(np, _name), is_negative))
for _name in ("arcsin", "arccos", "arctanh"):
    composite(getattr(np.emath, _name))(beyond_its_end(getattr(np, _name), is_outside))
