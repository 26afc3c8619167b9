"""The distributions of SciPy's new form: ``Normal(mu=0, sigma=1)``, and those that ``make_distribution``
makes.

Inside a derivative they stand on the older ones, whose functions take traced values: a distribution with
its shape parameters, moved and scaled.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.stats as st
from scipy.stats._distn_infrastructure import rv_continuous, rv_discrete, rv_generic

from ...chainrules.doors import DOORS, HEIRS, door
from ...errors import ArgumentError, MissingRuleError
from ...nested import everything, refused
from ...values.captures import traced_in

Function = Callable[..., Any]
OF_POINT = {
    "pdf": "pdf", "logpdf": "logpdf", "pmf": "pmf", "logpmf": "logpmf", "cdf": "cdf", "ccdf": "sf",
    "logcdf": "logcdf", "logccdf": "logsf", "icdf": "ppf", "iccdf": "isf",
}  # fmt: skip
PARAMETERS: dict[str, tuple[Any, Function]] = {
    "Normal": (st.norm, lambda mu=0.0, sigma=1.0: ((), mu, sigma)),
    "Logistic": (st.logistic, lambda: ((), 0.0, 1.0)),
    "Uniform": (st.uniform, lambda a=None, b=None, ab=None: ((), *ends(a, b, ab))),
    "Binomial": (st.binom, lambda n, p: ((n, p), 0, 1)),
}


def ends(a: Any, b: Any, ab: Any) -> tuple[Any, Any]:
    """The place and the length of an interval."""
    if ab is not None:
        b = ab if a is None else a + ab
    return 0.0 if a is None else a, b - (0.0 if a is None else a)


class Distribution:
    """What stands for a distribution of the new form."""

    def __init__(self, base: Any, shapes: tuple[Any, ...], loc: Any, scale: Any) -> None:
        self._base, self._shapes, self._loc, self._scale = base, shapes, loc, scale

    def _call(self, owner: Any, name: str, *points: Any, **more: Any) -> Any:
        """A function of the older one, through its door."""
        named = {"loc": self._loc}
        if not isinstance(self._base, rv_discrete):
            named["scale"] = self._scale
        return DOORS[vars(owner)[name]](self._base, *points, *self._shapes, **named, **more)

    def __getattr__(self, name: str) -> Any:
        cls = rv_discrete if isinstance(self._base, rv_discrete) else rv_continuous
        own = OF_POINT.get(name)
        if own is None or own not in vars(cls):
            message = f"inside a derivative, a distribution of scipy.stats has no {name}"
            raise refused(MissingRuleError(message), *traced_in((self._shapes, self._loc, self._scale)))

        def function(x: Any, y: Any = None, *, method: Any = None) -> Any:
            found = self._call(cls, own, x)
            if y is None:
                return found
            if own not in ("cdf", "sf"):
                message = f"inside a derivative, {name} of a distribution of scipy.stats is of one point"
                raise refused(ArgumentError(message), *traced_in((x, y, self._shapes)))
            other = self._call(cls, own, y)
            return other - found if own == "cdf" else 1 - found + other

        return function

    def _moments(self, which: str) -> Any:
        return self._call(rv_generic, "stats", moments=which)

    def mean(self, *, method: Any = None) -> Any:
        """The mean."""
        return self._moments("m")

    def variance(self, *, method: Any = None) -> Any:
        """The variance."""
        return self._moments("v")

    def standard_deviation(self, *, method: Any = None) -> Any:
        """The standard deviation."""
        return np.sqrt(self._moments("v"))

    def skewness(self, *, method: Any = None) -> Any:
        """The skewness."""
        return self._moments("s")

    def kurtosis(self, *, method: Any = None, convention: str = "non-excess") -> Any:
        """The kurtosis, that of the normal distribution being 3."""
        return self._moments("k") + (3 if convention == "non-excess" else 0)

    def entropy(self, *, method: Any = None) -> Any:
        """The entropy."""
        return self._call(rv_generic, "entropy")

    def median(self, *, method: Any = None) -> Any:
        """The median."""
        return self.icdf(0.5)

    def support(self) -> Any:
        """The ends."""
        return self._call(rv_generic, "support")

    # -- Moved and scaled ------------------------------------------------------------------------------------

    def _moved(self, shift: Any, factor: Any) -> Distribution:
        if isinstance(self._base, rv_discrete) or np.any(everything(factor) <= 0):
            message = (
                "inside a derivative, a continuous distribution of scipy.stats is scaled by positive numbers"
            )
            raise refused(ArgumentError(message), *traced_in((self._shapes, shift, factor)))
        return Distribution(self._base, self._shapes, factor * self._loc + shift, factor * self._scale)

    def __add__(self, shift: Any) -> Distribution:
        return self._moved(shift, 1.0)

    def __sub__(self, shift: Any) -> Distribution:
        return self._moved(-shift, 1.0)

    def __mul__(self, factor: Any) -> Distribution:
        return self._moved(0.0, factor)

    def __truediv__(self, divisor: Any) -> Distribution:
        return self._moved(0.0, 1 / divisor)

    __radd__, __rmul__ = __add__, __mul__
    __array_ufunc__ = None  # a number at the left gives way


def older(cls: Any) -> Any:
    """The older distribution that a class of ``make_distribution`` is made of; None if there is none."""
    for value in vars(cls).values():
        held = [getattr(value, "__self__", None)]
        held += [cell.cell_contents for cell in getattr(value, "__closure__", None) or ()]
        for found in held:
            if isinstance(found, rv_generic):
                return found
    return None


def made_of(cls: Any) -> Any:
    """What stands for a class that ``make_distribution`` made; the class itself, if it is none of those."""
    base = older(cls)
    if base is None:
        return cls
    names = [] if base.shapes is None else [n.strip() for n in base.shapes.split(",")]

    def made(**parameters: Any) -> Any:
        shapes = tuple([parameters[n] for n in names])
        return Distribution(base, shapes, 0.0, 1.0)

    return made


def standing(base: Any, parameters: Function) -> Function:
    """What makes the stand-in of a class by its own parameters."""
    return lambda **given: Distribution(base, *parameters(**given))


for _name, (_base, _parameters) in PARAMETERS.items():
    if hasattr(st, _name):
        door(getattr(st, _name), always=True)(standing(_base, _parameters))
if hasattr(st, "Normal"):
    HEIRS[st.Normal.__mro__[2]] = made_of  # UnivariateDistribution
