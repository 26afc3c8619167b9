"""Distributions and rotations of SciPy's in pure programs: which of their methods do nothing but compute, and
whether one is what it was; and which functions may draw random numbers.
"""

from __future__ import annotations

import functools
import inspect
import sys
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from .partition import Partition
from .same import Test, same_as

OF_LAWS = frozenset({
    "pdf", "logpdf", "pmf", "logpmf", "cdf", "logcdf", "sf", "logsf", "ppf", "isf", "entropy", "interval",
    "median", "moment", "stats", "support", "_pdf", "_logpdf", "_cdf", "_logcdf", "_sf", "_ppf",
})  # fmt: skip
OF_SEVERAL = frozenset({"pdf", "logpdf", "pmf", "logpmf"})  # probabilities are integrals by random points
# Parameters of what draws random numbers, and a function with one among its options.
CHANCE = frozenset({"rng", "seed", "random_state", "permutations", "qrng"})
DRAWING = frozenset({"quadratic_assignment"})
OF_ROTATIONS = ("scipy.spatial.transform", "scipy.spatial.transform._rotation")


def law_class(name: str) -> Any:
    """A class of SciPy's distributions, if they are loaded; else an empty tuple, of which nothing is one."""
    file = "_multivariate" if name.startswith("multi") else "_distn_infrastructure"
    return getattr(sys.modules.get(f"scipy.stats.{file}"), name, ())


def methods_of(value: Any) -> frozenset[str]:
    """The methods of a distribution that may be called; empty if it is none of SciPy's own."""
    if not type(value).__module__.startswith("scipy.stats."):
        return frozenset()
    if isinstance(value, (law_class("rv_generic"), law_class("rv_frozen"))):
        return OF_LAWS
    return OF_SEVERAL if isinstance(value, law_class("multi_rv_generic")) else frozenset()


def same_law(value: Any, partition: Partition) -> Test:
    """A test that tells whether another distribution is this one, with all that it holds as it was.

    Args:
        value: the distribution.
        partition: of the things that are held.

    Raises:
        LookupError: it holds data that can be written to without a sign.
    """
    if isinstance(value, law_class("rv_frozen")):
        return same_frozen(value, partition)
    held = list(vars(value).items())
    if any([part.__class__ in (np.ndarray, list) for _, part in held]):
        raise LookupError(f"a {type(value).__name__}")
    n = len(held)

    def test(now: Any) -> bool:
        if now is not value:
            return False
        parts = vars(now)
        return len(parts) == n and all([parts.get(name) is part for name, part in held])

    return test


def same_frozen(value: Any, partition: Partition) -> Test:
    """The same of a distribution with its parameters."""
    names = ("dist", "args", "kwds")
    is_law = same_law(value.dist, partition)
    given = same_as((value.args, value.kwds), partition=partition)
    others = [(name, part) for name, part in vars(value).items() if name not in names]
    n = len(vars(value))

    def test(now: Any) -> bool:
        if now is not value or len(vars(now)) != n or not is_law(now.dist):
            return False
        parts = vars(now)
        return given((now.args, now.kwds)) and all([parts.get(name) is part for name, part in others])

    return test


@functools.cache
def draws(function: Callable[..., Any]) -> bool:
    """Tell whether a function of SciPy's may draw random numbers."""
    if function.__name__ in DRAWING:
        return True
    try:
        names = inspect.signature(function).parameters
    except (TypeError, ValueError):  # in C, where nothing draws
        return False
    of_tests = getattr(function, "__module__", "").startswith("scipy.stats")  # ``method=`` says how, there
    return not CHANCE.isdisjoint(names) or (of_tests and "method" in names)


def methods_of_class(cls: type) -> set[str]:
    """The names of a class that do nothing but compute; empty unless it is one of rotations, or of splines
    and their kin.
    """
    is_rotation = cls.__module__ in OF_ROTATIONS and cls.__name__ in ("Rotation", "Slerp")
    if not is_rotation and not is_interpolating(cls):
        return set()
    return {name for name in dir(cls) if not name.startswith("_")} - {"random"}


def is_interpolating(cls: type) -> bool:
    """Tell whether a class is one of SciPy's functions through points, made without chance."""
    module = sys.modules.get("scipy.interpolate")
    is_public = cls.__module__.startswith("scipy.interpolate.") and getattr(module, cls.__name__, None) is cls
    return is_public and not draws(cls)


def same_through_points(value: Any, partition: Partition) -> Test:
    """A test that tells whether another such function is this one, by all that it holds.

    Args:
        value: the function.
        partition: of the things that are held.

    Raises:
        LookupError: it holds what can't be compared.
    """
    cls = value.__class__
    names = [name for base in cls.__mro__ for name in getattr(base, "__slots__", ())]
    names = [name for name in names if name != "__dict__" and hasattr(value, name)]
    held = vars_of(value), *[getattr(value, name) for name in names]
    given = same_as(held, functools.partial(same_object, partition), partition=partition)

    def test(now: Any) -> bool:
        if now.__class__ is not cls:
            return False
        return given((vars_of(now), *[getattr(now, name, None) for name in names]))

    return test


def same_object(partition: Partition, value: Any) -> Test:
    """The test of a function or a module of SciPy's own that an object holds, or of an object like it."""
    if value.__class__.__module__.startswith("scipy.interpolate."):
        return same_through_points(value, partition)
    if not callable(value) and not isinstance(value, types.ModuleType):
        raise LookupError(f"a {value.__class__.__name__}")
    return lambda now: now is value


def vars_of(value: Any) -> Any:
    """The attributes of an object, where it keeps them in a dictionary."""
    return getattr(value, "__dict__", ())
