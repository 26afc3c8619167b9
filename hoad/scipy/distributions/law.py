"""The functions of one continuous distribution of SciPy's, of traced values, in its standard form.

A distribution states some of its functions as formulas; the others follow. Each formula is run with traced
values where that works. The derivative of ``cdf`` by its point is ``pdf`` in any case; by a shape parameter
it is that of the formula, or else that of the integral of the density. The quantiles are those of SciPy, and
their derivatives those of the inverse of ``cdf``.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from ...chainrules.statements import Scalar
from ...errors import HoadError, MissingRuleError, NotDifferentiableError
from ...nested import forgiven, pack, primal, refused
from ...operators.questions import order
from ...values.captures import traced_in
from ..steps import area, step
from .instead import FORMULAS, NOT_FOLLOWED, SPECIAL_VALUES
from .mirror import mirror, states
from .quadrature import density, integral, plain
from .selecting import chosen

Function = Callable[..., Any]
FAILURES = (
    HoadError,
    TypeError,
    ValueError,
    AttributeError,
    NotImplementedError,
    IndexError,
    FloatingPointError,
)
UNFOLLOWED: set[tuple[Any, ...]] = set()  # formulas that were tried in vain: class, name, traced arguments
COMPLEMENT = {"cdf": "sf", "sf": "cdf"}


class Law:
    """A continuous distribution, by the functions of its standard form (loc=0, scale=1)."""

    def __init__(self, dist: Any) -> None:
        self.dist = dist
        self.formulas = mirror(dist)

    # -- Plain values ----------------------------------------------------------------------------------------

    def value(self, name: str, x: Any, args: Any) -> Any:
        """SciPy's own value, of plain values and of batches."""
        function = getattr(self.dist, name)
        with np.errstate(all="ignore"):
            return Scalar(lambda *a: function(*a), constant, name=name)(x, *args)

    # -- Formulas --------------------------------------------------------------------------------------------

    def formula(self, name: str, x: Any, args: Any) -> Any:
        """One of the distribution's formulas, or what stands for it, run with traced values."""
        own = FORMULAS.get((self.dist.name, name))
        with np.errstate(all="ignore"):
            return own(x, *args) if own is not None else getattr(self.formulas, name)(x, *args)

    def followed(self, names: tuple[str, ...], x: Any, args: Any, shapes: Any = None) -> Any:
        """The first of several formulas that can be run; None if none can."""
        for name in names:
            key = type(self.dist), name, tuple([bool(traced_in(a)) for a in (x, *args)])
            if key in UNFOLLOWED or (self.dist.name, name) in NOT_FOLLOWED:
                continue
            for given in ((x, *args), lifted((x, *args))):
                try:
                    found = pack(self.formula(name, given[0], given[1:]))
                except FAILURES as error:
                    forgiven(error)
                    if isinstance(error, MissingRuleError):
                        UNFOLLOWED.add(key)
                    continue
                if depends(found, given):
                    return found
                break
        return None

    def support(self, args: Any) -> tuple[Any, Any]:
        """The ends of the support."""
        own = FORMULAS.get((self.dist.name, "_get_support"))
        low, high = own(*args) if own is not None else self.formulas._get_support(*args)
        return low, high

    def states(self, *names: str) -> bool:
        """Tell whether the distribution has one of several formulas of its own."""
        return states(self.dist, *names) or any([(self.dist.name, n) in FORMULAS for n in names])

    def check(self, args: Any) -> None:
        """Refuse a derivative by a parameter that is an integer, or at a value that has a formula of its own.

        Raises:
            NotDifferentiableError: it is asked for, by an integer.
            MissingRuleError: the same at such a value.
        """
        stated = self.dist._param_info() if hasattr(self.dist, "_shape_info") else []  # users' own state none
        for k, info in enumerate(stated[: len(args)]):
            if info.integrality and order(args[k]) and not self.takes_fractions(k, args):
                message = (
                    f"scipy.stats.{self.dist.name} has no derivative by {info.name}, which is an integer: "
                    f"hoad.stop_gradient({info.name}) makes it a constant"
                )
                raise refused(NotDifferentiableError(message), *traced_in(args[k]))
        for k, value in SPECIAL_VALUES.get(self.dist.name, {}).items():
            if traced_in(args[k]) and np.any(plain(args[k]) == value):
                name = stated[k].name
                message = (
                    f"scipy.stats.{self.dist.name} has no known derivative by {name} at {name} = {value}, "
                    f"where SciPy has another formula; a value beside it has one"
                )
                raise refused(MissingRuleError(message), *traced_in(args[k]))

    def takes_fractions(self, k: int, args: Any) -> bool:
        """Tell whether SciPy has values of the distribution where a parameter is no integer."""
        moved = [plain(a) + 0.5 * (j == k) for j, a in enumerate(args)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return bool(np.any(self.dist._argcheck(*moved)))

    # -- The density -----------------------------------------------------------------------------------------

    def logpdf(self, x: Any, args: Any) -> Any:
        """The logarithm of the density."""
        if not traced_in((x, args)):
            return self.value("_logpdf", x, args)
        found = None
        if self.states("_logpdf"):
            found = self.followed(("_logpdf",), x, args)
        if found is None and self.states("_pdf"):
            height = self.followed(("_pdf",), x, args)
            if height is not None:
                with np.errstate(all="ignore"):
                    found = np.log(height)
        return self.unknown("logpdf", x, args) if found is None else found

    def pdf(self, x: Any, args: Any) -> Any:
        """The density."""
        if not traced_in((x, args)):
            return self.value("_pdf", x, args)
        own = (self.dist.name, "_logpdf") not in FORMULAS
        found = self.followed(("_pdf",), x, args) if own and self.states("_pdf") else None
        return np.exp(self.logpdf(x, args)) if found is None else found

    def unknown(self, name: str, x: Any, args: Any) -> Any:
        """Refuse, and say by which argument nothing is known."""
        names = ["x", *[s.strip() for s in (self.dist.shapes or "").split(",") if s.strip()]]
        found = [n for n, a in zip(names, (x, *args), strict=False) if traced_in(a)]
        which = [
            n
            for n in found
            if name in ("pdf", "logpdf", "logpmf") and self.alone(name, names.index(n), x, args)
        ]
        which = which or found or ["x"]
        message = (
            f"scipy.stats.{self.dist.name}.{name} has no known derivative by {' and '.join(which)}: SciPy "
            f"computes it by code that can't be followed. hoad.stop_gradient({which[0]}) makes it a constant"
        )
        raise refused(MissingRuleError(message), *traced_in((x, args)))

    def alone(self, name: str, k: int, x: Any, args: Any) -> bool:
        """Tell whether the density can't be followed where one argument alone is traced."""
        given = [a if j == k else primal(a) for j, a in enumerate((x, *args))]
        names = [n for n in ("_logpdf", "_pdf") if self.states(n)]
        return self.followed(tuple(names), given[0], given[1:]) is None

    # -- Probabilities ---------------------------------------------------------------------------------------

    def by_shapes(self, name: str, x: Any, args: Any) -> Any:
        """The change of ``cdf`` or ``sf`` at a plain point by the shapes: zero, with derivatives."""
        if not order(args):
            return 0.0
        names = (f"_{name}",) if self.states(f"_{name}") else ()
        found = self.followed(names, x, args)
        if found is not None:
            return step(found)
        other = f"_{COMPLEMENT[name]}"
        found = self.followed((other,), x, args) if self.states(other) else None
        if found is not None:
            return -step(found)
        return self.by_integral(name, x, args)

    def by_integral(self, name: str, x: Any, args: Any, shift: Any = 0.0) -> Any:
        """The same by the integral of the density over the smaller tail, times ``exp(-shift)``."""
        low, high = self.support(args)
        numbers = [primal(a) for a in args]
        below = self.value("_cdf", x, numbers)
        length = self.spread(numbers) + 0 * x
        axis: Function = lambda a: np.reshape(a, (*np.shape(a), 1))
        shapes = [axis(a + 0 * x) for a in args]
        f: Function = lambda t: density(self.logpdf(t, shapes) - axis(shift + 0 * x))
        sign = 1.0 if name == "cdf" else -1.0
        lower: Function = lambda: sign * integral(f, low + 0 * x, x, length)
        upper: Function = lambda: -sign * integral(f, x, high + 0 * x, length)
        found = chosen(below > 0.5, upper, lower)
        value = np.where(plain(below) > 0.5, self.value("_sf", x, numbers), below) * np.exp(-shift)
        if not np.all(np.abs(np.abs(plain(found)) - plain(value)) <= 1e-6 * plain(value)):
            self.unknown(name, x, args)  # the integral has another value, so its derivative can't be right
        return step(found)

    def spread(self, numbers: Any) -> Any:
        """A length over which the density varies: the distance of the quartiles."""
        quartiles = [self.value("_ppf", q, numbers) for q in (0.25, 0.75)]
        return np.abs(quartiles[1] - quartiles[0])

    def probability(self, name: str, x: Any, args: Any) -> Any:
        """``cdf`` or ``sf``."""
        point, numbers = primal(x), [primal(a) for a in args]
        base = self.value(f"_{name}", point, numbers) + self.by_shapes(name, point, args)
        if not order(x):
            return base
        rise = area(lambda t: self.pdf(t, args), x)
        return base + rise if name == "cdf" else base - rise

    def logarithm(self, name: str, x: Any, args: Any) -> Any:
        """``logcdf`` or ``logsf``."""
        point, numbers = primal(x), [primal(a) for a in args]
        value = self.value(f"_{name}", point, numbers)
        base = value + self.log_by_shapes(name, value, point, args)
        if not order(x):
            return base
        rise = area(lambda t: np.exp(self.logpdf(t, args) - base), x)
        return base + np.log1p(rise if name == "logcdf" else -rise)

    def log_by_shapes(self, name: str, value: Any, x: Any, args: Any) -> Any:
        """The change of ``logcdf`` or ``logsf`` at a plain point by the shape parameters."""
        if not order(args):
            return 0.0
        found = self.followed((f"_{name}",), x, args) if self.states(f"_{name}") else None
        if found is not None:
            return step(found)
        if np.all(plain(value) > -600):
            return np.log1p(self.by_shapes(name[3:], x, args) / np.exp(value))
        return np.log1p(self.by_integral(name[3:], x, args, value))

    # -- Quantiles -------------------------------------------------------------------------------------------

    def quantile(self, name: str, q: Any, args: Any) -> Any:
        """``ppf`` or ``isf``: SciPy's value, and steps of Newton's method for its derivatives."""
        target, numbers = primal(q), [primal(a) for a in args]
        point = self.value(f"_{name}", target, numbers)
        side = "cdf" if name == "ppf" else "sf"
        sign = 1.0 if name == "ppf" else -1.0
        height = self.value("_pdf", point, numbers)
        rest = self.by_shapes(side, point, args) - step(q)
        x = point
        for n in range(order((q, args))):
            moved = area(lambda t: self.pdf(t, args), x) if n else 0.0
            x = x - (sign * rest + moved) / height
        return x


def lifted(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """The same arguments, all of them traced: what writes into an array that holds one can then hold all."""
    zero = sum([0.0 * a for a in args if traced_in(a)])
    return tuple([a if traced_in(a) else a + zero for a in args])


def depends(found: Any, args: tuple[Any, ...]) -> bool:
    """Tell whether what a formula gave is traced where its arguments are: a parameter at a value that has a
    formula of its own, without it, would lose its derivative.
    """
    levels = {t.level for t in traced_in(found)}
    return not order(args) or bool(levels)


def constant(*args: Any) -> Any:
    """The partials of a value that meets no level."""
    raise AssertionError


PROBABILITIES: dict[str, Function] = {
    "cdf": lambda law, x, args: law.probability("cdf", x, args),
    "sf": lambda law, x, args: law.probability("sf", x, args),
    "logcdf": lambda law, x, args: law.logarithm("logcdf", x, args),
    "logsf": lambda law, x, args: law.logarithm("logsf", x, args),
}
METHODS: dict[str, Function] = {
    "pdf": Law.pdf,
    "logpdf": Law.logpdf,
    **PROBABILITIES,
    "ppf": lambda law, q, args: law.quantile("ppf", q, args),
    "isf": lambda law, q, args: law.quantile("isf", q, args),
}
