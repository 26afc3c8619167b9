"""The short way of a call of NumPy code: a function written for the classes, types and shapes of the
arguments of one program, which asks for nothing else.
"""

from __future__ import annotations

import linecache
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from ..chainrules.text import compile_source
from ..dual import has_nan
from ..program.sources.numpy_source import MISSED
from ..running.tracebacks import told
from .variant import ERRORS, Variant

try:  # what ``np.errstate`` sets, without making it anew at each call
    from numpy._core.umath import _extobj_contextvar, _make_extobj
except ImportError:
    _extobj_contextvar = None


def direct(variant: Variant, other: Callable[..., Any]) -> Callable[..., Any]:
    """A function that answers a call by a program, if it is one for these arguments, and else hands it on.

    Args:
        variant: its value is a number, an array or a tuple of those, its arguments are numbers and arrays.
        other: what takes the calls that this program can't answer.
    """
    names: dict[str, Any] = {
        "_variant": variant, "_other": other, "_function": variant.function, "_MISSED": MISSED,
        "_has_nan": has_nan, "_ndarray": np.ndarray, "_told": told,
    }  # fmt: skip
    tests = ["not kwargs", *[test_of(k, node, names) for k, node in enumerate(variant.noted.inputs)]]
    n, m = len(variant.noted.inputs), len(variant.noted.outputs)
    unpacked = "".join([f"x{k}, " for k in range(n)]) + "= args" if n else "pass"
    clean = ["y is _MISSED"]
    clean += [f"_has_nan(y[{k}])" for k in range(m) if variant.noted.outputs[k].kind is not float]
    clean += [f"y[{k}] != y[{k}]" for k in range(m) if variant.noted.outputs[k].kind is float]
    if _extobj_contextvar is None:
        names["_errstate"] = lambda: np.errstate(**ERRORS)
        enter, leave = "_state = _errstate(); _state.__enter__()", "_state.__exit__(None, None, None)"
    else:
        names["_set"], names["_reset"] = _extobj_contextvar.set, _extobj_contextvar.reset
        names["_raising"] = _make_extobj(**ERRORS)
        enter, leave = "_token = _set(_raising)", "_reset(_token)"
    source = f"""\
def direct(*args, **kwargs):
    if len(args) == {n}:
        {unpacked}
        if {" and ".join(tests)}:
            {enter}
            try:
                y = _function(*args)
                if {" or ".join(clean)}:
                    y = None
            except Exception:
                y = None
            finally:
                {leave}
            if y is not None:
                _variant.hits += 1
                return {"y[0]" if variant.structure is None else "y"}
    try:
        return _other(*args, **kwargs)
    except Exception as error:
        _told(error, "compile")
        raise
"""
    made: Callable[..., Any] = compile_source("direct", source, names)
    weakref.finalize(made, linecache.cache.pop, made.__code__.co_filename, None)
    return made


def test_of(k: int, node: Any, names: dict[str, Any]) -> str:
    """The condition under which an argument is of the kind of an input."""
    if node.kind is not np.ndarray:
        names[f"_kind{k}"] = node.kind
        return f"x{k}.__class__ is _kind{k}"
    names[f"_shape{k}"], names[f"_dtype{k}"] = node.shape, node.dtype
    rows = f" and x{k}.flags.c_contiguous" if len(node.shape) > 1 else ""
    return f"x{k}.__class__ is _ndarray and x{k}.shape == _shape{k} and x{k}.dtype == _dtype{k}{rows}"
