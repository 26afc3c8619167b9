"""Statistics of samples: ``zscore``, ``skew``, ``kurtosis``, ``pearsonr`` and their like, along one axis;
what they test is not differentiated.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.special as sc
import scipy.stats as st

from ...errors import ArgumentError
from ...nested import refused
from ...values.captures import traced_in
from .continuous import taken
from .precision import statistic

Function = Callable[..., Any]


# What the keywords say where they say nothing.
DEFAULTS = {"nan_policy": "propagate", "keepdims": False, "alternative": "two-sided", "equal_var": True}


def sample(a: Any, axis: Any, keywords: dict[str, Any]) -> tuple[Any, Any]:
    """A sample and its axis; what says how nan and the axis are treated is as by default.

    Raises:
        ArgumentError: it is not.
    """
    for name, value in keywords.items():
        if DEFAULTS.get(name) != value:
            message = f"{name}={value!r} has no derivative here; leave it out"
            raise refused(ArgumentError(message), *traced_in(a))
    a = taken(a)
    return (np.reshape(a, (-1,)), 0) if axis is None else (a, axis)


def central(a: Any, n: int, axis: Any) -> Any:
    """The n-th moment about the mean."""
    return np.mean((a - np.mean(a, axis=axis, keepdims=True)) ** n, axis=axis)


@statistic(st.zscore)
def _(a: Any, axis: Any = 0, ddof: int = 0, **rest: Any) -> Any:
    return z_map(a, a, axis, ddof, rest)


@statistic(st.zmap)
def _(scores: Any, compare: Any, axis: Any = 0, ddof: int = 0, **rest: Any) -> Any:
    return z_map(scores, compare, axis, ddof, rest)


def z_map(scores: Any, compare: Any, axis: Any, ddof: int, rest: dict[str, Any]) -> Any:
    """Scores in the units of another sample."""
    whole, _ = sample(compare, None, rest) if axis is None else sample(compare, axis, rest)
    at = None if axis is None else axis
    center = np.mean(whole, axis=at, keepdims=axis is not None)
    return (taken(scores) - center) / np.std(whole, axis=at, ddof=ddof, keepdims=axis is not None)


@statistic(st.skew)
def _(a: Any, axis: Any = 0, bias: bool = True, **rest: Any) -> Any:
    a, axis = sample(a, axis, rest)
    found = central(a, 3, axis) / central(a, 2, axis) ** 1.5
    n = np.shape(a)[axis]
    return found if bias else found * np.sqrt(n * (n - 1)) / (n - 2)


@statistic(st.kurtosis)
def _(a: Any, axis: Any = 0, fisher: bool = True, bias: bool = True, **rest: Any) -> Any:
    a, axis = sample(a, axis, rest)
    found = central(a, 4, axis) / central(a, 2, axis) ** 2
    n = np.shape(a)[axis]
    if not bias:
        found = ((n * n - 1.0) * found - 3 * (n - 1) ** 2) / ((n - 2) * (n - 3)) + 3
    return found - 3 if fisher else found


@statistic(st.moment)
def _(a: Any, order: Any = 1, axis: Any = 0, *, center: Any = None, **rest: Any) -> Any:
    a, axis = sample(a, axis, rest)
    if np.ndim(order):
        message = "several orders of scipy.stats.moment have no derivative at once; call it for each"
        raise refused(ArgumentError(message), *traced_in(a))
    return central(a, order, axis) if center is None else np.mean((a - center) ** order, axis=axis)


@statistic(st.gmean)
def _(a: Any, axis: Any = 0, dtype: Any = None, weights: Any = None, **rest: Any) -> Any:
    a, axis = sample(a, axis, rest | {"dtype": dtype})
    return np.exp(np.average(np.log(a), axis=axis, weights=weights))


@statistic(st.hmean)
def _(a: Any, axis: Any = 0, dtype: Any = None, *, weights: Any = None, **rest: Any) -> Any:
    a, axis = sample(a, axis, rest | {"dtype": dtype})
    return 1 / np.average(1 / a, axis=axis, weights=weights)


@statistic(st.pmean)
def _(a: Any, p: Any, *, axis: Any = 0, dtype: Any = None, weights: Any = None, **rest: Any) -> Any:
    a, axis = sample(a, axis, rest | {"dtype": dtype})
    return np.average(a**p, axis=axis, weights=weights) ** (1 / p)


@statistic(st.sem)
def _(a: Any, axis: Any = 0, ddof: int = 1, **rest: Any) -> Any:
    a, axis = sample(a, axis, rest)
    return np.std(a, axis=axis, ddof=ddof) / math.sqrt(np.shape(a)[axis])


@statistic(st.variation)
def _(a: Any, axis: Any = 0, nan_policy: Any = "propagate", ddof: int = 0, **rest: Any) -> Any:
    a, axis = sample(a, axis, rest | {"nan_policy": nan_policy})
    return np.std(a, axis=axis, ddof=ddof) / np.mean(a, axis=axis)


@statistic(st.entropy)
def _(pk: Any, qk: Any = None, base: Any = None, axis: Any = 0, **rest: Any) -> Any:
    pk, axis = sample(pk, axis, rest)
    share = pk / np.sum(pk, axis=axis, keepdims=True)
    if qk is None:
        terms = sc.entr(share)
    else:
        qk = taken(qk)
        terms = sc.rel_entr(share, qk / np.sum(qk, axis=axis, keepdims=True))
    total = np.sum(terms, axis=axis)
    return total if base is None else total / np.log(base)


@statistic(st.pearsonr)
def _(x: Any, y: Any, *, axis: Any = 0, **rest: Any) -> Any:
    x, axis = sample(x, axis, {name: v for name, v in rest.items() if name != "alternative"})
    y = taken(y)
    if np.ndim(x) != 1:
        message = "inside a derivative, scipy.stats.pearsonr is of two samples of one axis"
        raise refused(ArgumentError(message), *traced_in((x, y)))
    u, v = x - np.mean(x), y - np.mean(y)
    found = np.sum(u * v) / np.sqrt(np.sum(u * u) * np.sum(v * v))
    return Correlation(found, traced_in((x, y)))


class Correlation(tuple[Any, Any]):
    """A correlation, whose derivative is known, and its p-value, which is refused."""

    statistic: Any

    def __new__(cls, statistic: Any, traced: Any) -> Any:
        made = super().__new__(cls, (statistic, unavailable(traced)))
        made.statistic = statistic
        return made

    @property
    def pvalue(self) -> Any:
        """Refused: it is a constant here."""
        return self[1].value()


class Unavailable:
    """A p-value, which says that it has no derivative as soon as something is done with it."""

    def __init__(self, traced: Any) -> None:
        self._traced = traced

    def value(self) -> Any:
        """Refuse."""
        message = "the p-value of scipy.stats.pearsonr has no derivative here; its statistic has"
        raise refused(ArgumentError(message), *self._traced)

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        return self.value()

    def __getattr__(self, name: str) -> Any:
        return self.value()


def unavailable(traced: Any) -> Unavailable:
    """A p-value that is refused."""
    return Unavailable(traced)
