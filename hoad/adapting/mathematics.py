"""``math``, ``cmath`` and ``statistics`` as modules whose functions take traced numbers.

Each function first calls the original at the plain value, so that what it refuses is refused as ever:
``math.log(-1.0)`` is a ValueError, of which the program may make something. Its value for a traced number
is that of NumPy's function.
"""

from __future__ import annotations

import cmath
import functools
import importlib
import math
import statistics
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import numpy as hnp
from ..chainrules.numpy.shaping import as_number
from ..kinds.outcomes import compare
from ..nested import Level, Traced, bare, everything, innermost, primal
from .modules import changed

NUMPYS = {
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2", "asinh": "arcsinh",
    "acosh": "arccosh", "atanh": "arctanh", "pow": "power", "fabs": "abs", "phase": "angle",
    "remainder": "", "fma": "", "gamma": "", "lgamma": "", "floor": "", "ceil": "", "trunc": "", "gcd": "",
    "lcm": "", "comb": "", "perm": "", "factorial": "", "frexp": "", "modf": "", "ldexp": "",
    "nextafter": "", "ulp": "", "isqrt": "", "erf": "", "erfc": "",
}  # fmt: skip


def _of_scipy(name: str) -> Callable[[Any], Any]:
    """A special function, of which SciPy has the rule."""

    def called(x: Any) -> Any:
        return getattr(importlib.import_module("scipy.special"), name)(x)

    return called


def _modf(x: Any) -> tuple[Any, Any]:
    whole = np.trunc(x)
    return x - whole, whole


def _frexp(x: Any) -> tuple[Any, int]:
    exponent = math.frexp(primal(x))[1]
    return np.ldexp(x, -exponent), exponent


def _complex_pair(z: Any) -> tuple[Any, Any]:
    return np.abs(z), np.angle(z)


OWN: dict[str, Callable[..., Any]] = {
    "hypot": lambda *sides: np.linalg.norm(hnp.array(list(sides))) if len(sides) != 2 else np.hypot(*sides),
    "dist": lambda p, q: np.linalg.norm(hnp.array(list(p)) - hnp.array(list(q))),
    "log": lambda x, base=None: np.log(x) if base is None else np.log(x) / np.log(base),
    "fsum": lambda xs: functools.reduce(lambda a, b: a + b, [as_python(x, float) for x in xs], 0.0),
    "prod": lambda xs, *, start=1: functools.reduce(lambda a, b: a * b, xs, start),
    "sumprod": lambda p, q: functools.reduce(
        lambda a, b: a + b, [x * y for x, y in zip(p, q, strict=True)], 0.0
    ),
    "isclose": lambda *args, **options: cmath.isclose(*map(primal, args), **options),
    "remainder": lambda x, y: x - y * np.round(primal(x) / primal(y)),
    "fma": lambda x, y, z: x * y + z,
    "modf": _modf,
    "frexp": _frexp,
    "ldexp": lambda x, i: np.ldexp(x, i),
    "polar": _complex_pair,
    "rect": lambda r, phi: r * np.exp(1j * phi),
    "gamma": _of_scipy("gamma"),
    "lgamma": _of_scipy("gammaln"),
    "erf": _of_scipy("erf"),
    "erfc": _of_scipy("erfc"),
}


def _wrapped(original: Callable[..., Any], function: Callable[..., Any], cls: type) -> Callable[..., Any]:
    """A function of numbers, for traced ones too, which computes with Python's numbers of a class: so
    ``cmath.sqrt(-1.0)`` is 1j, where NumPy's square root of the real number is nan.
    """
    rows = original.__name__ in OF_POINTS

    def computed(*args: Any, **kwargs: Any) -> Any:
        args = tuple([as_python(a, cls) for a in args])
        value = function(*args, **kwargs)
        if not isinstance(value, Traced) or any([value is a for a in args]):
            return value
        if value.noted and not value.level.wholes:  # nobody notes that a number of Python's came of it
            number: Any = value
            return number.item()
        make_python(value)
        return value

    @functools.wraps(original)
    def called(*args: Any, **kwargs: Any) -> Any:
        for x in args:
            if isinstance(x, Traced) or x.__class__ in (list, tuple):
                break
        else:
            return original(*args, **kwargs)
        args = tuple([list(x) if hasattr(x, "__next__") or (rows and np.ndim(x)) else x for x in args])
        traced = [x for a in args for x in parts(a) if isinstance(x, Traced)]
        if not traced:
            return original(*args, **kwargs)
        plain = [plainly(a) for a in args]
        inner = [x for a in plain for x in parts(a) if isinstance(x, Traced)]
        if (not inner and traced[0].known) or has_axes(traced):
            original(*map(seen, plain), **kwargs)
        elif inner and inner[0].noted and not traced[0].noted and inner[0].level.is_handled():
            called(*plain, **kwargs)
        found = traced[0].whole(original, computed, args, kwargs, called)
        if inner and inner[0].has_members and not is_finite(found):
            call_members(called, plain, kwargs, innermost(inner))
        return found

    return standing_for(original, called)


