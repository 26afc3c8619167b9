"""What a pure program may call and read: functions whose value depends on their arguments alone, and which do
nothing else.
"""

from __future__ import annotations

import builtins
import cmath
import collections
import functools
import itertools
import math
import operator
import sys
import types
from collections.abc import Hashable
from typing import Any

import numpy as np

from ..chainrules import RULES
from .doors import door_of
from .pure_laws import draws, methods_of_class

# Whatever has no rule and is no constant that hoad knows is not among NumPy's functions here: files, random
# numbers, settings.
CREATORS = frozenset({
    "allclose", "arange", "array", "array_equal", "array_equiv", "asanyarray", "asarray",
    "ascontiguousarray", "atleast_1d", "atleast_2d", "atleast_3d", "bartlett", "blackman",
    "broadcast_shapes", "diag_indices", "empty", "empty_like", "eye", "fftfreq", "fromfunction", "full",
    "full_like", "geomspace", "hamming", "hanning", "identity", "indices", "isclose",
    "iscomplexobj", "isdtype",
    "isrealobj", "isscalar", "issubdtype", "iterable", "ix_", "kaiser", "linspace", "logspace",
    "mask_indices", "meshgrid", "ndim",
    "ones", "ones_like", "promote_types", "require", "result_type", "rfftfreq", "shape", "size",
    "tri", "tril_indices", "triu_indices",
    "zeros", "zeros_like",
})  # fmt: skip
BUILTINS = frozenset([
    getattr(builtins, name)
    for name in (
        "abs", "all", "any", "bool", "callable", "complex", "dict", "divmod", "enumerate", "filter", "float",
        "frozenset", "getattr", "hasattr", "int", "isinstance", "issubclass", "iter", "len", "list", "map",
        "max",
        "min", "next", "object", "ord", "pow", "range",
        "reversed", "round", "set", "setattr", "slice", "sorted", "str", "sum", "super", "tuple", "type",
        "zip",
    )
])  # fmt: skip
CLASSES = frozenset({
    collections.defaultdict, collections.deque, collections.OrderedDict, functools.partial, np.dtype,
    np.errstate, np.finfo, np.iinfo, np.ndarray,
})  # fmt: skip
MODULES = {
    module.__name__: module
    for module in (np, np.linalg, np.fft, math, cmath, operator, itertools, functools, collections)
}
# SciPy's are read as they are loaded; of their functions those count that have a door, and the ufuncs.
OF_SCIPY = frozenset({
    "scipy", "scipy.fft", "scipy.integrate", "scipy.interpolate", "scipy.linalg", "scipy.ndimage",
    "scipy.optimize", "scipy.signal", "scipy.spatial", "scipy.spatial.transform", "scipy.special",
    "scipy.stats",
})  # fmt: skip
OF_MODULES = {
    "copy": frozenset({"copy", "deepcopy"}),
    "functools": frozenset({"reduce", "partial"}),
    "re": frozenset({"compile", "escape", "findall", "fullmatch", "match", "search", "split", "sub"}),
    "inspect": frozenset({"getfullargspec", "signature"}),
    "operator": frozenset(vars(operator)) - {"attrgetter", "methodcaller", "call"},
}
OF_FOURIER = frozenset({"fftfreq", "rfftfreq", "next_fast_len"})  # numbers alone
OF_UFUNCS = frozenset({"at", "outer", "reduce", "accumulate", "reduceat"})
# Attributes and methods of arrays, numbers, lists, dictionaries, and of what NumPy's functions return.
OF_TEXT = frozenset(
    name for kind in (str, bytes, dict, list, set) for name in dir(kind) if not name.startswith("_")
)
OF_DATA = OF_TEXT | frozenset({
    "T", "mT", "all", "any", "argmax", "argmin", "argpartition", "argsort", "astype", "choose", "clip",
    "compress", "conj", "conjugate", "copy", "cumprod", "cumsum", "diagonal", "dot", "dtype", "fill", "flat",
    "flatten", "imag", "item", "itemsize", "max", "mean", "min", "nbytes", "ndim", "nonzero", "partition",
    "prod", "ptp", "put", "ravel", "real", "repeat", "reshape", "round", "searchsorted", "shape", "size",
    "sort", "squeeze", "std", "sum", "swapaxes", "take", "tolist", "trace", "transpose", "var",
    "view", "append", "clear", "count", "extend", "get", "index", "insert", "items", "keys", "pop", "remove",
    "reverse", "setdefault", "update", "values", "as_integer_ratio", "hex", "is_integer", "eigenvalues",
    "eigenvectors", "logabsdet", "sign", "Q", "R", "U", "S", "Vh", "x", "fun", "root", "t", "y", "success",
    "endswith", "eps", "names", "__array__", "__class__", "__dict__", "__name__", "join", "lower", "split",
    "startswith", "strip", "upper", "kind", "type", "start",
    "step", "stop",
    # of what SciPy's solvers give:
    "active_mask", "converged", "cost", "flag", "function_calls", "grad", "iterations", "jac", "message",
    "nfev", "nit", "njev", "optimality", "status", "t_events", "y_events",
})  # fmt: skip


