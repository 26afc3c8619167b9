"""``adapt``: code that can't be edited, run with hoad's ``numpy``, ``math``, ``cmath`` and ``float``.

A new function object over the same code looks its global names up in a dictionary of its own
(``LOAD_GLOBAL`` asks a subclass of dict by ``__getitem__``), which passes on what the original module has and
puts hoad's modules in the place of NumPy's, and adapted functions in the place of Python functions. Nothing
global is changed, so threads do not meet.
"""

from __future__ import annotations

import builtins
import cmath
import functools
import math
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import optree

from .. import numpy as filling
from ..errors import ArgumentError
from ..nested import Traced
from ..running.calling import check_function
from ..running.made import Made, Wrapping
from ..running.tracebacks import fold

# What ``math`` and ``cmath`` have, by the names of NumPy.
NUMPYS = {
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2", "asinh": "arcsinh",
    "acosh": "arccosh", "atanh": "arctanh", "pow": "power", "fabs": "abs", "phase": "angle", "fsum": "sum",
    "prod": "prod", "dist": None, "hypot": None, "gamma": None, "lgamma": None,
}  # fmt: skip
UNTOUCHED = frozenset({"numpy", "hoad", "optree", "builtins"})


def of_math(name: str, original: Any) -> Any:
    """A function of ``math`` or ``cmath`` that takes traced values."""
    if not callable(original):
        return original
    in_numpy = NUMPYS.get(name, name)
    function = OWN.get(name) or (getattr(numpy, in_numpy, None) if in_numpy else None)

    @functools.wraps(original)
    def called(*args: Any, **kwargs: Any) -> Any:
        if function is not None and any(isinstance(v, Traced) for a in args for v in parts(a)):
            return function(*args, **kwargs)
        return original(*args, **kwargs)

    return called


def parts(a: Any) -> Any:
    """An argument, or the elements of a list."""
    return a if isinstance(a, (list, tuple)) else (a,)


def hypotenuse(*sides: Any) -> Any:
    return numpy.linalg.norm(filling.array(list(sides)))


def logarithm(x: Any, base: Any = None) -> Any:
    return numpy.log(x) if base is None else numpy.log(x) / numpy.log(base)


OWN: dict[str, Callable[..., Any]] = {
    "hypot": hypotenuse,
    "log": logarithm,
    "dist": lambda p, q: numpy.linalg.norm(filling.array(list(p)) - filling.array(list(q))),
    "fsum": lambda xs: sum(xs),
    "prod": lambda xs, start=1: functools.reduce(lambda a, b: a * b, xs, start),
    "isclose": lambda a, b, rel_tol=1e-9, abs_tol=0.0: (
        abs(a - b) <= max(rel_tol * max(abs(a), abs(b)), abs_tol)
    ),
    "fmod": numpy.fmod,
}


class _FloatType(type):
    """``float`` as the adapted code sees it: traced numbers count as floats, and stay traced."""

    def __call__(cls, x: Any = 0.0) -> Any:
        return x if isinstance(x, Traced) and not x.shape else float(x)

    def __instancecheck__(cls, x: Any) -> bool:
        return isinstance(x, float) or (isinstance(x, Traced) and not x.shape and x.dtype.kind == "f")

    def __eq__(cls, other: object) -> bool:
        return other is float or other is cls

    def __hash__(cls) -> int:
        return hash(float)


class Float(float, metaclass=_FloatType):
    """See ``_FloatType``."""


class Module(types.ModuleType):
    """A module whose functions are adapted as they are looked up."""

    def __init__(
        self, original: types.ModuleType, adapted: Adapted, change: Callable[[str, Any], Any]
    ) -> None:
        super().__init__(original.__name__, original.__doc__)
        self.__dict__["_found"] = (original, adapted, change)

    def __getattr__(self, name: str) -> Any:
        original, _, change = self.__dict__["_found"]
        return change(name, getattr(original, name))


class Globals(dict[str, Any]):
    """The global names of a module as adapted code sees them; what the code sets goes to the module."""

    def __init__(self, original: dict[str, Any], adapted: Adapted) -> None:
        super().__init__()
        self.original = original
        self.adapted = adapted

    def __getitem__(self, name: str) -> Any:
        if self:
            self.original.update(self)
            self.clear()
        if name in self.original:
            return self.adapted.value(self.original[name])
        if name == "float":
            return Float
        return getattr(builtins, name) if hasattr(builtins, name) else super().__getitem__(name)

    def write_back(self) -> None:
        """Give the module what the code has set."""
        self.original.update(self)
        self.clear()