def is_finite(found: Any) -> bool:
    """Tell whether all members of what was found are numbers: where Python refuses, NumPy has none."""
    return all([bool(np.isfinite(everything(x)).all()) for x in parts(found)])


def call_members(called: Callable[..., Any], plain: list[Any], kwargs: Any, batch: Any) -> None:
    """Raise what the call of a member raises, and note it where others raise nothing."""
    level, n = batch.level, len(batch.primal)

    def ending(k: int) -> None:
        given = [
            [of_member(x, level, k) for x in a] if a.__class__ is list else of_member(a, level, k)
            for a in plain
        ]
        called(*given, **kwargs)

    for k in range(n):
        try:
            ending(k)
        except Exception as error:
            compare(error, level, n, ending)
            raise


def of_member(x: Any, level: Level, k: int) -> Any:
    """A value as member k of a batch has it."""
    return x.primal[k] if isinstance(x, Traced) and x.level is level else x


class Standing:
    """What stands for a function of a module: as a key, and where it is compared, it is that function, which
    a table of the program may have.
    """

    def __eq__(self, other: object) -> bool:
        return other is self or other is self.__dict__["__wrapped__"]

    def __hash__(self) -> int:
        return hash(self.__dict__["__wrapped__"])

    def __repr__(self) -> str:
        return repr(self.__dict__["__wrapped__"])


def standing_for(original: Callable[..., Any], called: Callable[..., Any]) -> Callable[..., Any]:
    """A function in the place of another, which is called by one frame, as if it were one of Python's."""
    own = {"__call__": staticmethod(called), "__module__": __name__}
    made: Any = type(original.__name__, (Standing,), own)()
    return functools.update_wrapper(made, original)


def as_python(x: Any, cls: type) -> Any:
    """An argument as the function takes it."""
    if not isinstance(x, Traced) or x.shape or x.dtype.kind not in "fc":
        return x
    return x if x.dtype.char == LETTERS[cls] else as_number(x, cls)


LETTERS = {float: "d", complex: "D"}  # of the types, by which NumPy knows them


def make_python(value: Traced) -> None:
    """Make a number of Python's of a result that nobody else holds, as ``math`` gives them."""
    if value.noted:
        return
    while isinstance(inner := value.primal, Traced) and not inner.noted:
        value = inner
    kind = bare(inner).__class__
    if kind is np.float64 or kind is np.complex128:
        value.primal = inner.item()


def parts(a: Any) -> Any:
    """An argument, or the elements of a list."""
    return a if a.__class__ in (list, tuple) else (a,)


def plainly(a: Any) -> Any:
    """An argument without anything of a derivative."""
    return [primal(x) for x in a] if a.__class__ in (list, tuple) else primal(a)


def seen(a: Any) -> Any:
    """A plain argument, or the elements of a list, as they are in this run."""
    return [bare(x) for x in a] if a.__class__ in (list, tuple) else bare(a)


def has_axes(traced: list[Traced]) -> bool:
    """Tell whether there is an array, which the functions of numbers refuse in every run."""
    return any([x.shape != () for x in traced])