ORDERS = frozenset("KAka")  # of elements as they lie in memory


def names_an_order(value: Any) -> bool:
    """Tell whether some data may ask for the elements of an array in the order in which they lie in memory.

    Example:
        >>> names_an_order({"order": "K"}), names_an_order(("F", 1.0))
        (True, False)
    """
    if value.__class__ is str:
        return value in ORDERS
    if value.__class__ is dict:
        return any(map(names_an_order, value.values()))
    return value.__class__ in (tuple, list) and any(map(names_an_order, value))


def is_pure_module(value: Any) -> bool:
    """Tell whether the functions of a module may be among a pure program's."""
    name = value.__name__
    return MODULES.get(name) is value or (name in OF_SCIPY and sys.modules.get(name) is value)


def is_pure_constant(value: Any) -> bool:
    """Tell whether something is a function, or a class, that depends on its arguments alone.

    Example:
        >>> import os
        >>> [is_pure_constant(f) for f in (np.sin, np.linalg.solve, math.exp, len)]
        [True, True, True, True]
        >>> [is_pure_constant(f) for f in (np.random.rand, print, os.getcwd)]
        [False, False, False]
    """
    if isinstance(value, type):
        return is_pure_class(value)
    if isinstance(value, (types.WrapperDescriptorType, types.MethodDescriptorType)):
        return value.__objclass__ in (float, int, complex, str)
    if isinstance(value, np.ufunc):
        return is_public(value, np) or is_public(value, sys.modules.get("scipy.special"))
    if answers_itself(value):
        return False
    module, name = getattr(value, "__module__", None), getattr(value, "__name__", None)
    if isinstance(value, types.BuiltinFunctionType) and value.__self__.__class__ is types.ModuleType:
        module = value.__self__.__name__
    if module.__class__ is not str or name.__class__ is not str:
        return False
    if module == "builtins":
        return value in BUILTINS
    if module in (
        "math",
        "cmath",
        "_operator",
        "operator",
        "functools",
        "_functools",
        "copy",
        "inspect",
        "re",
    ):
        public = sys.modules[module.lstrip("_")]
        names = OF_MODULES.get(public.__name__)
        return is_public(value, public) and (names is None or name in names)
    if module.startswith("numpy"):
        stated = isinstance(value, Hashable) and value in RULES
        return stated or (name in CREATORS and (is_public(value, np) or is_public(value, np.fft)))
    if not module.startswith("scipy"):
        return False
    return name in OF_FOURIER or (door_of(value) is not None and not draws(value))


def answers_itself(value: Any) -> bool:
    """Tell whether a class of the user's says what attributes an object has: to ask for one runs its code."""
    asked = ("__getattr__", "__getattribute__")
    return any(
        [vars(cls).get(n).__class__ is types.FunctionType for cls in type(value).__mro__ for n in asked]
    )


def is_pure_class(cls: type) -> bool:
    """Tell whether to make an object of a class does nothing else."""
    if issubclass(cls, (BaseException, np.generic)):
        return cls.__module__ in ("builtins", "numpy", "numpy.linalg")
    if cls in BUILTINS or cls in CLASSES or cls.__module__ == "itertools":
        return True
    return bool(methods_of_class(cls))


def is_public(value: Any, module: Any) -> bool:
    """Tell whether a module has a function under its name."""
    return getattr(module, value.__name__, None) is value
