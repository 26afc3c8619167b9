"""A distribution of SciPy whose own formulas take traced values.

A formula of ``scipy.stats`` (``_logpdf``, ``_cdf``, ``_stats``) is NumPy code, in which some names have no
derivative: ``np.place``, ``apply_where``, ``sc.expm1``. So its class has a mirror: the same code, function
by function, in which these names mean others. It is made on first use, for one class at a time, and nothing
of SciPy's is changed by it.
"""

from __future__ import annotations

import functools
import types
from typing import Any

import scipy.special
import scipy.special._ufuncs as ufuncs
from scipy.stats import _distn_infrastructure as infrastructure
from scipy.stats import rv_continuous, rv_discrete

from ... import numpy as hnp
from ...adapting.builtins import REPLACED, Float
from .selecting import apply_where, lazyselect, lazywhere, of_arrays
from .special import SPECIAL

# Functions made of the formulas by ``np.vectorize``, for plain numbers.
NUMERICAL = ("_cdfvec", "_ppfvec", "_cdf_single", "_ppf_single", "generic_moment", "vecentropy", "_cdfvec")


class Renamed:
    """A module in which some names mean others."""

    def __init__(self, module: Any, others: dict[str, Any]) -> None:
        self.__dict__.update(others)
        self._module = module

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


NUMPY = Renamed(hnp, of_arrays)
MODULES: dict[str, Any] = {
    "numpy": NUMPY,
    "scipy.special": Renamed(scipy.special, SPECIAL),
    "scipy.special._ufuncs": Renamed(ufuncs, SPECIAL),
    "scipy._lib.array_api_extra": types.SimpleNamespace(apply_where=apply_where),
    "scipy._external.array_api_extra": types.SimpleNamespace(apply_where=apply_where),
}
FUNCTIONS: dict[str, Any] = {
    "_lazyselect": lazyselect,
    "_lazywhere": lazywhere,
    "place": of_arrays["place"],
    **{name: SPECIAL[name] for name in ("expm1", "log1p", "logsumexp")},
}


class Names(dict[str, Any]):
    """The global names of a module of ``scipy.stats``, with others for some; its functions are read again as
    they are asked for.
    """

    def __init__(self, original: dict[str, Any]) -> None:
        found = {name: renamed(name, value) for name, value in original.items()}
        super().__init__(found, float=Float, **REPLACED)


def renamed(name: str, value: Any) -> Any:
    """What a global name of a formula means."""
    if isinstance(value, types.ModuleType):
        return MODULES.get(value.__name__, value)
    if name in FUNCTIONS:
        return FUNCTIONS[name]
    if isinstance(value, (rv_continuous, rv_discrete)):
        return Other(value)
    if isinstance(value, types.FunctionType) and (value.__module__ or "").startswith("scipy.stats"):
        return Later(value)
    return value


class Later:
    """A function of a module of ``scipy.stats``, which is read again when it is called."""

    def __init__(self, function: types.FunctionType) -> None:
        self.function = function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return read_again(self.function)(*args, **kwargs)


class Other:
    """A distribution that the formulas of another use."""

    def __init__(self, dist: Any) -> None:
        self._dist = dist

    def __getattr__(self, name: str) -> Any:
        return getattr(mirror(self._dist), name)


@functools.cache
def names_of(module: str) -> Names:
    """The names of a module, as formulas are to see them."""
    return Names(vars(__import__(module, fromlist=["_"])))


@functools.cache
def read_again(f: types.FunctionType) -> types.FunctionType:
    """The same code with other global names."""
    if f.__globals__.get("__name__") is None or not (f.__module__ or "").startswith("scipy"):
        return f
    new = types.FunctionType(
        f.__code__, names_of(f.__globals__["__name__"]), f.__name__, f.__defaults__, f.__closure__
    )
    new.__kwdefaults__ = f.__kwdefaults__
    return new


@functools.cache
def mirrored(cls: type) -> type:
    """A class of distributions, its formulas read again."""
    members: dict[str, Any] = {}
    for base in reversed(cls.__mro__[:-1]):
        for name, value in vars(base).items():
            if isinstance(value, types.FunctionType):
                members[name] = read_again(value)
    return type(cls.__name__, (cls,), members)


def mirror(dist: Any) -> Any:
    """A distribution whose formulas take traced values."""
    cls: Any = type(dist)
    made: Any = object.__new__(mirrored(cls))
    held = {name: value for name, value in vars(dist).items() if name not in NUMERICAL}
    made.__dict__.update(held)
    return made


GENERAL = (rv_continuous, rv_discrete, infrastructure.rv_generic)


def states(dist: Any, *names: str) -> bool:
    """Tell whether a distribution has a formula of its own for one of several things."""
    general = {f"{cls.__module__}.{cls.__qualname__}" for cls in GENERAL}
    own = [c for c in type(dist).__mro__[:-1] if f"{c.__module__}.{c.__qualname__}" not in general]
    return any([name in vars(cls) for cls in own for name in names])
