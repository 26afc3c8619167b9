"""The methods of ``rv_discrete``, by the shape parameters that are real numbers: the point, ``loc`` and the
probability of a quantile are integers or lead to some, and have no derivative.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...errors import MissingRuleError, NotDifferentiableError
from ...nested import Traced, everything, primal, refused
from ...operators.questions import order
from ...values.captures import traced_in
from ..steps import step
from .continuous import fill, settled, taken
from .law import PROBABILITIES, Law

Function = Callable[..., Any]
TINY = 1e-18  # the probability beyond which an infinite support is cut off


class Counts(Law):
    """A discrete distribution, by the functions of its standard form (loc=0)."""

    def logpmf(self, k: Any, args: Any) -> Any:
        """The logarithm of the probability of k."""
        if not traced_in(args):
            return self.value("_logpmf", k, args)
        found = self.followed(("_logpmf",), k, args) if self.states("_logpmf") else None
        if found is None and self.states("_pmf"):
            height = self.followed(("_pmf",), k, args)
            with np.errstate(all="ignore"):
                found = None if height is None else np.log(height)
        return self.unknown("logpmf", k, args) if found is None else found

    def pmf(self, k: Any, args: Any) -> Any:
        """The probability of k."""
        if not traced_in(args):
            return self.value("_pmf", k, args)
        found = self.followed(("_pmf",), k, args) if self.states("_pmf") else None
        return np.exp(self.logpmf(k, args)) if found is None else found

    def alone(self, name: str, k: int, x: Any, args: Any) -> bool:
        """Tell whether the probabilities can't be followed where one argument alone is traced."""
        given = [a if j == k - 1 else primal(a) for j, a in enumerate(args)]
        return self.followed(("_logpmf", "_pmf"), x, given) is None

    def by_integral(self, name: str, x: Any, args: Any, shift: Any = 0.0) -> Any:
        """The change of ``cdf`` or ``sf`` by the sum of the probabilities of the smaller tail."""
        numbers = [primal(a) for a in args]
        low, high = self.dist._get_support(*numbers)
        low = np.where(np.isinf(low), self.value("_ppf", TINY + 0 * x, numbers), low)
        far = 1.5 * self.value("_ppf", 1 - 1e-13 + 0 * x, numbers) + 40
        high = np.where(np.isinf(high), far, high)
        k = np.floor(x)
        below = self.value("_cdf", x, numbers)
        start, end = np.where(below > 0.5, k + 1, low), np.where(below > 0.5, high, k)
        steps = np.arange(max(int(np.max(end - start, initial=0)) + 1, 0))
        points = start[..., None] + steps
        inside = points <= end[..., None]
        axis: Function = lambda a: np.broadcast_to(np.reshape(a + 0 * x, (*np.shape(x), 1)), points.shape)
        heights = self.logpmf(np.where(inside, points, start[..., None]), [axis(a) for a in args])
        terms = np.where(inside, np.exp(heights - axis(shift)), 0.0)
        sign = np.where(below > 0.5, -1.0, 1.0) * (1.0 if name == "cdf" else -1.0)
        return step(np.sum(terms, axis=-1)) * sign

    def probability(self, name: str, x: Any, args: Any) -> Any:
        """``cdf`` or ``sf``."""
        return self.value(f"_{name}", x, [primal(a) for a in args]) + self.by_shapes(name, x, args)

    def logarithm(self, name: str, x: Any, args: Any) -> Any:
        """``logcdf`` or ``logsf``."""
        value = self.value(f"_{name}", x, [primal(a) for a in args])
        return value + self.log_by_shapes(name, value, x, args)


METHODS: dict[str, Function] = {
    "pmf": Counts.pmf,
    "logpmf": Counts.logpmf,
    **PROBABILITIES,
}


def check(dist: Any, name: str, given: dict[str, Any], args: Any) -> None:
    """Refuse a derivative by what is an integer.

    Raises:
        NotDifferentiableError: it is asked for.
    """
    Counts(dist).check([taken(a) for a in args])
    for what, x in given.items():
        if order(x):
            message = (
                f"scipy.stats.{dist.name}.{name} has no derivative by {what}, which is an integer: "
                f"hoad.stop_gradient({what}) makes it a constant"
            )
            raise refused(NotDifferentiableError(message), *traced_in(x))


def of_count(name: str) -> Function:
    """One of the functions of a count."""

    def method(self: Any, k: Any, *args: Any, **kwds: Any) -> Any:
        args, loc, _ = self._parse_args(*args, **kwds)
        check(self, name, {"k": k, "loc": loc}, args)
        k, loc = (np.asarray(everything(primal(taken(a)))) for a in (k, loc))
        return within(Counts(self), name, k - loc, [taken(a) for a in args])

    return method


def within(law: Counts, name: str, k: Any, args: Any) -> Any:
    """A function of counts, those outside of the support apart."""
    dist, numbers = law.dist, [everything(primal(a)) for a in args]
    if any([isinstance(primal(a), Traced) for a in args]):
        message = (
            f"scipy.stats.{dist.name}.{name} has no form for vmap; call it for one member after the other"
        )
        raise refused(MissingRuleError(message), *traced_in(args))
    shape = np.broadcast_shapes(np.shape(k), *map(np.shape, args))
    low, high = dist._get_support(*numbers)
    valid = np.broadcast_to(np.asarray(dist._argcheck(*numbers), bool), shape)
    inside = (low <= k) & (k <= high if name in ("pmf", "logpmf") else k < high)
    if name in ("pmf", "logpmf"):
        inside = inside & dist._nonzero(k, *numbers)
    good = valid & np.broadcast_to(inside, shape)
    together = dist.name == "poisson_binom"  # whose parameters are one array
    plain = getattr(dist, name)(k, *([np.stack(np.broadcast_arrays(*numbers), -1)] if together else numbers))
    if not good.any():
        return settled(np.asarray(plain), *args)
    most = shape or (1,)
    good, index = np.reshape(good, most), np.flatnonzero(good)
    index = np.where(good.ravel(), np.arange(good.size), index[0])
    chosen: Function = lambda a: np.reshape(np.ravel(fill(a, most))[index], most)
    found = METHODS[name](law, chosen(np.asarray(k, float)), [chosen(a) for a in args])
    whole = (
        found if good.all() else np.where(good, found, np.reshape(settled(np.asarray(plain), *args), most))
    )
    return np.reshape(whole, shape)[()]


def of_quantile(name: str) -> Function:
    """``ppf`` and ``isf``, which are step functions."""

    def method(self: Any, q: Any, *args: Any, **kwds: Any) -> Any:
        args, loc, _ = self._parse_args(*args, **kwds)
        names = (self.shapes or "").replace(",", " ").split()
        found = [n for n, a in zip(["q", "loc", *names], [q, loc, *args], strict=False) if order(a)]
        message = (
            f"scipy.stats.{self.name}.{name} has no derivative by {' and '.join(found)}: its values are "
            f"integers, which it changes by steps. hoad.stop_gradient({found[0]}) makes it a constant"
        )
        raise refused(NotDifferentiableError(message), *traced_in((q, loc, args)))

    return method
