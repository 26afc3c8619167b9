"""The methods of ``rv_continuous``: location and scale, the support, and the standard form inside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import numpy as hnp
from ...chainrules.unknown import corner
from ...nested import Traced, everything, primal
from .law import METHODS, Law

Function = Callable[..., Any]
OUTSIDE: dict[str, tuple[float, float]] = {  # the values below and above the support
    "pdf": (0.0, 0.0),
    "logpdf": (-np.inf, -np.inf),
    "cdf": (0.0, 1.0),
    "sf": (1.0, 0.0),
    "logcdf": (-np.inf, 0.0),
    "logsf": (0.0, -np.inf),
}


def taken(x: Any) -> Any:
    """An argument as an array."""
    return x if isinstance(x, Traced) else hnp.asarray(x)


def of_point(name: str) -> Function:
    """One of the functions of a point."""

    def method(self: Any, x: Any, *args: Any, **kwds: Any) -> Any:
        shapes, loc, scale = self._parse_args(*args, **kwds)
        x, loc, scale, *given = (taken(a) for a in (x, loc, scale, *shapes))
        law = Law(self)
        law.check(given)
        z = (x - loc) / scale
        return within(law, name, z, given, scale)

    return method


def within(law: Law, name: str, z: Any, args: Any, scale: Any) -> Any:
    """A function of points in the standard form, those outside of the support apart."""
    dist, point, numbers = law.dist, primal(z), [primal(a) for a in args]
    valid = np.asarray(dist._argcheck(*map(everything, numbers)) & (everything(scale) > 0), bool)
    low, high = dist._get_support(*[everything(a) for a in numbers])
    at, closed = everything(point), name in ("pdf", "logpdf")
    inside = dist._support_mask(at, *map(everything, numbers)) if closed else (low < at) & (at < high)
    good = np.asarray(valid & inside)
    fitted: Function = lambda y: y / scale if name == "pdf" else y - np.log(scale) if name == "logpdf" else y
    if good.all():
        return fitted(run(law, name, z, args))
    if isinstance(point, Traced):
        raise NotImplementedError
    return fitted_outside(law, name, z, args, scale, good, valid, at, low)


def run(law: Law, name: str, x: Any, args: Any) -> Any:
    """A function of the standard form, of arrays of one shape and one axis at least, as the formulas take
    them.
    """
    shape = np.broadcast_shapes(np.shape(x), *map(np.shape, args))
    most = shape or (1,)
    y = METHODS[name](law, fill(x, most), [fill(a, most) for a in args])
    return y if shape else np.reshape(y, ())[()]


def fill(x: Any, shape: tuple[int, ...]) -> Any:
    """An argument in a shape."""
    return x if np.shape(x) == shape else np.broadcast_to(x, shape)


def fitted_outside(
    law: Law, name: str, z: Any, args: Any, scale: Any, good: Any, valid: Any, at: Any, low: Any
) -> Any:
    """The same where some points are outside: those have the values of there."""
    shape = np.broadcast_shapes(np.shape(good), np.shape(at))
    good, valid, at, low = (np.broadcast_to(a, shape) for a in (good, valid, at, low))
    below, above = OUTSIDE[name]
    rest = np.where(~valid | np.isnan(at), law.dist.badvalue, np.where(at <= low, below, above))
    if not good.any():
        return settled(rest, z, scale, *args)
    index = np.where(good.ravel(), np.arange(good.size), np.flatnonzero(good)[0])
    chosen: Function = lambda a: np.reshape(np.ravel(fill(a, shape))[index], shape)
    z, scale, *args = (chosen(a) for a in (z, scale, *args))
    y = run(law, name, z, args)
    y = y / scale if name == "pdf" else y - np.log(scale) if name == "logpdf" else y
    return np.where(good, y, settled(rest, z, scale, *args))[()]


def settled(rest: Any, *args: Any) -> Any:
    """Values outside of the support, which are constant; that of minus infinity has no derivative."""
    if np.isfinite(rest).all():
        return rest[()]
    unknown = sum([corner(a) for a in args if isinstance(a, Traced)])
    return np.where(np.isfinite(rest), rest, rest + unknown)[()]


def of_probability(name: str) -> Function:
    """``ppf`` and ``isf``."""

    def method(self: Any, q: Any, *args: Any, **kwds: Any) -> Any:
        shapes, loc, scale = self._parse_args(*args, **kwds)
        q, loc, scale, *given = (taken(a) for a in (q, loc, scale, *shapes))
        law = Law(self)
        law.check(given)
        target = everything(q)
        numbers = [everything(primal(a)) for a in given]
        good = np.asarray(self._argcheck(*numbers) & (everything(scale) > 0) & (target > 0) & (target < 1))
        if good.all():
            return run(law, name, q, given) * scale + loc
        return with_ends(law, name, q, given, loc, scale, good)

    return method


def with_ends(law: Law, name: str, q: Any, args: Any, loc: Any, scale: Any, good: Any) -> Any:
    """Quantiles where some are the ends of the support, or none."""
    shape = np.broadcast_shapes(np.shape(good), np.shape(q), *map(np.shape, args))
    low, high = law.formulas._get_support(*args)
    first, last = (low, high) if name == "ppf" else (high, low)
    target = fill(everything(primal(q)), shape)
    ends = np.where(target == 0, first, np.where(target == 1, last, np.nan)) + corner(q)
    good = np.broadcast_to(good, shape)
    if good.any():
        index = np.where(good.ravel(), np.arange(good.size), np.flatnonzero(good)[0])
        chosen: Function = lambda a: np.reshape(np.ravel(fill(a, shape))[index], shape)
        ends = np.where(good, run(law, name, chosen(q), [chosen(a) for a in args]), ends)
    return ends * scale + loc