def _iterated(original: Callable[..., Any], function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of an iterable of numbers, which may be a generator: it is read once."""

    @functools.wraps(original)
    def called(xs: Any, *args: Any, **kwargs: Any) -> Any:
        xs = list(xs)
        args = tuple([list(a) if hasattr(a, "__iter__") and not isinstance(a, Traced) else a for a in args])
        traced = [x for a in (xs, *args) for x in parts(a) if isinstance(x, Traced)]
        if not traced:
            return original(xs, *args, **kwargs)
        plain = [plainly(a) for a in (list(xs), *args)]
        inner = any([isinstance(x, Traced) for a in plain for x in parts(a)])
        if (not inner and traced[0].known) or has_axes(traced):
            original(*map(seen, plain), **kwargs)
        return traced[0].whole(original, function, (xs, *args), kwargs, called)

    return standing_for(original, called)


ITERATED = frozenset({"fsum", "prod"})
OF_POINTS = frozenset({"dist", "sumprod"})  # of two sequences, which may be arrays


def function_of(module: types.ModuleType, name: str) -> Any:
    """A function of ``math`` or ``cmath`` that takes traced values; what has none is the original."""
    original = getattr(module, name)
    in_numpy = NUMPYS.get(name, name)
    function = OWN.get(name) or (getattr(np, in_numpy, None) if in_numpy else None)
    if not callable(original) or function is None:
        return original
    if name in ITERATED:
        return _iterated(original, function)
    return _wrapped(original, function, complex if module is cmath and name != "rect" else float)


def _sorted_middle(data: Any, low: bool, high: bool) -> Any:
    ordered, n = sorted(data), len(data)
    a, b = ordered[(n - 1) // 2], ordered[n // 2]
    return a if low else b if high else (a + b) / 2


def _spread(ddof: int, root: bool) -> Callable[..., Any]:
    def spread(data: Any, center: Any = None) -> Any:
        x = hnp.array(data)
        center = np.mean(x) if center is None else center
        variance = np.sum((x - center) ** 2) / (len(data) - ddof)
        return np.sqrt(variance) if root else variance

    return spread


def _covariance(xs: Any, ys: Any) -> Any:
    x, y = hnp.array(xs), hnp.array(ys)
    return np.sum((x - np.mean(x)) * (y - np.mean(y))) / (len(x) - 1)


def _correlation(xs: Any, ys: Any, **options: Any) -> Any:
    if options.get("method", "linear") != "linear":
        return statistics.correlation(plainly(list(xs)), plainly(list(ys)), **options)  # of ranks
    return _covariance(xs, ys) / np.sqrt(_covariance(xs, xs) * _covariance(ys, ys))


def _regression(xs: Any, ys: Any, *, proportional: bool = False) -> Any:
    x, y = hnp.array(xs), hnp.array(ys)
    if proportional:
        return statistics.LinearRegression(slope=np.sum(x * y) / np.sum(x * x), intercept=0.0)
    slope = _covariance(x, y) / _covariance(x, x)
    return statistics.LinearRegression(slope=slope, intercept=np.mean(y) - slope * np.mean(x))


OF_DATA: dict[str, Callable[..., Any]] = {
    "mean": lambda data: np.mean(hnp.array(data)),
    "fmean": lambda data, weights=None: np.average(hnp.array(data), weights=weights),
    "geometric_mean": lambda data: np.exp(np.mean(np.log(hnp.array(data)))),
    "harmonic_mean": lambda data, weights=None: 1 / np.average(1 / hnp.array(data), weights=weights),
    "median": lambda data: _sorted_middle(data, low=False, high=False),
    "median_low": lambda data: _sorted_middle(data, low=True, high=False),
    "median_high": lambda data: _sorted_middle(data, low=False, high=True),
    "stdev": _spread(1, root=True),
    "variance": _spread(1, root=False),
    "pstdev": _spread(0, root=True),
    "pvariance": _spread(0, root=False),
    "covariance": _covariance,
    "correlation": _correlation,
    "linear_regression": _regression,
}


MATHEMATICS = {
    m: changed(m, **{n: function_of(m, n) for n in vars(m) if not n.startswith("_")}) for m in (math, cmath)
}
MATHEMATICS[statistics] = changed(
    statistics, **{name: _iterated(getattr(statistics, name), function) for name, function in OF_DATA.items()}
)