class Adapted:
    """What one call of ``adapt`` has replaced: each function once, so that recursion finds itself."""

    def __init__(self) -> None:
        self.functions: dict[Any, Any] = {}
        self.globals: dict[int, Globals] = {}
        self.modules: dict[str, Module] = {}

    def value(self, v: Any) -> Any:
        """A global or captured value as adapted code sees it."""
        if isinstance(v, types.ModuleType):
            return self.module(v)
        if isinstance(v, types.FunctionType):
            return self.function(v)
        if v is float:
            return Float
        if getattr(v, "__module__", None) in ("math", "cmath") and callable(v):
            return of_math(v.__name__, v)
        name = getattr(v, "__name__", None)
        if callable(v) and name in filling.FLOATS + filling.OF_VALUES and getattr(numpy, name, None) is v:
            return getattr(filling, name)
        return filling.vectorize if v is numpy.vectorize else v

    def module(self, m: types.ModuleType) -> Any:
        """NumPy's module as hoad's; a module of the user's with its functions adapted."""
        if m is numpy:
            return filling
        root = m.__name__.partition(".")[0]
        if m is math or m is cmath:
            change: Callable[[str, Any], Any] = of_math
        elif root in UNTOUCHED or root in sys.stdlib_module_names:
            return m
        else:
            change = lambda name, v: self.value(v)
        if m.__name__ not in self.modules:
            self.modules[m.__name__] = Module(m, self, change)
        return self.modules[m.__name__]

    def function(self, f: types.FunctionType) -> Any:
        """A function over the same code, with other globals."""
        if is_library(f.__code__.co_filename):
            return f
        if f not in self.functions:
            names = self.globals.setdefault(id(f.__globals__), Globals(f.__globals__, self))
            held = f.__closure__ or ()
            cells = tuple([types.CellType() if replaceable(c) else c for c in held])
            copy = types.FunctionType(f.__code__, names, f.__name__, f.__defaults__, cells)
            self.functions[f] = copy
            copy.__kwdefaults__ = f.__kwdefaults__
            functools.update_wrapper(copy, f)
            for new, old in zip(cells, held, strict=True):
                if new is not old:
                    new.cell_contents = self.value(old.cell_contents)
        return self.functions[f]


def replaceable(cell: Any) -> bool:
    """Tell whether what a function has captured is to be replaced: a function, a module or a type."""
    try:
        return callable(cell.cell_contents) or isinstance(cell.cell_contents, types.ModuleType)
    except ValueError:  # not bound yet
        return False


def is_library(path: str) -> bool:
    """Tell whether a file belongs to NumPy, hoad or the standard library, whose code is left as it is."""
    return path.startswith(PACKAGES) or (path.startswith(STANDARD) and "site-packages" not in path)


PACKAGES = (*[str(Path(str(m.__file__)).parent) for m in (numpy, optree)], str(Path(__file__).parent.parent))
STANDARD = str(Path(str(functools.__file__)).parent)


def adapt(f: Callable[..., Any]) -> Callable[..., Any]:
    """Give a function that runs the same code, and that of the Python functions it calls, with hoad's NumPy.

    For code that can't be edited and that allocates with ``np.zeros``, makes arrays by ``np.array``, calls
    ``math.sin`` or ``float(x)``, or guards with ``isinstance(x, float)``. The names ``numpy``, ``math``,
    ``cmath`` and ``float`` mean hoad's in it; no module is changed, and other threads see nothing of it.

    Args:
        f: a Python function, a method, or a ``functools.partial`` of one.

    Returns:
        A function with the same name and signature, to call or to differentiate.

    Raises:
        ArgumentError: f is no function of Python code.

    Example:
        >>> import math, numpy as np, hoad
        >>> def heights(t):
        ...     out = np.zeros(3)
        ...     for k in range(3):
        ...         out[k] = float(t) ** k * math.exp(-t)
        ...     return out
        >>> hoad.derivative(hoad.adapt(heights), 0.0)
        array([-1.,  1.,  0.])
    """
    check_function(f, "adapt")
    if isinstance(f, functools.partial):
        return functools.partial(adapt(f.func), *f.args, **f.keywords)
    if isinstance(f, types.MethodType):
        return types.MethodType(adapt(f.__func__), f.__self__)
    if not isinstance(f, types.FunctionType):
        raise ArgumentError(
            f"adapt wants a function of Python code, and {f!r} is none; NumPy's own functions need no "
            f"adapting"
        )
    if is_library(f.__code__.co_filename):
        raise ArgumentError(f"{f!r} belongs to {f.__module__}, whose functions are left as they are")
    return _adapting.make(f, {})


def _run(f: AdaptedFunction, args: Any, kwargs: Any) -> Any:
    try:
        return f.inner(*args, **kwargs)
    finally:
        for names in f.adapted.globals.values():
            names.write_back()


class AdaptedFunction(Made):
    """What ``adapt`` returns."""

    def __init__(self, form: Any, f: Any, options: dict[str, Any]) -> None:
        super().__init__(form, f, options)
        self.adapted = Adapted()
        self.inner = self.adapted.function(f)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return _run(self, args, kwargs)
        except Exception as error:
            fold(error)
            raise


_adapting = Wrapping(adapt, _run, AdaptedFunction)
