"""Moments, entropy and expectations of distributions, continuous and discrete, by their shape parameters,
``loc`` and ``scale``: SciPy's values, whose derivatives are those of the distribution's formulas, or else of
the integral or the sum that they stand for.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.stats import rv_continuous

from ...errors import MissingRuleError
from ...nested import Traced, everything, forgiven, pack, primal, refused
from ...operators.questions import order
from ...values.captures import traced_in
from ..steps import step
from .continuous import fill, taken
from .discrete import Counts
from .law import FAILURES, Law
from .quadrature import density, integral

Function = Callable[..., Any]
NAMES = ("mean", "variance", "skewness", "kurtosis")


def law_of(dist: Any) -> Law:
    """A distribution by its functions."""
    return Law(dist) if isinstance(dist, rv_continuous) else Counts(dist)


def parameters(dist: Any, name: str, args: Any, kwds: Any) -> tuple[list[Any], Any, Any]:
    """Shape parameters, of one shape and one axis at least; ``loc`` and ``scale``."""
    args, loc, scale = dist._parse_args(*args, **kwds)
    args = [taken(a) for a in args]
    law_of(dist).check(args)
    shape = np.broadcast_shapes((1,), *map(np.shape, args))
    scale = taken(scale)
    positive = everything(scale) > 0
    scale = scale if np.all(positive) else np.where(positive, scale, np.nan)
    return [fill(a, shape) for a in args], taken(loc), scale


def shaped(y: Any, args: Any, *more: Any) -> Any:
    """A value in the shape of the parameters as they were given."""
    shape = np.broadcast_shapes(*map(np.shape, (*args, *more)))
    return np.reshape(y, shape)[()]


# ------------------------------------------------------------------------------------------------------------
# Integrals and sums over the support
# ------------------------------------------------------------------------------------------------------------


def mean_of(law: Law, f: Function, args: Any) -> Any:
    """The mean of ``f(x, log of the density)`` in the standard form."""
    return over_counts(law, f, args) if isinstance(law, Counts) else over_reals(law, f, args)


def over_reals(law: Law, f: Function, args: Any) -> Any:
    """An integral, from the median to both sides."""
    numbers = [primal(a) for a in args]
    shape = np.shape(args[0]) if args else (1,)
    middle = law.value("_ppf", np.full(shape, 0.5), numbers)
    if law.dist.name in KINKS:
        middle = KINKS[law.dist.name](middle, *args)
    length = law.spread(numbers) + 0 * middle
    low, high = (fill(end, shape) for end in law.support(args))
    shapes = [np.reshape(a, (*np.shape(a), 1)) for a in args]

    def integrand(x: Any) -> Any:
        log = law.logpdf(x, [fill(a, np.shape(x)) for a in shapes])
        return density(log) * f(x, np.where(primal(log) > -690, log, 0.0))

    return integral(integrand, low, middle, length) + integral(integrand, middle, high, length)


def over_counts(law: Law, f: Function, args: Any) -> Any:
    """A sum over the support, as far as it has weight."""
    numbers = [primal(a) for a in args]
    shape = np.shape(args[0]) if args else (1,)
    low, high = (fill(np.asarray(end, float), shape) for end in law.dist._get_support(*numbers))
    ends = [law.value("_ppf", np.full(shape, q), numbers) for q in (1e-15, 1 - 1e-15)]
    low = np.where(np.isinf(low), 2 * ends[0] - 60, low)
    high = np.where(np.isinf(high), 2 * ends[1] + 60, high)
    k = low[..., None] + np.arange(int(np.max(high - low)) + 1.0)
    inside = k <= high[..., None]
    k = np.where(inside, k, low[..., None])
    log = law.logpmf(k, [fill(np.reshape(a, (*np.shape(a), 1)), k.shape) for a in args])  # type: ignore[attr-defined]
    return np.sum(np.where(inside, density(log) * f(k, np.where(primal(log) > -690, log, 0.0)), 0.0), axis=-1)


# Where a density has a corner that is not its median.
KINKS: dict[str, Function] = {
    "crystalball": lambda median, beta, m: -beta,
    "loglaplace": lambda median, c: 0 * c + 1,
    "skewcauchy": lambda median, a: 0 * a,
    "triang": lambda median, c: c,
}


def confirmed(law: Law, name: str, found: Any, value: Any, args: Any) -> Any:
    """The change of what a formula or an integral gave, if its value is that of SciPy.

    Raises:
        MissingRuleError: it is another one, so that its derivative can't be relied on.
    """
    if not isinstance(found, Traced):
        return 0.0
    value = np.asarray(value)
    if not np.all(np.abs(everything(found) - value) <= 1e-6 * np.abs(value) + 1e-8):
        law.unknown(name, 0.0, args)
    return step(found)


# ------------------------------------------------------------------------------------------------------------
# Moments
# ------------------------------------------------------------------------------------------------------------


def raw(law: Law, n: int, args: Any) -> Any:
    """The n-th moment about 0 in the standard form."""
    if law.states("_munp"):
        try:
            with np.errstate(all="ignore"):
                found = law.formulas._munp(n, *args)
            found = pack(found)
            if isinstance(found, Traced):
                return found
        except FAILURES as error:
            forgiven(error)
    return mean_of(law, lambda x, log: x**n, args)


def stated(law: Law, args: Any) -> list[Any]:
    """Mean, variance, skewness and kurtosis as the distribution states them; None for what it does not."""
    if not law.states("_stats"):
        return [None] * 4
    try:
        with np.errstate(all="ignore"):
            options = {"moments": "mvsk"} if law.dist._stats_has_moments else {}
            found = [pack(y) for y in law.formulas._stats(*args, **options)]
    except FAILURES as error:
        forgiven(error)
        return [None] * 4
    return [y if isinstance(y, Traced) or is_fixed(law, k, args) else None for k, y in enumerate(found)]


def is_fixed(law: Law, k: int, args: Any) -> bool:
    """Tell whether a moment is the same for other parameters, too, so that it may well not depend on them."""
    numbers = [everything(primal(a)) for a in args]
    near = [[a * (1 + e * (j + 1)) for j, a in enumerate(numbers)] for e in (0.0, 1e-3, -1e-3)]
    values = [law.dist.stats(*shapes, moments="mvsk"[k]) for shapes in near]
    return all([np.allclose(v, values[0], rtol=1e-13, atol=1e-300) for v in values])


def central(law: Law, k: int, args: Any) -> Any:
    """One of mean, variance, skewness and kurtosis in the standard form."""
    found = stated(law, args)[k]
    if found is None:
        first = raw(law, 1, args)
        if k == 0:
            return first
        second = raw(law, 2, args) - first**2
        if k == 1:
            return second
        third = raw(law, 3, args) - 3 * first * second - first**3
        if k == 2:
            return third / second**1.5
        fourth = raw(law, 4, args) - 4 * first * third - 6 * first**2 * second - first**4
        found = fourth / second**2 - 3
    return found


def where_finite(change: Function, values: Any, args: Any) -> Any:
    """The change of values by the parameters where they are finite; elsewhere there is none, and parameters
    of an element that is stand for the others.
    """
    known = np.isfinite(values)
    if known.all():
        return change(values, args)
    if not known.any():
        return 0.0
    first = np.unravel_index(np.argmax(known), known.shape)
    safe = [np.where(known, a, fill(a, known.shape)[first]) for a in args]
    return np.where(known, change(np.where(known, values, values[first]), safe), 0.0)


def stats(self: Any, *args: Any, **kwds: Any) -> Any:
    """The door of ``stats``."""
    shapes, loc, scale, moments = self._parse_args_stats(*args, **kwds)
    law = law_of(self)
    given, loc, scale = parameters(self, "stats", shapes, kwds_of(self, loc, scale))
    numbers = [primal(a) for a in given]
    values = self.stats(*map(everything, numbers), moments="mvsk")
    found = []
    for letter in moments:
        k = "mvsk".index(letter)
        y = values[k]
        if order(given):
            change = lambda value, args, k=k: confirmed(law, NAMES[k], central(law, k, args), value, args)
            y = y + where_finite(change, y, given)
        y = y * scale + loc if k == 0 else y * scale * scale if k == 1 else y + 0 * primal(scale)
        found.append(shaped(y, shapes, loc, scale))
    return found[0] if len(found) == 1 else tuple(found)


def moment(self: Any, order: Any = None, *args: Any, **kwds: Any) -> Any:
    """The door of ``moment``, about 0."""
    shapes, loc, scale = self._parse_args(*args, **kwds)
    law = law_of(self)
    given, loc, scale = parameters(self, "moment", shapes, kwds_of(self, loc, scale))
    numbers = [everything(primal(a)) for a in given]
    total: Any = 0.0
    for k in range(int(order) + 1):
        value = self.moment(k, *numbers) if k else 1.0
        part = value
        if k and traced_in(given):
            change = lambda value, args, k=k: confirmed(law, "moment", raw(law, k, args), value, args)
            part = value + where_finite(change, value, given)
        total = total + math.comb(int(order), k) * scale**k * loc ** (int(order) - k) * part
    return shaped(total, shapes, loc, scale)


def kwds_of(dist: Any, loc: Any, scale: Any) -> dict[str, Any]:
    """``loc``, and ``scale`` where there is one."""
    return {"loc": loc, "scale": scale} if isinstance(dist, rv_continuous) else {"loc": loc}


def entropy(self: Any, *args: Any, **kwds: Any) -> Any:
    """The door of ``entropy``."""
    shapes, loc, scale = self._parse_args(*args, **kwds)
    law = law_of(self)
    given, loc, scale = parameters(self, "entropy", shapes, kwds_of(self, loc, scale))
    numbers = [everything(primal(a)) for a in given]
    value = self.entropy(*numbers)
    change: Any = 0.0
    if order(given):
        found = None
        if law.states("_entropy"):
            try:
                with np.errstate(all="ignore"):
                    found = law.formulas._entropy(*given)
            except FAILURES as error:
                forgiven(error)
                found = None
            found = pack(found)
        if not isinstance(found, Traced):
            found = mean_of(law, lambda x, log: -log, given)
        change = confirmed(law, "entropy", found, value, given)
    return shaped(value + change + np.log(scale) + 0 * primal(loc), shapes, loc, scale)


def support(self: Any, *args: Any, **kwds: Any) -> tuple[Any, Any]:
    """The door of ``support``."""
    shapes, loc, scale = self._parse_args(*args, **kwds)
    low, high = law_of(self).support(tuple(taken(a) for a in shapes))
    return tuple(taken(end) * scale + loc for end in (low, high))


def nnlf(self: Any, theta: Any, x: Any) -> Any:
    """The door of ``nnlf``: the negative logarithm of the likelihood."""
    loc, scale, args = self._unpack_loc_scale(theta)
    density = self.logpdf if isinstance(self, rv_continuous) else self.logpmf
    named = kwds_of(self, loc, scale)
    return -np.sum(density(x, *args, **named))


def refusing(name: str, instead: str) -> Function:
    """The door of what has no derivative."""

    def method(self: Any, *args: Any, **kwds: Any) -> Any:
        message = f"scipy.stats.{self.name}.{name} has no derivative; {instead}"
        raise refused(MissingRuleError(message), *traced_in((args, kwds)))

    return method
