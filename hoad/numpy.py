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

import functools
from collections.abc import Callable
from typing import Any

import numpy

from .arrays.fillable import fillable
from .arrays.writing import with_out
from .chainrules import RULES
from .nested import INSIDE, Traced, innermost, pack
from .values.trees import flatten

FLOATS = (
    "zeros", "ones", "empty", "full", "eye", "identity", "linspace", "logspace", "geomspace", "arange", "tri",
    "zeros_like", "ones_like", "empty_like", "full_like", "fromfunction", "diag", "vander", "copy", "tile",
    "repeat", "concatenate", "stack", "vstack", "hstack", "meshgrid", "outer", "interp", "cumsum", "diff",
)  # fmt: skip
# Functions that NumPy carries out itself where a keyword alone is traced: initial=, mean=, fill_value=, ...
WITH_UNASKED = (
    "sum", "prod", "max", "min", "amax", "amin", "nansum", "nanprod", "nanmax", "nanmin", "std", "var",
    "nanstd", "nanvar", "interp", "pad", "full_like", "nan_to_num", "unwrap", "bincount", "cov", "polyfit",
    "polyint", "select",
)  # fmt: skip
OF_VALUES = ("array", "asarray", "asanyarray", "ascontiguousarray", "asfortranarray")


def _asking(name: str) -> Callable[..., Any]:
    """A function whose rule counts as soon as any argument is traced, be it a keyword or in a list."""
    function = getattr(numpy, name)

    @functools.wraps(function)
    def asked(*args: Any, **kwargs: Any) -> Any:
        if not INSIDE.get() or innermost(args) is not None or innermost(flatten((args, kwargs))[0]) is None:
            return function(*args, **kwargs)
        rule = RULES[function]
        return with_out(rule, tuple(map(_packed, args)), {k: _packed(v) for k, v in kwargs.items()})

    return asked


def _packed(x: Any) -> Any:
    """A list with traced values in it as a traced array."""
    if isinstance(x, list) and innermost(flatten(x)[0]) is not None:
        return pack(numpy.array(_settled(x), dtype=None))
    return x


def _filling(name: str) -> Callable[..., Any]:
    """A function that makes an array, whose result can be filled within a derivative."""
    function = globals().get(name) or getattr(numpy, name)

    @functools.wraps(function)
    def made(*args: Any, **kwargs: Any) -> Any:
        out = function(*args, **kwargs)
        return fillable(out) if INSIDE.get() else out

    return made


def _of_values(name: str) -> Callable[..., Any]:
    """A function that makes an array of what it is given, which may be traced."""
    function = getattr(numpy, name)

    @functools.wraps(function)
    def made(object: Any, dtype: Any = None, **kwargs: Any) -> Any:
        if not INSIDE.get():
            return function(object, dtype, **kwargs)
        if isinstance(object, Traced):
            return RULES[function](object, dtype, like=object, **kwargs)
        if isinstance(object, (list, tuple)) and any(isinstance(leaf, Traced) for leaf in flatten(object)[0]):
            packed = pack(numpy.array(_settled(object), dtype=None))
            return packed if dtype is None or numpy.dtype(dtype).kind == "O" else packed.astype(dtype)
        return fillable(function(object, dtype, **kwargs))

    return made


def _settled(object: Any) -> Any:
    """Nested lists with the arrays in them taken apart, so that NumPy sees numbers alone."""
    if isinstance(object, (list, tuple)):
        return [_settled(part) for part in object]
    if isinstance(object, Traced) and object.ndim:
        return [_settled(part) for part in object]  # type: ignore[attr-defined]
    return object


for _name in WITH_UNASKED:
    globals()[_name] = _asking(_name)
for _name in FLOATS:
    globals()[_name] = _filling(_name)
for _name in OF_VALUES:
    globals()[_name] = _of_values(_name)


def vectorize(pyfunc: Callable[..., Any], *options: Any, **more: Any) -> Callable[..., Any]:
    """As ``numpy.vectorize``: a function of numbers, for each element of arrays, which may be traced."""
    plain = numpy.vectorize(pyfunc, *options, **more)

    @functools.wraps(pyfunc)
    def mapped(*args: Any, **kwargs: Any) -> Any:
        if not any(isinstance(a, Traced) for a in args):
            return plain(*args, **kwargs)
        arrays = numpy.broadcast_arrays(*args)
        shape = numpy.shape(arrays[0])
        rows = [numpy.ravel(a) for a in arrays]
        found = [
            pyfunc(*[row[k] for row in rows], **kwargs) for k in range(int(numpy.prod(shape, dtype=int)))
        ]
        return numpy.reshape(numpy.stack(found), shape)[()] if shape else found[0]

    return mapped


def __getattr__(name: str) -> Any:
    return getattr(numpy, name)


def __dir__() -> list[str]:
    return sorted({*dir(numpy), *globals()})


__all__ = [name for name in numpy.__all__ if name not in ("testing", "f2py", "test")]
